"""Open-Meteo: the request, which steps are readings, which are rejected."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.open_meteo import ATTRIBUTION, OpenMeteoCode, Options, fetch, parse
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.units import canonical_unit
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared

POINTS = [{"key": "ninh-kieu", "lat": 10.03, "lon": 105.78}, {"key": "tran-de", "lat": 9.5, "lon": 106.0}]
WEATHER = {
    "product": "weather",
    "points": POINTS,
    "variables": {"temperature_2m": "temperature-{point}"},
    "hourly": {"precipitation": "rain-{point}"},
}


def at(*places: tuple[float, float]) -> list[dict[str, Any]]:
    """POINTS at other places: those of a recorded answer."""
    return [{**point, "lat": lat, "lon": lon} for point, (lat, lon) in zip(POINTS, places, strict=False)]


FLOOD = {"product": "flood", "points": POINTS, "variables": {"river_discharge": "discharge-{point}"}}


def read(page: ResponsePage, options: dict[str, Any], now: datetime = NOW) -> Batch:
    return parse(row(options=options), Payload((page,)), now)


def test_only_past_steps_are_readings() -> None:
    batch = read(fixture("open_meteo_weather.json"), WEATHER)
    assert [(one.series, one.observed.strftime("%H:%M"), one.value, one.unit) for one in batch.readings] == [
        ("temperature-ninh-kieu", "09:15", 29.4, "°C"),
        ("rain-ninh-kieu", "07:00", 0.0, "mm"),
        ("rain-ninh-kieu", "08:00", None, "mm"),
        ("rain-ninh-kieu", "09:00", 1.2, "mm"),
        ("rain-tran-de", "07:00", 0.1, "mm"),
    ]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("tran-de.current.temperature_2m[0]", ParseCode.NOT_A_NUMBER),
        ("tran-de.hourly.precipitation[1]", ParseCode.NOT_A_TIME),
    ]


@pytest.mark.parametrize(
    ("values", "expected", "gap_marks"),
    [
        ([1.5, None, 2.5, None, 3.5], [1.5, None, 2.5], 0),  # the last two steps lie ahead
        ([1.5, None, None, None, None], [1.5], 2),
        ([None, 2.5, None, None, None], [None, 2.5], 1),
        ([None] * 5, [None] * 3, 0),  # no value of the service: said, not left out
    ],
)
def test_nulls_at_the_end_are_counted(values: list[float | None], expected: list[float | None], gap_marks: int) -> None:
    times = [f"2026-11-24T{hour}:00" for hour in (14, 15, 16, 17, 18)]
    answer = {"utc_offset_seconds": 25_200, "hourly": {"time": times, "x": values}, "hourly_units": {"x": "m"}}
    options = {"product": "weather", "points": at((10.0, 105.75)), "hourly": {"x": "x"}}
    batch = read(ResponsePage(json.dumps(answer).encode()), options)
    assert [one.value for one in batch.readings] == expected and batch.gap_mark_count == gap_marks
    series = row(series_keys=("x",), units={"x": "m"}).polled_series()
    assert validate_batch(batch, series, NOW).gap_mark_count == gap_marks


def test_a_point_beside_the_river_is_rejected() -> None:
    batch = read(fixture("open_meteo_flood.json"), FLOOD)
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("discharge-ninh-kieu", 9120.5, "m³/s"),
        ("discharge-ninh-kieu", 9044.25, "m³/s"),
    ]
    assert batch.readings[1].observed == datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert [one.location for one in batch.rejected_items] == ["tran-de.daily.river_discharge"]
    assert codes(batch) == [OpenMeteoCode.POINT_OFF_RIVER]


def test_a_recorded_river_of_two_points() -> None:
    page = ResponsePage(shared("openmeteo/flood_two_locations.json").read_bytes())
    options = {**FLOOD, "points": at((27.68, 68.86), (31.17, 72.08))}
    batch = read(page, options, datetime(2026, 10, 9, 1, tzinfo=UTC))
    assert [one.value for one in batch.readings] == [3482.37, 3410.93, 858.01, 823.14]


def test_a_recorded_centroid_beside_its_river_is_rejected() -> None:
    page = ResponsePage(shared("openmeteo/flood_sukkur_centroid.json").read_bytes())
    batch = read(page, {**FLOOD, "points": at((27.52, 69.17))})
    assert not batch.readings and codes(batch) == [OpenMeteoCode.POINT_OFF_RIVER]


def test_recorded_air_quality_with_a_greek_mu() -> None:
    page = ResponsePage(shared("openmeteo/ha_air_quality.json").read_bytes())
    options = {
        "product": "air_quality",
        "points": at((52.52, 13.41)),
        "variables": {"ozone": "ozone-{point}", "uv_index": "uv"},
    }
    source = row(
        options=options, series_keys=("ozone-ninh-kieu", "uv"), units={"ozone-ninh-kieu": "mg/m³", "uv": "chỉ số"}
    )
    batch = validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("ozone-ninh-kieu", 0.082, "mg/m³"),
        ("uv", 1.85, "chỉ số"),
    ]
    assert canonical_unit("μg/m³") == canonical_unit("µg/m³")


async def test_the_request_has_zone_days_points_and_variables() -> None:
    async def handler(request: web.Request) -> web.Response:
        requests.append((request.path, dict(request.query)))
        return web.Response(body=fixture("open_meteo_weather.json").body)

    requests: list[tuple[str, dict[str, str]]] = []
    async with serving(handler) as base, client_factory() as clients:
        for source in (row(base, WEATHER), row(f"{base}/", FLOOD), row(f"{base}/own/path", WEATHER)):
            payload = await fetch(source, clients.context_for(source))
            assert len(payload.pages) == 1
    assert [path for path, _ in requests] == ["/v1/forecast", "/v1/flood", "/own/path"]
    assert requests[0][1] == {
        "latitude": "10.03,9.5", "longitude": "105.78,106", "timezone": "Asia/Ho_Chi_Minh", "forecast_days": "1",
        "current": "temperature_2m", "hourly": "precipitation",
    }  # fmt: skip
    assert requests[1][1]["daily"] == "river_discharge" and "current" not in requests[1][1]


async def test_the_archive_is_asked_for_dates_up_to_the_present_day_in_utc() -> None:
    async def handler(request: web.Request) -> web.Response:
        requests.append(dict(request.query))
        return web.json_response([])

    requests: list[dict[str, str]] = []
    after_midnight = datetime(2026, 11, 23, 18, tzinfo=UTC)  # the 24th in the city
    options = {**WEATHER, "product": "archive", "past_days": 10}
    async with serving(handler) as base, client_factory(clock=lambda: after_midnight) as clients:
        source = row(base, options)
        await fetch(source, clients.context_for(source))
    assert requests == [{
        "latitude": "10.03,9.5", "longitude": "105.78,106", "timezone": "Asia/Ho_Chi_Minh",
        "hourly": "temperature_2m,precipitation", "start_date": "2026-11-13", "end_date": "2026-11-23",
    }]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": true, "reason": "Latitude must be in range"}', IngestCode.SERVICE_MESSAGE),
        (b"{}", OpenMeteoCode.POINTS_MISMATCH),
        (b"[]", OpenMeteoCode.POINTS_MISMATCH),
        (b"", DecodingCode.EMPTY),
        (b"<html>", DecodingCode.HTML),
        (b'[{"current": ', DecodingCode.NOT_JSON),
    ],
)
def test_an_invalid_answer_is_an_error(body: bytes, code: ErrorCode) -> None:
    with raises_failure(code):
        read(ResponsePage(body), WEATHER)


@pytest.mark.parametrize(
    ("block", "more", "code"),
    [
        (None, {}, OpenMeteoCode.BLOCK_MISSING),
        ([], {}, OpenMeteoCode.BLOCK_MISSING),
        ({"time": ["2026-11-24T08:00"], "temperature_2m": []}, {}, OpenMeteoCode.VALUES_MISMATCH),
        ({"time": "2026-11-24T08:00", "temperature_2m": 1}, {"utc_offset_seconds": "7"}, OpenMeteoCode.INVALID_OFFSET),
        ({"time": "2026-11-24T08:00", "temperature_2m": 1}, {"utc_offset_seconds": None}, OpenMeteoCode.INVALID_OFFSET),
        ({"time": 3, "temperature_2m": 1}, {}, ParseCode.NOT_A_TIME),
        ({"time": "0001-01-01T00:00", "temperature_2m": 1}, {"utc_offset_seconds": 25200}, ParseCode.NOT_A_TIME),
    ],
)
def test_an_invalid_block_is_rejected(block: Any, more: dict[str, Any], code: ErrorCode) -> None:
    options = {"product": "weather", "points": POINTS[:1], "variables": {"temperature_2m": "temperature-{point}"}}
    answer = {"current": block, "current_units": {"temperature_2m": "°C"}, "utc_offset_seconds": 0, **more}
    batch = read(ResponsePage(json.dumps([answer]).encode()), options)
    assert codes(batch) == [code] and not batch.readings


@pytest.mark.parametrize("time", ["2026-11-24T08:00", "2026-11-24T01:00Z", "2026-11-24T10:00+09:00"])
def test_a_zone_of_a_time_comes_before_that_of_the_answer(time: str) -> None:
    options = {"product": "weather", "points": POINTS[:1], "variables": {"temperature_2m": "temperature-{point}"}}
    units = {"current_units": {"temperature_2m": "°C"}, "utc_offset_seconds": 25200}
    batch = read(
        ResponsePage(json.dumps({"current": {"time": time, "temperature_2m": 27.5}, **units}).encode()), options
    )
    assert [one.observed for one in batch.readings] == [datetime(2026, 11, 24, 1, tzinfo=UTC)]


def test_an_answer_that_is_a_list_is_rejected() -> None:
    options = {"product": "weather", "points": POINTS[:1], "variables": {"temperature_2m": "temperature-{point}"}}
    assert codes(read(ResponsePage(b"[[]]"), options)) == [OpenMeteoCode.BLOCK_MISSING]


@pytest.mark.parametrize(
    "change",
    [
        {"variables": {}, "hourly": {}},
        {"variables": {"temperature_2m": "temperature"}},
        {"variables": {"temperature_2m": "temperature-{name}"}},
        {"points": []},
        {"points": [{"key": "A", "lat": 1, "lon": 1}]},
        {"points": [{"key": "a", "lat": 91, "lon": 1}]},
        {"product": "tides"},
    ],
)
def test_invalid_options_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({**WEATHER, **change})


def test_the_licence_asks_for_a_name_and_a_link() -> None:
    assert ATTRIBUTION == ("Weather data by Open-Meteo.com", "https://open-meteo.com/")


WORDS = st.sampled_from(
    ["current", "time", "temperature_2m", "hourly", "precipitation", "hourly_units", "utc_offset_seconds"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.just("2026-11-24T08:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=30,
)


@given(st.binary() | st.lists(JSON, min_size=2, max_size=2).map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    source = replace(row(options=WEATHER))
    try:
        batch = parse(source, Payload((ResponsePage(body),)), NOW)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)
        assert all(one.observed <= NOW for one in batch.readings)


@pytest.mark.parametrize(
    ("lat", "lon", "answered", "is_rejected"),
    [
        (10.03, 105.78, {"latitude": 10.0, "longitude": 105.75}, False),
        (10.03, 105.78, {"latitude": 10.5, "longitude": 105.3}, False),
        (10.03, 105.78, {"latitude": 10.6, "longitude": 105.78}, True),
        (10.03, 105.78, {"latitude": 10.03, "longitude": 106.3}, True),
        (10.03, 105.78, {"latitude": 105.78, "longitude": 10.03}, True),
        (0.0, 179.9, {"latitude": 0.0, "longitude": -179.9}, False),
        (10.03, 105.78, {}, False),
    ],
)
def test_an_answer_for_another_place_is_rejected(
    lat: float, lon: float, answered: dict[str, float], is_rejected: bool
) -> None:
    options = {
        "product": "weather", "points": [{"key": "a", "lat": lat, "lon": lon}],
        "variables": {"temperature_2m": "temperature-{point}"},
    }  # fmt: skip
    current = {"time": "2026-11-24T08:00", "temperature_2m": 27.5}
    units = {"current_units": {"temperature_2m": "°C"}, "utc_offset_seconds": 0}
    page = ResponsePage(json.dumps({**answered, "current": current, **units}).encode())
    batch = read(page, options)
    codes_found = [item.failure.code for item in batch.rejected_items]
    assert codes_found == ([OpenMeteoCode.POINT_ELSEWHERE] if is_rejected else [])
    assert len(batch.readings) == (not is_rejected)
