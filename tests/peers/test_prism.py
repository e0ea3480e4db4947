"""Against Prism, a server of OpenAPI documents: it refuses what a document does not allow to be asked, and answers with
what others recorded or wrote, or with anything that fits the document."""

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources._http.errors import HttpCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.protocol_invariants import assert_parsed_or_refused
from tests.data_sources.server import NOW, client_factory, fixture, row
from tests.peers.conftest import HERE, PRISM, PYTHON, READERS, Start, carried, needed

pytestmark = pytest.mark.slow
TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}


def operation(answer: Any, query: Iterable[str] = (), header: str = "", path: str = "") -> dict[str, Any]:
    """A GET that requires `query`, `header` and a number in its `path`; `answer`: an example or a schema."""
    places: list[tuple[str, str, dict[str, Any]]] = [
        *((name, "query", TEXT) for name in query),
        *([(header, "header", TEXT)] if header else []),
    ]
    places += [(path, "path", COUNT)] if path else []
    params = [{"name": name, "in": place, "required": True, "schema": kind} for name, place, kind in places]
    content = answer if isinstance(answer, dict) and "schema" in answer else {"example": answer}
    responses = {"200": {"description": "ok", "content": {"application/json": content}}}
    return {"get": {"parameters": params, "responses": responses}}


def served(start: Start, folder: Path, paths: dict[str, Any], *flags: str) -> str:
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}
    (folder / "api.json").write_text(json.dumps(document), "utf-8")
    return start([str(needed(PRISM)), "mock", "-h", "127.0.0.1", "-p", "{port}", "--errors", *flags,
                  str(folder / "api.json")])  # fmt: skip


async def read(source: Source) -> Batch:
    """The valid readings of one poll of `source`."""
    protocol = protocols()[source.protocol]
    async with client_factory() as factory:
        payload = await protocol.fetch(source, factory.context_for(source))
    return validate_batch(protocol.parse(source, payload, NOW), source.polled_series(), NOW)


async def test_openaq_recording_of_its_own_library_is_read(start: Start, tmp_path: Path) -> None:
    (recording,) = carried("openaq", "tests/fixtures/responses/sensors.json").values()
    answer = orjson.loads(recording)
    sensors = {sensor["parameter"]["name"]: sensor for sensor in answer["results"] if sensor["latest"]}
    assert len(sensors) > 3
    base = served(start, tmp_path, {"/v3/locations/{id}/sensors": operation(answer, (), "X-API-Key", "id")})
    units = {f"{name}-7": sensor["parameter"]["units"] for name, sensor in sensors.items()}
    options = {"stations": [7], "series": "{parameter}-{station}", "headers": {"X-API-Key": "k"}}
    batch = await read(row(base, options, protocol="openaq", series_keys=tuple(units), units=units))
    expected = {f"{name}-7": sensor["latest"]["value"] for name, sensor in sensors.items()}
    assert {reading.series: reading.value for reading in batch.readings} == expected
    with pytest.raises(SourceError) as caught:  # without the header that the document requires
        await read(row(base, {"stations": [7]}, protocol="openaq"))
    assert caught.value.failure.code in (HttpCode.ACCESS_REFUSED, HttpCode.ERROR_STATUS)


async def test_ngsi_entities_of_a_client_library_are_read(start: Start, tmp_path: Path) -> None:
    lines = subprocess.run(
        [needed(PYTHON), HERE / "ngsi_entity.py"], capture_output=True, check=True, timeout=60
    ).stdout.splitlines()
    paths = {"/ngsi-ld/v1/entities": operation([orjson.loads(line) for line in lines], ("type", "limit", "offset"))}
    options = {"type": "AirQualityObserved", "values": {"no2-{tail}": "NO2", "t-{tail}": "temperature"}}
    units = {"no2-ct01": "mg/m³", "no2-ct02": "µg/m³", "t-ct01": "°C"}
    source = row(served(start, tmp_path, paths), options, protocol="ngsi", series_keys=tuple(units), units=units)
    batch = await read(source)
    values = {reading.series: reading.value for reading in batch.readings}
    assert values == {"no2-ct01": pytest.approx(0.022), "no2-ct02": 31.5, "t-ct01": 31.5}
    assert {reading.observed.minute for reading in batch.readings} == {0, 5}


async def test_kiwis_is_requested_with_its_query_parameters(start: Start, tmp_path: Path) -> None:
    query = ("service", "type", "request", "format", "ts_id", "metadata", "returnfields")
    answer = orjson.loads(fixture("kiwis.json").body)
    base = served(start, tmp_path, {"/KiWIS": operation(answer, query)})
    source = row(
        f"{base}/KiWIS", {"ts": ["7"], "zone": "Asia/Ho_Chi_Minh"}, protocol="kiwis", series_keys=("7", "54512010")
    )
    assert len((await read(source)).readings) > 3


def test_kiwis_client_library_reads_the_same_values_as_we_do(start: Start, tmp_path: Path) -> None:
    series = {**orjson.loads(fixture("kiwis.json").body)[1], "columns": "Timestamp,Value"}
    series["data"] = [["2026-11-24T16:00:00.000+07:00", 1.87], ["2026-11-24T16:05:00.000+07:00", 1.88]]
    base = served(start, tmp_path, {"/KiWIS": operation([series], ("request", "ts_id"))})
    code = (
        f"import sys; sys.path.append({str(needed(READERS))!r}); from kiwis_pie import KIWIS; "
        f"found = KIWIS({base + '/KiWIS'!r}).get_timeseries_values(ts_id=7); "
        "print([[at.timestamp(), value] for at, value in found['Value'].items()])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60).stdout
    source = row(options={}, protocol="kiwis", series_keys=("7",))
    batch = protocols()["kiwis"].parse(source, Payload((ResponsePage(orjson.dumps([series])),)), NOW)
    assert [[reading.observed.timestamp(), reading.value] for reading in batch.readings] == orjson.loads(output)


async def test_random_answers_that_fit_a_schema_are_read_or_rejected(start: Start, tmp_path: Path) -> None:
    item = {
        "type": "object", "required": ["id", "time"],
        "properties": {
            "id": {"type": "string"}, "time": {"type": "string", "format": "date-time"}, "unit": {"type": "string"},
            "value": {"oneOf": [{"type": "number"}, TEXT, {"type": "boolean"}, {"type": "array", "items": COUNT}]},
        },
    }  # fmt: skip
    listed = {"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": item}}}
    base = served(start, tmp_path, {"/traffic": operation({"schema": listed})}, "--dynamic")
    options = {"items": "data", "series": "flow-{id}", "value": "value", "time": "time", "unit_path": "unit"}
    source = row(f"{base}/traffic", options)
    count = 0
    for n in range(40):
        numbered = row(f"{base}/traffic", options, key=f"k{n}")
        async with client_factory() as factory:
            payload = await protocols()["http_json"].fetch(numbered, factory.context_for(numbered))
        batch = assert_parsed_or_refused(source, payload.pages[0], NOW + timedelta(days=40_000))
        count += len(batch.readings) + len(batch.rejected_items) if batch else 0
    assert count > 40
