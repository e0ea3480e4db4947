"""OpenAQ v3: the newest of each sensor, its unit, the station's own time, limits of the service."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._http.errors import HttpCode
from data_sources.openaq import OpenAqCode, Options, fetch, parse
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared


def sensor(value: Any = 12.5, name: str = "pm25", units: str = "µg/m³", utc: str = "2026-11-24T09:00:00Z") -> Any:
    latest = {"datetime": {"utc": utc, "local": "2026-11-24T12:00:00"}, "value": value}
    return {"id": 1, "name": f"{name} {units}", "parameter": {"name": name, "units": units}, "latest": latest}


def parsed(body: Any, charset: str = "", **options: Any) -> Batch:
    text = body if isinstance(body, bytes) else json.dumps({"results": body}).encode()
    return parse(row(options={"stations": [7], **options}), Payload((ResponsePage(text, "", charset, "7"),)), NOW)


def test_the_newest_value_of_each_sensor_has_its_time_in_utc() -> None:
    batch = parse(row(options={"stations": [7]}), Payload((fixture("openaq.json"),)), NOW)
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("pm25-openaq-json-1", 12.5, "µg/m³"), ("no2-openaq-json-3", 0.02, "ppm"),
    ]  # fmt: skip
    assert {one.observed for one in batch.readings} == {datetime(2026, 11, 24, 9, tzinfo=UTC)}
    assert codes(batch) == [ParseCode.NOT_A_NUMBER, OpenAqCode.NOT_A_SENSOR]


@pytest.mark.parametrize("utc", ["2026-11-24T09:00:00", "2026-11-24 09:00", "2026-11-24T16:00:00+07:00"])
def test_a_time_in_utc_is_never_local(utc: str) -> None:
    assert parsed([sensor(utc=utc)]).readings[0].observed == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_a_sensor_whose_newest_has_no_value_takes_none_away() -> None:
    silent = sensor()
    del silent["latest"]["value"]
    batch = parsed([silent, {**sensor(None), "id": 2}])
    assert [(one.series, one.value) for one in batch.readings] == [("pm25-7-2", None)]
    assert codes(batch) == [OpenAqCode.NOT_A_SENSOR]


def test_ppm_is_not_converted_to_a_mass() -> None:
    source = row(options={"stations": [7]}, series_keys=("no2-7-1",), units={"no2-7-1": "µg/m³"})
    batch = validate_batch(parsed([sensor(0.02, "no2", "ppm")]), source.polled_series(), NOW)
    assert batch.readings == () and codes(batch) == [UnitCode.DIFFERENT_QUANTITY]
    milli = validate_batch(parsed([sensor(0.02, "no2", "mg/m³")]), source.polled_series(), NOW)
    assert [reading.value for reading in milli.readings] == [20]


def test_other_parameters_than_those_of_the_row_are_left_out() -> None:
    batch = parsed([sensor(), sensor(1, "o3")], parameters=["o3"], series="{parameter}", names={"o3": "ozone"})
    assert [(one.series, one.value) for one in batch.readings] == [("ozone", 1)] and not batch.rejected_items


def test_a_value_of_tomorrow_is_rejected() -> None:
    ahead = sensor(1, utc=(NOW + timedelta(days=1)).isoformat())
    batch = validate_batch(
        parsed([ahead, sensor()]), row(series_keys=("pm25-7-1",), units={"pm25-7-1": "µg/m³"}).polled_series(), NOW
    )
    assert [one.value for one in batch.readings] == [12.5] and codes(batch) == [ValidationCode.TIME_AHEAD]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_other_charsets_are_read(charset: str) -> None:
    text = json.dumps({"results": [sensor()]}, ensure_ascii=False)
    assert len(parsed(text.encode(charset), charset).readings) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY), (b"<html>", DecodingCode.HTML), (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'{"results": [', DecodingCode.NOT_JSON), (b"[]", OpenAqCode.NOT_OPENAQ),
        (b'{"detail": "no such location"}', IngestCode.SERVICE_MESSAGE), (b'{"results": 7}', OpenAqCode.NOT_OPENAQ),
    ],
)  # fmt: skip
def test_an_invalid_answer_is_an_error(body: bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        parsed(body)


class Service:
    """OpenAQ version 3, with a record of the requests."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.stations = [{"id": 7}, {"id": 8}, {"name": "odd"}]
        self.full = False

    async def answer(self, request: web.Request) -> web.Response:
        self.paths.append(request.path_qs)
        if request.headers.get("X-API-Key") != "secret":
            return web.Response(status=401)
        if self.full:
            return web.Response(status=429, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "37"})
        if request.path.endswith("/sensors"):
            return web.json_response({"results": [sensor(int(request.path.split("/")[3]))]})
        return web.json_response({"results": self.stations})


