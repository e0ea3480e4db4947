"""What should be done by a day, and how far a bar may stand behind that before it asks for eyes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ioc.domain.directives.directive import Milestone, Register, Task
from ioc.domain.kpis.kpi import Severity


def planned_percent(task: Task, due: date | None, day: date) -> float | None:
    """Planned percent at the end of `day`, with `due` the current due date.

    From the milestones' cumulative weights, linear between them; with none, linear from assignment to `due`; without
    a due date, none.
    """
    points = _cumulative_steps(task.milestones) or ([(due, 100.0)] if due else [])
    if not points:
        return None
    before, height = task.assigned_on, 0.0
    for when, reached in points:
        if day < when:
            return _interpolate(before, height, when, reached, day)
        before, height = when, reached
    return height


def _cumulative_steps(milestones: Iterable[Milestone]) -> list[tuple[date, float]]:
    rows = sorted(milestones, key=lambda one: one.due)
    whole, reached, steps = sum(one.weight for one in rows), 0.0, []
    for row in rows if whole > 0 else ():
        reached += row.weight
        steps.append((row.due, 100.0 * reached / whole))
    return steps


def _interpolate(start: date, low: float, end: date, high: float, day: date) -> float:
    span = (end - start).days
    part = (day - start).days / span if span > 0 else 0.0
    return low + (high - low) * min(max(part, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class ProgressTolerance:
    """The limits of a bar's state, in points behind plan and in days of silence."""

    behind_points: float
    far_behind_points: float
    silent_days: int
    long_silent_days: int

    @classmethod
    def from_register(cls, register: Register) -> "ProgressTolerance":
        """As the register's configuration has them."""
        return cls(register.behind_points, register.far_behind_points, register.silent_days, register.long_silent_days)

    def severity_by_gap(self, gap: float) -> Severity:
        """State from points behind plan: `behind` or less is on plan, `far_behind` or more critical."""
        gap = round(gap, 6)  # sums of weights must not tip a bar that stands on a limit
        if gap >= self.far_behind_points:
            return Severity.CRITICAL
        return Severity.ATTENTION if gap > self.behind_points else Severity.NORMAL

    def severity_by_silence(self, days: int) -> Severity:
        """State of work without a plan: how many days ago it last reported."""
        if days > self.long_silent_days:
            return Severity.CRITICAL
        return Severity.ATTENTION if days > self.silent_days else Severity.NORMAL
