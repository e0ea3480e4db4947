"""A row that leaves out `items` although its fields are in a list inside the answer: the reason names that list."""

import json
from typing import Any

import pytest
import yaml

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import Failure, FailureError
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import failures
from tests.data_sources.server import NOW, row

ITEM = {"id": "1", "name": "a", "v": 1, "t": "2026-11-24T09:00:00Z"}
DOCUMENTS = {
    "data": {"meta": {"n": 1}, "data": [ITEM]},
    '"kết quả".items': {"tags": ["x"], "other": [{"a": 1}], "kết quả": {"items": [ITEM]}},
}
EVENTS = {"kind": "report", "key": "{id}", "title": "{name}", "time": "t"}
OPTIONS: dict[str, dict[str, Any]] = {
    "http_json": {}, "webhook": {"push_token": "${TOKEN}"}, "mqtt": {"topics": ["x"]}, "cameras": {},
    "sql_view": {"query": "SELECT 1"},
}  # fmt: skip


def read(protocol: str, document: Any, options: dict[str, Any], *more: Any) -> Batch:
    """The batch of an answer with one page for the document, and for each of `more`."""
    bodies = [json.dumps(one).encode() for one in (document, *more)]
    made = MqttMessage if protocol == "mqtt" else ResponsePage
    source = row(options=OPTIONS[protocol] | options, protocol=protocol)
    pages = tuple(made(body, address="x", received_at=NOW) for body in bodies)
    batch: Batch = protocols()[protocol].parse(source, Payload(pages), NOW)
    return batch


def reasons(protocol: str, document: Any, options: dict[str, Any]) -> list[Failure]:
    """Of the rejected items, or of the whole answer."""
    try:
        return failures(read(protocol, document, options))
    except FailureError as error:
        return [error.failure]


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("protocol", OPTIONS)
def test_events_without_items_name_the_list_and_are_read_with_it(protocol: str, path: str) -> None:
    events = {name: value for name, value in EVENTS.items() if protocol != "cameras" or name != "kind"}
    outer = {} if protocol == "cameras" else {"items": "data"}  # that of the readings is not that of the events
    (failure,) = reasons(protocol, DOCUMENTS[path], {**outer, "events": events})
    assert failure == Failure(MappingCode.ITEMS_NOT_SET, {"option": "events.items", "path": path})
    batch = read(protocol, DOCUMENTS[path], {"events": {**events, "items": path}})
    assert [event.key for event in batch.events] == ["1"] and not batch.rejected_items


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("protocol", [name for name in OPTIONS if name != "cameras"])
def test_readings_without_items_name_the_list_and_are_read_with_it(protocol: str, path: str) -> None:
    options = {"series": "level", "value": "v"}
    (failure,) = reasons(protocol, DOCUMENTS[path], options)
    params = failure.params.get("cause", failure)
    assert params == Failure(MappingCode.ITEMS_NOT_SET, {"option": "items", "path": path})
    assert [one.value for one in read(protocol, DOCUMENTS[path], {**options, "items": path}).readings] == [1]


@pytest.mark.parametrize(
    "document",
    [{"data": [{"other": 1}]}, {"data": []}, {"data": [1]}, [{"other": 1}], {"name": "a"},
     {"a": {"b": {"c": {"d": [ITEM]}}}}],
)  # fmt: skip
def test_other_answers_have_another_reason(document: Any) -> None:
    (failure,) = reasons("http_json", document, {"events": EVENTS})
    assert failure.code == MappingCode.PATH_UNMATCHED and failure.params["path"] == "id"


@pytest.mark.parametrize(("items", "inside"), [("@", False), ("data", True)])
def test_filter_that_is_advised_for_a_single_item_without_a_name_reads_it_once_it_has_one(
    items: str, inside: bool
) -> None:
    def answer(name: str) -> dict[str, Any]:
        item = {"n": name, "v": 1}
        return {"data": item, "unit": "cm"} if inside else item

    options = {"items": items, "series": "{n}", "value": "v"}
    (failure,) = (one.failure for one in read("http_json", answer(""), options).rejected_items)
    options |= yaml.safe_load(str(failure.params["filter"]))
    assert read("http_json", answer(""), options) == Batch(())
    (reading,) = read("http_json", answer("a"), options).readings
    assert (reading.value, reading.unread_unit and reading.unread_unit.unit) == (1, "cm" if inside else None)