HEADERS = {"X-API-Key": "${OPENAQ_KEY}"}


async def test_the_stations_of_a_box_are_searched_once_a_day() -> None:
    service, now = Service(), NOW
    factory = client_factory(secrets={"OPENAQ_KEY": "secret"}, clock=lambda: now)
    async with serving(service.answer) as base, factory as clients:
        source = row(base, {"bbox": "105.2,9.4,106.3,10.4", "headers": HEADERS})
        for hours in (0, 1, 25):
            now = NOW + timedelta(hours=hours)
            batch = parse(source, await fetch(source, clients.context_for(source)), now)
            assert {reading.series: reading.value for reading in batch.readings} == {"pm25-7-1": 7, "pm25-8-1": 8}
        assert len([path for path in service.paths if "bbox" in path]) == 2
        service.full = True
        with pytest.raises(SourceError) as caught:
            await fetch(source, clients.context_for(source))
        assert caught.value.failure.code == HttpCode.TOO_MANY_REQUESTS and caught.value.retry_after == 37


@pytest.mark.parametrize("kind", ["gone", "broken", "no OpenAQ", "silent"])
async def test_a_station_that_fails_keeps_back_no_other(kind: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        if "/locations/8/" in request.path:
            if kind == "silent":
                await asyncio.sleep(30)
            status = {"gone": 404, "broken": 500}.get(kind, 200)
            return web.json_response({"detail": "Location not found"}, status=status)
        return web.json_response({"results": [sensor()]})

    async with serving(answer) as base, client_factory() as clients:
        source = row(base, {"stations": [7, 8, 9]}, deadline=timedelta(seconds=2))
        batch = parse(source, await fetch(source, clients.context_for(source)), NOW)
        assert [one.series for one in batch.readings] == ["pm25-7-1", "pm25-9-1"]
        (item,) = batch.rejected_items
        assert item.location == "station 8"
        alone = row(base, {"stations": [8]}, deadline=timedelta(seconds=2), fingerprint="alone")
        with pytest.raises(SourceError) as failed:
            parse(alone, await fetch(alone, clients.context_for(alone)), NOW)
        assert failed.value.failure.code == item.failure.code


class Stations:
    """Stations whose answers have an ETag each. Those of `broken` answer 500, those of `silent` never."""

    def __init__(self) -> None:
        self.broken, self.silent, self.statuses = set[str](), set[str](), list[int]()

    async def answer(self, request: web.Request) -> web.Response:
        station, tag = request.path.split("/")[3], '"1"'
        if station in self.silent:
            await asyncio.Event().wait()
        is_known = request.headers.get("If-None-Match") == tag
        self.statuses.append(500 if station in self.broken else 304 if is_known else 200)
        return web.json_response({"results": [sensor()]}, status=self.statuses[-1], headers={"ETag": tag})


async def test_unchanged_stations_are_well_beside_one_that_fails() -> None:
    service = Stations()
    async with serving(service.answer) as base, client_factory() as clients:
        source = row(base, {"stations": [7, 8, 9]})
        assert not (await fetch(source, clients.context_for(source))).is_partial
        assert (await fetch(source, clients.context_for(source))).is_unchanged
        service.broken = {"7"}
        for _ in range(2):
            payload = await fetch(source, clients.context_for(source))
            batch = parse(source, payload, NOW)
            assert payload.is_partial and [item.location for item in batch.rejected_items] == ["station 7"]
            assert [one.series for one in batch.readings] == ["pm25-8-1", "pm25-9-1"]
        service.broken = set()
        whole = await fetch(source, clients.context_for(source))
        assert not whole.is_partial and len(parse(source, whole, NOW).readings) == 3
    assert sorted(service.statuses) == sorted([200] * 3 + [304] * 3 + [500, 304, 304] * 2 + [200, 304, 304])


async def test_stations_that_hang_keep_back_no_other() -> None:
    """They stand before the others in the row."""
    service = Stations()
    service.silent = {str(n) for n in range(1, 9)}
    async with serving(service.answer) as base, client_factory() as clients:
        source = row(base, {"stations": list(range(1, 13))}, deadline=timedelta(seconds=1))
        for silent in (8, 8, 7):
            service.silent = {str(n) for n in range(1, silent + 1)}
            payload = await fetch(source, clients.context_for(source))
            batch = parse(source, payload, NOW)
            assert (len(batch.readings), payload.is_partial) == (12 - silent, True)
            assert codes(batch) == [IngestCode.DEADLINE_EXCEEDED] * silent


async def test_the_stations_of_a_box_that_did_not_change_are_not_sent_again() -> None:
    now, statuses = NOW, list[int]()

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/sensors"):
            return web.json_response({"results": [sensor()]})
        statuses.append(304 if request.headers.get("If-None-Match") == '"1"' else 200)
        return web.json_response({"results": [{"id": 7}]}, status=statuses[-1], headers={"ETag": '"1"'})

    async with serving(answer) as base, client_factory(clock=lambda: now) as clients:
        source = row(base, {"bbox": "105.2,9.4,106.3,10.4"})
        for hours in (0, 12, 25):
            now = NOW + timedelta(hours=hours)
            assert len(parse(source, await fetch(source, clients.context_for(source)), now).readings) == 1
    assert statuses == [200, 304]


async def test_a_box_without_stations_and_a_missing_key_are_errors() -> None:
    service = Service()
    service.stations = []
    async with serving(service.answer) as base, client_factory(secrets={"OPENAQ_KEY": "secret"}) as clients:
        source = row(base, {"bbox": "105.2,9.4,106.3,10.4", "headers": HEADERS})
        with raises_failure(OpenAqCode.NO_STATION):
            await fetch(source, clients.context_for(source))
        bare = row(base, {"stations": [7]}, fingerprint="other")
        with pytest.raises(SourceError) as caught:
            await fetch(bare, clients.context_for(bare))
        assert caught.value.is_refused


@pytest.mark.parametrize(
    "options",
    [{}, {"stations": [1], "bbox": "1,1,2,2"}, {"bbox": "2,2,1,1"}, {"bbox": "a,b,c,d"}, {"stations": [0]},
     {"stations": [1, 2], "most": 1}],
)  # fmt: skip
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_recorded_sensors_are_read() -> None:
    batch = parsed(shared("openaq/sensors.json").read_bytes())
    assert (len(batch.readings), len(batch.rejected_items)) == (8, 0)
    values = {one.series.rpartition("-")[0]: (one.value, one.unit) for one in batch.readings}
    assert (values["pm25-7"], values["o3-7"]) == ((4.1, "µg/m³"), (0.059, "ppm"))


@pytest.mark.parametrize("name", ["locations.json", "measurements.json", "parameters.json"])
def test_recorded_answer_of_another_endpoint_fails(name: str) -> None:
    with raises_failure(OpenAqCode.NOT_SENSORS):
        parsed(shared(f"openaq/{name}").read_bytes())


@pytest.mark.parametrize("item", [{"id": 2, "name": "pm25"}, {"parameter": {"name": "pm25"}, "value": 1}, {}, 7])
def test_answer_of_another_endpoint_fails_and_one_wrong_item_does_not(item: Any) -> None:
    with raises_failure(OpenAqCode.NOT_SENSORS):
        parsed([item, item])
    batch = parsed([item, sensor()])
    assert len(batch.readings) == 1 and codes(batch) == [OpenAqCode.NOT_A_SENSOR]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["results", "latest", "parameter", "name", "datetime", "utc"]), inner)
    ),
    max_leaves=15,
)


@given(st.binary() | JSON.map(lambda one: json.dumps({"results": [one]}).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.floats(-1e6, 1e6)))
def test_a_valid_answer_gives_exactly_its_readings(values: dict[str, float]) -> None:
    batch = parsed([sensor(value, name) for name, value in values.items()])
    assert {one.series: one.value for one in batch.readings} == {f"{name}-7-1": value for name, value in values.items()}


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("openaq", tmp_path, OPENAQ_KEY="secret")
    page = ResponsePage(json.dumps({"results": [sensor()]}).encode(), address="2178")
    batch = validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert len(batch.readings) == 1 and not batch.rejected_items
