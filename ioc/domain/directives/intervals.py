"""The intervals in which what is queried of a task does not change, derived from its events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from ioc.domain.directives.acts import ItemKind, TaskEvent
from ioc.domain.directives.task_fold import apply_event
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.task_status import WorkState


@dataclass(frozen=True, slots=True)
class TaskInterval:
    """What is queried of a task from `valid_from` until before `valid_to`; None: still valid.

    `received_s`: seconds until the holder received it, None where it has not.
    """

    valid_from: datetime
    valid_to: datetime | None
    work_state: WorkState
    assigned_agency: str
    holder: str
    due: date | None
    first_due: date | None
    stopped_on: date | None
    office_days: int
    is_reported: bool
    is_starred: bool
    received_s: int | None
    returns: int
    open_petitions: int

    @classmethod
    def from_state(cls, state: TaskState, valid_from: datetime) -> "TaskInterval":
        """What is queried of `state`, without an end."""
        after, petitions = state.received_after, [item for item in state.items if item.kind is ItemKind.PETITION]
        return cls(
            valid_from, None, state.work_state, state.assigned_agency, state.holder, state.due, state.first_due,
            state.stopped_on, state.office_days, state.reported_at is not None, state.is_starred,
            None if after is None else round(after.total_seconds()), state.returns, len(petitions),
        )  # fmt: skip

    def is_same(self, other: "TaskInterval") -> bool:
        """Whether nothing but the time differs."""
        return replace(self, valid_from=other.valid_from, valid_to=other.valid_to) == other


def fold_intervals(events: Iterable[TaskEvent]) -> tuple[TaskState | None, tuple[TaskInterval, ...]]:
    """The state after all events, None for none, and the intervals without gaps and without empty ones."""
    intervals: list[TaskInterval] = []
    state: TaskState | None = None
    for event in events:
        state = apply_event(state, event)
        add_interval(intervals, TaskInterval.from_state(state, event.at))
    return state, tuple(intervals)


def add_interval(intervals: list[TaskInterval], interval: TaskInterval) -> None:
    """Continues the last interval by `interval`, which begins where that one ends."""
    if intervals and intervals[-1].valid_from == interval.valid_from:
        intervals.pop()  # several acts at one moment: the last one counts
        if intervals:
            intervals[-1] = replace(intervals[-1], valid_to=None)
    if not intervals:
        intervals.append(interval)
    elif not intervals[-1].is_same(interval):
        intervals[-1] = replace(intervals[-1], valid_to=interval.valid_from)
        intervals.append(interval)
