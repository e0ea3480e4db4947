"""A clock that runs ahead is told from one wrong time."""

from datetime import timedelta

import pytest

from ioc.domain.events.event import Event
from ioc.domain.ingest.clock_skew import clock_lead, is_skew_reason, skew_reason
from ioc.domain.ingest.reading import Batch, Reading
from tests.city import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def told(**observed: timedelta) -> Batch:
    return Batch(tuple(Reading(key, NOW + after, 1.0) for key, after in observed.items()))


def test_every_series_ahead_is_the_clock_and_one_alone_is_not() -> None:
    assert clock_lead(told(a=DAY, b=DAY), NOW) == DAY
    assert clock_lead(told(a=DAY, b=-HOUR), NOW) is None
    assert clock_lead(told(), NOW) is None


def test_a_history_that_reaches_into_the_future_is_judged_by_its_newest_times() -> None:
    past = tuple(Reading("a", NOW + DAY - n * HOUR, 1.0) for n in range(48))
    assert clock_lead(Batch(past), NOW) == DAY


def test_a_little_ahead_is_admitted_and_no_fault() -> None:
    assert clock_lead(told(a=timedelta(minutes=4)), NOW) is None


def test_one_event_in_the_future_is_no_clock() -> None:
    events = [
        Event(kind="report", key=key, title="x", observed=NOW + after) for key, after in (("1", DAY), ("2", -DAY))
    ]
    assert clock_lead(Batch(events=(events[0],)), NOW) == DAY
    assert clock_lead(Batch(events=tuple(events)), NOW) is None


@pytest.mark.parametrize(
    ("lead", "said"),
    [(timedelta(minutes=35), "35 min"), (HOUR * 7, "7 h"), (DAY - HOUR / 9, "24 h"), (DAY * 400, "400 d")],
)
def test_it_is_told_as_coarsely_as_it_is_read(lead: timedelta, said: str) -> None:
    assert skew_reason(lead) == f"the source's clock is {said} ahead: what it tells lies in the future"
    assert is_skew_reason(skew_reason(lead)) and not is_skew_reason("no answer within 5 s")
