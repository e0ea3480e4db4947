"""Tasks at a moment, grouped in SQL from the intervals: one covering index is read, whichever holds fewer of them."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from operator import sub
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, case, cast, func, not_, or_, select

from ioc.domain.base.times import to_ms
from ioc.domain.base.working_days import WorkCalendar
from ioc.domain.directives.handling import HandlingFigures
from ioc.domain.directives.statistics import CONFIRMATION_DAYS, AgencyView, GroupedTasks, TaskGroup
from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    WORK_STATES,
    TaskKind,
    directive_document,
    directive_interval,
    directive_task,
)
from ioc.storage.directives.visibility import FULL_ACCESS, ReadAccess

_I = directive_interval.c
_DEADLINES = (
    None, DeadlineState.NO_DEADLINE, DeadlineState.ON_TRACK, DeadlineState.DUE_SOON, DeadlineState.OVERDUE,
    DeadlineState.DONE_ON_TIME, DeadlineState.DONE_LATE,
)  # fmt: skip
STOPPED = (WORK_CODES[WorkState.PAUSED], WORK_CODES[WorkState.WITHDRAWN])  # tasks in no total
_CODES = {state: code for code, state in enumerate(_DEADLINES)}
_BUCKET_ENDS = (30, 60, 120)
_BASE = 8  # of the digits of a group's code
_SAME = _BASE - 1  # a first deadline that is the deadline
_AGED = _BASE  # of an overdue task, with the number of its bucket: its deadline

_Sums = dict[tuple[str, int], tuple[int, ...]]  # by agency and code: number of tasks, and HandlingFigures of them
_HANDLED = (  # in the order of HandlingFigures
    func.count(_I.received_s), func.coalesce(func.sum(_I.received_s), 0),
    func.sum(_I.returns), func.count(func.nullif(_I.returns, 0)), func.sum(_I.office_days),
    func.sum(_I.open_petitions), func.count(func.nullif(_I.open_petitions, 0)),
)  # fmt: skip


def valid_at(at: datetime, extremes: tuple[int, int] | None) -> ColumnElement[bool]:
    """The intervals at `at`. `extremes`: first and last beginning; by them the index with fewer entries is read."""
    moment = to_ms(at)
    if extremes is None or moment >= sum(extremes) // 2:
        return and_(_I.valid_to_ms > moment, _I.valid_from_ms + 0 <= moment)
    return and_(_I.valid_from_ms <= moment, _I.valid_to_ms + 0 > moment)


def deadline_code(due: Any, day: date, soon_days: int, overdue: Any = None) -> ColumnElement[int]:
    """The number in _DEADLINES of an interval's state against `due`; as `deadline_state` of the domain.

    `overdue`: what stands for those that are overdue, None for their number.
    """
    judged = func.coalesce(_I.stopped_on, day.toordinal())
    work, waiting = _I.work_state, WORK_CODES[WorkState.AWAITING_ACCEPTANCE]
    stopped = work.in_(STOPPED)
    return case(
        (and_(work == WORK_CODES[WorkState.DONE], judged <= due), _CODES[DeadlineState.DONE_ON_TIME]),  # most of them
        (stopped, _CODES[None]),
        (due.is_(None), _CODES[DeadlineState.NO_DEADLINE]),
        (work == WORK_CODES[WorkState.DONE], _CODES[DeadlineState.DONE_LATE]),
        (judged > due, _CODES[DeadlineState.OVERDUE] if overdue is None else overdue),
        (and_(work != waiting, due - judged <= soon_days), _CODES[DeadlineState.DUE_SOON]),
        else_=_CODES[DeadlineState.ON_TRACK],
    )


def deadline_of(code: int) -> DeadlineState | None:
    """The state that `deadline_code` stands for."""
    return _DEADLINES[code]


def code_of(state: DeadlineState) -> int:
    """The code of a state, to filter by."""
    return _CODES[state]


def days_overdue(day: date) -> ColumnElement[int]:
    """Days past the due date without those at the Office; meaningful of overdue and late tasks only."""
    days = func.coalesce(_I.stopped_on, day.toordinal()) - _I.due - _I.office_days
    return case((days < 1, 1), else_=days)


def is_overdue_for(days: tuple[int, int | None], day: date, soon_days: int) -> ColumnElement[bool]:
    """Overdue on `day` for that many days, from the first to the last of `days`; None: for that many and more."""
    low, high = days
    is_overdue, late = deadline_code(_I.due, day, soon_days) == _CODES[DeadlineState.OVERDUE], days_overdue(day)
    return and_(is_overdue, late >= low) if high is None else and_(is_overdue, late.between(low, high))


def task_groups(
    conn: Connection, at: datetime | None, day: date, view: AgencyView, calendar: WorkCalendar | None = None,
    soon_days: int = 7, access: ReadAccess = FULL_ACCESS,
) -> GroupedTasks:  # fmt: skip
    """The tasks at `at` (aware), judged on `day`, grouped by agency and all that statistics ask for.

    `at` None: as they are known now, also those acts whose time lies ahead of a clock that was set back.
    `access`: of today.
    """
    last_day = (calendar or WorkCalendar()).add(day, -CONFIRMATION_DAYS)  # a report sent before it waits too long
    count = _GroupCounter(conn, at, view, _group_code(day, last_day, soon_days))
    sums = count.all()
    if access.visibilities:
        # Taken away afterwards: they are few, and the index of all has neither task nor document.
        sums = _less(sums, count.among(_tasks_of(not_(access.of_documents())), not_(access.of_asked(_I.task_id))))
        is_seen = or_(_I.task_id.in_(_tasks_of(access.of_documents())), access.of_asked(_I.task_id))
        return GroupedTasks(_groups(sums), _orders(conn, at, is_seen))
    return GroupedTasks(_groups(sums), _orders(conn, at))


def open_groups(
    conn: Connection, at: datetime | None, day: date, visibilities: Sequence[str], soon_days: int = 7
) -> tuple[GroupedTasks, GroupedTasks]:  # fmt: skip
    """As `task_groups`, the tasks of official and those of simulated documents of these visibilities, as held.

    A report is never late at the Office here.
    """
    count = _GroupCounter(conn, at, AgencyView.HELD, _group_code(day, date.min, soon_days))
    sums, simulated = count.all(), _Sums()
    columns = directive_document.c
    sums = _less(sums, count.among(_tasks_of(columns.visibility.not_in(visibilities))))
    is_simulated = and_(columns.is_simulated, columns.visibility.in_(visibilities))
    is_official = and_(not_(columns.is_simulated), columns.visibility.in_(visibilities))
    orders, simulated_orders = _orders(conn, at, _I.task_id.in_(_tasks_of(is_official))), 0
    if conn.execute(select(columns.id).where(columns.is_simulated).limit(1)).first():
        simulated = count.among(_tasks_of(is_simulated))
        simulated_orders = _orders(conn, at, _I.task_id.in_(_tasks_of(is_simulated)))
    return GroupedTasks(_groups(_less(sums, simulated)), orders), GroupedTasks(_groups(simulated), simulated_orders)


class _GroupCounter:
    """Counts tasks at `at` by agency and the number `code` of their group; an order counts by its parts."""

    def __init__(self, conn: Connection, at: datetime | None, view: AgencyView, code: ColumnElement[int]) -> None:
        agency = _I.assigned_agency if view is AgencyView.ASSIGNED else _I.holder
        self._conn, self._at = conn, at
        counted = select(agency.label("agency"), code.label("code"), func.count(), *_HANDLED)
        self._query = counted.where(_I.kind != TaskKind.ORDER)

    def all(self) -> _Sums:
        """All tasks."""
        return self._count(at_moment(self._conn, self._query, self._at))

    def among(self, tasks: Select[Any], *conditions: ColumnElement[bool]) -> _Sums:
        """Those of `tasks`, a query for their numbers."""
        query = self._query.where(_I.task_id.in_(tasks), _I.valid_to_ms + 0 > _moment(self._at), *conditions)
        return self._count(query if self._at is None else query.where(_I.valid_from_ms + 0 <= to_ms(self._at)))

    def _count(self, query: Select[Any]) -> _Sums:
        rows = self._conn.execute(query.group_by("agency", "code"))
        return {(agency, code): tuple(sums) for agency, code, *sums in rows}


def _orders(conn: Connection, at: datetime | None, *conditions: ColumnElement[bool]) -> int:
    """The orders to several agencies with a part at `at` that is in a total, as the register of tasks counts them."""
    query = (
        select(func.count(directive_task.c.order_id.distinct()))
        .join_from(directive_interval, directive_task, directive_task.c.id == _I.task_id)
        .where(_I.kind == TaskKind.PART, _I.work_state.not_in(STOPPED), *conditions)
    )
    found: int = conn.execute(at_moment(conn, query, at)).scalar_one()
    return found


@reads_records  # the tables that it counts may contradict each other
def _less(all_sums: _Sums, taken: _Sums) -> _Sums:
    return {**all_sums, **{key: tuple(map(sub, all_sums[key], sums)) for key, sums in taken.items()}}


def _groups(all_sums: _Sums) -> list[TaskGroup]:
    return [
        _like(code)._replace(agency=agency, size=size, handling=HandlingFigures(*handling))
        for (agency, code), (size, *handling) in all_sums.items() if size
    ]  # fmt: skip


def _moment(at: datetime | None) -> int:
    """What is valid now ends after every moment."""
    return OPEN_END_MS - 1 if at is None else to_ms(at)


def _tasks_of(documents: ColumnElement[bool]) -> Select[Any]:
    """The numbers of the tasks of these documents."""
    found = select(directive_document.c.id).where(documents)
    return select(directive_task.c.id).where(directive_task.c.document_id.in_(found))


def at_moment(conn: Connection, query: Select[Any], at: datetime | None) -> Select[Any]:
    """A query for intervals, of those at `at` (aware); None: of those that are still valid."""
    if at is None:
        return query.where(is_current())
    # Two statements: each is one look-up in the index.
    first, last = (conn.execute(select(extreme(_I.valid_from_ms))).scalar() for extreme in (func.min, func.max))
    return query.where(valid_at(at, None if first is None or last is None else (first, last)))


def _group_code(day: date, last_day: date, soon_days: int) -> ColumnElement[int]:
    """The digits, from the highest: work state, first deadline, flags, kind; deadline with bucket.

    Each row costs all of it, and in a server most of the statement's time: the first date is judged where it is another
    one, and the days are counted of overdue tasks alone.
    """
    days = days_overdue(day)
    bucket = case(*((days <= end, _AGED + n) for n, end in enumerate(_BUCKET_ENDS)), else_=_AGED + len(_BUCKET_ENDS))
    first = case((_I.first_due == _I.due, _SAME), else_=deadline_code(_I.first_due, day, soon_days))
    waiting = _I.work_state == WORK_CODES[WorkState.AWAITING_ACCEPTANCE]
    is_late = case((and_(waiting, _I.stopped_on < last_day.toordinal()), 1), else_=0)
    flags = cast(_I.is_reported, Integer) + 2 * is_late
    code: ColumnElement[int] = _I.work_state
    for digit in (first, flags, _I.kind):
        code = code * _BASE + digit
    return code * (2 * _BASE) + deadline_code(_I.due, day, soon_days, bucket)


@cache
def _like(code: int) -> TaskGroup:
    """A group of that code, of no agency and no tasks."""
    code, deadline = divmod(code, 2 * _BASE)
    work, first, flags, kind = (code // _BASE**n % _BASE for n in range(3, -1, -1))
    bucket = deadline - _AGED if deadline >= _AGED else None
    state = DeadlineState.OVERDUE if bucket is not None else _DEADLINES[deadline]
    return TaskGroup(
        "", WORK_STATES[work], state, state if first == _SAME else _DEADLINES[first], bucket, bool(flags & 1),
        bool(flags & 2), kind == TaskKind.PART, 0,
    )  # fmt: skip


def is_current() -> ColumnElement[bool]:
    """The intervals that are still valid."""
    return _I.valid_to_ms == OPEN_END_MS
