"""Periods and due moments, in Asia/Ho_Chi_Minh."""

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
from tests.domain.obligation_cases import at, duty

DAYS = st.dates(date(1980, 1, 1), date(2100, 12, 31))
PERIODIC = st.sampled_from([one for one in ReportingCadence if one is not ReportingCadence.AD_HOC])
DUTIES = st.builds(
    duty, PERIODIC, closes=st.integers(0, 28), day=st.integers(1, 40), at=st.times(), workday=st.booleans(),
    since=st.just(date(1970, 1, 1)),
)  # fmt: skip


@given(DUTIES, DAYS)
def test_periods_tile_time(one: Obligation, day: date) -> None:
    here = period_containing(one, day)
    assert here.days[0] <= day <= here.days[1]
    assert here.start.astimezone(CITY_ZONE).time() == here.end.astimezone(CITY_ZONE).time() == time()
    after = period_containing(one, city_date(here.end))
    assert after.start == here.end
    assert period_containing(one, city_date(here.observed_at)) == here


@given(DUTIES, DAYS)
def test_a_period_is_found_by_its_name(one: Obligation, day: date) -> None:
    here = period_containing(one, day)
    assert parse_period(one, here.key) == here
    assert parse_period(one, here.key + "0") is None


@pytest.mark.parametrize("key", ["", "2026", "2026-13", "2026-1", "2026-w54", "x", "2026-q5", "99999999-01", "2026-00"])
@pytest.mark.parametrize("cadence", list(ReportingCadence))
def test_what_names_no_period(cadence: ReportingCadence, key: str) -> None:
    assert parse_period(duty(cadence), key) is None


@given(DUTIES, DAYS, st.integers(0, 900))
def test_owed_are_the_periods_that_ended_in_the_span(one: Obligation, day: date, span: int) -> None:
    end = datetime.combine(day, time(12), CITY_ZONE)
    start = end - timedelta(days=span)
    found = list(ended_periods(one, start, end))
    assert all(start < period.end <= end for period in found)
    assert all(before.end == after.start for before, after in pairwise(found))
    last = period_containing(one, day)
    assert not found or found[-1].end == last.start
    assert found or last.start <= start


@given(DUTIES, DAYS)
def test_due_comes_after_the_end_and_never_on_a_day_of_rest(one: Obligation, day: date) -> None:
    period = period_containing(one, day)
    rest = {period.days[1] + timedelta(days=one.due_day)}
    moment = due_at(one, period, rest)
    assert moment >= period.end
    assert moment.astimezone(CITY_ZONE).timetz().replace(tzinfo=None) == one.due_time
    if one.is_due_on_workday:
        assert moment.weekday() < 5
        assert moment.date() not in rest


def test_the_report_of_october_is_due_on_the_fifth_of_november_at_five() -> None:
    period = period_containing(duty(), date(2026, 10, 31))
    assert (period.key, due_at(duty(), period)) == ("2026-10", at("2026-11-05 17:00"))
    assert period.observed_at == at("2026-10-31 23:59:59")


def test_a_due_day_on_a_sunday_moves_to_the_next_working_day() -> None:
    one = duty(due_day=1, is_due_on_workday=True)  # 01/11/2026 is a Sunday
    period = period_containing(one, date(2026, 10, 1))
    assert due_at(one, period) == at("2026-11-02 17:00")
    assert due_at(one, period, {date(2026, 11, 2)}) == at("2026-11-03 17:00")


def test_months_and_quarters_may_close_on_the_fourteenth() -> None:
    month = period_containing(duty(closing_day=14), date(2026, 10, 20))
    assert (month.key, month.days) == ("2026-11", (date(2026, 10, 15), date(2026, 11, 14)))
    quarter = period_containing(duty(ReportingCadence.QUARTERLY, closing_day=14), date(2026, 12, 15))
    assert (quarter.key, quarter.days) == ("2027-q1", (date(2026, 12, 15), date(2027, 3, 14)))


def test_nothing_is_owed_before_it_began_after_it_ended_or_while_it_is_off() -> None:
    one = duty(since=date(2026, 8, 1), until=date(2026, 9, 30))
    year = (at("2026-01-01 00:00"), at("2026-12-31 00:00"))
    assert [period.key for period in ended_periods(one, *year)] == ["2026-08", "2026-09"]
    assert (
        list(ended_periods(duty(is_enabled=False), *year))
        == list(ended_periods(duty(ReportingCadence.AD_HOC), *year))
        == []
    )
