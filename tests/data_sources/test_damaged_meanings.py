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


@pytest.mark.parametrize(("damaged", "is_read"), [("Đèn", True), ("id03", False)])
def test_filter_reads_an_answer_that_is_damaged_elsewhere(damaged: str, is_read: bool) -> None:
    path = "[?id!='4']"
    for text in ("C:\\u0000\\b", "Đèn tắt\n"):
        item = {"id": "id03", "t": text, "n": 2**70}
        assert len(parsed(body([*ITEMS, item]), {"events": EVENTS | {"items": path}}).events) == 3
    answer = body([*ITEMS, {"id": "id03", "t": "Đèn tắt"}], damaged, b"\\ufffd")
    if is_read:
        assert len(parsed(answer, {"events": EVENTS | {"items": path}}).events) == 3
        return
    with raises_failure(MappingCode.DAMAGED_TEXT_IN_FILTER, path=path):
        parsed(answer, {"events": EVENTS | {"items": path}})


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
    damaged = body(ITEMS, "đã đóng", b"\xff")
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
        ({"series": "{id}", "value": "length(w)"}, 1),
    ],
)
def test_computations_read_no_damaged_item(options: dict[str, Any], whole: int) -> None:
    assert not parsed(body(), options).rejected_items
    for damage in DAMAGE:
        batch = parsed(body(ITEMS, "đã đóng", damage), options)
        assert len(batch.readings) + len(batch.events) == whole and not batch.complete_kinds
        assert codes(batch) == [MappingCode.DAMAGED_TEXT_IN_FILTER]


@pytest.mark.parametrize("path", ["[-2:]", "[::-1]", "[:5]", "reverse(@)", "[?v>`1`]", "sort_by(@, &v)"])
def test_lists_that_are_taken_by_no_text_are_read(path: str) -> None:
    for text in (body(), body(ITEMS, "đã đóng", b"\xff")):
        assert len(parsed(text, {"items": path, "series": "{id}", "value": "v"}).readings) == 2
        assert len(parsed(text, {"events": EVENTS | {"items": path}}).events) == 2


def test_what_a_filter_with_a_function_only_takes_may_be_damaged() -> None:
    options = {"series": "{id}", "value": "v", "items": "[?starts_with(id, '1')].{id: id, v: v, t: t}"}
    assert [reading.value for reading in parsed(body(ITEMS, "Ngập", b"\xff"), options).readings] == [1.5]


@pytest.mark.parametrize("path", ["v", "[v][0]", "v || w", "{a: v}.a", '"(v)" || v', "to_number(v)", "max([v, v])"])
def test_paths_that_compute_of_no_text_read_a_damaged_item(path: str) -> None:
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


RUNS = {
    "runs": [{"s": "nháp", "t": "2026-11-24T01:00:00Z"}, {"s": "cuối", "t": "2026-11-24T08:00:00Z"}],
    "data": [{"id": "a", "v": 5}],
}


@pytest.mark.parametrize(
    "path", ["runs[?s=='cuối'] | [-1].t", "sort_by(runs, &s)[0].t", "max(runs[?s=='cuối'].t)", "join('', [runs[1].s])"]
)
def test_time_of_an_answer_is_computed_from_no_damaged_text(path: str) -> None:
    options = {"items": "data", "series": "{id}", "value": "v", "page_time": path}
    with raises_failure(MappingCode.PAGE_TIME):
        parsed(body(RUNS, "cuối", b"\xff"), options)


def test_newest_time_of_an_answer_is_of_those_that_can_be_read() -> None:
    options = {"items": "data", "series": "{id}", "value": "v", "page_time": "max(runs[].t)"}
    batch = parsed(body(RUNS, "24T08", b"\\ufffd"), options)
    assert [reading.observed.hour for reading in batch.readings] == [1]


def children(damaged: int, count: int) -> dict[str, Any]:
    listed = [{"id": f"{n}", "v": f"{n}", "note": "Cần\ufffd" if n == damaged else ""} for n in range(count)]
    return {"stations": [{"name": "Ninh Kiều", "list": listed}, {"name": "Cái\ufffdRăng", "list": []}]}


@pytest.mark.parametrize("value", ["to_number(v)", "to_number(v || note)", "length([v, parent.name])"])
def test_damaged_item_of_a_list_within_a_list_costs_no_other(value: str) -> None:
    answer = body(children(damaged=3, count=500))
    batch = parsed(answer, {"items": "stations", "each": "list", "series": "{id}", "value": value})
    assert len(batch.readings) == (499 if "note" in value else 500)


def test_list_within_an_item_that_is_filtered_by_damaged_text_costs_no_other() -> None:
    document = [{"n": "A", "l": [{"w": "mới\ufffd"}]}, {"n": "B", "l": [{"w": "mới", "v": 2}]}]
    batch = parsed(body(document), {"items": "[]", "each": "l[?w=='mới']", "series": "{parent.n}", "value": "v"})
    assert [reading.value for reading in batch.readings] == [2]
    assert codes(batch) == [MappingCode.DAMAGED_TEXT_IN_FILTER]


def test_value_that_cannot_be_computed_is_known_with_its_series() -> None:
    """A value of the same series and time is judged beside it."""
    answer = body([{"id": "a", "v": "5"}, {"id": "a", "v": "7\ufffd"}])
    batch = parsed(answer, {"series": "{id}", "value": "to_number(v)"})
    assert [reading.series for item in batch.rejected_items for reading in item.readings] == ["a"]


def test_event_whose_word_cannot_be_computed_is_known_with_its_moment() -> None:
    events = EVENTS | {"word": "to_string(w)", "words": {"mới": "open"}}
    batch = parsed(body([ITEMS[1] | {"w": "mới\ufffd"}]), {"events": events})
    assert [item.moment.key for item in batch.rejected_items if item.moment] == ["2"]


MARKS: list[dict[str, Any]] = [
    {"links": [{"rel": "ne\ufffdt", "href": "https://city.example/2"}]}, {"next": "\ufffdhttps://city.example/2"},
    {"hasMore": "tr\ufffde"}, {"total": "1\ufffd"}, {"nextPageToken": "\ufffd"},
]  # fmt: skip


@pytest.mark.parametrize("marks", MARKS)
def test_damaged_mark_of_a_further_page_ends_no_event(marks: dict[str, Any]) -> None:
    options = {"events": EVENTS | {"items": "data"}}
    assert kinds(parsed(body({"data": ITEMS}), options)) == ["report"]
    batch = parsed(body({"data": ITEMS} | marks), options)
    assert len(batch.events) == 2 and not batch.complete_kinds


@pytest.mark.parametrize("outcome", [{"status": "fa\ufffded"}, {"success": "fal\ufffde"}, {"code": "5\ufffd0"}])
def test_damaged_outcome_beside_an_empty_list_fails_the_answer(outcome: dict[str, str]) -> None:
    options = {"events": EVENTS | {"items": "data"}}
    assert len(parsed(body({"data": ITEMS} | outcome), options).events) == 2
    with raises_failure(MappingCode.ANSWER_FAILED):
        parsed(body({"data": []} | outcome), options)
