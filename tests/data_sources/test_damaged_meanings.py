"""A damaged text changes no state, no count and no list: its item or its answer is refused."""

import json
from typing import Any

import orjson
import pytest

from data_sources import cameras, geojson, http_json, open311, sql_view, webhook
from data_sources._mapping.errors import MappingCode
from data_sources.cap.errors import CapCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.test_cap import alert, only, read

EVENTS = {"kind": "report", "key": "{id}", "title": "{t}", "complete": True}
WORDS = {"word": "w", "words": {"đã đóng": "closed", "*": "open"}}
SEVERITIES = {"severity": "w", "severities": {"đã đóng": "critical", "*": "normal"}}
ITEMS: list[dict[str, Any]] = [
    {"id": "1", "t": "Ngập đường Trần Hưng Đạo", "w": "đã đóng", "at": "2026-11-24T08:30:00Z", "v": 1.5},
    {"id": "2", "t": "Cây đổ ở Ninh Kiều", "w": "mới", "at": None, "v": 2.5},
]
DAMAGE = [b"\xff", b"\xc3", b"\0", b"\x01", b"\\u0000", b"\\ufffd", "\ufffd".encode(), b"\\b", b"\x7f"]


def body(document: Any = ITEMS, damaged: str = "", damage: bytes = b"") -> bytes:
    """`document` with the first text `damaged` damaged before its last letter."""
    text = json.dumps(document, ensure_ascii=False)
    if not damaged:
        return text.encode()
    assert damaged in text
    return text.replace(damaged, f"{damaged[:-1]}@{damaged[-1]}", 1).encode().replace(b"@", damage)


def parsed(answer: bytes, options: dict[str, Any], protocol: Any = http_json) -> Batch:
    batch = protocol.parse(row(options=options), Payload((ResponsePage(answer),)), NOW)
    assert isinstance(batch, Batch)
    return batch


def kinds(batch: Batch) -> list[str]:
    return sorted(batch.complete_kinds)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("table", [WORDS, SEVERITIES])
def test_damaged_word_is_none_of_the_other_words(damage: bytes, table: dict[str, Any]) -> None:
    for protocol, more in ((http_json, {}), (webhook, {"push_token": "${T}"})):
        batch = parsed(body(ITEMS, "đã đóng", damage), {"events": EVENTS | table, **more}, protocol)
        assert codes(batch) == [MappingCode.WORD_UNKNOWN] and [event.key for event in batch.events] == ["2"]
        assert not batch.complete_kinds


def test_whole_word_is_as_before() -> None:
    batch = parsed(body(), {"events": EVENTS | WORDS | SEVERITIES})
    assert [event.stage for event in batch.events] == [EventStage.CLOSED, EventStage.OPEN]
    assert batch.events[0].severity is Severity.CRITICAL and kinds(batch) == ["report"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_list_with_a_damaged_title_is_whole(damage: bytes) -> None:
    batch = parsed(body(ITEMS, "Cây đổ", damage), {"events": EVENTS})
    assert len(batch.events) == 2 and not batch.rejected_items and kinds(batch) == ["report"]


def test_text_that_looks_like_an_escape_and_large_integers_are_no_damage() -> None:
    path = "[?id!='4']"
    for item in ({"id": "3", "t": "C:\\u0000\\b", "n": 2**70}, {"id": "3", "t": "Đèn tắt\n", "n": 2**70}):
        assert len(parsed(body([*ITEMS, item]), {"events": EVENTS | {"items": path}}).events) == 3
    damaged = body([*ITEMS, {"id": "3", "t": "Đèn tắt", "n": 2**70}], "Đèn", b"\\ufffd")
    with raises_failure(MappingCode.DAMAGED_TEXT_IN_FILTER, path=path):
        parsed(damaged, {"events": EVENTS | {"items": path}})


@pytest.mark.parametrize(("damaged", "ended"), [("Đèn tắt", ["report"]), ("next", [])])
def test_damage_around_the_features_of_a_collection_ends_no_event(damaged: str, ended: list[str]) -> None:
    feature = {
        "type": "Feature", "properties": {"id": "1", "t": "Đèn tắt"},
        "geometry": {"type": "Point", "coordinates": [105.78, 10.03]},
    }  # fmt: skip
    links = [{"rel": "next-of-others", "title": "Trần Hưng Đạo, Ninh Kiều"}]
    document = {"type": "FeatureCollection", "features": [feature], "links": links}
    options = {"events": EVENTS | {"key": "{properties.id}", "title": "{properties.t}"}}
    assert kinds(parsed(body(document), options, geojson)) == ["report"]
    batch = parsed(body(document, damaged, b"\xff"), options, geojson)
    assert len(batch.events) == 1 and kinds(batch) == ended


def test_damage_of_a_list_of_cameras_that_is_filtered_refuses_it() -> None:
    listed = {"key": "{id}", "title": "{t}", "complete": True}
    assert kinds(parsed(body(), {"events": listed}, cameras)) == ["camera"]
    damaged = body(ITEMS, "Cây đổ", b"\xff")
    assert kinds(parsed(damaged, {"events": listed}, cameras)) == ["camera"]
    path = "[?w=='đã đóng']"
    with raises_failure(MappingCode.DAMAGED_TEXT_IN_FILTER, path=path):
        parsed(damaged, {"events": listed | {"items": path}}, cameras)


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"events": EVENTS | {"items": "[?w=='đã đóng']"}}, "[?w=='đã đóng']"),
        ({"items": "[?w!='đã đóng']", "series": "{id}", "value": "v"}, "[?w!='đã đóng']"),
        ({"items": "[@]", "each": "[?w=='mới']", "series": "{id}", "value": "v"}, "[?w=='mới']"),
    ],
)
def test_filters_of_items_read_no_damaged_answer(options: dict[str, Any], path: str) -> None:
    parsed(body(), options)
    for damage in DAMAGE:
        with raises_failure(MappingCode.DAMAGED_TEXT_IN_FILTER, path=path):
            parsed(body(ITEMS, "đã đóng", damage), options)


