"""The simulated agencies: the same submissions for a seed, in order of time, with valid figures, some late."""

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
def test_each_period_ends_with_valid_figures_in_order_of_time(seed: int, release: bool) -> None:
    obligation = make_obligation(ReportingCadence.WEEKLY, agency="mp-xa-b", cells=SLOW.cells, requires_approval=release)
    for period in ended_periods(obligation, NOW - timedelta(days=60), NOW):
        steps = submission_steps(seed, obligation, period)
        assert steps == submission_steps(seed, obligation, period)
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert steps[-1].event_type is (SubmissionEventType.APPROVED if release else SubmissionEventType.SUBMITTED)
        sent = [step for step in steps if step.event_type is SubmissionEventType.SUBMITTED]
        assert all(period.end < step.at for step in sent)
        assert all(
            not isinstance(parse_figure(sent[-1].values[each.series.key], each), FormFault) for each in obligation.cells
        )


def test_late_commune_is_often_overdue_and_an_agency_of_the_city_mostly_in_time() -> None:
    def open_at(days: int) -> int:
        now = NOW - timedelta(days=days)
        periods = list(ended_periods(SLOW, now - timedelta(days=60), now))
        return sum(due_at(SLOW, period) < now < submission_steps(1, SLOW, period)[-1].at for period in periods)

    assert all(open_at(days) in (0, 1, 2) for days in range(120))
    assert sum(open_at(days) > 0 for days in range(120)) > 90
    punctual = make_obligation(ReportingCadence.WEEKLY, agency="mp-xa-a", due_day=2)
    periods = list(ended_periods(punctual, NOW - timedelta(days=365), NOW))
    assert (
        sum(submission_steps(1, punctual, period)[-1].at > due_at(punctual, period) for period in periods)
        < len(periods) * 0.2
    )
