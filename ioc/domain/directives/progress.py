"""The assessment of the register at a moment: every document and task, with counts by document and by agency."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.directives.counts import TaskCounts, count_statuses, overdue_buckets
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.plan import ProgressTolerance
from ioc.domain.directives.rollup import Rollup, TaskView, assess_task, roll_up, urgency_key, weights
from ioc.domain.directives.task_numbers import TaskNumbers, add_numbers, number_of_tasks
from ioc.domain.directives.task_status import DeadlineState
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import AttentionItem, AttentionKind, OverdueTask


@dataclass(frozen=True, slots=True)
class MultiAgencyOrder:
    """An order to several agencies: one task of the document, carried out by `tasks`, one for each agency."""

    task: Task
    rollup: Rollup
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document at a moment. `tasks`: those that count by themselves; `orders` group some of them."""

    document: Document
    tasks: tuple[TaskView, ...]
    counts: TaskCounts
    rollup: Rollup
    orders: tuple[MultiAgencyOrder, ...] = ()

    @property
    def numbers(self) -> TaskNumbers:
        """Its tasks that are in the total of its counts, an order once; and the parts of orders among them."""
        return number_of_tasks(each.task for each in self.tasks if each.status.is_counted)


@dataclass(frozen=True, eq=False)
class RegisterAssessment:
    """The register on `day`. Equal only to itself, so that it may be the key of a cache."""

    register: Register
    day: date
    documents: tuple[DocumentView, ...]

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        """Every task of every document."""
        return tuple(task for view in self.documents for task in view.tasks)

    @property
    def numbers(self) -> TaskNumbers:
        """The tasks of every document, an order once, and the parts of orders."""
        return add_numbers(view.numbers for view in self.documents)

    @property
    def tolerance(self) -> ProgressTolerance:
        """The limits beyond which progress needs attention."""
        return ProgressTolerance.from_register(self.register)

    @property
    def is_simulated(self) -> bool:
        """Whether any of these documents is simulated."""
        return any(view.document.is_simulated for view in self.documents)

    def split_simulated(self) -> tuple["RegisterAssessment", ...]:
        """The real documents and the simulated ones, without an empty part: no number is counted over both."""
        parts = (
            [view for view in self.documents if view.document.is_simulated is simulated] for simulated in (False, True)
        )
        return tuple(self.with_documents(views) for views in parts if views)

    def with_documents(self, views: Iterable[DocumentView]) -> "RegisterAssessment":
        """The same assessment with only these documents."""
        return RegisterAssessment(self.register, self.day, tuple(views))


def assess_register(register: Register, at: datetime) -> RegisterAssessment:
    """The documents and tasks of `register` that existed at `at` (aware).

    Cached: between two midnights the result changes only by an event.
    """
    return _assess_cached(
        _RegisterCacheKey(register),
        city_date(at),
        bisect_right(_change_times(_RegisterCacheKey(register)), at),
        _UncomparedMoment(at),
    )


@lru_cache(maxsize=16)
def without_documents(assessment: RegisterAssessment, keys: frozenset[str]) -> RegisterAssessment:
    """The assessment without the documents of these keys; itself where there are none."""
    if not keys:
        return assessment
    return assessment.with_documents(each for each in assessment.documents if each.document.key not in keys)


def assess_document(document: Document, register: Register, at: datetime) -> DocumentView:
    """One document at `at` (aware), with the tasks that were assigned by then."""
    tasks = [task for task in document.tasks if task.assigned_on <= city_date(at)]
    shares = weights(tasks, at)
    views = tuple(assess_task(document, task, shares[task.key], register, at) for task in tasks if task.key in shares)
    tolerance = ProgressTolerance.from_register(register)
    orders = tuple(_assess_order(task, views, tolerance) for task in tasks if task.key not in shares)
    return DocumentView(document, views, count_tasks(views), roll_up(views, tolerance), orders)


def count_tasks(views: Iterable[TaskView]) -> TaskCounts:
    """The counts of `views`."""
    return count_statuses(view.status for view in views)


def count_overdue_buckets(views: Iterable[TaskView]) -> tuple[int, ...]:
    """How many are overdue for 1–30, 31–60, 61–120 and over 120 days."""
    return overdue_buckets(view.status for view in views)


