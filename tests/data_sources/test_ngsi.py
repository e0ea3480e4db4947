"""NGSI: every form of an entity, pages, notifications, what smart-data-models write."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.ngsi import Options, fetch, parse
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError, WebhookMessage
from ioc.domain.ingest.reading import Batch, validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, door, fixture, row, serving, shared

SIMPLE: dict[str, Any] = {"values": {"no2-{tail}": "NO2"}}
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PUSH = {**SIMPLE, "push": True, "push_token": "${NGSI_TOKEN}"}


def entity(key: str = "urn:ngsi-ld:Air:CT1", **attributes: Any) -> dict[str, Any]:
    return {"id": key, "type": "Air", "dateObserved": "2026-11-24T16:00:00", **attributes}


def parsed(*bodies: Any, charset: str = "", **options: Any) -> Batch:
    pages = [ResponsePage(one if isinstance(one, bytes) else json.dumps(one).encode(), "", charset) for one in bodies]
    return parse(row(options={**SIMPLE, **options}), Payload(tuple(pages)), NOW)


def figures(batch: Batch) -> list[tuple[str, float | None, str, datetime]]:
    return [(one.series, one.value, one.unit, one.observed) for one in batch.readings]


@pytest.mark.parametrize(
    ("attribute", "unit"),
    [
        (41.5, ""),
        ("41.5", ""),
        ({"type": "Number", "value": 41.5, "metadata": {"unitCode": {"type": "Text", "value": "GQ"}}}, "µg/m³"),
        ({"type": "Property", "value": 41.5, "unitCode": "GQ"}, "µg/m³"),
        ({"value": 41.5, "unitCode": "XYZ"}, "XYZ"),
        ({"type": "Property", "value": {"@type": "xsd:double", "@value": 41.5}}, ""),
        ([{"type": "Property", "value": 9, "datasetId": "urn:b"}, {"type": "Property", "value": 41.5}], ""),
        ({"dataset": {"@none": 41.5, "urn:b": 9}}, ""),
    ],
)
def test_every_form_tells_the_same(attribute: Any, unit: str) -> None:
    assert figures(parsed([entity(NO2=attribute)])) == [("no2-ct1", 41.5, unit, AT)]


def test_properties_that_hold_their_value_under_another_word() -> None:
    slots: dict[str, Any] = {"values": {"free": "state.free"}}
    json_ = {"type": "JsonProperty", "json": {"free": 7, "json": 1}, "unitCode": "C62"}
    assert [one.value for one in parsed([entity(state=json_)], **slots).readings] == [7]
    assert [one.value for one in parsed([entity(state={"json": 1, "free": 8})], **slots).readings] == [8]
    others: tuple[Any, ...] = (
        {"type": "VocabProperty", "vocab": "ok"},
        {"type": "ListProperty", "valueList": [1]},
        {"type": []},
    )
    for held in others:
        assert "not a number" in parsed([entity(NO2=held)]).rejected_items[0].failure


def test_a_dataset_is_named_where_there_are_several() -> None:
    several = [{"type": "Property", "value": n, "datasetId": f"urn:{n}"} for n in (1, 2)]
    one: dict[str, Any] = {"values": {"a": {"attribute": "NO2", "dataset": "urn:2"}}}
    assert parsed([entity(NO2=several)], **one).readings[0].value == 2
    assert "datasets are urn:1, urn:2" in parsed([entity(NO2=several)]).rejected_items[0].failure


def test_a_values_own_time_goes_before_the_entitys() -> None:
    own = {"type": "Property", "value": 1, "observedAt": "2026-11-24T08:30:00Z"}
    mark = {"type": "DateTime", "value": "2026-11-24T08:30:00Z"}
    instant = {"type": "Number", "value": 1, "metadata": {"TimeInstant": mark}}
    assert {one.observed for one in parsed([entity(NO2=own), entity(NO2=instant)]).readings} == {
        AT - timedelta(minutes=30)
    }


def test_times_of_intervals_and_without_a_zone() -> None:
    span = entity(NO2=1, dateObserved="2026-11-24T15:00:00/2026-11-24T16:00:00")
    assert parsed([span]).readings[0].observed == AT
    assert parsed([entity(NO2=1)], zone="UTC").readings[0].observed == AT + timedelta(hours=7)
    bare = {"id": "a:1", "type": "x", "NO2": 1}
    assert "dateObserved is missing" in parsed([bare]).rejected_items[0].failure
    assert parsed([bare], time="").readings[0].observed == NOW


def test_the_fixture_says_what_is_refused() -> None:
    batch = parse(row(options=SIMPLE), Payload((fixture("ngsi.json"),)), NOW)
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("[2].NO2", "'high' is not a number"),
        ("[3].NO2", "dateObserved is missing: the value has no time"),
        ("[4]", "this is no entity but a int"),
    ]


def test_a_fraction_where_percent_is_meant() -> None:
    options = {"values": {"humidity": {"attribute": "relativeHumidity", "unit": "ratio"}}}
    source = row(options=options, series_keys=("humidity",), units={"humidity": "%"})
    given = {"type": "Property", "value": 0.54, "unitCode": "P1"}
    body = json.dumps([entity(relativeHumidity=given)]).encode()
    batch = validate_batch(parse(source, Payload((ResponsePage(body),)), NOW), source.polled_series(), NOW)
    assert [one.value for one in batch.readings] == [54]


def test_structured_values_expanded_names_and_the_null_of_ld() -> None:
    attributes: dict[str, Any] = {
        "https://uri.etsi.org/ngsi-ld/default-context/NO2": {"type": "Property", "value": "urn:ngsi-ld:null"},
        "slots": {"type": "StructuredValue", "value": {"free": 20}},
        "N-TOT": 6,
    }
    told = entity(**attributes)
    batch = parsed([told], values={"a": "NO2", "b": "slots.free", "c": "N-TOT", "d": "slots.none.deeper", "e": "lack"})
    assert [(one.series, one.value) for one in batch.readings] == [("a", None), ("b", 20), ("c", 6), ("d", None)]


def test_an_entity_with_nothing_of_the_row_is_told() -> None:
    assert "none of the row's attributes" in parsed([entity(SO2=1)]).rejected_items[0].failure


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"), (b"<html>", "HTML"), (b"[" * 10_000, "too deep"), (b'[{"id": ', "not JSON"),
        (b"7", "no entities"), (b'{"title": "Internal"}', "no entities"), (b"{}", "no entities"),
    ],
)  # fmt: skip
def test_answers_of_which_nothing_can_be_made(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parsed(body)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1258"])
def test_other_charsets(charset: str) -> None:
    text = json.dumps([entity(NO2=1, areaServed="đầm")], ensure_ascii=False).replace("đầm", "đâ\u0300m")
    assert len(parsed(text.encode(charset), charset=charset).readings) == 1


def test_a_deep_value_and_a_clock_a_day_ahead_cost_only_themselves() -> None:
    deep = b'[{"id": "a:1", "dateObserved": "2026-11-24T16:00:00", "NO2": ' + b'{"value": ' * 900 + b"1" + b"}" * 901
    assert "not a number" in parsed(deep + b"]").rejected_items[0].failure
    ahead = entity(NO2=1, dateObserved=(NOW + timedelta(days=1)).isoformat())
    batch = validate_batch(
        parsed([ahead, entity("a:ct2", NO2=2)]), row(series_keys=("no2-ct1", "no2-ct2")).polled_series(), NOW
    )
    assert [one.value for one in batch.readings] == [2] and "lies ahead" in batch.rejected_items[0].failure


class Broker:
    """Answers pages of `count` entities, of either version."""

    def __init__(self, count: int, header: str = "") -> None:
        self.count, self.header = count, header
        self.asked: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append({"path": request.path, "tenant": request.headers.get("Fiware-Service", ""), **request.query})
        start, limit = int(request.query["offset"]), int(request.query["limit"])
        found = [entity(f"a:{n}", NO2=n) for n in range(start, min(start + limit, self.count))]
        headers = {self.header: str(self.count)} if self.header else {}
        return web.json_response(found, headers={"ETag": f'"{start}"', **headers})


async def asked(broker: Broker, **options: Any) -> Batch:
    async with serving(broker.answer) as base, door() as way:
        source = row(base, {**SIMPLE, "limit": 10, **options})
        return parse(source, await fetch(source, way.context_for(source)), NOW)


@pytest.mark.parametrize(
    ("version", "header", "requests"),
    [("ld", "NGSILD-Results-Count", 2), ("v2", "Fiware-Total-Count", 2), ("ld", "", 3)],
)
async def test_all_pages_by_the_count_or_until_one_is_not_full(version: str, header: str, requests: int) -> None:
    broker = Broker(20, header)
    batch = await asked(broker, version=version, type="Air", headers={"Fiware-Service": "cantho"})
    assert len(batch.readings) == 20 and not batch.rejected_items
    path, count = (
        ("/ngsi-ld/v1/entities", {"count": "true"}) if version == "ld" else ("/v2/entities", {"options": "count"})
    )
    assert len(broker.asked) == requests
    assert broker.asked[1] == {"path": path, "tenant": "cantho", "type": "Air", "limit": "10", "offset": "10", **count}


@pytest.mark.parametrize("header", ["NGSILD-Results-Count", ""])
async def test_what_the_bound_left_out_is_said(header: str) -> None:
    batch = await asked(Broker(50, header), pages=2)
    assert len(batch.readings) == 20 and batch.rejected_items[0].location == "[20]"


async def test_a_page_that_is_unchanged_stands_for_the_one_that_is_held() -> None:
    moved = False

    async def answer(request: web.Request) -> web.Response:
        start = int(request.query["offset"])
        if request.headers.get("If-None-Match") and not (moved and start):
            return web.Response(status=304)
        found = [entity(f"a:{n}", NO2=n + moved) for n in range(start, min(start + 10, 15))]
        return web.json_response(found, headers={"ETag": "e"})

    async with serving(answer) as base, door() as way:
        source = row(base, {**SIMPLE, "limit": 10})
        assert len((await fetch(source, way.context_for(source))).pages) == 2
        assert (await fetch(source, way.context_for(source))).is_unchanged
        moved = True
        again = parse(source, await fetch(source, way.context_for(source)), NOW)
        assert [one.value for one in again.readings if one.series in ("no2-0", "no2-14")] == [0, 15]


async def test_notifications_of_both_forms_come_by_mail() -> None:
    ld = {"id": "urn:n", "type": "Notification", "subscriptionId": "urn:s", "data": [entity(NO2=1)]}
    v2 = {"subscriptionId": "5", "data": [entity("Air:CT2", NO2={"type": "Number", "value": 2, "metadata": {}})]}
    bodies = [json.dumps(ld).encode(), b"<html>", json.dumps(v2).encode()]
    box = [WebhookMessage(n, ResponsePage(body, "application/json")) for n, body in enumerate(bodies)]
    async with door(pending_messages=lambda _: box) as way:
        source = row("/vao/a", PUSH)
        payload = await fetch(source, way.context_for(source))
        batch = parse(source, payload, NOW)
        assert (payload.message_ids, payload.has_data) == ((0, 1, 2), True)
        assert [(one.series, one.value) for one in batch.readings] == [("no2-ct1", 1), ("no2-ct2", 2)]
        assert batch.rejected_items[0].location == "letter 2"
        box.clear()
        silent = await fetch(source, way.context_for(source))
        assert (silent.has_data, silent.is_unchanged) == (False, True)


@pytest.mark.parametrize(
    "options",
    [{}, {"values": {}}, {**SIMPLE, "push": True}, {**SIMPLE, "push_token": "${A}"},
     {**SIMPLE, "push": True, "push_token": "written here"}, {**SIMPLE, "version": "v1"}, {**SIMPLE, "limit": 0},
     {"values": {"a": {"attribute": "b", "unit": "furlong"}}}],
)  # fmt: skip
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@pytest.mark.parametrize(
    ("name", "values", "time", "expected"),
    [
        ("AirQualityObserved_example-normalized.json", ["no2", "co", "relativeHumidity"], "dateObserved",
         [(69, "µg/m³"), (500, "mg/m³"), (0.54, "")]),
        ("AirQualityObserved_example-normalized.jsonld", ["no2", "co", "relativeHumidity"], "dateObserved",
         [(69, "µg/m³"), (500, "mg/m³"), (0.54, "")]),
        ("WaterQualityObserved_example-normalized.jsonld", ["pH", "N-TOT"], "dateObserved", [(7.4, ""), (6.0, "")]),
        ("OnStreetParking_example-normalized.json", ["availableSpotNumber", "fourWheelerSlots.availableSpotNumber"],
         "observationDateTime", [(3, ""), (25, "")]),
    ],
)  # fmt: skip
def test_the_shared_files(name: str, values: list[str], time: str, expected: list[tuple[float, str]]) -> None:
    named = {f"s{n}": one for n, one in enumerate(values)}
    batch = parsed(shared(f"ngsi/{name}").read_bytes(), values=named, time=time, zone="Europe/Madrid")
    assert [(one.value, one.unit) for one in batch.readings] == expected
    assert not batch.rejected_items


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "NO2", "value", "metadata", "dateObserved", "data", "@value"]), inner)
    ),
    max_leaves=20,
)


@given(st.binary() | JSON.map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert 0 < len(error.failure) < 300
    else:
        assert all(one.failure for one in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.floats(-1e6, 1e6)))
def test_good_documents_give_exactly_their_readings(given: dict[str, float]) -> None:
    batch = parsed([entity(f"a:{key}", NO2={"type": "Property", "value": value}) for key, value in given.items()])
    assert {one.series: one.value for one in batch.readings} == {f"no2-{key}": value for key, value in given.items()}


def test_the_row_of_the_page_is_read_as_it_stands(tmp_path: Path) -> None:
    made = documented("ngsi", tmp_path)
    body = [entity("urn:ngsi-ld:AirQualityObserved:CT01", pm25=12, relativeHumidity=0.5)]
    batch = validate_batch(
        parse(made, Payload((ResponsePage(json.dumps(body).encode()),)), NOW), made.polled_series(), NOW
    )
    assert len(batch.readings) == 2 and not batch.rejected_items
