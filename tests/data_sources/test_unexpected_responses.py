"""An answer that is not what a protocol promises is an error; one that is, but has nothing in it, is a good answer."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources import protocols
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, fixture, row
from tests.data_sources.test_contract import CASES, Case

KINDS = ("alert", "item", "report", "vehicle", "camera", "press", "works")
GOOD, EMPTY, ERROR = "values", "empty", "error"
OTHERS = {
    "an empty object": b"{}",
    "a status": b'{"status": "ok"}',
    "an error": b'{"error": {"code": 404, "message": "not here"}}',
    "an empty list": b"[]",
    "null": b"null",
    "a page": b"<!DOCTYPE html><html><head><title>Login</title></head><body>Login</body></html>",
    "nothing": b"",
    **{case.fixture: fixture(case.fixture).body for case in CASES},
}
# A list without entries is what these promise, when there is nothing to tell.
PROMISES_A_LIST = {"kiwis", "ngsi", "open311", "sql_view"}
# The same options read the same document, pushed or polled; an index of alerts in Atom is a feed of items too.
ALSO_READ = {("http_json", "http_json.json"), ("webhook", "http_json.json"), ("rss", "cap_index.atom")}


def outcome(source: Source, page: ResponsePage) -> str:
    """What the poller makes of an answer: values, an empty good one, or an error (also when every item is rejected)."""
    try:
        batch = protocols()[source.protocol].parse(source, Payload((page,)), NOW)
    except SourceError:
        return ERROR
    valid = validate_batch(batch, source.polled_series(), NOW)
    events, rejected_events = validate_events(batch.events, KINDS, NOW, id_key=b"key")
    if valid.readings or events:
        return GOOD
    return ERROR if valid.rejected_items or rejected_events else EMPTY


def source_of(case: Case) -> Source:
    return replace(case.source, events=tuple(EventKind(kind, LocalizedText(kind)) for kind in KINDS))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
@pytest.mark.parametrize("other", OTHERS)
def test_answer_of_another_kind_is_an_error(case: Case, other: str) -> None:
    source = source_of(case)
    if other == case.fixture or (case.protocol, other) in ALSO_READ:
        assert outcome(source, fixture(other)) == GOOD
        return
    is_promised = other == "an empty list" and case.protocol in PROMISES_A_LIST
    page = replace(fixture(case.fixture), body=OTHERS[other])
    assert outcome(source, page) == (EMPTY if is_promised else ERROR)


RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{}</feed>'
VALID_AND_EMPTY: list[tuple[str, str, dict[str, Any]]] = [
    ("http_json", '{"data": []}', {"items": "data", "series": "{id}", "value": "v"}),
    ("http_json", "[]", {"series": "{id}", "value": "v"}),
    ("http_json", "[]", {"events": {"kind": "item", "key": "{id}", "title": "{id}"}}),
    ("webhook", "[]", {"series": "{id}", "value": "v", "push_token": "${GAUGE_TOKEN}"}),
    ("sensorthings", '{"value": []}', {}),
    ("sensorthings", '{"@iot.count": 1, "value": [{"@iot.id": 1, "name": "new", "Observations": []}]}', {}),
    ("sensorthings", '{"value": [{"name": "thing", "Datastreams": []}]}', {}),
    ("sensorthings", '{"value": [{"components": ["result"], "dataArray": []}]}', {}),
    ("geojson", '{"type": "FeatureCollection", "features": []}', {"series": "{id}", "value": "v"}),
    ("open311", "[]", {}),
    ("open311", '{"service_requests": []}', {}),
    ("open311", "<service_requests/>", {"form": "xml"}),
    ("rss", '<rss version="2.0"><channel><title>x</title></channel></rss>', {}),
    ("rss", ATOM.format(""), {}),
    ("cap", '<rss version="2.0"><channel><title>x</title></channel></rss>', {}),
    ("cap", ATOM.format("<updated>2026-11-24T09:00:00Z</updated>"), {}),
    ("ngsi", "[]", {"values": {"a": "b"}}),
    ("ngsi", '{"id": "n:1", "type": "Notification", "subscriptionId": "s:1", "data": []}', {"values": {"a": "b"}}),
    ("kiwis", "[]", {}),
    ("kiwis", '[{"ts_id": "7", "columns": "Timestamp,Value", "data": []}]', {}),
    ("waterml", '<Collection xmlns="http://www.opengis.net/waterml/2.0"/>', {}),
    ("waterml", '{"value": {"timeSeries": []}}', {}),
    ("waterml", "<timeSeriesResponse><queryInfo/></timeSeriesResponse>", {}),
    ("waterml", "<timeSeriesResponse><timeSeries><values/></timeSeries></timeSeriesResponse>", {}),
    ("waterml", '{"value": {"timeSeries": [{"values": []}]}}', {}),
    (
        "waterml",
        "<Collection><OM_Observation><MeasurementTimeseries/></OM_Observation></Collection>",
        {"series": "level"},
    ),
    ("rss", f'<r:RDF xmlns:r="{RDF}" xmlns="http://purl.org/rss/1.0/"><channel><title>x</title></channel></r:RDF>', {}),
    ("openaq", '{"results": []}', {"stations": [7]}),
    ("prometheus", '{"status": "success", "data": {"resultType": "vector", "result": []}}', {"queries": {"a": "up"}}),
    ("cameras", '{"cameras": []}', {"events": {"items": "cameras", "key": "{id}", "title": "{id}"}}),
    ("sql_view", "[]", {"query": "SELECT 1", "series": "a", "value": "v"}),
]


@pytest.mark.parametrize(("protocol", "body", "options"), VALID_AND_EMPTY)
def test_legitimately_empty_answer_is_good(protocol: str, body: str, options: dict[str, Any]) -> None:
    assert outcome(row(options=options, protocol=protocol), ResponsePage(body.encode())) == EMPTY


WITHOUT_MAPPED_FIELDS: list[tuple[str, str, dict[str, Any]]] = [
    ("http_json", "{}", {"series": "level", "value": "level"}),
    ("http_json", '{"status": "ok"}', {"series": "level", "value": "level", "time": "at"}),
    ("http_json", '{"status": "ok"}', {"values": {"level": "data.level", "rain": "data.rain"}}),
    ("http_json", '[{"a": 1}, {"b": 2}]', {"series": "level", "value": "level"}),
    ("http_json", '{"devices": [{"id": 1}]}', {"items": "devices", "each": "data", "series": "level", "value": "v"}),
    ("http_json", "3", {"series": "level", "value": "level"}),
    ("webhook", '{"status": "ok"}', {"series": "level", "value": "level", "push_token": "${GAUGE_TOKEN}"}),
    ("mqtt", '{"status": "ok"}', {"topics": ["x"], "series": "level", "value": "level"}),
    ("mqtt", "[]", {"topics": ["x"], "format": "senml"}),
    ("geojson", '{"type": "Feature", "properties": {}}', {"series": "level", "value": "properties.v"}),
    ("sensorthings", '{"value": [{"name": "Things", "url": "http://host/v1.1/Things"}]}', {}),
    ("sensorthings", '{"value": [{"@iot.id": 1, "name": "a Datastream that was not expanded"}]}', {}),
    ("ngsi", '{"data": []}', {"values": {"a": "b"}}),
    ("ngsi", '{"type": "NotFound", "title": "no"}', {"values": {"a": "b"}}),
    ("kiwis", '{"type": "FeatureCollection", "features": []}', {}),
    ("waterml", "<Collection/>", {}),
    (
        "open_meteo", '{"current": {"time": "2026-11-24T16:00"}}',
        {"product": "weather", "points": [{"key": "a", "lat": 10, "lon": 105}], "variables": {"rain": "level"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "body", "options"), WITHOUT_MAPPED_FIELDS)
def test_answer_without_anything_that_the_row_names_is_an_error(
    protocol: str, body: str, options: dict[str, Any]
) -> None:
    assert outcome(row(options=options, protocol=protocol), ResponsePage(body.encode())) == ERROR


def test_list_of_services_at_the_address_of_reports_is_an_error() -> None:
    services = json.dumps([{"service_code": "1", "service_name": "Lights"}]).encode()
    source = row(protocol="open311")
    assert outcome(source, ResponsePage(services, address="http://a/v2/services.json")) == EMPTY
    assert outcome(source, ResponsePage(services, address="http://a/v2/requests.json")) == ERROR


FEEDS_WITHOUT_A_CHANNEL = [
    "<rss></rss>", '<rss version="2.0"/>', '<rss version="2.0"><channel/></rss>', "<rss><error>no</error></rss>",
    "<rss><channel><error>no</error></channel></rss>", "<feed/>", ATOM.replace("<title>x</title>", "").format(""),
    ATOM.replace("<title>x</title>", "").format("<error>no</error>"), f'<rdf:RDF xmlns:rdf="{RDF}"/>',
]  # fmt: skip
WITHOUT_THE_PROMISED_PART: list[tuple[str, str, dict[str, Any]]] = [
    *((protocol, body, {}) for protocol in ("rss", "cap") for body in FEEDS_WITHOUT_A_CHANNEL),
    ("cap", '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', {}),
    ("waterml", '<timeSeriesResponse xmlns="http://www.cuahsi.org/waterML/1.1/"/>', {}),
    ("waterml", "<timeSeriesResponse><timeSeries/></timeSeriesResponse>", {}),
    ("waterml", '<Collection xmlns="http://www.opengis.net/waterml/2.0"><observationMember/></Collection>', {}),
    ("waterml", "<Collection><OM_Observation><result/></OM_Observation></Collection>", {}),
    ("waterml", '{"value": {"queryInfo": {}}}', {}),
    ("waterml", '{"value": {"timeSeries": [{}]}}', {}),
    ("open311", "<services/>", {"form": "xml"}),
    ("open311", "<errors/>", {"form": "xml"}),
    ("open311", '{"services": []}', {}),
    ("open311", '{"errors": []}', {}),
    ("open311", '{"service_requests": null}', {}),
    ("geojson", '{"type": "FeatureCollection"}', {"series": "{id}", "value": "v"}),
    ("geojson", '{"type": "FeatureCollection", "features": null}', {"series": "{id}", "value": "v"}),
    ("sensorthings", '{"@iot.count": 0}', {}),
    ("sensorthings", '{"value": null}', {}),
    ("kiwis", '[{"ts_id": "7"}]', {}),
    ("kiwis", '[{"ts_id": "7", "columns": "Timestamp,Value"}]', {}),
    ("openaq", '{"meta": {"found": 0}}', {"stations": [7]}),
    ("openaq", '{"results": null}', {"stations": [7]}),
    ("prometheus", '{"status": "success"}', {"queries": {"a": "up"}}),
    ("prometheus", '{"status": "success", "data": {"resultType": "vector"}}', {"queries": {"a": "up"}}),
    ("ngsi", '{"id": "n:1", "type": "Notification", "subscriptionId": "s:1"}', {"values": {"a": "b"}}),
    ("cameras", '{"cameras": null}', {"events": {"items": "cameras", "key": "{id}", "title": "{id}"}}),
    ("http_json", '{"data": null}', {"items": "data", "series": "{id}", "value": "v"}),
    ("http_json", '{"data": null}', {"events": {"items": "data", "kind": "item", "key": "{id}", "title": "{id}"}}),
]


@pytest.mark.parametrize(("protocol", "body", "options"), WITHOUT_THE_PROMISED_PART)
def test_right_root_without_the_part_that_the_protocol_promises_is_an_error(
    protocol: str, body: str, options: dict[str, Any]
) -> None:
    assert outcome(row(options=options, protocol=protocol), ResponsePage(body.encode())) == ERROR


def test_empty_list_of_services_beside_reports_is_an_answer() -> None:
    services = ResponsePage(b'{"services": []}', address="http://a/v2/services.json")
    assert outcome(row(protocol="open311"), services) == EMPTY


@given(st.dictionaries(st.sampled_from(["level", "at", "status", "n"]), st.none() | st.integers(0, 9), max_size=4))
def test_item_counts_as_read_only_when_it_has_a_field_of_the_row(item: dict[str, int | None]) -> None:
    body = json.dumps(item).encode()
    found = outcome(row(options={"series": "level", "value": "level"}), ResponsePage(body))
    assert found == (GOOD if "level" in item else ERROR)


def test_every_options_model_says_whether_its_answers_state_their_time() -> None:
    for case in CASES:
        assert isinstance(protocols()[case.protocol].Options.model_validate(case.options).has_own_time, bool)