def group_by_agency(views: Iterable[TaskView], by_holder: bool) -> dict[str | None, tuple[TaskView, ...]]:
    """Tasks by their current holder (`by_holder`) or as they were assigned. Key None: the exception queue."""
    groups: dict[str | None, list[TaskView]] = {}
    for view in views:
        groups.setdefault(view.assignment.holder if by_holder else view.task.lead, []).append(view)
    return {agency: tuple(group) for agency, group in groups.items()}


def tasks_without_holder(views: Iterable[TaskView]) -> tuple[TaskView, ...]:
    """Open tasks without a holder: somebody must transfer them."""
    return tuple(view for view in views if view.assignment.holder is None and view.status.is_open)


def overdue_tasks(views: Iterable[TaskView]) -> list[TaskView]:
    """The overdue tasks, the longest overdue first."""
    return sorted((view for view in views if view.status.deadline_state is DeadlineState.OVERDUE), key=urgency_key)


def child_documents(assessment: RegisterAssessment, key: str) -> tuple[Document, ...]:
    """Documents that carry out document `key`, by themselves or by one of their tasks."""
    return tuple(view.document for view in assessment.documents if key in parent_keys(view.document))


def parent_keys(document: Document) -> tuple[str, ...]:
    """Documents that `document` or one of its tasks carries out, each once."""
    keys = [*document.parents, *(key for task in document.tasks for key in task.parents)]
    return tuple(dict.fromkeys(keys))


def overdue_task_attention(register: Register, at: datetime) -> tuple[AttentionItem, ...]:
    """Tasks overdue for at most `register.newly_overdue_days` days at `at`, the newest first."""
    overdue = overdue_tasks(assess_register(register, at).tasks)
    newly_overdue = [view for view in overdue if view.status.days_overdue <= register.newly_overdue_days]
    return tuple(_attention_item(view, register) for view in reversed(newly_overdue))


def _attention_item(view: TaskView, register: Register) -> AttentionItem:
    due = view.status.due
    assert due is not None  # only a task with a due date is overdue
    holder = register.agencies.get(view.assignment.holder or "")
    return AttentionItem(
        AttentionKind.TASK,
        f"{view.document.key}-{view.task.key}",
        Severity.ATTENTION,
        datetime.combine(due + timedelta(days=1), time(), CITY_ZONE),
        f"/chi-dao/{view.document.key}",
        view.task.title,
        view.document.is_simulated,
        facts=OverdueTask(view.document.number, due, view.status.days_overdue, holder.short_name if holder else None),
    )


class _RegisterCacheKey:
    """A register as the key of a cache: equal only to itself; the cache keeps it alive, so its id is not reused."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def __hash__(self) -> int:
        return id(self.register)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _RegisterCacheKey) and other.register is self.register


class _UncomparedMoment:
    """A moment that does not distinguish the entries of a cache."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _UncomparedMoment)


@lru_cache(maxsize=8)
def _change_times(key: _RegisterCacheKey) -> list[datetime]:
    tasks = (task for document in key.register.documents for task in document.tasks)
    return sorted(moment for task in tasks for moment in _task_change_times(task))


def _task_change_times(task: Task) -> Iterator[datetime]:
    yield from (report.at for report in task.reports)
    for request in task.completion_requests:
        yield request.at
        if request.decided_at:
            yield request.decided_at
    if task.withdrawn_at:
        yield task.withdrawn_at


@lru_cache(maxsize=16)
def _assess_cached(key: _RegisterCacheKey, day: date, events: int, moment: _UncomparedMoment) -> RegisterAssessment:
    register = key.register
    documents = (
        document for document in register.documents if (document.issued_on or document.published_on or day) <= day
    )
    return RegisterAssessment(
        register, day, tuple(assess_document(document, register, moment.at) for document in documents)
    )


def _assess_order(task: Task, views: Sequence[TaskView], tolerance: ProgressTolerance) -> MultiAgencyOrder:
    tasks = tuple(view for view in views if view.task.part_of == task.key)
    return MultiAgencyOrder(task, roll_up(tasks, tolerance), tasks)
