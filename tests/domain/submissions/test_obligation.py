"""Reporting periods and due times, in Asia/Ho_Chi_Minh."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.submissions.obligation import (
    Obligation,
    ReportingCadence,
    due_at,
    ended_periods,
    parse_period,
    period_containing,
)
from tests.domain.submissions.cases import at, make_obligation

DAYS = st.dates(date(1980, 1, 1), date(2100, 12, 31))
PERIODIC = st.sampled_from([one for one in ReportingCadence if one is not ReportingCadence.AD_HOC])
OBLIGATIONS = st.builds(
    make_obligation,
    PERIODIC,
    closing_day=st.integers(0, 28),
    due_day=st.integers(1, 40),
    due_time=st.times(),
    is_due_on_workday=st.booleans(),
    since=st.just(date(1970, 1, 1)),
)


@given(OBLIGATIONS, DAYS)
def test_periods_follow_one_another_without_gaps(obligation: Obligation, day: date) -> None:
    period = period_containing(obligation, day)
    assert period.days[0] <= day <= period.days[1]
    assert period.start.astimezone(CITY_ZONE).time() == period.end.astimezone(CITY_ZONE).time() == time()
    following = period_containing(obligation, city_date(period.end))
    assert following.start == period.end
    assert period_containing(obligation, city_date(period.observed_at)) == period


@given(OBLIGATIONS, DAYS)
def test_a_period_is_found_by_its_key(obligation: Obligation, day: date) -> None:
    period = period_containing(obligation, day)
    assert parse_period(obligation, period.key) == period
    assert parse_period(obligation, period.key + "0") is None


@pytest.mark.parametrize("key", ["", "2026", "2026-13", "2026-1", "2026-w54", "x", "2026-q5", "99999999-01", "2026-00"])
@pytest.mark.parametrize("cadence", list(ReportingCadence))
def test_an_invalid_key_names_no_period(cadence: ReportingCadence, key: str) -> None:
    assert parse_period(make_obligation(cadence), key) is None


@given(OBLIGATIONS, DAYS, st.integers(0, 900))
def test_ended_periods_are_those_that_ended_in_the_interval(obligation: Obligation, day: date, days: int) -> None:
    end = datetime.combine(day, time(12), CITY_ZONE)
    start = end - timedelta(days=days)
    periods = list(ended_periods(obligation, start, end))
    assert all(start < period.end <= end for period in periods)
    assert all(before.end == after.start for before, after in pairwise(periods))
    last = period_containing(obligation, day)
    assert not periods or periods[-1].end == last.start
    assert periods or last.start <= start


@given(OBLIGATIONS, DAYS)
def test_the_due_time_is_after_the_period_and_never_on_a_day_of_rest(obligation: Obligation, day: date) -> None:
    period = period_containing(obligation, day)
    holidays = {period.days[1] + timedelta(days=obligation.due_day)}
    moment = due_at(obligation, period, holidays)
    assert moment >= period.end
    assert moment.astimezone(CITY_ZONE).timetz().replace(tzinfo=None) == obligation.due_time
    if obligation.is_due_on_workday:
        assert moment.weekday() < 5
        assert moment.date() not in holidays


def test_the_report_of_october_is_due_on_the_fifth_of_november_at_five() -> None:
    period = period_containing(make_obligation(), date(2026, 10, 31))
    assert (period.key, due_at(make_obligation(), period)) == ("2026-10", at("2026-11-05 17:00"))
    assert period.observed_at == at("2026-10-31 23:59:59")


def test_a_due_day_on_a_sunday_moves_to_the_next_working_day() -> None:
    obligation = make_obligation(due_day=1, is_due_on_workday=True)  # 01/11/2026 is a Sunday
    period = period_containing(obligation, date(2026, 10, 1))
    assert due_at(obligation, period) == at("2026-11-02 17:00")
    assert due_at(obligation, period, {date(2026, 11, 2)}) == at("2026-11-03 17:00")


def test_months_and_quarters_may_close_on_the_fourteenth() -> None:
    month = period_containing(make_obligation(closing_day=14), date(2026, 10, 20))
    assert (month.key, month.days) == ("2026-11", (date(2026, 10, 15), date(2026, 11, 14)))
    quarter = period_containing(make_obligation(ReportingCadence.QUARTERLY, closing_day=14), date(2026, 12, 15))
    assert (quarter.key, quarter.days) == ("2027-q1", (date(2026, 12, 15), date(2027, 3, 14)))


def test_nothing_is_owed_before_it_began_after_it_ended_or_while_it_is_off() -> None:
    obligation = make_obligation(since=date(2026, 8, 1), until=date(2026, 9, 30))
    year = (at("2026-01-01 00:00"), at("2026-12-31 00:00"))
    assert [period.key for period in ended_periods(obligation, *year)] == ["2026-08", "2026-09"]
    assert (
        list(ended_periods(make_obligation(is_enabled=False), *year))
        == list(ended_periods(make_obligation(ReportingCadence.AD_HOC), *year))
        == []
    )