@pytest.mark.parametrize(
    ("options", "whole"),
    [
        ({"events": EVENTS | {"word": "w=='đã đóng' && 'closed' || 'open'", "words": {"*": "open"}}}, 1),
        ({"events": EVENTS | {"title": "{join(' ', [t, w])}"}}, 1),
        ({"series": "n", "items": "[@]", "value": "length([?w=='mới'])"}, 0),
        ({"series": "{id}", "value": "to_number(v)"}, 1),
    ],
)
def test_computations_read_no_damaged_item(options: dict[str, Any], whole: int) -> None:
    assert not parsed(body(), options).rejected_items
    for damage in DAMAGE:
        batch = parsed(body(ITEMS, "đã đóng", damage), options)
        assert len(batch.readings) + len(batch.events) == whole and not batch.complete_kinds
        assert codes(batch) == [MappingCode.DAMAGED_TEXT_IN_FILTER]


@pytest.mark.parametrize("path", ["[-2:]", "[::-1]", "[:5]"])
def test_slices_compute_nothing(path: str) -> None:
    for text in (body(), body(ITEMS, "đã đóng", b"\xff")):
        assert len(parsed(text, {"items": path, "series": "{id}", "value": "v"}).readings) == 2
        assert len(parsed(text, {"events": EVENTS | {"items": path}}).events) == 2


@pytest.mark.parametrize("path", ["v", "[v][0]", "v || w", "{a: v}.a", '"(v)" || v'])
def test_paths_that_compute_nothing_read_a_damaged_answer(path: str) -> None:
    batch = parsed(body(ITEMS, "đã đóng", b"\xff"), {"items": "[]", "series": "{id}", "value": path})
    assert [reading.value for reading in batch.readings] == [1.5, 2.5]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["at", "unused"])
def test_damaged_name_of_a_member_refuses_the_answer(damage: bytes, name: str) -> None:
    document = [ITEMS[0] | {"unused": 1}, ITEMS[1]]
    for options in ({"events": EVENTS | {"closed": "at"}}, {"series": "{id}", "value": "v", "time": "at"}):
        with raises_failure(DecodingCode.NAME_DAMAGED):
            parsed(body(document, name, damage), options)
    damaged = orjson.dumps(document).replace(f'{name}"'.encode(), name.encode() + damage + b'"', 1)
    with raises_failure(DecodingCode.NAME_DAMAGED):
        parsed(damaged, {}, open311)
    batch = parsed(damaged, {"events": EVENTS, "push_token": "${T}"}, webhook)
    assert codes(batch) == [DecodingCode.NAME_DAMAGED] and not batch.complete_kinds


def test_unread_value_of_a_query_is_no_damaged_name() -> None:
    buffer = sql_view.rows.RowBuffer()
    buffer.add([{"id": "a", "v": b"\xff"}])
    page = buffer.page("sqlite")
    batch = sql_view.parse(
        row(options={"query": "SELECT id, v FROM t", "series": "{id}", "value": "v"}), Payload((page,)), NOW
    )
    assert [code.partition(".")[0] for code in codes(batch)] == ["sql_view"]


@pytest.mark.parametrize("damage", ["\ufffd", "\0", "\x01"])
@pytest.mark.parametrize(("field", "word"), [("status", "Actual"), ("msgType", "Alert"), ("scope", "Public")])
def test_damaged_word_of_an_alert_rejects_it(field: str, word: str, damage: str) -> None:
    assert only(alert()).source_status == "Alert"
    for damaged in (f"{word}{damage}", f"{word[:2]}{damage}{word[2:]}"):
        batch = read(alert(**{field: damaged}))
        shown = damaged.replace(damage, "\ufffd")
        assert failures(batch) == [Failure(CapCode.WORD_DAMAGED, {"field": field, "word": shown})] and not batch.events
