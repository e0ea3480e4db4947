"""One task judged at a moment, and the weighted mean of several: a bar, its plan tick and its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ioc.domain.base.times import city_date
from ioc.domain.directives.assignment import Assignment, task_assignment
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.plan import ProgressTolerance, planned_percent
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState, task_status
from ioc.domain.kpis.kpi import RANK, Severity


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task at a moment. `weight`: its part in the roll-up. `gap`: points behind plan (negative: ahead).

    `silent`: days since it last reported (since assignment when it never did). `severity` None: it cannot be judged.
    """

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
    """Weighted mean of the `reported` ones of `total` tasks; `percent` None: none reported, it cannot be judged.

    `planned` is the mean plan of the same tasks, where one without a plan counts as being where it stands; so `gap` is
    what the drawing shows between bar and tick. `dated`: how many of the reported have a plan; with none, no plan.
    """

    percent: float | None
    reported_count: int
    total: int
    planned_percent: float | None
    gap: float | None
    planned_count: int
    severity: Severity | None


def assess_task(document: Document, task: Task, weight: float, register: Register, at: datetime) -> TaskView:
    """`task` of `document` at `at` (aware)."""
    found, day = task_status(task, at, register.due_soon_days), city_date(at)
    plan = None if found.work_state is WorkState.WITHDRAWN else planned_percent(task, found.due, day)
    gap = None if plan is None or found.percent is None else plan - found.percent
    silent = (day - (city_date(found.last_reported) if found.last_reported else task.assigned_on)).days
    severity = _severity(found, gap, silent, ProgressTolerance.from_register(register))
    held = task_assignment(task, register.agencies, day)
    return TaskView(document, task, found, held, weight, plan, gap, silent, severity)


def _severity(found: TaskStatus, gap: float | None, silent: int, tolerance: ProgressTolerance) -> Severity | None:
    if found.work_state is WorkState.WITHDRAWN or found.percent is None:
        return None
    if found.work_state is WorkState.DONE:
        return Severity.NORMAL
    return tolerance.severity_by_silence(silent) if gap is None else tolerance.severity_by_gap(gap)


def weights(tasks: Sequence[Task], at: datetime) -> dict[str, float]:
    """Weight by key of the tasks that count on their own, the withdrawn at 0.

    An order to many addressees is one task of its document: its children, which are the ones that work and report,
    share its weight.
    """
    by_key = {one.key: one for one in tasks}
    orders = {one.part_of for one in tasks} & set(by_key)
    live = [one for one in tasks if one.withdrawn_at is None or one.withdrawn_at > at]
    shares = {key: sum(one.weight for one in live if one.part_of == key) for key in orders}
    found = {key: 0.0 for key in by_key if key not in orders}
    for one in live:
        if one.key in found:
            order = by_key[one.part_of] if one.part_of in orders else None
            found[one.key] = one.weight * order.weight / shares[order.key] if order else one.weight
    return found


def roll_up(views: Sequence[TaskView], tolerance: ProgressTolerance) -> Rollup:
    """The bar of several tasks. Withdrawn tasks count nowhere; those that never reported are left out of the mean."""
    live = [one for one in views if one.status.work_state is not WorkState.WITHDRAWN]
    told = [one for one in live if one.status.percent is not None]
    dated = sum(one.planned_percent is not None for one in told)
    percent = _weighted_mean([(one.weight, one.status.percent or 0.0) for one in told])
    plan = _weighted_mean([(one.weight, _planned_or_actual(one)) for one in told]) if dated else None
    gap = None if plan is None or percent is None else plan - percent
    severity = None if percent is None else _rollup_severity(told, gap, tolerance)
    return Rollup(percent, len(told), len(live), plan, gap, dated, severity)


def _planned_or_actual(view: TaskView) -> float:
    return (view.status.percent or 0.0) if view.planned_percent is None else view.planned_percent


def _rollup_severity(told: Sequence[TaskView], gap: float | None, tolerance: ProgressTolerance) -> Severity:
    if gap is not None:
        return tolerance.severity_by_gap(gap)
    working = [one.days_silent for one in told if one.status.is_open]
    return tolerance.severity_by_silence(min(working)) if working else Severity.NORMAL


def _weighted_mean(pairs: Sequence[tuple[float, float]]) -> float | None:
    whole = sum(weight for weight, _ in pairs)
    return sum(weight * value for weight, value in pairs) / whole if whole > 0 else None


def urgency_key(view: TaskView) -> tuple[int, int]:
    """Sort key: longest overdue first, then the worst bar."""
    over = view.status.days_overdue if view.status.deadline_state is DeadlineState.OVERDUE else 0
    return -over, -RANK[view.severity] if view.severity else 1
