"""Periods and due moments, in Asia/Ho_Chi_Minh."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.times import CITY, city_date
from ioc.domain.submissions.obligation import Cadence, Duty, due, named, owed, period_of
from tests.domain.owing import at, duty

DAYS = st.dates(date(1980, 1, 1), date(2100, 12, 31))
PERIODIC = st.sampled_from([one for one in Cadence if one is not Cadence.ANY])
DUTIES = st.builds(
    duty, PERIODIC, closes=st.integers(0, 28), day=st.integers(1, 40), at=st.times(), workday=st.booleans(),
    since=st.just(date(1970, 1, 1)),
)  # fmt: skip


@given(DUTIES, DAYS)
def test_periods_tile_time(one: Duty, day: date) -> None:
    here = period_of(one, day)
    assert here.days[0] <= day <= here.days[1]
    assert here.start.astimezone(CITY).time() == here.end.astimezone(CITY).time() == time()
    after = period_of(one, city_date(here.end))
    assert after.start == here.end
    assert period_of(one, city_date(here.observed)) == here


@given(DUTIES, DAYS)
def test_a_period_is_found_by_its_name(one: Duty, day: date) -> None:
    here = period_of(one, day)
    assert named(one, here.key) == here
    assert named(one, here.key + "0") is None


@pytest.mark.parametrize("key", ["", "2026", "2026-13", "2026-1", "2026-w54", "x", "2026-q5", "99999999-01", "2026-00"])
@pytest.mark.parametrize("cadence", list(Cadence))
def test_what_names_no_period(cadence: Cadence, key: str) -> None:
    assert named(duty(cadence), key) is None


@given(DUTIES, DAYS, st.integers(0, 900))
def test_owed_are_the_periods_that_ended_in_the_span(one: Duty, day: date, span: int) -> None:
    end = datetime.combine(day, time(12), CITY)
    start = end - timedelta(days=span)
    found = list(owed(one, start, end))
    assert all(start < period.end <= end for period in found)
    assert all(before.end == after.start for before, after in pairwise(found))
    last = period_of(one, day)
    assert not found or found[-1].end == last.start
    assert found or last.start <= start


@given(DUTIES, DAYS)
def test_due_comes_after_the_end_and_never_on_a_day_of_rest(one: Duty, day: date) -> None:
    period = period_of(one, day)
    rest = {period.days[1] + timedelta(days=one.day)}
    moment = due(one, period, rest)
    assert moment >= period.end
    assert moment.astimezone(CITY).timetz().replace(tzinfo=None) == one.at
    if one.workday:
        assert moment.weekday() < 5
        assert moment.date() not in rest


def test_the_report_of_october_is_due_on_the_fifth_of_november_at_five() -> None:
    period = period_of(duty(), date(2026, 10, 31))
    assert (period.key, due(duty(), period)) == ("2026-10", at("2026-11-05 17:00"))
    assert period.observed == at("2026-10-31 23:59:59")


def test_a_due_day_on_a_sunday_moves_to_the_next_working_day() -> None:
    one = duty(day=1, workday=True)  # 01/11/2026 is a Sunday
    period = period_of(one, date(2026, 10, 1))
    assert due(one, period) == at("2026-11-02 17:00")
    assert due(one, period, {date(2026, 11, 2)}) == at("2026-11-03 17:00")


def test_months_and_quarters_may_close_on_the_fourteenth() -> None:
    month = period_of(duty(closes=14), date(2026, 10, 20))
    assert (month.key, month.days) == ("2026-11", (date(2026, 10, 15), date(2026, 11, 14)))
    quarter = period_of(duty(Cadence.QUARTERLY, closes=14), date(2026, 12, 15))
    assert (quarter.key, quarter.days) == ("2027-q1", (date(2026, 12, 15), date(2027, 3, 14)))


def test_nothing_is_owed_before_it_began_after_it_ended_or_while_it_is_off() -> None:
    one = duty(since=date(2026, 8, 1), until=date(2026, 9, 30))
    year = (at("2026-01-01 00:00"), at("2026-12-31 00:00"))
    assert [period.key for period in owed(one, *year)] == ["2026-08", "2026-09"]
    assert list(owed(duty(enabled=False), *year)) == list(owed(duty(Cadence.ANY), *year)) == []
