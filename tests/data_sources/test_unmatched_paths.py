"""Paths of a row that find nothing in any item: said once, with the option and the fields that the items have."""

import json
from typing import Any

import pytest

from data_sources import protocols
from data_sources._mapping import options_of
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW, row

TIME = "2026-11-24T09:00:00Z"
READING = {"id": "a", "v": 1, "p": {"u": "m", "t": TIME}}
READINGS = {"series": "{id}", "value": "v", "unit_path": "p.u", "time": "p.t"}
EVENT = {
    "id": "1", "name": "x", "t": TIME, "state": "open", "x": 105.7, "y": 10.0, "Mã phường": "31135", "level": "normal",
}  # fmt: skip
EVENTS: dict[str, Any] = {
    "kind": "report", "key": "{id}", "title": "{name}", "time": "t", "word": "state", "words": {"open": "open"},
    "lon": "x", "lat": "y", "place": '"Mã phường"', "severity": "level", "severities": {"normal": "normal"},
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "http_json": {}, "webhook": {"push_token": "${TOKEN}"}, "mqtt": {"topics": ["x"]}, "cameras": {},
    "sql_view": {"query": "SELECT 1"},
}  # fmt: skip
NGSI = [{"id": "urn:a:1", "type": "T", "free": {"value": 1}, "dateObserved": {"value": TIME}}]


def parse(protocol: str, items: Any, options: dict[str, Any]) -> tuple[Batch, list[Failure]]:
    """The batch, and what is said of the row's paths."""
    body = json.dumps(items).encode()
    message = MqttMessage(body, address="x", received_at=NOW)
    source = row(options=OPTIONS.get(protocol, {}) | options, protocol=protocol)
    module = protocols()[protocol]
    page = message if protocol == "mqtt" else ResponsePage(body, received_at=NOW)
    batch = module.parse(source, Payload((page,)), NOW)
    return batch, list(options_of(source, module.Options).unmatched_paths)


def unmatched(option: str, path: str, fields: str) -> Failure:
    return Failure(MappingCode.PATH_UNMATCHED, {"option": option, "path": path, "fields": fields})


def topic(protocol: str, path: str) -> str:
    """The field that items of a message have besides their own."""
    return ", mqtt" if protocol == "mqtt" and "." not in path else ""


def event_options(protocol: str, changes: dict[str, Any]) -> dict[str, Any]:
    events = {name: value for name, value in (EVENTS | changes).items() if protocol != "cameras" or name != "kind"}
    return {"events": {name: value for name, value in events.items() if value is not None}}


FIELDS = 'id, name, t, state, x, y, "Mã phường", level'


@pytest.mark.parametrize("protocol", OPTIONS)
@pytest.mark.parametrize(
    ("changes", "option", "path"),
    [
        *(({name: "wrong"}, f"events.{name}", "wrong") for name in
          ("text", "word", "severity", "time", "started", "due", "closed", "expires", "place")),
        ({"lon": "wrong"}, "events.lon", "wrong"), ({"lat": "wrong"}, "events.lat", "wrong"),
        ({"lon": None, "lat": None, "geometry": "wrong"}, "events.geometry", "wrong"),
        ({"facts": {"votes": "wrong"}}, "events.facts.votes", "wrong"),
        ({"personal": {"phone": "wrong"}}, "events.personal.phone", "wrong"),
        *(({name: "{wrong}"}, f"events.{name}", "wrong") for name in ("key", "title", "link", "same")),
    ],
)  # fmt: skip
def test_path_of_events_in_no_item_is_said_with_its_option(
    protocol: str, changes: dict[str, Any], option: str, path: str
) -> None:
    batch, said = parse(protocol, [EVENT, EVENT | {"id": "2"}], event_options(protocol, changes))
    expected = unmatched(option, path, FIELDS + topic(protocol, path))
    assert said == [expected]
    assert all(failure == expected for failure in failures(batch) if failure.code.startswith("mapping."))
    right = parse(protocol, [EVENT, EVENT | {"id": "2", "wrong": None}], event_options(protocol, changes))
    assert right[1] == []  # an item that has the field, even without a value, is enough


