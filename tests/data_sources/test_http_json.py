"""HTTP JSON: the mapping of the row over valid, unusual and hostile answers."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping import MAX_ITEMS
from data_sources._mapping.errors import MappingCode
from data_sources.http_json import Options, fetch, parse
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.validation import validate_batch
from ioc.domain.ingest.value_types import TypeCode
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared

SIMPLE = {"items": "data", "series": "{id}", "time": "time", "value": "value", "unit_path": "unit"}


def read(body: Any, options: dict[str, Any]) -> Batch:
    """The batch of `body`: bytes, or a document to encode as JSON."""
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options), Payload((page,)), NOW)


def test_list_of_rows_is_read() -> None:
    options = {**SIMPLE, "zone": "Asia/Ho_Chi_Minh"}  # of the time without one
    batch = parse(row(options=options), Payload((fixture("http_json.json"),)), NOW)
    assert [(reading.series, reading.value, reading.unit) for reading in batch.readings] == [
        ("muc-nuoc-can-tho", 1.87, "m"),
        ("muc-nuoc-can-tho", None, "m"),
        ("bui-1", 12.5, "µg/m3"),
    ]
    assert [(item.location, item.failure) for item in batch.rejected_items] == [
        ("items[3]", Failure(ParseCode.TIME_MISSING)),
        ("items[4].value", Failure(ParseCode.NOT_A_NUMBER, {"text": "high"})),
        ("items[5]", Failure(ParseCode.NOT_IN_TIME_FORMAT, {"text": "hôm qua", "option": "time"})),
        ("items[6].value", Failure(ParseCode.SERIES_NAME_MISSING, {"field": "id"})),
        ("items[7]", Failure(ParseCode.TIME_MISSING)),
    ]


def test_several_values_of_an_item_and_a_page_time_are_read() -> None:
    options = {
        "items": "roads",
        "page_time": "generated",
        "values": {"speed-{code}": {"path": "speed_kmh", "unit": "km/h"}, "flow-{code}": "vehicles_per_hour"},
    }
    body = {
        "generated": "2026-11-24T16:18:00+07:00",
        "roads": [{"code": "A1", "speed_kmh": 31, "vehicles_per_hour": 5}],
    }
    batch = read(body, options)
    assert [(reading.series, reading.value, reading.unit) for reading in batch.readings] == [
        ("speed-a1", 31, "km/h"),
        ("flow-a1", 5, ""),
    ]
    assert {reading.observed for reading in batch.readings} == {datetime(2026, 11, 24, 9, 18, tzinfo=UTC)}


def test_object_without_a_time_is_observed_now() -> None:
    batch = read({"level": "1.234,5"}, {"series": "level", "value": "level", "decimal": ",", "unit": "mm"})
    assert batch.readings == (Reading("level", NOW, 1234.5, "mm"),)


def test_names_override_the_template() -> None:
    batch = read([{"n": "Đầm"}, {"n": "Ao"}], {"series": "{n}", "value": "v", "names": {"Đầm": "level-1"}})
    assert [reading.series for reading in batch.readings] == ["level-1", "ao"]


def test_sentinels_are_missing_values() -> None:
    body = [{"v": value} for value in (-999999, "-999999", 9999.0, "NaN", None, "--")]
    batch = read(body, {"series": "a", "value": "v", "missing": [-999999, 9999]})
    assert [reading.value for reading in batch.readings] == [None] * 6 and not batch.rejected_items


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<html></html>", DecodingCode.HTML),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'{"data": [{"id": 1', DecodingCode.NOT_JSON),
        (b"[]", MappingCode.NOTHING_AT_PATH),
        (b"7", MappingCode.NOTHING_AT_PATH),
    ],
)
def test_unreadable_answer_fails_with_its_code(body: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(body, SIMPLE)
    assert caught.value.failure.code == code


@pytest.mark.parametrize("number", ["1" * 5000, "-" + "9" * 400, "1e400", "1e99999999999", "1" * 61])
def test_absurd_number_is_rejected_alone(number: str) -> None:
    body = b'[{"id": "a", "v": %b}, {"id": "b", "v": 2.5}, {"id": "c", "v": NaN}]' % number.encode()
    batch = read(body, {"series": "{id}", "value": "v"})
    admitted = validate_batch(batch, row(series_keys=("a", "b", "c")).polled_series(), NOW)
    assert [(reading.series, reading.value) for reading in admitted.readings] == [("b", 2.5), ("c", None)]
    (rejected,) = admitted.rejected_items
    assert rejected.failure.code.startswith("parsing.") and len(str(rejected.failure)) < 80


def test_missing_page_time_fails() -> None:
    with pytest.raises(SourceError) as caught:
        read({"a": 1}, {"series": "a", "value": "a", "page_time": "at"})
    assert caught.value.failure == Failure(MappingCode.PAGE_TIME_MISSING, {"path": "at", "fields": "a"})


@pytest.mark.parametrize("bad", ["soon", 5, {"x": 1}, "2026-13-45T00:00:00Z", "9999-12-31T23:59:59Z", None])
def test_newest_time_of_the_items_is_that_of_those_that_can_be_read(bad: Any) -> None:
    at = ["2026-11-24T09:10:00Z", "2026-11-24T09:00:00Z", bad]
    items = [{"id": str(n), "at": time} for n, time in enumerate(at)]
    events = {"items": "data", "kind": "work", "key": "{id}", "title": "{id}", "time": "at"}
    assert read({"data": items}, {"page_time": "max(data[].at)", "events": events}).source_time == NOW.replace(
        hour=9, minute=10, second=0, microsecond=0
    )
    with pytest.raises(SourceError):
        read({"data": [{"id": "a", "at": {}}]}, {"page_time": "max(data[].at)", "events": events})


def test_item_that_an_expression_does_not_fit_is_rejected() -> None:
    batch = read({"a": "text"}, {"series": "a", "value": "sum(a)"})
    (rejected,) = batch.rejected_items
    assert (rejected.failure.code, rejected.failure.params) == (MappingCode.EXPRESSION_FAILED, {"path": "sum(a)"})
    assert rejected.failure.external


def test_deep_item_is_rejected() -> None:
    deep = b'{"a": ' * 900 + b"1" + b"}" * 900
    batch = read(b'[{"v": %b}]' % deep, {"series": "a", "value": "v"})
    assert batch.rejected_items[0].failure == Failure(ParseCode.NOT_NUMERIC, {"kind": Failure(TypeCode.OBJECT)})


def test_number_of_items_is_limited_and_the_rest_is_reported() -> None:
    batch = read(b"[" + b"1," * MAX_ITEMS + b"1]", {"series": "a", "value": "@"})
    assert len(batch.readings) == MAX_ITEMS
    assert batch.rejected_items[-1].failure == Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})


STATIONS = {
    "items": "stations", "each": "data", "series": "{parent.code}-{name}", "time": "time", "value": "value",
}  # fmt: skip
VALUE = {"name": "level", "time": "2026-11-24T09:00:00Z", "value": 1.5}


@pytest.mark.parametrize("missing", [{}, {"data": None}])
def test_item_without_its_inner_list_is_rejected_with_its_station_and_the_path(missing: dict[str, Any]) -> None:
    stations = [{"code": "CT-1", "data": [VALUE]}, {"note": "x" * 200, "code": "CT-2", **missing}, {"data": []}]
    batch = read(json.dumps({"stations": stations}).encode(), STATIONS)
    assert [reading.series for reading in batch.readings] == ["ct-1-level"]
    (item,) = batch.rejected_items
    assert item.location == "items[1].data"
    assert item.failure == Failure(MappingCode.LIST_MISSING, {"path": "data", "item": "CT-2"})


@pytest.mark.parametrize("series", ["{parent.code}-{name}", "{name}"])
def test_rejected_inner_item_names_its_station(series: str) -> None:
    stations = [{"station": {"code": "CT-9"}, "code": "CT-9", "data": [VALUE, {**VALUE, "time": None}]}]
    batch = read(json.dumps({"stations": stations}).encode(), {**STATIONS, "series": series})
    (item,) = batch.rejected_items
    assert item.failure.code == ParseCode.TIME_MISSING
    assert item.sample.startswith("CT-9: {'name': 'level'")


def test_recorded_wells_are_read() -> None:
    """Numbers as text, UTC beside local time in one record, names with accents, units in the item."""
    page = ResponsePage(shared("mqtt/camau_data_mqtt.json").read_bytes())
    options = {
        "items": "stations",
        "each": "data",
        "series": "{parent.deviceName}-{name}",
        "time": "time",
        "time_format": "%H:%M:%S %d/%m/%Y",
        "value": "value",
        "unit_path": "unit",
    }
    source = row(
        options=options, series_keys=("g30a-muc-nuoc", "qt2-nm2-nhiet-do-nuoc"), units={"qt2-nm2-nhiet-do-nuoc": "°C"}
    )
    batch = validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    values = {reading.series: (reading.value, reading.observed) for reading in batch.readings}
    assert values["g30a-muc-nuoc"] == (32.19, datetime(2026, 2, 14, 23, 32, 34, tzinfo=UTC))
    assert values["qt2-nm2-nhiet-do-nuoc"] == (27.52, datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC))
    assert all(item.failure.code for item in batch.rejected_items)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"series": "a"},
        {"series": "a", "value": "b", "values": {"c": "d"}},
        {"series": "a", "value": "[["},
        {"series": "a-{[}", "value": "b"},
        {"series": "a", "value": "b", "zone": "Mars/Base"},
        {"series": "a", "value": "b", "unit": "furlong"},
        {"series": "a", "value": "b", "time_format": "when"},
        {"series": "a", "value": "b", "vlaue": "c"},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


async def test_fetch_sends_headers_and_params_and_knows_an_unchanged_answer() -> None:
    from aiohttp import web

    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match"):
            return web.Response(status=304)
        return web.json_response({"key": request.headers["X-Key"], "q": request.query["q"]}, headers={"ETag": "1"})

    async with serving(handler) as base, client_factory(secrets={"K": "secret"}) as factory:
        source = row(base, {"series": "a", "value": "b", "headers": {"X-Key": "${K}"}, "params": {"q": "1"}})
        payload = await fetch(source, factory.context_for(source))
        assert orjson.loads(payload.pages[0].body) == {"key": "secret", "q": "1"}
        assert (await fetch(source, factory.context_for(source))).is_unchanged


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["data", "id", "time", "value"]), inner)
    ),
    max_leaves=20,
)


@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body, SIMPLE)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code and len(item.sample) <= 120 for item in batch.rejected_items)
        assert isinstance(validate_batch(batch, {}, NOW), Batch)


def times_of(*times: Any) -> dict[str, Any]:
    return {"data": [{"id": f"s{n}", "time": time, "value": 1, "unit": "m"} for n, time in enumerate(times)]}


@pytest.mark.parametrize("zoned", ["2026-11-24T09:00:00Z", "2026-11-24 16:00:00+0700", "2026-11-24T09:00Z/.."])
def test_time_without_zone_beside_times_with_one_is_rejected(zoned: str) -> None:
    body = times_of(zoned, "2026-11-24T08:00:00", "no time", 5)
    batch = read(body, SIMPLE)
    assert [reading.series for reading in batch.readings] == ["s0"]
    assert codes(batch)[0] == ParseCode.ZONE_MISSING and batch.rejected_items[0].location == "items[1]"
    assert ParseCode.ZONE_MISSING not in codes(batch)[1:]
    assert [reading.series for reading in read(body, {**SIMPLE, "zone": "UTC"}).readings] == ["s0", "s1"]


def test_times_that_all_have_no_zone_are_in_that_of_the_row() -> None:
    assert len(read(times_of("2026-11-24T08:00:00", "2026-11-24 07:00"), SIMPLE).readings) == 2
