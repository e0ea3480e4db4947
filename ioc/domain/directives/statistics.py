"""Statistics of tasks at a moment: states that add up, rates with named denominators, ageing, by agency."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from ioc.domain.directives.agency import Agencies, holder
from ioc.domain.directives.counts import TaskCounts, count_fields, percentage
from ioc.domain.directives.handling import NO_HANDLING, HandlingFigures, add_up
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.domain.directives.task_status import DeadlineState, WorkState

CONFIRMATION_DAYS = 5  # working days within which the Office decides on a completion report
_Class = tuple[WorkState, DeadlineState | None, bool]  # by which a task counts; whether it was reported on


class AgencyView(StrEnum):
    """By which agency tasks are counted."""

    ASSIGNED = "assigned"  # that it was assigned to
    HELD = "held"  # that holds it after transfers and successions


class TaskGroup(NamedTuple):
    """`size` tasks that are alike. `first_deadline`: against the first due date. `bucket`: number in OVERDUE_BUCKETS.

    `is_part`: of an order to several agencies. `is_late_at_office`: its completion report waits for longer than
    CONFIRMATION_DAYS. `handling`: of all of them.
    """

    agency: str
    work_state: WorkState
    deadline: DeadlineState | None
    first_deadline: DeadlineState | None
    bucket: int | None
    is_reported: bool
    is_late_at_office: bool
    is_part: bool
    size: int
    handling: HandlingFigures = NO_HANDLING


class GroupedTasks(NamedTuple):
    """All tasks that count by themselves. `orders`: to several agencies, those with a part that is in a total."""

    groups: Sequence[TaskGroup]
    orders: int = 0


@dataclass(frozen=True, slots=True)
class NamedRate:
    """`part` of `whole`; `denominator`: what `whole` is. `percent` None: of nothing."""

    part: int
    whole: int
    denominator: str

    @property
    def percent(self) -> float | None:
        """Exactly, not rounded."""
        return percentage(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class DirectiveStatistics:
    """Tasks at `at`. `counts`: an order counts by its parts. `numbers`: of those that `counts` has in its total.

    `first_counts`: judged by the first due date. `ageing`: overdue tasks by OVERDUE_BUCKETS. `by_agency`: key "" for
    tasks without a holder. `late_at_office`: completion reports that wait too long. `handling`: of the tasks of
    `by_state`, paused and withdrawn ones too.
    """

    at: datetime
    view: AgencyView
    counts: TaskCounts
    first_counts: TaskCounts
    numbers: TaskNumbers
    ageing: tuple[int, ...]
    late_at_office: int
    by_state: dict[WorkState, int] = field(default_factory=dict)
    by_agency: dict[str, TaskCounts] = field(default_factory=dict)
    handling: HandlingFigures = NO_HANDLING
    handling_by_agency: dict[str, HandlingFigures] = field(default_factory=dict)


def collect_statistics(
    tasks: GroupedTasks, at: datetime, day: date, view: AgencyView, agencies: Agencies
) -> DirectiveStatistics:
    """The statistics of `tasks`, which are of `day`. As held, tasks go to the successors of agencies that ended."""
    all_sizes, first, by_agency = Counter[_Class](), Counter[_Class](), dict[str, Counter[_Class]]()
    ageing, plain, parts, late, handled = [0, 0, 0, 0], 0, 0, 0, dict[str, list[HandlingFigures]]()
    for group in tasks.groups:
        if group.deadline is not None:
            plain += 0 if group.is_part else group.size
            parts += group.size if group.is_part else 0
        judged = group.work_state, group.deadline, group.is_reported
        all_sizes[judged] += group.size
        first[group.work_state, group.first_deadline, group.is_reported] += group.size
        late += group.size if group.is_late_at_office else 0
        if group.bucket is not None:
            ageing[group.bucket] += group.size
        agency = _agency_of(group.agency, day, view, agencies)
        by_agency.setdefault(agency, Counter())[judged] += group.size
        handled.setdefault(agency, []).append(group.handling)
    handling = {agency: add_up(figures) for agency, figures in sorted(handled.items())}
    return DirectiveStatistics(
        at, view, _counts(all_sizes), _counts(first), TaskNumbers(plain + tasks.orders, parts), tuple(ageing), late,
        {state: sum(size for (work, *_), size in all_sizes.items() if work is state) for state in WorkState},
        {agency: _counts(sizes) for agency, sizes in sorted(by_agency.items())},
        add_up(handling.values()), handling,
    )  # fmt: skip


def _counts(sizes: Mapping[_Class, int]) -> TaskCounts:
    fields = Counter[str]()
    for (work, deadline, is_reported), size in sizes.items():
        for name in count_fields(work, deadline, is_reported=is_reported):
            fields[name] += size
    return TaskCounts(**fields)


def _agency_of(key: str, day: date, view: AgencyView, agencies: Agencies) -> str:
    if view is AgencyView.ASSIGNED:
        return key
    return (holder(agencies, key, day) or "") if key in agencies else ""


def named_rates(counts: TaskCounts, first: TaskCounts | None = None) -> dict[str, NamedRate]:
    """Rates by name, each with its denominator: of all, of those with a due date, of those decided, of those finished.

    `first`: the counts against the first due date; their rates have names that end in "_first".
    """
    rates = {
        "done_of_all": NamedRate(counts.done, counts.total, "all"),
        "overdue_of_all": NamedRate(counts.overdue, counts.total, "all"),
        "overdue_of_due": NamedRate(counts.overdue, counts.with_due, "with_due_date"),
        "overdue_of_decided": NamedRate(counts.overdue, counts.with_deadline_outcome, "decided"),
        "on_time_of_decided": NamedRate(counts.on_time, counts.with_deadline_outcome, "decided"),
        "late_of_decided": NamedRate(counts.late, counts.with_deadline_outcome, "decided"),
        "not_overdue_open_of_all": NamedRate(counts.open - counts.overdue, counts.total, "all"),
        "on_time_of_done": NamedRate(counts.on_time, counts.done, "done"),
        "late_of_done": NamedRate(counts.late, counts.done, "done"),
        "no_deadline_of_done": NamedRate(counts.done_no_deadline, counts.done, "done"),
        "reported_of_open": NamedRate(counts.open - counts.unreported, counts.open, "open"),
    }
    if first is not None:
        rates |= {
            f"{name}_first": rate for name, rate in named_rates(first).items() if "on_time" in name or "late" in name
        }
    return rates