@pytest.mark.parametrize("protocol", [name for name in OPTIONS if name != "cameras"])
@pytest.mark.parametrize(
    ("changes", "option", "path", "fields"),
    [
        ({"value": "val"}, "value", "val", "id, v, p"),
        ({"unit_path": "p.unit"}, "unit_path", "p.unit", "p.u, p.t"),
        ({"time": "p.time"}, "time", "p.time", "p.u, p.t"),
        ({"series": "{ID}"}, "series", "ID", "id, v, p"),
        ({"place": "ward"}, "place", "ward", "id, v, p"),
        ({"series": "", "value": "", "values": {"{id}": "v", "h-{id}": "h"}}, "values.h-{id}", "h", "id, v, p"),
    ],
)
def test_path_of_readings_in_no_item_is_said_with_its_option(
    protocol: str, changes: dict[str, Any], option: str, path: str, fields: str
) -> None:
    batch, said = parse(protocol, [READING, READING | {"id": "b"}], READINGS | changes)
    assert [failure.params["path"] for failure in said] == [path]
    assert said == [unmatched(option, path, fields + topic(protocol, path))]
    assert all(failure == said[0] for failure in failures(batch) if failure.code.startswith("mapping."))


def test_path_that_one_item_has_keeps_the_reason_of_the_others() -> None:
    items = [EVENT, {name: value for name, value in EVENT.items() if name != "state"}]
    batch, said = parse("http_json", items, event_options("http_json", {}))
    assert said == [] and failures(batch) == [Failure(MappingCode.WORD_UNKNOWN, {"table": "words", "word": ""})]


def test_answer_without_items_says_nothing_of_paths() -> None:
    assert parse("http_json", [], event_options("http_json", {}))[1] == []
    assert parse("http_json", [], READINGS)[1] == []


def test_attribute_of_no_entity_is_said() -> None:
    values = {"free-{tail}": "free", "two-{tail}": "twoWheels", "in-{tail}": "free.inner"}
    _, said = parse("ngsi", NGSI, {"values": values})
    assert said == [unmatched("values.two-{tail}", "twoWheels", "free, dateObserved")]


def test_field_of_the_unit_in_no_report_is_said() -> None:
    report = {"service_request_id": "1", "service_code": "1", "service_name": "x", "status": "open",
              "requested_datetime": TIME, "lat": 10.0, "long": 105.7}  # fmt: skip
    _, said = parse("open311", [report], {"place": "ward"})
    assert [failure.params["option"] for failure in said] == ["place"]
    assert parse("open311", [report | {"ward": "31135"}], {"place": "ward"})[1] == []


def test_formats_that_fix_the_fields_of_a_record_say_nothing_of_them() -> None:
    assert parse("mqtt", [{"n": "a", "v": 1}], {"format": "senml"})[1] == []


@pytest.mark.parametrize("protocol", [name for name in OPTIONS if name not in ("sql_view", "cameras")])
def test_time_around_the_items_is_that_of_page_time(protocol: str) -> None:
    document = {"head": {"at": TIME}, "d": [{"id": "a", "v": 1}]}
    readings = {"items": "d", "series": "{id}", "value": "v", "time": "head.at"}
    events = {"events": {"items": "d", "kind": "report", "key": "{id}", "title": "{id}", "time": "head.at"}}
    for options, option in ((readings, "time"), (events, "events.time")):
        batch, said = parse(protocol, document, options)
        assert [one.code for one in said] == [MappingCode.TIME_OUTSIDE_ITEMS] == [one.code for one in failures(batch)]
        assert said[0].params["option"] == option and said[0].params["path"] == "head.at"
        batch, said = parse(protocol, document, options | {"page_time": "head.at"})
        assert len(batch.readings) + len(batch.events) == 1


def test_another_path_around_the_items_is_none_of_page_time() -> None:
    document = {"name": "x", "d": [{"id": "a", "v": 1}]}
    for changes in ({"value": "name"}, {"time": "at"}):
        options = {"items": "d", "series": "{id}", "value": "v"} | changes
        assert [one.code for one in parse("http_json", document, options)[1]] == [MappingCode.PATH_UNMATCHED]


def test_path_in_the_outer_items_is_one_of_parent() -> None:
    document = [{"k": "a", "at": TIME, "rows": [{"v": 1}]}]
    options = {"each": "rows", "series": "{k}", "value": "v", "time": "at"}
    batch, said = parse("http_json", document, options)
    assert [(one.code, one.params["path"]) for one in said] == [
        (MappingCode.PATH_IN_PARENT, "k"), (MappingCode.PATH_IN_PARENT, "at"),
    ]  # fmt: skip
    assert [one.code for one in failures(batch)] == [MappingCode.PATH_IN_PARENT]
    assert parse("http_json", document, options | {"series": "{parent.k}", "time": "parent.at"})[1] == []
