"""The mapping of events: which item is which event, and what is refused instead of guessed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from data_sources._mapping import EventOptions, read_events
from data_sources.http_json import Options, parse
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
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
    "whole": True,
}
ITEM = {
    "id": 7, "road": "Đường 30/4", "what": "đào đường", "note": "<b>cấm</b> xe", "updated": "2026-11-24T15:00:00",
    "from": "2026-11-20", "promised": "2026-11-30T17:00:00+07:00", "done": None, "until": "", "status": "Đang thi công",
    "x": "105.78", "y": 10.03, "ward": "P. Ninh Kiều", "lanes": 2, "sides": ["trái", "phải"],
    "reporter": {"phone": "0912 345 678", "name": "A"},
}  # fmt: skip


def told(*items: Any, **changes: Any) -> Batch:
    return read_events(EventOptions.model_validate({**WORKS, **changes}), {"data": list(items)}, NOW)


def test_every_part_of_an_event_is_read() -> None:
    assert told(ITEM).events == (
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


@pytest.mark.parametrize(
    ("word", "stage", "severity"),
    [
        ("Hoàn thành", EventStage.CLOSED, Severity.NORMAL),
        ("Sự cố", EventStage.OPEN, Severity.CRITICAL),
        (" Hủy ", EventStage.CANCELLED, Severity.NORMAL),
    ],
)
def test_a_word_is_a_stage_and_a_severity(word: str, stage: EventStage, severity: Severity) -> None:
    (event,) = told({**ITEM, "status": word}).events
    assert (event.stage, event.severity, event.source_status) == (stage, severity, word.strip())


def test_a_word_that_is_not_in_the_table_is_refused_unless_a_star_takes_it() -> None:
    odd = {**ITEM, "status": "Tạm dừng"}
    assert told(odd).rejected_items[0].failure == "the word 'Tạm dừng' is not in the row's table"
    assert told(odd, words={"*": "attention"}).events[0].severity is Severity.ATTENTION


def test_a_severity_may_have_a_field_of_its_own() -> None:
    item = {**ITEM, "impact": "lớn", "level": "critical"}
    assert told(item, severity="impact", severities={"lớn": "critical"}).events[0].severity is Severity.CRITICAL
    assert told(item, severity="level").events[0].severity is Severity.CRITICAL
    assert "severity 'lớn' is not" in told(item, severity="impact").rejected_items[0].failure


def test_without_words_a_closed_time_that_has_come_closes() -> None:
    plain = {"words": {}, "word": ""}
    assert told({**ITEM, "done": "2026-11-24"}, **plain).events[0].stage is EventStage.CLOSED
    assert told({**ITEM, "done": "2026-12-24"}, **plain).events[0].stage is EventStage.OPEN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"what": {}}, "what is missing"),
        ({"updated": "hôm qua"}, "'hôm qua' is not a time"),
        ({"promised": 7}, "'7' is not a time"),
        ({"x": 10.03, "y": 105.78}, "longitude and latitude are swapped: 10.03, 105.78"),
        ({"x": 586_000, "y": 1_108_000}, "no degrees of WGS 84"),
        ({"x": "east"}, "'east' is not a number"),
    ],
)
def test_an_item_that_cannot_be_read_is_refused_beside_good_ones(change: dict[str, Any], reason: str) -> None:
    batch = told({**ITEM, **change}, ITEM, 5)
    assert [one.key for one in batch.events] == ["7"]
    assert [one.location for one in batch.rejected_items] == ["items[0]", "items[2]"]
    assert reason in batch.rejected_items[0].failure
    assert not any("0912" in one.sample for one in batch.rejected_items)


def test_an_event_may_be_nowhere_but_a_place_that_is_no_code_is_none() -> None:
    assert told({**ITEM, "x": None}).events[0].area is None
    assert told({**ITEM, "x": 0, "y": "0.0"}).events[0].area is None
    assert told({**ITEM, "ward": "P. Khác"}).events[0].place == ""
    assert told({**ITEM, "ward": "31135"}).events[0].place == "31135"


def test_an_event_may_concern_several_places() -> None:
    (one,) = told({**ITEM, "ward": ["P. Ninh Kiều", "P. Khác", 31135]}).events
    assert (one.place, one.places) == ("31135", ())
    several = told({**ITEM, "ward": ["a", "b", "c"]}, places={"a": "31135", "b": "31207"}).events[0]
    assert (several.place, several.places, several.unit_codes) == ("", ("31135", "31207"), ("31135", "31207"))


def test_the_whole_is_claimed_only_where_nothing_was_refused() -> None:
    assert told().complete_kinds == told(ITEM).complete_kinds == {"roadwork"}
    assert told(ITEM, 5).complete_kinds == told(ITEM, whole=False).complete_kinds == frozenset()


def test_lists_inside_items_and_no_list_at_all() -> None:
    options = EventOptions(kind="a", items="roads", each="works", key="{parent.id}-{n}", title="{parent.id}")
    found = read_events(options, {"roads": [{"id": "QL1", "works": [{"n": 1}, {"n": 2}]}]}, NOW).events
    assert [one.key for one in found] == ["QL1-1", "QL1-2"]
    with pytest.raises(SourceError, match="nothing lies at roads"):
        read_events(options, {}, NOW)


def test_http_json_brings_events_beside_readings_or_alone() -> None:
    page = ResponsePage(json.dumps({"data": [ITEM], "level": 1.5}).encode())
    both = parse(row(options={"series": "level", "value": "level", "events": WORKS}), Payload((page,)), NOW)
    assert (len(both.readings), len(both.events), both.complete_kinds) == (1, 1, frozenset({"roadwork"}))
    alone = parse(row(options={"events": WORKS}), Payload((page,)), NOW)
    assert (alone.readings, alone.events) == ((), both.events)
    assert parse(row(options={"events": WORKS}), Payload((page, page)), NOW).complete_kinds == {"roadwork"}
    with pytest.raises(SourceError, match="nothing lies at data"):
        parse(row(options={"events": WORKS}), Payload((page, ResponsePage(b"{}"))), NOW)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "Công trình"}, "pattern"),
        ({"key": ""}, "too_short"),
        ({"lat": ""}, OptionCode.LON_WITHOUT_LAT),
        ({"geometry": "g"}, OptionCode.LON_WITHOUT_LAT),
        ({"words": {"a": "finished"}}, "severity"),
        ({"word": ""}, "path=word"),
        ({"severities": {"a": "critical"}}, "path=severity"),
        ({"place": ""}, OptionCode.PLACES_WITHOUT_PLACE),
        ({"facts": {"a": "[["}}, OptionCode.INVALID_EXPRESSION),
        ({"titel": "x"}, "Extra inputs"),
    ],
)
def test_wrong_options_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Options.model_validate({"events": {**WORKS, **change}})
