"""NGSI: all forms of an entity, pages, notifications, and files of smart-data-models."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._mapping.errors import MappingCode
from data_sources.ngsi import Options, fetch, parse
from data_sources.ngsi.errors import NgsiCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError, WebhookMessage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from ioc.domain.ingest.value_types import TypeCode
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, client_factory, fixture, queued, row, serving, shared

SIMPLE: dict[str, Any] = {"values": {"no2-{tail}": "NO2"}}
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PUSH = {**SIMPLE, "push": True, "push_token": "${NGSI_TOKEN}"}


def entity(key: str = "urn:ngsi-ld:Air:CT1", **attributes: Any) -> dict[str, Any]:
    return {"id": key, "type": "Air", "dateObserved": "2026-11-24T16:00:00", **attributes}


def parsed(*bodies: Any, charset: str = "", **options: Any) -> Batch:
    pages = [
        ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode(), "", charset) for body in bodies
    ]
    return parse(row(options={**SIMPLE, **options}), Payload(tuple(pages)), NOW)


def readings_of(batch: Batch) -> list[tuple[str, float | None, str, datetime]]:
    return [(reading.series, reading.value, reading.unit, reading.observed) for reading in batch.readings]


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
def test_every_form_of_an_attribute_gives_the_same_value(attribute: Any, unit: str) -> None:
    assert readings_of(parsed([entity(NO2=attribute)])) == [("no2-ct1", 41.5, unit, AT)]


HISTORY = [(10, "2026-11-24T08:00:00Z"), (20, "2026-11-24T08:10:00Z"), (30, "2026-11-24T08:20:00Z")]


def instances(**more: str) -> list[dict[str, Any]]:
    return [{"type": "Property", "value": value, "observedAt": at, **more} for value, at in HISTORY]


def feature(key: str, **properties: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [105.78, 10.03]}
    return {"id": key, "type": "Feature", "geometry": point, "properties": {"type": "Air", **properties}}


def test_geojson_gives_the_same_readings_as_the_entities() -> None:
    attributes: dict[str, Any] = {
        "NO2": {"type": "Property", "value": 41.5, "unitCode": "GQ", "observedAt": "2026-11-24T09:00:00Z"}
    }
    features = [feature("urn:ngsi-ld:Air:CT1", **attributes), feature("urn:ngsi-ld:Air:CT2", NO2=instances())]
    collection = {"type": "FeatureCollection", "features": features}
    expected = parsed([entity(**attributes), entity("urn:ngsi-ld:Air:CT2", NO2=instances())])
    notification = {"id": "urn:n", "type": "Notification", "subscriptionId": "urn:s", "data": collection}
    assert parsed(collection) == parsed(notification) == expected and len(expected.readings) == 4
    assert parsed(features[0]).readings == expected.readings[:1]
    pushed = Payload((ResponsePage(json.dumps(notification).encode(), "application/geo+json"),))
    assert parse(row(options=PUSH), pushed, NOW).readings == expected.readings


def test_entity_of_a_type_named_like_geojson_is_an_entity() -> None:
    assert len(parsed([{**entity(NO2=1), "type": "Feature"}]).readings) == 1
    assert len(parsed(entity(NO2=1, data=[{"value": 7}])).readings) == 1


def test_boolean_attribute_is_rejected() -> None:
    batch = parsed([entity(NO2={"type": "Boolean", "value": False, "metadata": {}})])
    assert [item.failure for item in batch.rejected_items] == [Failure(ParseCode.BOOLEAN, {"text": "false"})]


def test_value_under_another_key_is_read_by_the_type_of_the_property() -> None:
    slots: dict[str, Any] = {"values": {"free": "state.free"}}
    json_ = {"type": "JsonProperty", "json": {"free": 7, "json": 1}, "unitCode": "C62"}
    assert [reading.value for reading in parsed([entity(state=json_)], **slots).readings] == [7]
    assert [reading.value for reading in parsed([entity(state={"json": 1, "free": 8})], **slots).readings] == [8]
    others: tuple[Any, ...] = (
        {"type": "VocabProperty", "vocab": "ok"},
        {"type": "ListProperty", "valueList": [1]},
        {"type": []},
    )
    for attribute in others:
        assert parsed([entity(NO2=attribute)]).rejected_items[0].failure.code.startswith("parsing.not_")


def test_dataset_is_chosen_by_the_row() -> None:
    several = [{"type": "Property", "value": n, "datasetId": f"urn:{n}"} for n in (1, 2)]

    def failure_for(**wanted: str) -> Failure:
        return parsed([entity(NO2=several)], values={"a": {"attribute": "NO2", **wanted}}).rejected_items[0].failure

    options: dict[str, Any] = {"values": {"a": {"attribute": "NO2", "dataset": "urn:2"}}}
    assert parsed([entity(NO2=several)], **options).readings[0].value == 2
    assert failure_for() == Failure(NgsiCode.DEFAULT_DATASET_MISSING, {"known": "urn:1, urn:2"})
    missing = Failure(NgsiCode.DATASET_MISSING, {"known": "urn:1, urn:2", "wanted": "urn:3"})
    assert failure_for(dataset="urn:3") == missing


def test_time_of_a_value_overrides_that_of_the_entity() -> None:
    own = {"type": "Property", "value": 1, "observedAt": "2026-11-24T08:30:00Z"}
    mark = {"type": "DateTime", "value": "2026-11-24T08:30:00Z"}
    instant = {"type": "Number", "value": 1, "metadata": {"TimeInstant": mark}}
    times = {reading.observed for reading in parsed([entity(NO2=own), entity(NO2=instant)]).readings}
    assert times == {AT - timedelta(minutes=30)}


def test_interval_zone_and_missing_time() -> None:
    span = entity(NO2=1, dateObserved="2026-11-24T15:00:00/2026-11-24T16:00:00")
    assert parsed([span]).readings[0].observed == AT
    assert parsed([entity(NO2=1)], zone="UTC").readings[0].observed == AT + timedelta(hours=7)
    bare = {"id": "a:1", "type": "x", "NO2": 1}
    assert parsed([bare]).rejected_items[0].failure == Failure(NgsiCode.NO_TIME, {"attribute": "dateObserved"})
    assert parsed([bare], time="").readings[0].observed == NOW


def test_unreadable_items_of_the_fixture_are_rejected() -> None:
    batch = parse(row(options=SIMPLE), Payload((fixture("ngsi.json"),)), NOW)
    assert [(item.location, item.failure) for item in batch.rejected_items] == [
        ("[2].NO2", Failure(ParseCode.NOT_A_NUMBER, {"text": "high"})),
        ("[3].NO2", Failure(NgsiCode.NO_TIME, {"attribute": "dateObserved"})),
        ("[4]", Failure(NgsiCode.NOT_AN_ENTITY, {"kind": Failure(TypeCode.NUMBER)})),
    ]


def test_another_share_than_the_row_states_is_rejected_until_the_row_says_what_the_code_means() -> None:
    def humidity(units: dict[str, str]) -> Batch:
        options = {"values": {"humidity": {"attribute": "relativeHumidity", "unit": "ratio"}}, "units": units}
        source = row(options=options, series_keys=("humidity",), units={"humidity": "%"})
        fraction = {"type": "Property", "value": 0.54, "unitCode": "P1"}
        body = json.dumps([entity(relativeHumidity=fraction)]).encode()
        return validate_batch(parse(source, Payload((ResponsePage(body),)), NOW), source.polled_series(), NOW)

    assert [item.failure for item in humidity({}).rejected_items] == [
        Failure(NgsiCode.SHARE_UNITS, {"unit": "P1", "stated": "ratio"})
    ]
    assert not humidity({}).readings
    assert [reading.value for reading in humidity({"P1": "ratio"}).readings] == [54]


def test_structured_values_expanded_names_and_null_are_read() -> None:
    attributes: dict[str, Any] = {
        "https://uri.etsi.org/ngsi-ld/default-context/NO2": {"type": "Property", "value": "urn:ngsi-ld:null"},
        "slots": {"type": "StructuredValue", "value": {"free": 20}},
        "N-TOT": 6,
    }
    values = {"a": "NO2", "b": "slots.free", "c": "N-TOT", "d": "slots.none.deeper", "e": "lack"}
    batch = parsed([entity(**attributes)], values=values)
    assert [(reading.series, reading.value) for reading in batch.readings] == [
        ("a", None),
        ("b", 20),
        ("c", 6),
        ("d", None),
    ]


def test_entity_without_any_attribute_of_the_row_is_rejected() -> None:
    (item,) = parsed([entity(SO2=1)]).rejected_items
    assert item.failure.code == MappingCode.PATH_UNMATCHED and "SO2" in item.sample  # the name as the entity has it


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<html>", DecodingCode.HTML),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'[{"id": ', DecodingCode.NOT_JSON),
        (b"7", NgsiCode.NO_ENTITIES),
        (b'{"title": "Internal"}', NgsiCode.NO_ENTITIES),
        (b"{}", NgsiCode.NO_ENTITIES),
    ],
)
def test_unreadable_answer_fails_with_its_code(body: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        parsed(body)
    assert caught.value.failure.code == code


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1258"])
def test_other_charsets_are_read(charset: str) -> None:
    text = json.dumps([entity(NO2=1, areaServed="đầm")], ensure_ascii=False).replace("đầm", "đâ\u0300m")
    assert len(parsed(text.encode(charset), charset=charset).readings) == 1


def test_deep_value_and_time_ahead_are_rejected_alone() -> None:
    deep = b'[{"id": "a:1", "dateObserved": "2026-11-24T16:00:00", "NO2": ' + b'{"value": ' * 900 + b"1" + b"}" * 901
    assert parsed(deep + b"]").rejected_items[0].failure == Failure(
        ParseCode.NOT_NUMERIC, {"kind": Failure(TypeCode.OBJECT)}
    )
    ahead = entity(NO2=1, dateObserved="2026-11-25T16:00:00")
    batch = validate_batch(
        parsed([ahead, entity("a:ct2", NO2=2)]), row(series_keys=("no2-ct1", "no2-ct2")).polled_series(), NOW
    )
    assert [reading.value for reading in batch.readings] == [2] and batch.rejected_items[
        0
    ].failure.code == ValidationCode.TIME_AHEAD


class Broker:
    """A broker of `count` entities, of either version; `requests`: path, tenant and query of each."""

    def __init__(self, count: int, header: str = "") -> None:
        self.count, self.header = count, header
        self.requests: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(
            {"path": request.path, "tenant": request.headers.get("Fiware-Service", ""), **request.query}
        )
        start, limit = int(request.query["offset"]), int(request.query["limit"])
        entities = [entity(f"a:{n}", NO2=n) for n in range(start, min(start + limit, self.count))]
        headers = {self.header: str(self.count)} if self.header else {}
        return web.json_response(entities, headers={"ETag": f'"{start}"', **headers})


async def polled(broker: Broker, **options: Any) -> Batch:
    async with serving(broker.answer) as base, client_factory() as factory:
        source = row(base, {**SIMPLE, "limit": 10, **options})
        return parse(source, await fetch(source, factory.context_for(source)), NOW)


@pytest.mark.parametrize(
    ("version", "header", "requests"),
    [("ld", "NGSILD-Results-Count", 2), ("v2", "Fiware-Total-Count", 2), ("ld", "", 3)],
)
async def test_pages_are_read_by_the_count_or_until_one_is_not_full(version: str, header: str, requests: int) -> None:
    broker = Broker(20, header)
    batch = await polled(broker, version=version, type="Air", headers={"Fiware-Service": "cantho"})
    assert len(batch.readings) == 20 and not batch.rejected_items
    path, count = (
        ("/ngsi-ld/v1/entities", {"count": "true"}) if version == "ld" else ("/v2/entities", {"options": "count"})
    )
    assert len(broker.requests) == requests
    assert broker.requests[1] == {
        "path": path,
        "tenant": "cantho",
        "type": "Air",
        "limit": "10",
        "offset": "10",
        **count,
    }


@pytest.mark.parametrize("header", ["NGSILD-Results-Count", ""])
async def test_entities_beyond_the_last_page_are_reported(header: str) -> None:
    batch = await polled(Broker(50, header), pages=2)
    assert len(batch.readings) == 20 and batch.rejected_items[0].location == "[20]"
    pages_end = Failure(NgsiCode.PAGES_END, {"total": 50, "read": 20})
    assert batch.rejected_items[0].failure == (pages_end if header else Failure(NgsiCode.LAST_PAGE_FULL))


async def test_pages_of_geojson_are_followed_while_they_are_full() -> None:
    async def answer(request: web.Request) -> web.Response:
        keys = range(start := int(request.query["offset"]), min(start + 10, 15))
        features = [feature(f"a:{n}", NO2=n, dateObserved="2026-11-24T16:00:00") for n in keys]
        return web.json_response({"type": "FeatureCollection", "features": features})

    async with serving(answer) as base, client_factory() as factory:
        source = row(base, {**SIMPLE, "limit": 10})
        batch = parse(source, await fetch(source, factory.context_for(source)), NOW)
    assert len(batch.readings) == 15


async def test_unchanged_page_is_taken_from_the_cache() -> None:
    has_changed = False

    async def answer(request: web.Request) -> web.Response:
        start = int(request.query["offset"])
        if request.headers.get("If-None-Match") and not (has_changed and start):
            return web.Response(status=304)
        entities = [entity(f"a:{n}", NO2=n + has_changed) for n in range(start, min(start + 10, 15))]
        return web.json_response(entities, headers={"ETag": "e"})

    async with serving(answer) as base, client_factory() as factory:
        source = row(base, {**SIMPLE, "limit": 10})
        assert len((await fetch(source, factory.context_for(source))).pages) == 2
        assert (await fetch(source, factory.context_for(source))).is_unchanged
        has_changed = True
        again = parse(source, await fetch(source, factory.context_for(source)), NOW)
        assert [reading.value for reading in again.readings if reading.series in ("no2-0", "no2-14")] == [0, 15]


async def test_notifications_of_both_versions_are_read() -> None:
    ld = {"id": "urn:n", "type": "Notification", "subscriptionId": "urn:s", "data": [entity(NO2=1)]}
    v2 = {"subscriptionId": "5", "data": [entity("Air:CT2", NO2={"type": "Number", "value": 2, "metadata": {}})]}
    bodies = [json.dumps(ld).encode(), b"<html>", json.dumps(v2).encode()]
    messages = [WebhookMessage(n, ResponsePage(body, "application/json")) for n, body in enumerate(bodies)]
    async with client_factory(pending_messages=queued(messages)) as factory:
        source = row("/vao/a", PUSH)
        payload = await fetch(source, factory.context_for(source))
        batch = parse(source, payload, NOW)
        assert (payload.message_ids, payload.has_data) == ((0, 1, 2), True)
        assert [(reading.series, reading.value) for reading in batch.readings] == [("no2-ct1", 1), ("no2-ct2", 2)]
        assert batch.rejected_items[0].location == "#2"
        messages.clear()
        silent = await fetch(source, factory.context_for(source))
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
def test_recorded_file_is_read(name: str, values: list[str], time: str, expected: list[tuple[float, str]]) -> None:
    named = {f"s{n}": attribute for n, attribute in enumerate(values)}
    batch = parsed(shared(f"ngsi/{name}").read_bytes(), values=named, time=time, zone="Europe/Madrid")
    assert [(reading.value, reading.unit) for reading in batch.readings] == expected
    assert not batch.rejected_items


NAMES = ["id", "NO2", "value", "metadata", "dateObserved", "data", "@value", "values", "type", "observedAt", "features",
         "properties", "index", "attributes", "attrName", "entities", "entityId", "attrs"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=20,
)


@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = parsed(body)
    except SourceError as error:
        assert 0 < len(str(error.failure)) < 300
    else:
        assert all(item.failure.code for item in batch.rejected_items)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.floats(-1e6, 1e6)))
def test_valid_document_gives_exactly_its_readings(values: dict[str, float]) -> None:
    batch = parsed([entity(f"a:{key}", NO2={"type": "Property", "value": value}) for key, value in values.items()])
    assert {reading.series: reading.value for reading in batch.readings} == {
        f"no2-{key}": value for key, value in values.items()
    }


def test_documented_row_is_read(tmp_path: Path) -> None:
    source = documented("ngsi", tmp_path)
    item = entity("urn:ngsi-ld:AirQualityObserved:CT01", pm25=12, relativeHumidity=0.5)
    body = [{**item, "type": "AirQualityObserved"}]
    batch = validate_batch(
        parse(source, Payload((ResponsePage(json.dumps(body).encode()),)), NOW), source.polled_series(), NOW
    )
    assert len(batch.readings) == 2 and not batch.rejected_items
