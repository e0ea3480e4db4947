"""Validation of events, and masking of personal data in their texts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import ErrorCode
from ioc.domain.events import pii_masking, validation
from ioc.domain.events.event import LONGEST_TEXT, Area, Event, EventStage
from ioc.domain.events.validation import (
    MAX_TEXT,
    MAX_TITLE,
    EventCode,
    reject_zero_positions,
    validate_events,
    without_superseded,
)
from ioc.domain.ingest.reading import LATEST_TIME, ValidationCode

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
EVENT = Event("report", "1", NOW, "Đèn đường hỏng")


def test_valid_event_is_unchanged() -> None:
    assert validate_events([EVENT], {"report"}, NOW, id_key=b"key") == ((EVENT,), ())


def test_observed_time_a_little_ahead_becomes_now() -> None:
    ((event,), rejected) = validate_events(
        [replace(EVENT, observed=NOW + timedelta(minutes=4))], {"report"}, NOW, id_key=b"key"
    )
    assert event.observed == NOW and not rejected


def test_end_in_the_future_becomes_the_observed_time() -> None:
    minute = timedelta(minutes=1)
    closed_by_observed = {-60: [1440, 4, -59, -61], 3: [1440, 10, 4, 2, -1]}  # minutes from now
    events = [
        replace(
            EVENT,
            key=f"{observed}/{closed}",
            stage=EventStage.CLOSED,
            observed=NOW + observed * minute,
            closed=NOW + closed * minute,
        )
        for observed, closed_times in closed_by_observed.items()
        for closed in closed_times
    ]
    valid, _ = validate_events(events, {"report"}, NOW, id_key=b"key")
    ends = [(event.closed - NOW) / minute for event in valid if event.closed]
    assert ends == [-60, -60, -59, -61, 0, 0, 0, 0, -1]
    assert all(event.observed <= NOW for event in valid)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (replace(EVENT, kind="other"), EventCode.KIND_NOT_IN_ROW),
        (replace(EVENT, started=LATEST_TIME + timedelta(seconds=1)), ValidationCode.TIME_TOO_LATE),
        (replace(EVENT, closed=datetime.max.replace(tzinfo=UTC)), ValidationCode.TIME_TOO_LATE),
        (replace(EVENT, key=""), EventCode.ID_MISSING_OR_LONG),
        (replace(EVENT, key=" \u200b"), EventCode.ID_MISSING_OR_LONG),
        (replace(EVENT, title="  "), EventCode.TITLE_MISSING),
        (replace(EVENT, title="\u200b"), EventCode.TITLE_MISSING),
        (replace(EVENT, title="\u3164 \ufeff"), EventCode.TITLE_MISSING),
        (replace(EVENT, observed=NOW + timedelta(hours=1)), ValidationCode.TIME_AHEAD),
        (replace(EVENT, due=datetime(2026, 1, 1)), ValidationCode.TIME_WITHOUT_ZONE),
        (replace(EVENT, started=datetime(1800, 1, 1, tzinfo=UTC)), ValidationCode.TIME_TOO_EARLY),
        (replace(EVENT, area=Area(10.0, 105.0)), EventCode.NOT_COORDINATES),
        (replace(EVENT, area=Area(105.0, float("nan"))), EventCode.NOT_COORDINATES),
        (replace(EVENT, area=Area(105.0, 10.0, (), -1.0)), EventCode.NOT_A_RADIUS),
        (replace(EVENT, area=Area(105.0, 10.0, (((105.0, 10.0),) * 3_000,))), EventCode.TOO_MANY_VERTICES),
    ],
)
def test_invalid_event_is_rejected_with_its_code(event: Event, code: ErrorCode) -> None:
    valid, rejected = validate_events([event], {"report"}, NOW, id_key=b"key")
    assert not valid and [item.failure.code for item in rejected] == [code]


def test_links_other_than_web_addresses_are_dropped() -> None:
    ((event,), _) = validate_events([replace(EVENT, link="javascript:alert(1)")], {"report"}, NOW, id_key=b"key")
    assert event.link == ""


ZERO, POINT, OTHER = (0.0, 0.0), (105.0, 10.0), (106.0, 11.0)
LINE = ((105.0, 10.0), (106.0, 11.0))


@pytest.mark.parametrize(
    ("area", "left"),
    [
        (Area(*ZERO), None), (Area(-0.0, 0.0, (), 5.0), None), (Area(*ZERO, ((ZERO,),)), None),
        (Area(*ZERO, ((POINT,), (OTHER,))), Area(*POINT, ((OTHER,),))), (Area(*POINT, ((ZERO,),)), Area(*POINT)),
        (Area(*POINT, (LINE, (ZERO,), (OTHER,))), Area(*POINT, (LINE, (OTHER,)))),
        (Area(*POINT, (LINE, (ZERO, OTHER))), None), (Area(*ZERO, (((-1.0, 0.0), (1.0, 0.0)),)), None),
    ],
)  # fmt: skip
def test_position_zero_is_rejected_and_the_event_stays(area: Area, left: Area | None) -> None:
    event = replace(EVENT, area=area).with_units(["31135"])
    (kept,), (item,) = reject_zero_positions([event])
    assert kept == replace(event, area=left) and item.failure.code == EventCode.POSITION_ZERO
    assert reject_zero_positions([kept, EVENT]) == ((kept, EVENT), ())


@pytest.mark.parametrize("area", [Area(0.0, 10.0), Area(105.0, 0.0), Area(105.0, 10.0, (LINE, (OTHER,)), 2.0)])
def test_other_positions_stay(area: Area) -> None:
    event = replace(EVENT, area=area)
    assert reject_zero_positions([event]) == ((event,), ())


@given(st.text(max_size=5_000), st.text(min_size=1, max_size=500))
def test_any_text_becomes_one_bounded_line(text: str, title: str) -> None:
    valid, rejected = validate_events([replace(EVENT, text=text, title=title)], {"report"}, NOW, id_key=b"key")
    assert len(valid) + len(rejected) == 1
    for event in valid:
        assert len(event.text) <= MAX_TEXT and len(event.title) <= MAX_TITLE and "\n" not in event.text + event.title


STATE = st.builds(
    Event, st.just("report"), st.sampled_from("12"),
    st.sampled_from([NOW - timedelta(hours=1), NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)]),
    st.sampled_from(["Đèn", "Cống", "x" * (MAX_TITLE + 1), "x" * (MAX_TITLE + 2)]), st.sampled_from(EventStage),
)  # fmt: skip


@given(st.lists(STATE, max_size=8))
def test_newest_state_of_an_event_is_valid_and_different_ones_of_its_moment_are_rejected(reported: list[Event]) -> None:
    valid, rejected = validate_events(reported, {"report"}, NOW, id_key=b"key")
    reversed_valid, reversed_rejected = validate_events(reversed(reported), {"report"}, NOW, id_key=b"key")
    assert set(map(repr, valid)) == set(map(repr, reversed_valid)) and len(rejected) == len(reversed_rejected)
    rejected_count = 0
    for key in {event.key for event in reported}:
        states = [event for event in reported if event.key == key]
        newest = max(event.observed for event in states)
        titles_and_stages = {(event.title, event.stage) for event in states if event.observed == newest}
        admitted = [event for event in valid if event.key == key]
        if len(titles_and_stages) == 1:
            ((title, stage),) = titles_and_stages
            assert [(event.title[:100], event.stage) for event in admitted] == [(title[:100], stage)]
        else:
            assert not admitted
            rejected_count += len(titles_and_stages)
    assert [item.failure.code for item in rejected] == [EventCode.STATES_DIFFER] * rejected_count


def test_contradiction_names_both_states_and_what_differs_without_personal_data() -> None:
    states = [
        replace(EVENT, source_status="on", personal={"phone": "0912345678"}),
        replace(EVENT, title="Gọi 0912345678", stage=EventStage.CLOSED),
    ]
    _, rejected = validate_events(states, {"report"}, NOW, id_key=b"key")
    first, second = (item.failure.params for item in rejected)
    assert (first["first"], first["second"]) == (second["second"], second["first"])
    assert first["first"] == f"{EVENT.title} (on)" and str(first["second"]).endswith("(closed)")
    assert first["fields"] == "title, stage, source_status, personal"
    assert "0912345678" not in repr(rejected)


@pytest.mark.parametrize("title", ["", "Đèn đường hỏng"])
def test_rejected_event_is_named_without_personal_data(title: str) -> None:
    number = "0100345678"
    cut = replace(EVENT, key=f"{'k' * 114} {number}", title=title and f"{'x' * 114} {number}", stage=EventStage.CLOSED)
    for key in (f"tel-{number}", f"0100 345 678 {number}", "a.b@mail.example"):
        states = [replace(EVENT, key=key, title=title), replace(EVENT, key=key, title=title and "Cống nghẹt")]
        _, rejected = validate_events(
            [*states, replace(states[0], kind=number), cut, replace(cut, title="x")], {"report"}, NOW, id_key=b"key"
        )
        assert rejected and not [word for word in ("0100", "a.b@") if word in repr(rejected)]


@given(st.sampled_from(["\x01", "\x7f", "\u202d", "\u2066", "\u200b", "\ufff9", "\ud800"]), st.booleans())
def test_forbidden_characters_hide_no_personal_data(hidden: str, is_everywhere: bool) -> None:
    number = hidden.join("0100345678") if is_everywhere else f"0100{hidden}345{hidden}678"
    text = f"Gọi {number} nhé"
    ((event,), _) = validate_events(
        [replace(EVENT, title=text, text=text, facts={"a": text})], {"report"}, NOW, id_key=b"key"
    )
    assert (event.title, event.text, event.facts) == ("Gọi ••• nhé", "Gọi ••• nhé", {"a": "Gọi ••• nhé"})


def test_id_that_lost_a_character_is_rejected() -> None:
    """Two ids that a sender cut within a character may have become one."""
    cut = replace(EVENT, key="CT-\ufffd")
    valid, rejected = validate_events([cut, EVENT], {"report"}, NOW, id_key=b"key")
    assert len(valid) == 1 and [item.failure.code for item in rejected] == [EventCode.ID_NOT_PRINTABLE]


def test_facts_in_another_order_are_the_same_state() -> None:
    facts = {"a": "1", "b": "2"}
    states = [replace(EVENT, facts=facts), replace(EVENT, facts=dict(reversed(facts.items())))]
    valid, rejected = validate_events(states, {"report"}, NOW, id_key=b"key")
    assert len(valid) == 1 and not rejected


@given(st.lists(st.lists(STATE, max_size=3), max_size=4))
def test_later_message_corrects_the_states_of_the_same_moment(messages: list[list[Event]]) -> None:
    kept = without_superseded(messages)
    for moment in {(event.key, event.observed) for message in messages for event in message}:
        of_moment = [[event for event in message if (event.key, event.observed) == moment] for message in messages]
        last = [states for states in of_moment if states][-1]
        found = [event for event in kept if (event.key, event.observed) == moment]
        assert found == [event for states in of_moment for event in states if event in last]


class _Looked:
    """Counts the characters that are masked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.characters, mask = 0, pii_masking.mask_personal_data

        def counted(text: str) -> str:
            self.characters += len(text)
            return mask(text)

        monkeypatch.setattr(pii_masking, "mask_personal_data", counted)
        monkeypatch.setattr(validation, "mask_personal_data", counted, raising=False)


