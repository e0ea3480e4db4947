"""HTTP JSON: the row's mapping over good, odd and hostile answers."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping import MAX_ITEMS
from data_sources.http_json import Options, fetch, parse
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, validate_batch
from tests.data_sources.server import NOW, door, fixture, row, serving, shared

SIMPLE = {"items": "data", "series": "{id}", "time": "time", "value": "value", "unit_path": "unit"}


def read(body: Any, options: dict[str, Any]) -> Batch:
    """What `parse` makes of `body` (bytes, or something to write as JSON)."""
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options), Payload((page,)), NOW)


def test_a_list_of_rows() -> None:
    batch = parse(row(options=SIMPLE), Payload((fixture("http_json.json"),)), NOW)
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("muc-nuoc-can-tho", 1.87, "m"),
        ("muc-nuoc-can-tho", None, "m"),
        ("bui-1", 12.5, "µg/m3"),
    ]
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("items[3]", "time is missing"),
        ("items[4].value", "'high' is not a number"),
        ("items[5]", "'hôm qua' is not a time"),
        ("items[6].value", "id is missing: the series has no name"),
        ("items[7]", "time is missing"),
    ]


def test_several_values_in_an_item_and_a_page_time() -> None:
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
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("speed-a1", 31, "km/h"),
        ("flow-a1", 5, ""),
    ]
    assert {one.observed for one in batch.readings} == {datetime(2026, 11, 24, 9, 18, tzinfo=UTC)}


def test_one_object_without_a_time_is_observed_now() -> None:
    batch = read({"level": "1.234,5"}, {"series": "level", "value": "level", "decimal": ",", "unit": "mm"})
    assert [(one.series, one.observed, one.value, one.unit) for one in batch.readings] == [("level", NOW, 1234.5, "mm")]


def test_names_rule_over_the_template() -> None:
    batch = read([{"n": "Đầm"}, {"n": "Ao"}], {"series": "{n}", "value": "v", "names": {"Đầm": "level-1"}})
    assert [one.series for one in batch.readings] == ["level-1", "ao"]


def test_sentinels_are_no_values() -> None:
    body = [{"v": one} for one in (-999999, "-999999", 9999.0, "NaN", None, "--")]
    batch = read(body, {"series": "a", "value": "v", "missing": [-999999, 9999]})
    assert [one.value for one in batch.readings] == [None] * 6 and not batch.rejected_items


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html></html>", "HTML"),
        (b"[" * 10_000, "too deep"),
        (b'{"data": [{"id": 1', "not JSON"),
        (b"[]", "nothing lies at data"),
        (b"7", "nothing lies at data"),
    ],
)
def test_answers_of_which_nothing_can_be_made(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(body, SIMPLE)


@pytest.mark.parametrize("absurd", ["1" * 5000, "-" + "9" * 400, "1e400", "1e99999999999", "1" * 61])
def test_one_absurd_number_costs_its_value_and_not_the_answer(absurd: str) -> None:
    body = b'[{"id": "a", "v": %b}, {"id": "b", "v": 2.5}, {"id": "c", "v": NaN}]' % absurd.encode()
    batch = read(body, {"series": "{id}", "value": "v"})
    admitted = validate_batch(batch, row(series_keys=("a", "b", "c")).polled_series(), NOW)
    assert [(one.series, one.value) for one in admitted.readings] == [("b", 2.5), ("c", None)]
    assert len(admitted.rejected_items) == 1 and len(admitted.rejected_items[0].failure) < 80


def test_a_page_time_that_is_none_is_a_fault_of_the_answer() -> None:
    with pytest.raises(SourceError, match="at: time is missing"):
        read({"a": 1}, {"series": "a", "value": "a", "page_time": "at"})


def test_expressions_over_the_wrong_shape_refuse_the_item() -> None:
    batch = read({"a": "text"}, {"series": "a", "value": "sum(a)"})
    assert "cannot be read here" in batch.rejected_items[0].failure


def test_a_deep_item_is_refused_with_an_empty_sample() -> None:
    deep = b'{"a": ' * 900 + b"1" + b"}" * 900
    batch = read(b'[{"v": %b}]' % deep, {"series": "a", "value": "v"})
    assert batch.rejected_items[0].failure == "value is a dict, not a number"


def test_a_flood_of_items_is_cut() -> None:
    batch = read(b"[" + b"1," * MAX_ITEMS + b"1]", {"series": "a", "value": "@"})
    assert len(batch.readings) == MAX_ITEMS
    assert "left out" in batch.rejected_items[-1].failure


def test_the_real_wells_of_camau() -> None:
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
    kept = {one.series: (one.value, one.observed) for one in batch.readings}
    assert kept["g30a-muc-nuoc"] == (32.19, datetime(2026, 2, 14, 23, 32, 34, tzinfo=UTC))
    assert kept["qt2-nm2-nhiet-do-nuoc"] == (27.52, datetime(2026, 2, 14, 23, 31, 1, tzinfo=UTC))
    assert all(one.failure for one in batch.rejected_items)


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


async def test_fetch_sends_the_rows_headers_and_hears_that_nothing_moved() -> None:
    from aiohttp import web

    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match"):
            return web.Response(status=304)
        return web.json_response({"key": request.headers["X-Key"], "q": request.query["q"]}, headers={"ETag": "1"})

    async with serving(handler) as base, door(secrets={"K": "secret"}) as way:
        source = row(base, {"series": "a", "value": "b", "headers": {"X-Key": "${K}"}, "params": {"q": "1"}})
        payload = await fetch(source, way.context_for(source))
        assert orjson.loads(payload.pages[0].body) == {"key": "secret", "q": "1"}
        assert (await fetch(source, way.context_for(source))).is_unchanged


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["data", "id", "time", "value"]), inner)
    ),
    max_leaves=20,
)


@given(st.binary() | JSON.map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    try:
        batch = read(body, SIMPLE)
    except SourceError as error:
        assert error.failure
    else:
        assert all(one.failure and len(one.sample) <= 120 for one in batch.rejected_items)
        assert isinstance(validate_batch(batch, {}, NOW), Batch)
