"""A task's two axes, work and time, derived at a moment from what had happened by then; never stored."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ioc.domain.base.times import city_date
from ioc.domain.directives.directive import CompletionRequest, ProgressReport, Task


class WorkState(StrEnum):
    """How far the work is."""

    NOT_STARTED = "not-started"
    ACTIVE = "active"
    AWAITING_ACCEPTANCE = "waiting"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class DeadlineState(StrEnum):
    """Where the work stands against its due date. ON_TIME and LATE are of finished work only."""

    NO_DEADLINE = "no-deadline"
    IN_TIME = "in-time"
    DUE_SOON = "soon"
    OVERDUE = "overdue"
    ON_TIME = "on-time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """A task at a moment. `time` None: withdrawn.

    `due` is the current due date, `first_due` the original one, `extensions` how many lie between. `judged` is the
    day held against `due`: the day of the pending or closing request, else the moment's own day. `percent` is that
    of the last report (100 once accepted), None when there was none. `reported` is when it last reported.
    """

    work_state: WorkState
    deadline_state: DeadlineState | None
    due: date | None
    original_due: date | None
    extensions: int
    judged_on: date
    percent: float | None
    last_reported: datetime | None

    @property
    def days_overdue(self) -> int:
        """Days past the due date; 0 unless overdue or late."""
        late = self.deadline_state in (DeadlineState.OVERDUE, DeadlineState.LATE) and self.due is not None
        return (self.judged_on - self.due).days if late and self.due else 0

    @property
    def days_left(self) -> int | None:
        """Days until the due date while the clock runs; None without one or when it stands."""
        runs = (
            self.deadline_state in (DeadlineState.IN_TIME, DeadlineState.DUE_SOON)
            and self.work_state is not WorkState.AWAITING_ACCEPTANCE
        )
        return (self.due - self.judged_on).days if runs and self.due else None

    @property
    def is_open(self) -> bool:
        """Neither accepted nor withdrawn."""
        return self.work_state not in (WorkState.DONE, WorkState.WITHDRAWN)


def accepted_request(task: Task, at: datetime) -> CompletionRequest | None:
    """The closing request that had been accepted by `at`."""
    accepted = [
        one
        for one in task.completion_requests
        if one.is_accepted and one.decided_at is not None and one.decided_at <= at
    ]
    return min(accepted, key=lambda one: one.at, default=None)


def pending_request(task: Task, at: datetime) -> CompletionRequest | None:
    """The request that waits for its decision at `at`: the clock stands at its date."""
    waiting = [
        one for one in task.completion_requests if one.at <= at and (one.decided_at is None or one.decided_at > at)
    ]
    return min(waiting, key=lambda one: one.at, default=None)


def last_report(task: Task, at: datetime) -> ProgressReport | None:
    """The newest report known at `at`."""
    return max((one for one in task.reports if one.at <= at), key=lambda one: one.at, default=None)


def current_due(task: Task, day: date) -> tuple[date | None, int]:
    """The due date in force on `day` and how many extensions led to it. A task without one cannot be extended."""
    granted = sorted((one for one in task.extensions if one.effective_on <= day), key=lambda one: one.effective_on)
    if task.due is None or not granted:
        return task.due, 0
    return granted[-1].new_due, len(granted)


def task_status(task: Task, at: datetime, soon_days: int = 7) -> TaskStatus:
    """The status of `task` at `at` (aware).

    The clock stops at a submission: while it waits, its day is held against the due date; sent back, the clock runs
    again against the same due date, which only an extension moves. What is decided after acceptance changes nothing.
    """
    closed, waits = accepted_request(task, at), pending_request(task, at)
    settled = closed.decided_at if closed and closed.decided_at else at
    request = closed or waits
    judged = city_date(request.at if request else at)
    due, extensions = current_due(task, city_date(settled))
    report = last_report(task, at)
    work = _work_state(task, at, closed, waits, report)
    percent = 100.0 if work is WorkState.DONE else report.percent if report else None
    time = _deadline_state(work, due, judged, soon_days)
    return TaskStatus(work, time, due, task.due, extensions, judged, percent, report.at if report else None)


def _work_state(
    task: Task,
    at: datetime,
    closed: CompletionRequest | None,
    waits: CompletionRequest | None,
    report: ProgressReport | None,
) -> WorkState:
    if task.withdrawn_at is not None and task.withdrawn_at <= at:
        return WorkState.WITHDRAWN
    if closed:
        return WorkState.DONE
    if waits:
        return WorkState.AWAITING_ACCEPTANCE
    sent_back = any(one.at <= at for one in task.completion_requests)
    return WorkState.ACTIVE if sent_back or (report and report.percent > 0) else WorkState.NOT_STARTED


def _deadline_state(work: WorkState, due: date | None, judged: date, soon_days: int) -> DeadlineState | None:
    if work is WorkState.WITHDRAWN:
        return None
    if due is None:
        return DeadlineState.NO_DEADLINE
    if work is WorkState.DONE:
        return DeadlineState.ON_TIME if judged <= due else DeadlineState.LATE
    if judged > due:
        return DeadlineState.OVERDUE
    near = (due - judged).days <= soon_days and work is not WorkState.AWAITING_ACCEPTANCE
    return DeadlineState.DUE_SOON if near else DeadlineState.IN_TIME
