"""The simulated agencies: the same for a seed, in the order of time, within their ranges, some of them late."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.submissions.form_workbook import FormFault, parse_figure
from ioc.domain.submissions.obligation import ReportingCadence, due_at, ended_periods
from ioc.domain.submissions.submission import SubmissionEventType
from simulator.obligations import submission_steps
from tests.domain.submissions.cases import at, cell, make_obligation

NOW = at("2026-11-24 09:00")
SLOW = make_obligation(
    ReportingCadence.WEEKLY,
    agency="mp-xa-d",
    due_day=2,
    cells=(cell("x", is_integer=True), cell("y", low=600, high=900)),
)


@given(st.integers(0, 50), st.booleans())
def test_each_period_ends_in_figures_that_the_form_would_take(seed: int, release: bool) -> None:
    one = make_obligation(ReportingCadence.WEEKLY, agency="mp-xa-b", cells=SLOW.cells, requires_approval=release)
    for period in ended_periods(one, NOW - timedelta(days=60), NOW):
        steps = submission_steps(seed, one, period)
        assert steps == submission_steps(seed, one, period)
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert steps[-1].event_type is (SubmissionEventType.APPROVED if release else SubmissionEventType.SUBMITTED)
        sent = [step for step in steps if step.event_type is SubmissionEventType.SUBMITTED]
        assert all(period.end < step.at for step in sent)
        assert all(
            not isinstance(parse_figure(sent[-1].values[each.series.key], each), FormFault) for each in one.cells
        )


def test_one_commune_is_behind_with_something_at_any_time_and_the_city_is_mostly_in_time() -> None:
    def open_at(days: int) -> int:
        now = NOW - timedelta(days=days)
        periods = list(ended_periods(SLOW, now - timedelta(days=60), now))
        return sum(due_at(SLOW, one) < now < submission_steps(1, SLOW, one)[-1].at for one in periods)

    assert all(open_at(days) in (0, 1, 2) for days in range(120))
    assert sum(open_at(days) > 0 for days in range(120)) > 90
    good = make_obligation(ReportingCadence.WEEKLY, agency="mp-xa-a", due_day=2)
    periods = list(ended_periods(good, NOW - timedelta(days=365), NOW))
    assert sum(submission_steps(1, good, one)[-1].at > due_at(good, one) for one in periods) < len(periods) * 0.2
