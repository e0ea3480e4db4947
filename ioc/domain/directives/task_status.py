"""A task's two axes, work and time, derived at a moment from what had happened by then; never stored."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ioc.domain.base.times import city_date
from ioc.domain.directives.directive import Report, Submission, Task


class Work(StrEnum):
    """How far the work is."""

    NOT_STARTED = "not-started"
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Time(StrEnum):
    """Where the work stands against its due date. ON_TIME and LATE are of finished work only."""

    NO_DEADLINE = "no-deadline"
    IN_TIME = "in-time"
    SOON = "soon"
    OVERDUE = "overdue"
    ON_TIME = "on-time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Status:
    """A task at a moment. `time` None: withdrawn.

    `due` is the current due date, `first_due` the original one, `extensions` how many lie between. `judged` is the
    day held against `due`: the day of the pending or closing request, else the moment's own day. `percent` is that
    of the last report (100 once accepted), None when there was none. `reported` is when it last reported.
    """

    work: Work
    time: Time | None
    due: date | None
    first_due: date | None
    extensions: int
    judged: date
    percent: float | None
    reported: datetime | None

    @property
    def days_over(self) -> int:
        """Days past the due date; 0 unless overdue or late."""
        late = self.time in (Time.OVERDUE, Time.LATE) and self.due is not None
        return (self.judged - self.due).days if late and self.due else 0

    @property
    def days_left(self) -> int | None:
        """Days until the due date while the clock runs; None without one or when it stands."""
        runs = self.time in (Time.IN_TIME, Time.SOON) and self.work is not Work.WAITING
        return (self.due - self.judged).days if runs and self.due else None

    @property
    def open(self) -> bool:
        """Neither accepted nor withdrawn."""
        return self.work not in (Work.DONE, Work.WITHDRAWN)


def closing(task: Task, at: datetime) -> Submission | None:
    """The closing request that had been accepted by `at`."""
    accepted = [one for one in task.submissions if one.accepted and one.decided is not None and one.decided <= at]
    return min(accepted, key=lambda one: one.at, default=None)


def pending(task: Task, at: datetime) -> Submission | None:
    """The request that waits for its decision at `at`: the clock stands at its date."""
    waiting = [one for one in task.submissions if one.at <= at and (one.decided is None or one.decided > at)]
    return min(waiting, key=lambda one: one.at, default=None)


def last_report(task: Task, at: datetime) -> Report | None:
    """The newest report known at `at`."""
    return max((one for one in task.reports if one.at <= at), key=lambda one: one.at, default=None)


def current_due(task: Task, day: date) -> tuple[date | None, int]:
    """The due date in force on `day` and how many extensions led to it. A task without one cannot be extended."""
    granted = sorted((one for one in task.extensions if one.on <= day), key=lambda one: one.on)
    if task.due is None or not granted:
        return task.due, 0
    return granted[-1].new, len(granted)


def status(task: Task, at: datetime, soon_days: int = 7) -> Status:
    """The status of `task` at `at` (aware).

    The clock stops at a submission: while it waits, its day is held against the due date; sent back, the clock runs
    again against the same due date, which only an extension moves. What is decided after acceptance changes nothing.
    """
    closed, waits = closing(task, at), pending(task, at)
    settled = closed.decided if closed and closed.decided else at
    request = closed or waits
    judged = city_date(request.at if request else at)
    due, extensions = current_due(task, city_date(settled))
    report = last_report(task, at)
    work = _work(task, at, closed, waits, report)
    percent = 100.0 if work is Work.DONE else report.percent if report else None
    time = _time(work, due, judged, soon_days)
    return Status(work, time, due, task.due, extensions, judged, percent, report.at if report else None)


def _work(task: Task, at: datetime, closed: Submission | None, waits: Submission | None, report: Report | None) -> Work:
    if task.withdrawn is not None and task.withdrawn <= at:
        return Work.WITHDRAWN
    if closed:
        return Work.DONE
    if waits:
        return Work.WAITING
    sent_back = any(one.at <= at for one in task.submissions)
    return Work.ACTIVE if sent_back or (report and report.percent > 0) else Work.NOT_STARTED


def _time(work: Work, due: date | None, judged: date, soon_days: int) -> Time | None:
    if work is Work.WITHDRAWN:
        return None
    if due is None:
        return Time.NO_DEADLINE
    if work is Work.DONE:
        return Time.ON_TIME if judged <= due else Time.LATE
    if judged > due:
        return Time.OVERDUE
    near = (due - judged).days <= soon_days and work is not Work.WAITING
    return Time.SOON if near else Time.IN_TIME
