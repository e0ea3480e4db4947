"""The two axes of a task: work and time, each at a moment."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.times import CITY
from ioc.domain.directives.directive import Extension, Submission, Task
from ioc.domain.directives.task_status import Time, Work, current_due, status
from tests.domain.cases import BASIS, GIVEN, at, finished, handed, said, task

DUE = date(2026, 3, 10)
DAY = timedelta(days=1)


def test_work_goes_from_not_started_to_done() -> None:
    one = task(DUE, reports=(said(date(2026, 2, 1), 0), said(date(2026, 2, 5), 20)), submissions=(
        handed(date(2026, 3, 1), date(2026, 3, 4)), handed(date(2026, 3, 8), date(2026, 3, 12), True)))  # fmt: skip
    days = [date(2026, 1, 5), date(2026, 2, 2), date(2026, 2, 6), date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 9)]
    works = [status(one, at(day)).work for day in [*days, date(2026, 3, 13)]]
    assert works == [
        Work.NOT_STARTED, Work.NOT_STARTED, Work.ACTIVE, Work.WAITING, Work.ACTIVE, Work.WAITING, Work.DONE,
    ]  # fmt: skip


def test_overdue_from_midnight_in_the_city_after_the_due_date() -> None:
    last = datetime(2026, 3, 10, 23, 59, 59, tzinfo=CITY)
    assert status(task(DUE), last).time is Time.SOON
    over = status(task(DUE), last + timedelta(seconds=1))
    assert (over.time, over.days_over) == (Time.OVERDUE, 1)


def test_soon_is_seven_days_or_as_configured() -> None:
    assert status(task(DUE), at(date(2026, 3, 2))).time is Time.IN_TIME
    assert status(task(DUE), at(date(2026, 3, 3))).time is Time.SOON
    assert status(task(DUE), at(date(2026, 3, 3)), soon_days=6).time is Time.IN_TIME
    assert status(task(DUE), at(date(2026, 3, 3))).days_left == 7


def test_the_clock_stops_at_submission_and_runs_again_when_sent_back() -> None:
    one = task(DUE, submissions=(handed(DUE, date(2026, 4, 1)),))
    waiting = status(one, at(date(2026, 3, 30)))
    assert (waiting.work, waiting.time, waiting.days_over) == (Work.WAITING, Time.IN_TIME, 0)
    back = status(one, at(date(2026, 4, 2)))
    assert (back.work, back.time, back.days_over) == (Work.ACTIVE, Time.OVERDUE, 23)


def test_handed_in_late_the_overdue_days_stand_still() -> None:
    one = task(DUE, submissions=(handed(DUE + 5 * DAY),))
    assert {status(one, at(DUE + n * DAY)).days_over for n in (5, 20, 200)} == {5}


def test_on_time_is_by_the_request_that_was_accepted() -> None:
    assert status(finished(DUE, DUE), at(date(2026, 5, 1))).time is Time.ON_TIME
    late = status(finished(DUE, DUE + DAY), at(date(2026, 5, 1)))
    assert (late.time, late.days_over) == (Time.LATE, 1)
    assert status(finished(None, DUE), at(date(2026, 5, 1))).time is Time.NO_DEADLINE
    sent_back = task(DUE, submissions=(handed(DUE, DUE + DAY), handed(DUE + 4 * DAY, DUE + 9 * DAY, True)))
    assert status(sent_back, at(date(2026, 5, 1))).time is Time.LATE


def test_the_current_due_date_is_the_extended_one_beside_the_first() -> None:
    moved = (
        Extension(date(2026, 3, 1), DUE, date(2026, 4, 10), BASIS),
        Extension(date(2026, 4, 5), date(2026, 4, 10), date(2026, 5, 10), BASIS),
    )
    one = task(DUE, extensions=moved)
    assert current_due(one, date(2026, 2, 28)) == (DUE, 0)
    found = status(one, at(date(2026, 4, 20)))
    assert (found.due, found.first_due, found.extensions, found.time) == (date(2026, 5, 10), DUE, 2, Time.IN_TIME)


def test_an_extension_after_acceptance_does_not_clear_a_late_task() -> None:
    one = finished(DUE, DUE + DAY, extensions=(Extension(date(2026, 6, 1), DUE, date(2026, 7, 1), BASIS),))
    assert status(one, at(date(2026, 8, 1))).time is Time.LATE


def test_withdrawn_has_no_time() -> None:
    one = task(DUE, withdrawn=at(date(2026, 2, 1)))
    assert status(one, at(date(2026, 1, 31))).work is Work.NOT_STARTED
    found = status(one, at(date(2026, 6, 1)))
    assert (found.work, found.time, found.days_over, found.open) == (Work.WITHDRAWN, None, 0, False)


def test_accepted_work_is_whole_whatever_was_reported() -> None:
    assert status(finished(DUE, DUE, reports=(said(GIVEN, 90),)), at(date(2026, 5, 1))).percent == 100


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
        None if due is None else GIVEN + due * DAY,
        submissions=tuple(
            Submission(at(GIVEN + a * DAY, 8), at(GIVEN + b * DAY, 20), accepted) for a, b, accepted in requests
        ),
        reports=tuple(said(GIVEN + n * DAY, n) for n in draw(st.lists(st.integers(0, 100), max_size=4))),
    )


@given(histories(), st.integers(0, 200))
def test_whatever_happened_the_axes_agree(one: Task, days: int) -> None:
    moment = at(GIVEN + days * DAY)
    found = status(one, moment)
    assert (found.time in (Time.ON_TIME, Time.LATE)) == (found.work is Work.DONE and one.due is not None)
    assert (found.time is Time.NO_DEADLINE) == (one.due is None)
    assert (found.days_over > 0) == (found.time in (Time.OVERDUE, Time.LATE))
    accepted = [s for s in one.submissions if s.accepted and s.decided and s.decided <= moment]
    assert (found.work is Work.DONE) == bool(accepted)
    waits = any(s.at <= moment and s.decided and s.decided > moment for s in one.submissions)
    assert (found.work is Work.WAITING) == (waits and not accepted)


@given(histories(), st.integers(0, 100), st.integers(0, 100))
def test_finished_stays_finished_and_its_verdict_stands(one: Task, days: int, more: int) -> None:
    first = status(one, at(GIVEN + days * DAY))
    later = status(one, at(GIVEN + (days + more) * DAY))
    if first.work is Work.DONE:
        assert (later.work, later.time, later.days_over) == (first.work, first.time, first.days_over)
