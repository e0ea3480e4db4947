"""The status of a task: its work state and its deadline state at a moment, derived from its events, never stored."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ioc.domain.base.times import city_date
from ioc.domain.directives.directive import CompletionRequest, ProgressReport, Task


class WorkState(StrEnum):
    """The progress of the work."""

    NOT_STARTED = "not_started"
    ACTIVE = "active"
    AWAITING_ACCEPTANCE = "awaiting_acceptance"
    DONE = "done"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


class DeadlineState(StrEnum):
    """The work against its due date. DONE_ON_TIME and DONE_LATE are of finished work only."""

    NO_DEADLINE = "no_deadline"
    ON_TRACK = "on_track"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """A task at a moment. `deadline_state` None: withdrawn or paused.

    `due`: the current due date; `original_due`: the first one; `extensions`: how many lie between. `judged_on`: the day
    compared with `due`, which is that of the pending or accepted request, else of the moment. `percent`: of the last
    report, 100 once accepted, None without a report. `last_reported`: time of the last report. `office_days`: days past
    the due date that were spent at the Office. `is_submitted`: completion was reported, even if it was returned.
    """

    work_state: WorkState
    deadline_state: DeadlineState | None
    due: date | None
    original_due: date | None
    extensions: int
    judged_on: date
    percent: float | None
    last_reported: datetime | None
    office_days: int = 0
    is_submitted: bool = False

    @property
    def days_overdue(self) -> int:
        """Days past the due date without `office_days`; 0 unless overdue or finished late."""
        is_past_due = self.deadline_state in (DeadlineState.OVERDUE, DeadlineState.DONE_LATE)
        return max((self.judged_on - self.due).days - self.office_days, 1) if is_past_due and self.due else 0

    @property
    def days_left(self) -> int | None:
        """Days until the due date; None without one and while the clock is stopped."""
        is_running = (
            self.deadline_state in (DeadlineState.ON_TRACK, DeadlineState.DUE_SOON)
            and self.work_state is not WorkState.AWAITING_ACCEPTANCE
        )
        return (self.due - self.judged_on).days if is_running and self.due else None

    @property
    def is_counted(self) -> bool:
        """Whether it is in the total: neither paused nor withdrawn."""
        return self.deadline_state is not None

    @property
    def is_open(self) -> bool:
        """Whether it is neither accepted, paused nor withdrawn."""
        return self.work_state not in (WorkState.DONE, WorkState.PAUSED, WorkState.WITHDRAWN)


def accepted_request(task: Task, at: datetime) -> CompletionRequest | None:
    """The completion request that had been accepted by `at`."""
    accepted = [
        request
        for request in task.completion_requests
        if request.is_accepted and request.decided_at is not None and request.decided_at <= at
    ]
    return min(accepted, key=lambda request: request.at, default=None)


def pending_request(task: Task, at: datetime) -> CompletionRequest | None:
    """The completion request that awaits its decision at `at`: the clock is stopped at its day."""
    pending = [
        request
        for request in task.completion_requests
        if request.at <= at and (request.decided_at is None or request.decided_at > at)
    ]
    return min(pending, key=lambda request: request.at, default=None)


def last_report(task: Task, at: datetime) -> ProgressReport | None:
    """The newest report known at `at`."""
    return max((report for report in task.reports if report.at <= at), key=lambda report: report.at, default=None)


def current_due(task: Task, day: date) -> tuple[date | None, int]:
    """The due date in force on `day` and the number of extensions up to it; a task without a due date has none."""
    granted = sorted(
        (extension for extension in task.extensions if extension.effective_on <= day),
        key=lambda extension: extension.effective_on,
    )
    if task.due is None or not granted:
        return task.due, 0
    return granted[-1].new_due, len(granted)


def task_status(task: Task, at: datetime, soon_days: int = 7) -> TaskStatus:
    """The status of `task` at `at` (aware).

    A completion request stops the clock: while it is pending, its day is compared with the due date. When it is
    returned, the clock runs again against the same due date, which only an extension moves. Events after acceptance
    change nothing.
    """
    accepted, pending = accepted_request(task, at), pending_request(task, at)
    decided_at = accepted.decided_at if accepted and accepted.decided_at else at
    request = accepted or pending
    judged_on = city_date(request.at if request else at)
    due, extensions = current_due(task, city_date(decided_at))
    report = last_report(task, at)
    work = _work_state(task, at, accepted, pending, report)
    percent = 100.0 if work is WorkState.DONE else report.percent if report else None
    return TaskStatus(
        work_state=work,
        deadline_state=deadline_state(work, due, judged_on, soon_days),
        due=due,
        original_due=task.due,
        extensions=extensions,
        judged_on=judged_on,
        percent=percent,
        last_reported=report.at if report else None,
    )


def _work_state(
    task: Task,
    at: datetime,
    accepted: CompletionRequest | None,
    pending: CompletionRequest | None,
    report: ProgressReport | None,
) -> WorkState:
    if task.withdrawn_at is not None and task.withdrawn_at <= at:
        return WorkState.WITHDRAWN
    if accepted:
        return WorkState.DONE
    if pending:
        return WorkState.AWAITING_ACCEPTANCE
    was_returned = any(request.at <= at for request in task.completion_requests)
    return WorkState.ACTIVE if was_returned or (report and report.percent > 0) else WorkState.NOT_STARTED


def deadline_state(work: WorkState, due: date | None, judged_on: date, soon_days: int) -> DeadlineState | None:
    """The work against its due date on `judged_on`; None of withdrawn and paused work."""
    if work in (WorkState.WITHDRAWN, WorkState.PAUSED):
        return None
    if due is None:
        return DeadlineState.NO_DEADLINE
    if work is WorkState.DONE:
        return DeadlineState.DONE_ON_TIME if judged_on <= due else DeadlineState.DONE_LATE
    if judged_on > due:
        return DeadlineState.OVERDUE
    is_near = (due - judged_on).days <= soon_days and work is not WorkState.AWAITING_ACCEPTANCE
    return DeadlineState.DUE_SOON if is_near else DeadlineState.ON_TRACK
