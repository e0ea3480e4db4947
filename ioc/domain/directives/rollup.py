"""The assessment of one task at a moment, and the roll-up of several: weighted progress, plan and severity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from ioc.domain.base.times import city_date
from ioc.domain.directives.assignment import Assignment, task_assignment
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.plan import ProgressTolerance, planned_percent
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState, task_status
from ioc.domain.kpis.kpi import RANK, Severity


class TaskProgress(NamedTuple):
    """The progress of a task against its plan. `gap`: points behind plan (negative: ahead).

    `days_silent`: since its last report, or since assignment without one. `severity` None: it cannot be judged.
    """

    planned_percent: float | None
    gap: float | None
    days_silent: int
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task at a moment. `weight`: its share in the roll-up. The last four: its TaskProgress."""

    document: Document
    task: Task
    status: TaskStatus
    assignment: Assignment
    weight: float
    planned_percent: float | None
    gap: float | None
    days_silent: int
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Rollup:
    """Weighted mean of the `reported_count` tasks, of `total`, that have reported. `percent` None: none has.

    `planned_percent`: the mean plan of the same tasks, where a task without a plan counts with its progress, so that
    `gap` is their difference; None when none has a plan. `planned_count`: how many of the reported have one.
    """

    percent: float | None
    reported_count: int
    total: int
    planned_percent: float | None
    gap: float | None
    planned_count: int
    severity: Severity | None

    @property
    def is_partial(self) -> bool:
        """Whether it is the mean of some of the tasks only."""
        return 0 < self.reported_count < self.total


def assess_task(document: Document, task: Task, weight: float, register: Register, at: datetime) -> TaskView:
    """`task` of `document` at `at` (aware)."""
    day = city_date(at)
    assignment = task_assignment(task, register.agencies, day)
    return view_task(document, task, task_status(task, at, register.due_soon_days), assignment, weight, register, day)


def view_task(
    document: Document,
    task: Task,
    status: TaskStatus,
    assignment: Assignment,
    weight: float,
    register: Register,
    day: date,
) -> TaskView:
    """`task` with a status that is known, on `day`: its plan, the gap to it and its severity."""
    return TaskView(document, task, status, assignment, weight, *assess_progress(task, status, register, day))


def assess_progress(task: Task, status: TaskStatus, limits: Register, day: date) -> TaskProgress:
    """The progress of `task` on `day`, by the tolerance of `limits`."""
    plan = planned_percent(task, status.due, day) if status.is_counted else None
    gap = None if plan is None or status.percent is None else plan - status.percent
    last_reported = city_date(status.last_reported) if status.last_reported else task.assigned_on
    days_silent = (day - last_reported).days
    severity = _severity(status, gap, days_silent, ProgressTolerance.from_register(limits))
    return TaskProgress(plan, gap, days_silent, severity)


def _severity(status: TaskStatus, gap: float | None, days_silent: int, tolerance: ProgressTolerance) -> Severity | None:
    if not status.is_counted or status.percent is None:
        return None
    if status.work_state is WorkState.DONE:
        return Severity.NORMAL
    return tolerance.severity_by_silence(days_silent) if gap is None else tolerance.severity_by_gap(gap)


def weights(tasks: Sequence[Task], at: datetime) -> dict[str, float]:
    """The weight of each task that counts by itself, by key; 0 for a withdrawn one.

    An order to several agencies is one task of its document: the tasks that carry it out share its weight.
    """
    by_key = {task.key: task for task in tasks}
    orders = {task.part_of for task in tasks} & set(by_key)
    live = [task for task in tasks if task.withdrawn_at is None or task.withdrawn_at > at]
    order_totals = {key: sum(task.weight for task in live if task.part_of == key) for key in orders}
    result = {key: 0.0 for key in by_key if key not in orders}
    for task in live:
        if task.key in result:
            order = by_key[task.part_of] if task.part_of in orders else None
            result[task.key] = task.weight * order.weight / order_totals[order.key] if order else task.weight
    return result


def roll_up(views: Sequence[TaskView], tolerance: ProgressTolerance) -> Rollup:
    """The roll-up of several tasks. Withdrawn and paused ones do not count; the mean is of those that reported."""
    live = [view for view in views if view.status.is_counted]
    reported = [view for view in live if view.status.percent is not None]
    planned_count = sum(view.planned_percent is not None for view in reported)
    percent = _weighted_mean([(view.weight, view.status.percent or 0.0) for view in reported])
    plan = _weighted_mean([(view.weight, _planned_or_actual(view)) for view in reported]) if planned_count else None
    gap = None if plan is None or percent is None else plan - percent
    severity = None if percent is None else _rollup_severity(reported, gap, tolerance)
    return Rollup(percent, len(reported), len(live), plan, gap, planned_count, severity)


def _planned_or_actual(view: TaskView) -> float:
    return (view.status.percent or 0.0) if view.planned_percent is None else view.planned_percent


def _rollup_severity(reported: Sequence[TaskView], gap: float | None, tolerance: ProgressTolerance) -> Severity:
    if gap is not None:
        return tolerance.severity_by_gap(gap)
    days_silent = [view.days_silent for view in reported if view.status.is_open]
    return tolerance.severity_by_silence(min(days_silent)) if days_silent else Severity.NORMAL


def _weighted_mean(pairs: Sequence[tuple[float, float]]) -> float | None:
    total = sum(weight for weight, _ in pairs)
    return sum(weight * value for weight, value in pairs) / total if total > 0 else None


def urgency_key(view: TaskView) -> tuple[int, int]:
    """Sort key: the longest overdue first, then the worst severity."""
    days_overdue = view.status.days_overdue if view.status.deadline_state is DeadlineState.OVERDUE else 0
    return -days_overdue, -RANK[view.severity] if view.severity else 1
