"""Validation of events, and masking of personal data in their texts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import ErrorCode
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.events.validation import MAX_TEXT, MAX_TITLE, EventCode, validate_events
from ioc.domain.ingest.reading import ValidationCode

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
EVENT = Event("report", "1", NOW, "Đèn đường hỏng")


def test_valid_event_is_unchanged() -> None:
    assert validate_events([EVENT], {"report"}, NOW) == ((EVENT,), ())


def test_observed_time_a_little_ahead_becomes_now() -> None:
    ((event,), rejected) = validate_events([replace(EVENT, observed=NOW + timedelta(minutes=4))], {"report"}, NOW)
    assert event.observed == NOW and not rejected


def test_end_in_the_future_becomes_the_observed_time() -> None:
    minute = timedelta(minutes=1)
    closed_by_observed = {-60: [1440, 4, -59, -61], 3: [1440, 10, 4, 2, -1]}  # minutes from now
    events = [
        replace(EVENT, stage=EventStage.CLOSED, observed=NOW + observed * minute, closed=NOW + closed * minute)
        for observed, closed_times in closed_by_observed.items()
        for closed in closed_times
    ]
    valid, _ = validate_events(events, {"report"}, NOW)
    ends = [(event.closed - NOW) / minute for event in valid if event.closed]
    assert ends == [-60, -60, -59, -61, 0, 0, 0, 0, -1]
    assert all(event.observed <= NOW for event in valid)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (replace(EVENT, kind="other"), EventCode.KIND_NOT_IN_ROW),
        (replace(EVENT, key=""), EventCode.ID_MISSING_OR_LONG),
        (replace(EVENT, title="  "), EventCode.TITLE_MISSING),
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
    valid, rejected = validate_events([event], {"report"}, NOW)
    assert not valid and [item.failure.code for item in rejected] == [code]


def test_position_zero_and_links_other_than_web_addresses_are_dropped() -> None:
    ((event,), _) = validate_events([replace(EVENT, area=Area(0.0, 0.0), link="javascript:alert(1)")], {"report"}, NOW)
    assert event.area is None and event.link == ""


@given(st.text(max_size=5_000), st.text(min_size=1, max_size=500))
def test_any_text_becomes_one_bounded_line(text: str, title: str) -> None:
    valid, rejected = validate_events([replace(EVENT, text=text, title=title)], {"report"}, NOW)
    assert len(valid) + len(rejected) == 1
    for event in valid:
        assert len(event.text) <= MAX_TEXT and len(event.title) <= MAX_TITLE and "\n" not in event.text + event.title
