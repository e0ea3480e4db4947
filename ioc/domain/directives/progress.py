"""The register judged at a moment: every document and task, and the counts by document and by agency."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY, city_date
from ioc.domain.directives.counts import Counts, count, overdue_buckets
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.plan import Tolerance
from ioc.domain.directives.rollup import Rollup, TaskView, judge, roll_up, urgency, weights
from ioc.domain.directives.task_status import Time
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import Attention


@dataclass(frozen=True, slots=True)
class Order:
    """An order to many addressees: one task of the document, carried out by `children`."""

    task: Task
    rollup: Rollup
    children: tuple[TaskView, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document at a moment. `tasks` are those that count; `orders` hold some of them together."""

    document: Document
    tasks: tuple[TaskView, ...]
    counts: Counts
    rollup: Rollup
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True, eq=False)
class Assessment:
    """The register on `day`. Equal only to itself, so that drawings of it can be remembered."""

    register: Register
    day: date
    documents: tuple[DocumentView, ...]

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        """Every task of every document."""
        return tuple(task for one in self.documents for task in one.tasks)

    @property
    def tolerance(self) -> Tolerance:
        """The limits of a bar's state."""
        return Tolerance.of(self.register)

    @property
    def simulated(self) -> bool:
        """Whether any of these documents is simulated."""
        return any(one.document.simulated for one in self.documents)

    def apart(self) -> tuple["Assessment", ...]:
        """The true documents and the simulated ones, those that there are: no number is counted over both."""
        kinds = ([one for one in self.documents if one.document.simulated is made] for made in (False, True))
        return tuple(self.only(views) for views in kinds if views)

    def only(self, views: Iterable[DocumentView]) -> "Assessment":
        """The same moment with these documents."""
        return Assessment(self.register, self.day, tuple(views))


def assess(register: Register, at: datetime) -> Assessment:
    """`register` at `at` (aware): documents and tasks that existed by then.

    Nothing changes between two midnights but by an event, so the same answer serves until the next of either.
    """
    return _assess(_Same(register), city_date(at), bisect_right(_moments(_Same(register)), at), _Moment(at))


def assess_document(document: Document, register: Register, at: datetime) -> DocumentView:
    """One document at `at` (aware): its tasks that were given by then."""
    given = [one for one in document.tasks if one.assigned <= city_date(at)]
    parts = weights(given, at)
    views = tuple(judge(document, one, parts[one.key], register, at) for one in given if one.key in parts)
    tolerance = Tolerance.of(register)
    orders = tuple(_order(one, views, tolerance) for one in given if one.key not in parts)
    return DocumentView(document, views, tally(views), roll_up(views, tolerance), orders)


def tally(views: Iterable[TaskView]) -> Counts:
    """The counts of `views`."""
    return count(one.status for one in views)


def buckets(views: Iterable[TaskView]) -> tuple[int, ...]:
    """How many are overdue for 1–30, 31–60, 61–120 and over 120 days."""
    return overdue_buckets(one.status for one in views)


def by_agency(views: Iterable[TaskView], held: bool) -> dict[str | None, tuple[TaskView, ...]]:
    """Tasks by their agency of today (`held`) or as they were assigned. None: the exception queue."""
    found: dict[str | None, list[TaskView]] = {}
    for one in views:
        found.setdefault(one.holding.holder if held else one.task.lead, []).append(one)
    return {key: tuple(tasks) for key, tasks in found.items()}


def exceptions(views: Iterable[TaskView]) -> tuple[TaskView, ...]:
    """Open tasks that nobody holds: someone must transfer them."""
    return tuple(one for one in views if one.holding.holder is None and one.status.open)


def overdue(views: Iterable[TaskView]) -> list[TaskView]:
    """The overdue ones, longest first."""
    return sorted((one for one in views if one.status.time is Time.OVERDUE), key=urgency)


def children(assessment: Assessment, key: str) -> tuple[Document, ...]:
    """Documents that carry out document `key`, by themselves or by one of their tasks."""
    return tuple(one.document for one in assessment.documents if key in parents(one.document))


def parents(document: Document) -> tuple[str, ...]:
    """Documents that `document` or one of its tasks carries out, each once."""
    named = [*document.parents, *(key for task in document.tasks for key in task.parents)]
    return tuple(dict.fromkeys(named))


def overdue_attention(register: Register, at: datetime) -> tuple[Attention, ...]:
    """Tasks overdue for at most `register.new_days` days at `at`, newest first."""
    late = [one for one in overdue(assess(register, at).tasks) if one.status.days_over <= register.new_days]
    return tuple(_attention(one, register) for one in reversed(late))


def _attention(view: TaskView, register: Register) -> Attention:
    due = view.status.due
    assert due is not None  # only a task with a due date is overdue
    held = register.agencies.get(view.holding.holder or "")
    who = held.short if held else Text("chưa xác định cơ quan hiện chủ trì", "no holder yet")
    days, number, until = view.status.days_over, view.document.number, due.strftime("%d/%m/%Y")
    return Attention(
        "task",
        f"{view.document.key}-{view.task.key}",
        Severity.ATTENTION,
        Text(f"Quá hạn: {view.task.title.vi}", f"Overdue: {view.task.title.said('en')}"),
        Text(
            f"Quá {days} ngày, hạn {until} · {number} · {who.vi}",
            f"{days} days over, due {until} · {number} · {who.said('en')}",
        ),
        datetime.combine(due + timedelta(days=1), time(), CITY),
        f"/chi-dao/{view.document.key}",
        view.document.simulated,
    )


class _Same:
    """A register as a cache's key: equal to itself only, and kept alive by the cache, so that its id stays its own."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def __hash__(self) -> int:
        return id(self.register)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.register is self.register


class _Moment:
    """A moment that a cache does not tell from another."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Moment)


@lru_cache(maxsize=8)
def _moments(same: _Same) -> list[datetime]:
    return sorted(moment for one in same.register.documents for task in one.tasks for moment in _events(task))


def _events(task: Task) -> Iterator[datetime]:
    yield from (one.at for one in task.reports)
    for one in task.submissions:
        yield one.at
        if one.decided:
            yield one.decided
    if task.withdrawn:
        yield task.withdrawn


@lru_cache(maxsize=16)
def _assess(same: _Same, day: date, events: int, moment: _Moment) -> Assessment:
    register = same.register
    known = (one for one in register.documents if (one.issued or one.published or day) <= day)
    return Assessment(register, day, tuple(assess_document(one, register, moment.at) for one in known))


def _order(task: Task, views: Sequence[TaskView], tolerance: Tolerance) -> Order:
    own = tuple(one for one in views if one.task.part_of == task.key)
    return Order(task, roll_up(own, tolerance), own)
