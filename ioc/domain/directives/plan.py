"""Planned progress by a day, and the tolerance for progress behind plan or without reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ioc.domain.directives.directive import Milestone, Register, Task
from ioc.domain.kpis.judgement import round_half_away
from ioc.domain.kpis.kpi import Severity


def planned_percent(task: Task, due: date | None, day: date) -> float | None:
    """Planned percent at the end of `day`; `due`: the current due date.

    By the cumulative weights of the milestones, linear between them; without milestones linear from assignment to
    `due`; None without a due date as well.
    """
    points = _cumulative_steps(task.milestones) or ([(due, 100.0)] if due else [])
    if not points:
        return None
    previous_day, previous_percent = task.assigned_on, 0.0
    for point_day, percent in points:
        if day < point_day:
            return _interpolate(previous_day, previous_percent, point_day, percent, day)
        previous_day, previous_percent = point_day, percent
    return previous_percent


def _cumulative_steps(milestones: Iterable[Milestone]) -> list[tuple[date, float]]:
    ordered = sorted(milestones, key=lambda milestone: milestone.due)
    total, cumulative, steps = sum(milestone.weight for milestone in ordered), 0.0, []
    for milestone in ordered if total > 0 else ():
        cumulative += milestone.weight
        steps.append((milestone.due, 100.0 * cumulative / total))
    return steps


def _interpolate(start: date, low: float, end: date, high: float, day: date) -> float:
    length = (end - start).days
    share = (day - start).days / length if length > 0 else 0.0
    return low + (high - low) * min(max(share, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class ProgressTolerance:
    """The limits beyond which progress needs attention: points behind plan, days without a report."""

    behind_points: float
    far_behind_points: float
    silent_days: int
    long_silent_days: int

    @classmethod
    def from_register(cls, register: Register) -> "ProgressTolerance":
        """The limits of the configuration."""
        return cls(register.behind_points, register.far_behind_points, register.silent_days, register.long_silent_days)

    def severity_by_gap(self, gap: float) -> Severity:
        """By points behind plan: normal up to `behind_points`, critical from `far_behind_points`."""
        gap = round_half_away(gap, 1)  # as it is shown
        if gap >= self.far_behind_points:
            return Severity.CRITICAL
        return Severity.ATTENTION if gap > self.behind_points else Severity.NORMAL

    def severity_by_silence(self, days: int) -> Severity:
        """Of work without a plan: by the days since its last report."""
        if days > self.long_silent_days:
            return Severity.CRITICAL
        return Severity.ATTENTION if days > self.silent_days else Severity.NORMAL
