"""The mapping of items to events, and what is rejected instead of guessed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from data_sources._mapping import EventOptions, read_events
from data_sources._mapping.errors import GeometryCode, MappingCode
from data_sources.http_json import Options, parse
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row

WORKS = {
    "kind": "roadwork",
    "items": "data",
    "key": "{id}",
    "title": "{road}: {what}",
    "text": "note",
    "time": "updated",
    "started": "from",
    "due": "promised",
    "closed": "done",
    "expires": "until",
    "word": "status",
    "words": {
        "Đang thi công": "open",
        "Hoàn thành": "closed",
        "Sự cố": {"stage": "open", "severity": "critical"},
        "Hủy": "cancelled",
    },
    "lon": "x",
    "lat": "y",
    "place": "ward",
    "places": {"P. Ninh Kiều": "31135"},
    "link": "https://example.org/{id}",
    "same": "{road}",
    "facts": {"lanes": "lanes", "sides": "sides"},
    "personal": {"phone": "reporter.phone"},
    "complete": True,
}
ITEM = {
    "id": 7, "road": "Đường 30/4", "what": "đào đường", "note": "<b>cấm</b> xe", "updated": "2026-11-24T15:00:00",
    "from": "2026-11-20", "promised": "2026-11-30T17:00:00+07:00", "done": None, "until": "", "status": "Đang thi công",
    "x": "105.78", "y": 10.03, "ward": "P. Ninh Kiều", "lanes": 2, "sides": ["trái", "phải"],
    "reporter": {"phone": "0912 345 678", "name": "A"},
}  # fmt: skip


def batch_of(*items: Any, **changes: Any) -> Batch:
    return read_events(EventOptions.model_validate({**WORKS, **changes}), {"data": list(items)}, NOW)


FIELDS = ", ".join(ITEM)
LAST_SECOND = datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time_format"), [("30/11/2026", "%d/%m/%Y"), ("20261130", "iso"), ("2026-11-30+07:00", "iso")]
)
def test_promise_or_validity_without_a_time_of_day_lasts_until_the_end_of_the_day(text: str, time_format: str) -> None:
    (event,) = batch_of(ITEM | {"until": text}, due="until", started="", time="", time_format=time_format).events
    assert event.due == event.expires == LAST_SECOND


@pytest.mark.parametrize("missing", [{"updated": None}, {"updated": ""}, {"updated": "hôm qua"}])
def test_event_without_the_time_that_the_row_names_is_rejected(missing: dict[str, Any]) -> None:
    batch = batch_of(ITEM | missing)
    assert not batch.events and not batch.complete_kinds
    assert codes(batch) == [ParseCode.NOT_IN_TIME_FORMAT if missing["updated"] else MappingCode.EVENT_TIME_MISSING]
    without = {key: value for key, value in ITEM.items() if key != "updated"}
    assert codes(batch_of(without)) == [MappingCode.PATH_UNMATCHED]
    assert [event.observed for event in batch_of(without, time="").events] == [NOW]


def test_event_without_a_time_has_that_of_the_whole_answer() -> None:
    options = {"events": {**WORKS, "items": "data"}, "page_time": "at"}
    body = {"at": "2026-11-24T09:00:00Z", "data": [ITEM | {"updated": None}]}
    (event,) = parse(row(options=options), Payload((ResponsePage(json.dumps(body).encode()),)), NOW).events
    assert event.observed == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "started", "ends"),
    [
        ("2026-11-20/2026-11-30", datetime(2026, 11, 19, 17, tzinfo=UTC), LAST_SECOND),
        (
            "2026-11-20T08:00Z/2026-11-30T08:00",
            datetime(2026, 11, 20, 8, tzinfo=UTC),
            datetime(2026, 11, 30, 8, tzinfo=UTC),
        ),
        ("2026-11-30", datetime(2026, 11, 29, 17, tzinfo=UTC), LAST_SECOND),
        ("2026-11-20/..", datetime(2026, 11, 19, 17, tzinfo=UTC), None),
        ("../2026-11-30", None, LAST_SECOND),
    ],
)
def test_interval_starts_an_event_and_ends_it(period: str, started: datetime | None, ends: datetime | None) -> None:
    batch = batch_of(ITEM | {"period": period}, started="period", due="period", expires="period")
    assert [(event.started, event.due, event.expires) for event in batch.events] == [(started, ends, ends)]


def test_every_field_of_an_event_is_mapped() -> None:
    assert batch_of(ITEM).events == (
        Event(
            "roadwork",
            "7",
            datetime(2026, 11, 24, 8, tzinfo=UTC),
            "Đường 30/4: đào đường",
            source_status="Đang thi công",
            text="<b>cấm</b> xe",
            started=datetime(2026, 11, 19, 17, tzinfo=UTC),
            due=datetime(2026, 11, 30, 10, tzinfo=UTC),
            place="31135",
            area=Area(105.78, 10.03),
            link="https://example.org/7",
            shared_id="Đường 30/4",
            facts={"lanes": "2", "sides": "trái, phải"},
            personal={"phone": "0912 345 678"},
        ),
    )


def unknown_word(table: str, word: str) -> Failure:
    return Failure(MappingCode.WORD_UNKNOWN, {"table": table, "word": word})


@pytest.mark.parametrize(
    ("word", "stage", "severity"),
    [
        ("Hoàn thành", EventStage.CLOSED, Severity.NORMAL),
        ("Sự cố", EventStage.OPEN, Severity.CRITICAL),
        (" Hủy ", EventStage.CANCELLED, Severity.NORMAL),
    ],
)
def test_word_gives_stage_and_severity(word: str, stage: EventStage, severity: Severity) -> None:
    (event,) = batch_of({**ITEM, "status": word}).events
    assert (event.stage, event.severity, event.source_status) == (stage, severity, word.strip())


def test_unknown_word_is_rejected_unless_the_table_has_a_wildcard() -> None:
    unknown = {**ITEM, "status": "Tạm dừng"}
    assert batch_of(unknown).rejected_items[0].failure == unknown_word("words", "Tạm dừng")
    assert batch_of(unknown, words={"*": "attention"}).events[0].severity is Severity.ATTENTION


def test_severity_may_have_a_field_of_its_own() -> None:
    item = {**ITEM, "impact": "lớn", "level": "critical"}
    assert batch_of(item, severity="impact", severities={"lớn": "critical"}).events[0].severity is Severity.CRITICAL
    assert batch_of(item, severity="level").events[0].severity is Severity.CRITICAL
    rejected = batch_of(item, severity="impact").rejected_items
    assert rejected[0].failure == unknown_word("severities", "lớn")


def test_without_words_the_closed_time_closes_an_event() -> None:
    plain = {"words": {}, "word": ""}
    assert batch_of({**ITEM, "done": "2026-11-24"}, **plain).events[0].stage is EventStage.CLOSED
    assert batch_of({**ITEM, "done": "2026-12-24"}, **plain).events[0].stage is EventStage.OPEN


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"id": None}, Failure(MappingCode.FIELD_MISSING, {"field": "id", "fields": FIELDS})),
        ({"what": {}}, Failure(MappingCode.FIELD_MISSING, {"field": "what", "fields": FIELDS})),
        ({"updated": "hôm qua"}, Failure(ParseCode.NOT_IN_TIME_FORMAT, {"text": "hôm qua", "option": "events.time"})),
        ({"promised": 7}, Failure(ParseCode.NOT_IN_TIME_FORMAT, {"text": "7", "option": "events.due"})),
        ({"x": 10.03, "y": 105.78}, Failure(GeometryCode.FIELDS_SWAPPED, {"lon": 10.03, "lat": 105.78})),
        ({"x": 586_000, "y": 1_108_000}, Failure(GeometryCode.OUT_OF_RANGE, {"lon": 586_000, "lat": 1_108_000})),
        ({"x": "east"}, Failure(ParseCode.NOT_A_NUMBER, {"text": "east"})),
    ],
)
def test_unreadable_item_is_rejected_and_the_others_are_read(change: dict[str, Any], failure: Failure) -> None:
    batch = batch_of({**ITEM, **change}, ITEM, 5)
    assert [event.key for event in batch.events] == ["7"]
    assert [item.location for item in batch.rejected_items] == ["items[0]", "items[2]"]
    assert batch.rejected_items[0].failure == failure
    assert not any("0912" in item.sample for item in batch.rejected_items)


def test_event_without_a_position_or_with_an_unknown_place_is_kept() -> None:
    assert batch_of({**ITEM, "x": None}).events[0].area is None
    assert batch_of({**ITEM, "ward": "P. Khác"}).events[0].place == "P. Khác"
    assert batch_of({**ITEM, "ward": "31135"}).events[0].place == "31135"


def test_event_may_concern_several_places() -> None:
    (event,) = batch_of({**ITEM, "ward": ["P. Ninh Kiều", "P. Khác", 31135]}).events
    assert event.unit_codes == ("31135", "P. Khác")
    several = batch_of({**ITEM, "ward": ["a", "b", "c"]}, places={"a": "31135", "b": "31207"}).events[0]
    assert (several.place, several.places, several.unit_codes) == ("", ("31135", "31207", "c"), ("31135", "31207", "c"))


def test_answer_is_complete_only_when_nothing_was_rejected() -> None:
    assert batch_of().complete_kinds == batch_of(ITEM).complete_kinds == {"roadwork"}
    assert batch_of(ITEM, 5).complete_kinds == batch_of(ITEM, complete=False).complete_kinds == frozenset()


def test_items_inside_items_are_read_and_a_missing_list_is_an_error() -> None:
    options = EventOptions(kind="a", items="roads", each="works", key="{parent.id}-{n}", title="{parent.id}")
    events = read_events(options, {"roads": [{"id": "QL1", "works": [{"n": 1}, {"n": 2}]}]}, NOW).events
    assert [event.key for event in events] == ["QL1-1", "QL1-2"]
    roads = [{"id": "QL1", "name": "Nguyễn Văn A"}, {"id": "QL2", "works": []}]
    batch = read_events(options.model_copy(update={"complete": True}), {"roads": roads}, NOW)
    (item,) = batch.rejected_items
    assert item.failure == Failure(MappingCode.LIST_MISSING, {"path": "works", "item": "QL1"})
    assert "Nguyễn" not in repr(item) and batch.complete_kinds == frozenset()
    with pytest.raises(SourceError) as caught:
        read_events(options, {}, NOW)
    assert caught.value.failure == Failure(MappingCode.NOTHING_AT_PATH, {"path": "roads"})


def test_http_json_gives_events_beside_readings_or_alone() -> None:
    page = ResponsePage(json.dumps({"data": [ITEM], "level": 1.5}).encode())
    both = parse(row(options={"series": "level", "value": "level", "events": WORKS}), Payload((page,)), NOW)
    assert (len(both.readings), len(both.events), both.complete_kinds) == (1, 1, frozenset({"roadwork"}))
    alone = parse(row(options={"events": WORKS}), Payload((page,)), NOW)
    assert (alone.readings, alone.events) == ((), both.events)
    assert parse(row(options={"events": WORKS}), Payload((page, page)), NOW).complete_kinds == {"roadwork"}
    with pytest.raises(SourceError) as caught:
        parse(row(options={"events": WORKS}), Payload((page, ResponsePage(b"{}"))), NOW)
    assert caught.value.failure == Failure(MappingCode.NOTHING_AT_PATH, {"path": "data"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Công trình"}, "pattern"),
        ({"key": ""}, "too_short"),
        ({"lat": ""}, OptionCode.LON_WITHOUT_LAT),
        ({"geometry": "g"}, OptionCode.LON_WITHOUT_LAT),
        ({"words": {"a": "finished"}}, "severity"),
        ({"word": ""}, OptionCode.TABLE_WITHOUT_PATH),
        ({"severities": {"a": "critical"}}, OptionCode.TABLE_WITHOUT_PATH),
        ({"place": ""}, OptionCode.PLACES_WITHOUT_PLACE),
        ({"facts": {"a": "[["}}, OptionCode.INVALID_EXPRESSION),
        ({"titel": "x"}, "Extra inputs"),
    ],
)
def test_wrong_option_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Options.model_validate({"events": {**WORKS, **change}})


@pytest.mark.parametrize("field", ["time", "started", "due", "closed", "expires"])
def test_event_whose_time_has_no_zone_beside_others_with_one_is_rejected(field: str) -> None:
    times = ["2026-11-24T08:00:00Z", "2026-11-24T08:00:00", None, "2026-11-24T15:00:00+07:00"]
    items = [{"id": str(n), "road": "QL1", "at": time} for n, time in enumerate(times)]
    options: dict[str, Any] = {"kind": "a", "key": "{id}", "title": "{road}", "complete": True, field: "at"}
    if field == "time":
        items.pop(2)
    batch = read_events(EventOptions(**options), items, NOW)
    assert [event.key for event in batch.events] == [item["id"] for item in items if item["id"] != "1"]
    (rejected,) = batch.rejected_items
    assert rejected.failure == Failure(ParseCode.ZONE_MISSING, {"text": "2026-11-24T08:00:00"})
    assert rejected.location == "items[1]" and rejected.sample == "1" and not batch.complete_kinds
    assert len(read_events(EventOptions(**options, zone="Asia/Ho_Chi_Minh"), items, NOW).events) == len(items)


def test_times_of_two_fields_are_not_compared() -> None:
    """A plan is in local time, the moment of its last change in UTC."""
    items = [{"id": str(n), "from": "2026-11-24 08:00", "at": "2026-11-24T01:00:00Z"} for n in range(2)]
    options = EventOptions(kind="a", key="{id}", title="{id}", time="at", started="from")
    batch = read_events(options, items, NOW)
    assert len(batch.events) == 2 and not batch.rejected_items


def test_zone_and_form_of_times_of_the_row_hold_for_its_events_too() -> None:
    events = {"kind": "report", "key": "{id}", "title": "{id}", "time": "at"}
    body = json.dumps([{"id": "a", "at": "20/05/2026 08:30"}]).encode()

    def observed(**options: Any) -> datetime:
        options |= {"events": {**events, **options.get("events", {})}}
        return parse(row(options=options), Payload((ResponsePage(body),)), NOW).events[0].observed

    west = {"zone": "America/Los_Angeles", "time_format": "%d/%m/%Y %H:%M"}
    assert observed(**west) == observed(events=west) == datetime(2026, 5, 20, 15, 30, tzinfo=UTC)
    assert observed(**west, events={"zone": "UTC"}) == datetime(2026, 5, 20, 8, 30, tzinfo=UTC)
