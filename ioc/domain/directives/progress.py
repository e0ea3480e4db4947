"""The register judged at a moment: every document and task, and the counts by document and by agency."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.directives.counts import TaskCounts, count_statuses, overdue_buckets
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.plan import ProgressTolerance
from ioc.domain.directives.rollup import Rollup, TaskView, assess_task, roll_up, urgency_key, weights
from ioc.domain.directives.task_status import DeadlineState
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import AttentionItem


@dataclass(frozen=True, slots=True)
class MultiAgencyOrder:
    """An order to many addressees: one task of the document, carried out by `children`."""

    task: Task
    rollup: Rollup
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document at a moment. `tasks` are those that count; `orders` hold some of them together."""

    document: Document
    tasks: tuple[TaskView, ...]
    counts: TaskCounts
    rollup: Rollup
    orders: tuple[MultiAgencyOrder, ...] = ()


@dataclass(frozen=True, eq=False)
class RegisterAssessment:
    """The register on `day`. Equal only to itself, so that drawings of it can be remembered."""

    register: Register
    day: date
    documents: tuple[DocumentView, ...]

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        """Every task of every document."""
        return tuple(task for one in self.documents for task in one.tasks)

    @property
    def tolerance(self) -> ProgressTolerance:
        """The limits of a bar's state."""
        return ProgressTolerance.from_register(self.register)

    @property
    def is_simulated(self) -> bool:
        """Whether any of these documents is simulated."""
        return any(one.document.is_simulated for one in self.documents)

    def split_simulated(self) -> tuple["RegisterAssessment", ...]:
        """The true documents and the simulated ones, those that there are: no number is counted over both."""
        kinds = ([one for one in self.documents if one.document.is_simulated is made] for made in (False, True))
        return tuple(self.with_documents(views) for views in kinds if views)

    def with_documents(self, views: Iterable[DocumentView]) -> "RegisterAssessment":
        """The same moment with these documents."""
        return RegisterAssessment(self.register, self.day, tuple(views))


def assess_register(register: Register, at: datetime) -> RegisterAssessment:
    """`register` at `at` (aware): documents and tasks that existed by then.

    Nothing changes between two midnights but by an event, so the same answer serves until the next of either.
    """
    return _assess_cached(
        _RegisterCacheKey(register),
        city_date(at),
        bisect_right(_change_times(_RegisterCacheKey(register)), at),
        _UncomparedMoment(at),
    )


def assess_document(document: Document, register: Register, at: datetime) -> DocumentView:
    """One document at `at` (aware): its tasks that were given by then."""
    given = [one for one in document.tasks if one.assigned_on <= city_date(at)]
    parts = weights(given, at)
    views = tuple(assess_task(document, one, parts[one.key], register, at) for one in given if one.key in parts)
    tolerance = ProgressTolerance.from_register(register)
    orders = tuple(_assess_order(one, views, tolerance) for one in given if one.key not in parts)
    return DocumentView(document, views, count_tasks(views), roll_up(views, tolerance), orders)


def count_tasks(views: Iterable[TaskView]) -> TaskCounts:
    """The counts of `views`."""
    return count_statuses(one.status for one in views)


def count_overdue_buckets(views: Iterable[TaskView]) -> tuple[int, ...]:
    """How many are overdue for 1–30, 31–60, 61–120 and over 120 days."""
    return overdue_buckets(one.status for one in views)


def group_by_agency(views: Iterable[TaskView], by_holder: bool) -> dict[str | None, tuple[TaskView, ...]]:
    """Tasks by their agency of today (`held`) or as they were assigned. None: the exception queue."""
    found: dict[str | None, list[TaskView]] = {}
    for one in views:
        found.setdefault(one.assignment.holder if by_holder else one.task.lead, []).append(one)
    return {key: tuple(tasks) for key, tasks in found.items()}


def tasks_without_holder(views: Iterable[TaskView]) -> tuple[TaskView, ...]:
    """Open tasks that nobody holds: someone must transfer them."""
    return tuple(one for one in views if one.assignment.holder is None and one.status.is_open)


def overdue_tasks(views: Iterable[TaskView]) -> list[TaskView]:
    """The overdue ones, longest first."""
    return sorted((one for one in views if one.status.deadline_state is DeadlineState.OVERDUE), key=urgency_key)


def child_documents(assessment: RegisterAssessment, key: str) -> tuple[Document, ...]:
    """Documents that carry out document `key`, by themselves or by one of their tasks."""
    return tuple(one.document for one in assessment.documents if key in parent_keys(one.document))


def parent_keys(document: Document) -> tuple[str, ...]:
    """Documents that `document` or one of its tasks carries out, each once."""
    named = [*document.parents, *(key for task in document.tasks for key in task.parents)]
    return tuple(dict.fromkeys(named))


def overdue_task_attention(register: Register, at: datetime) -> tuple[AttentionItem, ...]:
    """Tasks overdue for at most `register.new_days` days at `at`, newest first."""
    late = [
        one
        for one in overdue_tasks(assess_register(register, at).tasks)
        if one.status.days_overdue <= register.newly_overdue_days
    ]
    return tuple(_attention_item(one, register) for one in reversed(late))


def _attention_item(view: TaskView, register: Register) -> AttentionItem:
    due = view.status.due
    assert due is not None  # only a task with a due date is overdue
    held = register.agencies.get(view.assignment.holder or "")
    who = held.short_name if held else LocalizedText("chưa xác định cơ quan hiện chủ trì", "no holder yet")
    days, number, until = view.status.days_overdue, view.document.number, due.strftime("%d/%m/%Y")
    return AttentionItem(
        "task",
        f"{view.document.key}-{view.task.key}",
        Severity.ATTENTION,
        LocalizedText(f"Quá hạn: {view.task.title.vi}", f"Overdue: {view.task.title.get('en')}"),
        LocalizedText(
            f"Quá {days} ngày, hạn {until} · {number} · {who.vi}",
            f"{days} days over, due {until} · {number} · {who.get('en')}",
        ),
        datetime.combine(due + timedelta(days=1), time(), CITY_ZONE),
        f"/chi-dao/{view.document.key}",
        view.document.is_simulated,
    )


class _RegisterCacheKey:
    """A register as a cache's key: equal to itself only, and kept alive by the cache, so that its id stays its own."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def __hash__(self) -> int:
        return id(self.register)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _RegisterCacheKey) and other.register is self.register


class _UncomparedMoment:
    """A moment that a cache does not tell from another."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _UncomparedMoment)


@lru_cache(maxsize=8)
def _change_times(same: _RegisterCacheKey) -> list[datetime]:
    return sorted(
        moment for one in same.register.documents for task in one.tasks for moment in _task_change_times(task)
    )


def _task_change_times(task: Task) -> Iterator[datetime]:
    yield from (one.at for one in task.reports)
    for one in task.completion_requests:
        yield one.at
        if one.decided_at:
            yield one.decided_at
    if task.withdrawn_at:
        yield task.withdrawn_at


@lru_cache(maxsize=16)
def _assess_cached(same: _RegisterCacheKey, day: date, events: int, moment: _UncomparedMoment) -> RegisterAssessment:
    register = same.register
    known = (one for one in register.documents if (one.issued_on or one.published_on or day) <= day)
    return RegisterAssessment(register, day, tuple(assess_document(one, register, moment.at) for one in known))


def _assess_order(task: Task, views: Sequence[TaskView], tolerance: ProgressTolerance) -> MultiAgencyOrder:
    own = tuple(one for one in views if one.task.part_of == task.key)
    return MultiAgencyOrder(task, roll_up(own, tolerance), own)
