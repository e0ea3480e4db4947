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
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, validate_batch
from ioc.domain.ingest.source import Source
from tests.data_sources.bad import stands
from tests.data_sources.server import NOW, door, fixture, row
from tests.peers.conftest import HERE, PRISM, PYTHON, READERS, Start, carried, needed

pytestmark = pytest.mark.slow
TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}


def operation(answer: Any, query: Iterable[str] = (), header: str = "", path: str = "") -> dict[str, Any]:
    """A GET that wants `query`, `header`, a number in its `path`, and answers with `answer`, an example or a schema."""
    places: list[tuple[str, str, dict[str, Any]]] = [
        *((one, "query", TEXT) for one in query),
        *([(header, "header", TEXT)] if header else []),
    ]
    places += [(path, "path", COUNT)] if path else []
    params = [{"name": name, "in": place, "required": True, "schema": kind} for name, place, kind in places]
    content = answer if isinstance(answer, dict) and "schema" in answer else {"example": answer}
    found = {"200": {"description": "ok", "content": {"application/json": content}}}
    return {"get": {"parameters": params, "responses": found}}


def served(start: Start, folder: Path, paths: dict[str, Any], *flags: str) -> str:
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}
    (folder / "api.json").write_text(json.dumps(document), "utf-8")
    return start([str(needed(PRISM)), "mock", "-h", "127.0.0.1", "-p", "{port}", "--errors", *flags,
                  str(folder / "api.json")])  # fmt: skip


async def read(source: Source) -> Batch:
    """What a poll of `source` would keep, by a clock that has seen its answer."""
    protocol = protocols()[source.protocol]
    async with door() as open_door:
        payload = await protocol.fetch(source, open_door.context_for(source))
    return validate_batch(protocol.parse(source, payload, NOW), source.polled_series(), NOW)


async def test_openaq_as_its_own_library_recorded_it(start: Start, tmp_path: Path) -> None:
    (told,) = carried("openaq", "tests/fixtures/responses/sensors.json").values()
    sensors = orjson.loads(told)
    held = {one["parameter"]["name"]: one for one in sensors["results"] if one["latest"]}
    assert len(held) > 3
    base = served(start, tmp_path, {"/v3/locations/{id}/sensors": operation(sensors, (), "X-API-Key", "id")})
    units = {f"{name}-7": one["parameter"]["units"] for name, one in held.items()}
    options = {"stations": [7], "headers": {"X-API-Key": "k"}}
    batch = await read(row(base, options, protocol="openaq", series_keys=tuple(units), units=units))
    assert {one.series: one.value for one in batch.readings} == {
        f"{name}-7": one["latest"]["value"] for name, one in held.items()
    }
    with pytest.raises(SourceError, match=r"answered 4|refuses us"):  # the key that the document wants was not sent
        await read(row(base, {"stations": [7]}, protocol="openaq"))


async def test_entities_as_a_library_of_the_broker_writes_them(start: Start, tmp_path: Path) -> None:
    written = subprocess.run(
        [needed(PYTHON), HERE / "ngsi_entity.py"], capture_output=True, check=True, timeout=60
    ).stdout.splitlines()
    paths = {"/ngsi-ld/v1/entities": operation([orjson.loads(one) for one in written], ("type", "limit", "offset"))}
    options = {"type": "AirQualityObserved", "values": {"no2-{tail}": "NO2", "t-{tail}": "temperature"}}
    units = {"no2-ct01": "mg/m³", "no2-ct02": "µg/m³", "t-ct01": "°C"}
    source = row(served(start, tmp_path, paths), options, protocol="ngsi", series_keys=tuple(units), units=units)
    batch = await read(source)
    values = {one.series: one.value for one in batch.readings}
    assert values == {"no2-ct01": pytest.approx(0.022), "no2-ct02": 31.5, "t-ct01": 31.5}
    assert {one.observed.minute for one in batch.readings} == {0, 5}


async def test_kiwis_is_asked_with_what_its_words_are(start: Start, tmp_path: Path) -> None:
    query = ("service", "type", "request", "format", "ts_id", "metadata", "returnfields")
    answer = orjson.loads(fixture("kiwis.json").body)
    base = served(start, tmp_path, {"/KiWIS": operation(answer, query)})
    source = row(f"{base}/KiWIS", {"ts": ["7"]}, protocol="kiwis", series_keys=("7", "54512010"))
    assert len((await read(source)).readings) > 3


def test_another_reader_of_kiwis_finds_the_same_in_our_recording(start: Start, tmp_path: Path) -> None:
    series = {**orjson.loads(fixture("kiwis.json").body)[1], "columns": "Timestamp,Value"}
    series["data"] = [["2026-11-24T16:00:00.000+07:00", 1.87], ["2026-11-24T16:05:00.000+07:00", 1.88]]
    base = served(start, tmp_path, {"/KiWIS": operation([series], ("request", "ts_id"))})
    code = (
        f"import sys; sys.path.append({str(needed(READERS))!r}); from kiwis_pie import KIWIS; "
        f"found = KIWIS({base + '/KiWIS'!r}).get_timeseries_values(ts_id=7); "
        "print([[at.timestamp(), value] for at, value in found['Value'].items()])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60).stdout
    ours = row(options={}, protocol="kiwis", series_keys=("7",))
    batch = protocols()["kiwis"].parse(ours, Payload((ResponsePage(orjson.dumps([series])),)), NOW)
    assert [[one.observed.timestamp(), one.value] for one in batch.readings] == orjson.loads(told)


async def test_anything_that_fits_a_document_is_read_or_refused(start: Start, tmp_path: Path) -> None:
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
    seen = 0
    for n in range(40):
        one = row(f"{base}/traffic", options, key=f"k{n}")
        async with door() as open_door:
            payload = await protocols()["http_json"].fetch(one, open_door.context_for(one))
        batch = stands(source, payload.pages[0], NOW + timedelta(days=40_000))
        seen += len(batch.readings) + len(batch.rejected_items) if batch else 0
    assert seen > 40
