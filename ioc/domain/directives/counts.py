"""Tasks counted by class, and rates with their denominators."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState

OVERDUE_BUCKETS = ((1, 30), (31, 60), (61, 120), (121, None))  # days overdue


def percentage(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent; None of nothing."""
    return 100.0 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Seven classes that add up to `total`. Besides: `withdrawn` and `paused` tasks, in no total, and subsets of the
    classes.

    `in_time_unreported`, `due_soon_unreported`, `no_deadline_unreported`: open tasks without a report by class.
    """

    on_time: int = 0
    late: int = 0
    done_no_deadline: int = 0  # finished, had no due date
    in_time: int = 0
    due_soon: int = 0
    overdue: int = 0
    no_deadline: int = 0  # open, no due date
    withdrawn: int = 0
    paused: int = 0
    awaiting_acceptance: int = 0
    not_started: int = 0
    in_time_unreported: int = 0
    due_soon_unreported: int = 0
    no_deadline_unreported: int = 0

    @property
    def done(self) -> int:
        """Accepted by the assigner."""
        return self.on_time + self.late + self.done_no_deadline

    @property
    def open(self) -> int:
        """Still to be done."""
        return self.in_time + self.due_soon + self.overdue + self.no_deadline

    @property
    def open_with_due(self) -> int:
        """Still to be done by a date."""
        return self.in_time + self.due_soon + self.overdue

    @property
    def total(self) -> int:
        """All tasks except withdrawn and paused ones."""
        return self.done + self.open

    @property
    def with_due(self) -> int:
        """Those with a due date."""
        return self.total - self.done_no_deadline - self.no_deadline

    @property
    def with_deadline_outcome(self) -> int:
        """Those whose deadline has been decided: finished with a due date, or overdue."""
        return self.on_time + self.late + self.overdue

    @property
    def unreported(self) -> int:
        """Open, not overdue, never reported."""
        return self.in_time_unreported + self.due_soon_unreported + self.no_deadline_unreported

    @property
    def done_percent(self) -> float | None:
        """Finished, percent of all."""
        return percentage(self.done, self.total)

    @property
    def overdue_percent(self) -> float | None:
        """Overdue, percent of all tasks."""
        return percentage(self.overdue, self.total)

    @property
    def overdue_percent_of_due(self) -> float | None:
        """Overdue, percent of the tasks with a due date."""
        return percentage(self.overdue, self.with_due)

    @property
    def overdue_percent_of_outcomes(self) -> float | None:
        """Overdue, percent of the tasks whose deadline has been decided."""
        return percentage(self.overdue, self.with_deadline_outcome)


def add_counts(counts: Iterable[TaskCounts]) -> TaskCounts:
    """The counts of several groups of tasks together."""
    found = list(counts)
    return TaskCounts(*(sum(getattr(each, item.name) for each in found) for item in fields(TaskCounts)))


_OPEN = {
    DeadlineState.ON_TRACK: "in_time",
    DeadlineState.DUE_SOON: "due_soon",
    DeadlineState.OVERDUE: "overdue",
    DeadlineState.NO_DEADLINE: "no_deadline",
}
_DONE = {
    DeadlineState.DONE_ON_TIME: "on_time",
    DeadlineState.DONE_LATE: "late",
    DeadlineState.NO_DEADLINE: "done_no_deadline",
}


def count_statuses(statuses: Iterable[TaskStatus]) -> TaskCounts:
    """How many of each class."""
    counts = Counter(
        name
        for status in statuses
        for name in count_fields(status.work_state, status.deadline_state, is_reported=status.last_reported is not None)
    )
    return TaskCounts(**counts)


def count_fields(work: WorkState, deadline: DeadlineState | None, *, is_reported: bool) -> list[str]:
    """The fields of TaskCounts in which a task in these states counts."""
    if deadline is None:
        return [work.value]
    if work is WorkState.DONE:
        return [_DONE[deadline]]
    names = [_OPEN[deadline]]
    if not is_reported and deadline is not DeadlineState.OVERDUE:
        names.append(names[0] + "_unreported")
    if work in (WorkState.AWAITING_ACCEPTANCE, WorkState.NOT_STARTED):
        names.append(work.value)
    return names


def overdue_buckets(statuses: Iterable[TaskStatus]) -> tuple[int, ...]:
    """How many are overdue for 1–30, 31–60, 61–120 and over 120 days."""
    days = [status.days_overdue for status in statuses if status.deadline_state is DeadlineState.OVERDUE]
    return tuple(sum(low <= n and (high is None or n <= high) for n in days) for low, high in OVERDUE_BUCKETS)
