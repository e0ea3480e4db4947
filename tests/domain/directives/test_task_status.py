"""The status of a task at a moment: its work state and its deadline state."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.directive import CompletionRequest, Extension, Task
from ioc.domain.directives.task_status import DeadlineState, WorkState, current_due, task_status
from tests.domain.directives.cases import ASSIGNED, BASIS, at, completion_request, finished, progress_report, task

DUE = date(2026, 3, 10)
DAY = timedelta(days=1)


def test_work_goes_from_not_started_to_done() -> None:
    one = task(
        DUE,
        reports=(progress_report(date(2026, 2, 1), 0), progress_report(date(2026, 2, 5), 20)),
        completion_requests=(
            completion_request(date(2026, 3, 1), date(2026, 3, 4)),
            completion_request(date(2026, 3, 8), date(2026, 3, 12), True),
        ),
    )
    days = [date(2026, 1, 5), date(2026, 2, 2), date(2026, 2, 6), date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 9)]
    works = [task_status(one, at(day)).work_state for day in [*days, date(2026, 3, 13)]]
    assert works == [
        WorkState.NOT_STARTED,
        WorkState.NOT_STARTED,
        WorkState.ACTIVE,
        WorkState.AWAITING_ACCEPTANCE,
        WorkState.ACTIVE,
        WorkState.AWAITING_ACCEPTANCE,
        WorkState.DONE,
    ]


def test_overdue_from_midnight_in_the_city_after_the_due_date() -> None:
    last = datetime(2026, 3, 10, 23, 59, 59, tzinfo=CITY_ZONE)
    assert task_status(task(DUE), last).deadline_state is DeadlineState.DUE_SOON
    over = task_status(task(DUE), last + timedelta(seconds=1))
    assert (over.deadline_state, over.days_overdue) == (DeadlineState.OVERDUE, 1)


def test_due_soon_is_within_seven_days_or_as_configured() -> None:
    assert task_status(task(DUE), at(date(2026, 3, 2))).deadline_state is DeadlineState.ON_TRACK
    assert task_status(task(DUE), at(date(2026, 3, 3))).deadline_state is DeadlineState.DUE_SOON
    assert task_status(task(DUE), at(date(2026, 3, 3)), soon_days=6).deadline_state is DeadlineState.ON_TRACK
    assert task_status(task(DUE), at(date(2026, 3, 3))).days_left == 7


def test_a_completion_request_stops_the_clock_until_it_is_returned() -> None:
    one = task(DUE, completion_requests=(completion_request(DUE, date(2026, 4, 1)),))
    waiting = task_status(one, at(date(2026, 3, 30)))
    assert (waiting.work_state, waiting.deadline_state, waiting.days_overdue) == (
        WorkState.AWAITING_ACCEPTANCE,
        DeadlineState.ON_TRACK,
        0,
    )
    back = task_status(one, at(date(2026, 4, 2)))
    assert (back.work_state, back.deadline_state, back.days_overdue) == (WorkState.ACTIVE, DeadlineState.OVERDUE, 23)


def test_days_overdue_stop_at_a_late_completion_request() -> None:
    one = task(DUE, completion_requests=(completion_request(DUE + 5 * DAY),))
    assert {task_status(one, at(DUE + n * DAY)).days_overdue for n in (5, 20, 200)} == {5}


def test_on_time_is_judged_by_the_accepted_request() -> None:
    assert task_status(finished(DUE, DUE), at(date(2026, 5, 1))).deadline_state is DeadlineState.DONE_ON_TIME
    late = task_status(finished(DUE, DUE + DAY), at(date(2026, 5, 1)))
    assert (late.deadline_state, late.days_overdue) == (DeadlineState.DONE_LATE, 1)
    assert task_status(finished(None, DUE), at(date(2026, 5, 1))).deadline_state is DeadlineState.NO_DEADLINE
    sent_back = task(
        DUE,
        completion_requests=(
            completion_request(DUE, DUE + DAY),
            completion_request(DUE + 4 * DAY, DUE + 9 * DAY, True),
        ),
    )
    assert task_status(sent_back, at(date(2026, 5, 1))).deadline_state is DeadlineState.DONE_LATE


def test_the_current_due_date_is_the_extended_one_and_the_original_is_kept() -> None:
    moved = (
        Extension(date(2026, 3, 1), DUE, date(2026, 4, 10), BASIS),
        Extension(date(2026, 4, 5), date(2026, 4, 10), date(2026, 5, 10), BASIS),
    )
    one = task(DUE, extensions=moved)
    assert current_due(one, date(2026, 2, 28)) == (DUE, 0)
    found = task_status(one, at(date(2026, 4, 20)))
    assert (found.due, found.original_due, found.extensions, found.deadline_state) == (
        date(2026, 5, 10),
        DUE,
        2,
        DeadlineState.ON_TRACK,
    )


def test_an_extension_after_acceptance_does_not_clear_a_late_task() -> None:
    one = finished(DUE, DUE + DAY, extensions=(Extension(date(2026, 6, 1), DUE, date(2026, 7, 1), BASIS),))
    assert task_status(one, at(date(2026, 8, 1))).deadline_state is DeadlineState.DONE_LATE


def test_a_withdrawn_task_has_no_deadline_state() -> None:
    one = task(DUE, withdrawn_at=at(date(2026, 2, 1)))
    assert task_status(one, at(date(2026, 1, 31))).work_state is WorkState.NOT_STARTED
    found = task_status(one, at(date(2026, 6, 1)))
    assert (found.work_state, found.deadline_state, found.days_overdue, found.is_open) == (
        WorkState.WITHDRAWN,
        None,
        0,
        False,
    )


def test_accepted_work_is_complete_whatever_was_reported() -> None:
    assert (
        task_status(finished(DUE, DUE, reports=(progress_report(ASSIGNED, 90),)), at(date(2026, 5, 1))).percent == 100
    )


@st.composite
def histories(draw: st.DrawFn) -> Task:
    """A task with requests that follow one another, each decided before the next."""
    day, requests = 0, []
    for _ in range(draw(st.integers(0, 4))):
        day += draw(st.integers(1, 30))
        decided = day + draw(st.integers(0, 20))
        requests.append((day, decided, draw(st.booleans())))
        day = decided
        if requests[-1][2]:
            break
    due = draw(st.none() | st.integers(0, 120))
    return task(
        None if due is None else ASSIGNED + due * DAY,
        completion_requests=tuple(
            CompletionRequest(at(ASSIGNED + a * DAY, 8), at(ASSIGNED + b * DAY, 20), accepted)
            for a, b, accepted in requests
        ),
        reports=tuple(progress_report(ASSIGNED + n * DAY, n) for n in draw(st.lists(st.integers(0, 100), max_size=4))),
    )


@given(histories(), st.integers(0, 200))
def test_work_state_and_deadline_state_agree_for_any_history(one: Task, days: int) -> None:
    moment = at(ASSIGNED + days * DAY)
    found = task_status(one, moment)
    assert (found.deadline_state in (DeadlineState.DONE_ON_TIME, DeadlineState.DONE_LATE)) == (
        found.work_state is WorkState.DONE and one.due is not None
    )
    assert (found.deadline_state is DeadlineState.NO_DEADLINE) == (one.due is None)
    assert (found.days_overdue > 0) == (found.deadline_state in (DeadlineState.OVERDUE, DeadlineState.DONE_LATE))
    accepted = [s for s in one.completion_requests if s.is_accepted and s.decided_at and s.decided_at <= moment]
    assert (found.work_state is WorkState.DONE) == bool(accepted)
    waits = any(s.at <= moment and s.decided_at and s.decided_at > moment for s in one.completion_requests)
    assert (found.work_state is WorkState.AWAITING_ACCEPTANCE) == (waits and not accepted)


@given(histories(), st.integers(0, 100), st.integers(0, 100))
def test_finished_work_stays_finished_with_the_same_deadline_state(one: Task, days: int, more: int) -> None:
    first = task_status(one, at(ASSIGNED + days * DAY))
    later = task_status(one, at(ASSIGNED + (days + more) * DAY))
    if first.work_state is WorkState.DONE:
        assert (later.work_state, later.deadline_state, later.days_overdue) == (
            first.work_state,
            first.deadline_state,
            first.days_overdue,
        )


@pytest.mark.parametrize(
    "state", [*WorkState, *DeadlineState], ids=lambda state: f"{type(state).__name__}-{state.name}"
)
def test_state_is_sent_under_its_own_name(state: WorkState | DeadlineState) -> None:
    assert state.value == state.name.lower()