def test_a_long_text_is_cut_before_it_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, text = _Looked(monkeypatch), "0912345678 " * 30_000
    event = replace(EVENT, title=text, text=text, source_status=text, shared_id=text, facts={text: text})
    ((valid,), _) = validate_events([event], {"report"}, NOW, id_key=b"key")
    assert looked.characters < 10_000
    texts = (valid.title, valid.text, valid.source_status, *valid.facts, *valid.facts.values())
    assert all(text.startswith("•••") and text.endswith("…") and not re.search(r"\d", text) for text in texts)


@given(st.integers(0, 12), st.sampled_from((" ", "\u200b", "x")), st.sampled_from((MAX_TITLE, MAX_TEXT, LONGEST_TEXT)))
def test_no_cut_leaves_a_part_of_a_number(shift: int, filler: str, cut: int) -> None:
    text = "a" * 200 + filler * (cut - shift - 200) + " 0912 345 678 " + "y" * 60_000
    ((valid,), _) = validate_events(
        [replace(EVENT, title=f"z{text}", text=text, facts={"a": text})], {"report"}, NOW, id_key=b"key"
    )
    assert not re.search(r"\d", valid.title + valid.text + valid.facts["a"])


def test_every_text_of_an_event_is_bounded_when_it_is_made() -> None:
    names, long = ("key", "title", "source_status", "text", "link", "shared_id"), "x " * 500_000
    event = replace(
        EVENT, key=long, title=long, source_status=long, text=long, link=long, shared_id=long, facts={"a": long}
    )
    assert max(len(getattr(event, name)) for name in names) <= LONGEST_TEXT >= len(event.facts["a"])
    assert [item.failure.code for item in validate_events([event], {"report"}, NOW, id_key=b"key")[1]] == [
        EventCode.ID_MISSING_OR_LONG
    ]
