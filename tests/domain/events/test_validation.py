"""Which events may be shown, and what is taken out of the texts that people wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.events.pii_masking import MASK, mask_personal_data
from ioc.domain.events.validation import MAX_TEXT, MAX_TITLE, validate_events

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
EVENT = Event("report", "1", NOW, "Đèn đường hỏng")


def test_a_good_event_stays_as_it_is() -> None:
    assert validate_events([EVENT], {"report"}, NOW) == ((EVENT,), ())


def test_a_time_a_little_ahead_becomes_that_at_which_it_was_known() -> None:
    ((event,), refused) = validate_events([replace(EVENT, observed=NOW + timedelta(minutes=4))], {"report"}, NOW)
    assert event.observed == NOW and not refused


def test_what_ended_in_the_future_ended_when_that_was_told() -> None:
    minute = timedelta(minutes=1)
    seen = {-60: [1440, 4, -59, -61], 3: [1440, 10, 4, 2, -1]}  # told at -> ended at, in minutes from now
    events = [
        replace(EVENT, stage=EventStage.CLOSED, observed=NOW + told * minute, closed=NOW + ended * minute)
        for told, all_ended in seen.items()
        for ended in all_ended
    ]
    found, _ = validate_events(events, {"report"}, NOW)
    ends = [(one.closed - NOW) / minute for one in found if one.closed]
    assert ends == [-60, -60, -59, -61, 0, 0, 0, 0, -1]
    assert all(one.observed <= NOW for one in found)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (replace(EVENT, kind="other"), "not in the row"),
        (replace(EVENT, key=""), "no id"),
        (replace(EVENT, title="  "), "no title"),
        (replace(EVENT, observed=NOW + timedelta(hours=1)), "lies ahead"),
        (replace(EVENT, due=datetime(2026, 1, 1)), "no zone"),
        (replace(EVENT, started=datetime(1800, 1, 1, tzinfo=UTC)), "before 1900"),
        (replace(EVENT, area=Area(10.0, 105.0)), "longitude and latitude"),
        (replace(EVENT, area=Area(105.0, float("nan"))), "longitude and latitude"),
        (replace(EVENT, area=Area(105.0, 10.0, (), -1.0)), "radius"),
        (replace(EVENT, area=Area(105.0, 10.0, (((105.0, 10.0),) * 3_000,))), "corners"),
    ],
)
def test_an_event_that_cannot_be_so_is_kept_aside(event: Event, reason: str) -> None:
    good, refused = validate_events([event], {"report"}, NOW)
    assert not good and reason in refused[0].failure


def test_no_place_at_zero_and_no_link_but_to_the_web() -> None:
    ((event,), _) = validate_events([replace(EVENT, area=Area(0.0, 0.0), link="javascript:alert(1)")], {"report"}, NOW)
    assert event.area is None and event.link == ""


@pytest.mark.parametrize(
    "text",
    ["gọi 0912 345 678", "+84 912.345.678", "ai@example.org", "CCCD 092123456789", "xe 65A-123.45", "CMND 361234567"],
)
def test_numbers_of_persons_are_masked(text: str) -> None:
    assert MASK in mask_personal_data(text) and not any(
        len(part) > 4 and part.isdigit() for part in mask_personal_data(text).split()
    )


@pytest.mark.parametrize("text", ["Quốc lộ 1, km 2065", "mực nước 1,95 m lúc 14:30 24/11/2026", "số 30/4"])
def test_other_numbers_stay(text: str) -> None:
    assert mask_personal_data(text) == text


@given(st.text(max_size=5_000), st.text(min_size=1, max_size=500))
def test_any_text_is_bounded_and_on_one_line(text: str, title: str) -> None:
    good, refused = validate_events([replace(EVENT, text=text, title=title)], {"report"}, NOW)
    assert len(good) + len(refused) == 1
    for one in good:
        assert len(one.text) <= MAX_TEXT and len(one.title) <= MAX_TITLE and "\n" not in one.text + one.title
