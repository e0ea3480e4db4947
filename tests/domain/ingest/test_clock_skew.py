"""Clock skew: a clock that runs ahead is told from a single wrong time."""

from datetime import timedelta

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.events.event import Event
from ioc.domain.ingest.clock_skew import SKEW_CODES, clock_lead, skew_failure, skew_of
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.reading import Batch, Reading
from tests.city import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def readings(**leads: timedelta) -> Batch:
    return Batch(tuple(Reading(key, NOW + lead, 1.0) for key, lead in leads.items()))


def event(key: str, lead: timedelta) -> Event:
    return Event(kind="report", key=key, title="x", observed=NOW + lead)


def test_clock_is_ahead_only_when_every_series_is() -> None:
    assert clock_lead(readings(a=DAY, b=DAY), NOW) == DAY
    assert clock_lead(readings(a=DAY, b=-HOUR), NOW) is None
    assert clock_lead(readings(), NOW) is None


def test_history_is_judged_by_its_newest_times() -> None:
    history = tuple(Reading("a", NOW + DAY - n * HOUR, 1.0) for n in range(48))
    assert clock_lead(Batch(history), NOW) == DAY


def test_small_lead_is_no_skew() -> None:
    assert clock_lead(readings(a=timedelta(minutes=4)), NOW) is None


def test_one_event_of_several_in_the_future_is_no_skew() -> None:
    assert clock_lead(Batch(events=(event("1", DAY),)), NOW) == DAY
    assert clock_lead(Batch(events=(event("1", DAY), event("2", -DAY))), NOW) is None


@pytest.mark.parametrize(
    ("lead", "failure"),
    [
        (timedelta(minutes=35), Failure(IngestCode.CLOCK_AHEAD_MINUTES, {"n": 35})),
        (HOUR * 7, Failure(IngestCode.CLOCK_AHEAD_ZONE)),
        (DAY - HOUR / 9, Failure(IngestCode.CLOCK_AHEAD_HOURS, {"n": 24})),
        (DAY * 400, Failure(IngestCode.CLOCK_AHEAD_DAYS, {"n": 400})),
    ],
)
def test_failure_gives_the_lead_in_rounded_units(lead: timedelta, failure: Failure) -> None:
    assert skew_failure(lead) == failure and failure.code in SKEW_CODES


def test_a_lead_of_some_values_is_counted() -> None:
    history = tuple(Reading("a", NOW + (-n * HOUR or DAY * 18_335), 1.0) for n in range(100))
    cause = Failure(IngestCode.CLOCK_AHEAD_DAYS, {"n": 18_335})
    in_part = Failure(IngestCode.CLOCK_AHEAD_IN_PART, {"n": 1, "total": 100, "cause": cause})
    assert skew_of(Batch(history), NOW) == in_part and in_part.code in SKEW_CODES
    assert skew_of(Batch(history[:1], events=(event("1", DAY * 18_335),)), NOW) == cause
    assert skew_of(Batch(source_time=NOW + DAY * 18_335), NOW) == cause
    assert skew_of(Batch(history[1:]), NOW) is None
    assert skew_of(Batch(history[1:], source_time=NOW + DAY * 18_335), NOW) == cause
