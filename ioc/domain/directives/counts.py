"""Tasks counted by class. Every rate names the tasks that it stands on."""

from collections.abc import Iterable
from dataclasses import dataclass

from ioc.domain.directives.task_status import Status, Time, Work

BUCKETS = ((1, 30), (31, 60), (61, 120), (121, None))  # days overdue


def rate(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent; None of nothing."""
    return 100.0 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Counts:
    """Seven classes that add up to `total`. Beside them: `withdrawn` (in no total), and flags within the classes.

    `in_time_unreported`, `soon_unreported`, `free_unreported`: those of the open classes that never reported.
    """

    on_time: int = 0
    late: int = 0
    done_free: int = 0  # finished, had no due date
    in_time: int = 0
    soon: int = 0
    overdue: int = 0
    free: int = 0  # open, no due date
    withdrawn: int = 0
    waiting: int = 0
    not_started: int = 0
    in_time_unreported: int = 0
    soon_unreported: int = 0
    free_unreported: int = 0

    @property
    def done(self) -> int:
        """Accepted by the assigner."""
        return self.on_time + self.late + self.done_free

    @property
    def open(self) -> int:
        """Still to be done."""
        return self.in_time + self.soon + self.overdue + self.free

    @property
    def total(self) -> int:
        """All tasks but the withdrawn."""
        return self.done + self.open

    @property
    def with_due(self) -> int:
        """Those with a due date."""
        return self.total - self.done_free - self.free

    @property
    def decided(self) -> int:
        """Those whose deadline has been decided: finished with a due date, or overdue."""
        return self.on_time + self.late + self.overdue

    @property
    def unjudged(self) -> int:
        """Open, not overdue, never reported."""
        return self.in_time_unreported + self.soon_unreported + self.free_unreported

    @property
    def done_of_all(self) -> float | None:
        """Finished, percent of all."""
        return rate(self.done, self.total)

    @property
    def overdue_of_all(self) -> float | None:
        """Overdue, percent of all tasks."""
        return rate(self.overdue, self.total)

    @property
    def overdue_of_due(self) -> float | None:
        """Overdue, percent of the tasks with a due date."""
        return rate(self.overdue, self.with_due)

    @property
    def overdue_of_decided(self) -> float | None:
        """Overdue, percent of the tasks whose deadline has been decided."""
        return rate(self.overdue, self.decided)


_OPEN = {Time.IN_TIME: "in_time", Time.SOON: "soon", Time.OVERDUE: "overdue", Time.NO_DEADLINE: "free"}
_DONE = {Time.ON_TIME: "on_time", Time.LATE: "late", Time.NO_DEADLINE: "done_free"}


def count(statuses: Iterable[Status]) -> Counts:
    """How many of each class."""
    found: dict[str, int] = {}
    for one in statuses:
        for name in _classes(one):
            found[name] = found.get(name, 0) + 1
    return Counts(**found)


def _classes(one: Status) -> list[str]:
    if one.time is None:
        return ["withdrawn"]
    if one.work is Work.DONE:
        return [_DONE[one.time]]
    names = [_OPEN[one.time]]
    if one.percent is None and one.time is not Time.OVERDUE:
        names.append(names[0] + "_unreported")
    if one.work in (Work.WAITING, Work.NOT_STARTED):
        names.append("waiting" if one.work is Work.WAITING else "not_started")
    return names


def overdue_buckets(statuses: Iterable[Status]) -> tuple[int, ...]:
    """How many are overdue for 1–30, 31–60, 61–120 and over 120 days."""
    ages = [one.days_over for one in statuses if one.time is Time.OVERDUE]
    return tuple(sum(low <= age and (high is None or age <= high) for age in ages) for low, high in BUCKETS)
