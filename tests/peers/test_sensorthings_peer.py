"""SensorThings against a server that others wrote: made by their POST, read by our GET over their pages."""

import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_sources.sensorthings import fetch, parse
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, client_factory, row
from tests.peers.conftest import HERE, PYTHON, Start, needed

pytestmark = pytest.mark.slow
KIND = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


def observation(minute: int, result: float) -> dict[str, Any]:
    time = f"2026-11-24T09:{minute:02}:00Z"
    feature = {"type": "Point", "coordinates": [105.78, 10.03]}
    where = {"name": "f", "description": "d", "encodingType": "application/geo+json", "feature": feature}
    return {"phenomenonTime": time, "resultTime": time, "result": result, "FeatureOfInterest": where}


def thing(n: int) -> dict[str, Any]:
    stream = {
        "name": f"Mực nước {n}", "description": "d", "observationType": KIND, "properties": {"code": f"ct-{n}"},
        "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "m"},
        "ObservedProperty": {"name": "W", "description": "d", "definition": "http://example.org/w"},
        "Sensor": {"name": "s", "description": "d", "encodingType": "application/pdf", "metadata": "m"},
        "Observations": [observation(0, n), observation(10, n + 0.5)],
    }  # fmt: skip
    return {"name": f"Trạm {n}", "description": "d", "properties": {}, "Datastreams": [stream]}


async def test_datastreams_of_several_pages_with_their_newest_observation(start: Start, tmp_path: Path) -> None:
    server = [str(needed(PYTHON)), str(HERE / "sensorthings_server.py"), "{port}", str(tmp_path / "sta.db")]
    base = start(server, "/sta/v1.1/") + "/sta/v1.1"
    for n in range(1, 6):
        body = json.dumps(thing(n)).encode()
        request = urllib.request.Request(f"{base}/Things", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 201
    keys = tuple(f"ct-{n}" for n in range(1, 6))
    options = {"series": "{properties.code}", "order": "resultTime desc", "params": {"$top": "2"}}
    source = row(base, options, protocol="sensorthings", series_keys=keys)
    async with client_factory() as factory:
        payload = await fetch(source, factory.context_for(source))
        assert len(payload.pages) == 3
        valid = validate_batch(parse(source, payload, NOW), source.polled_series(), NOW)
        values = {(reading.series, reading.value, reading.unit) for reading in valid.readings}
        assert values == {(f"ct-{n}", n + 0.5, "m") for n in range(1, 6)}
        assert {reading.observed for reading in valid.readings} == {datetime(2026, 11, 24, 9, 10, tzinfo=UTC)}
        with pytest.raises(SourceError) as caught:  # this server cannot order by phenomenonTime
            await fetch(row(base, {}, protocol="sensorthings"), factory.context_for(row(base, key="b")))
        assert caught.value.failure.params == {"status": 500}
