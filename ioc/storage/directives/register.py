"""The register: rows of tasks as they are now, filtered, sorted and paged by one query object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, case, exists, func, or_, select

from ioc.domain.base.slug import search_words
from ioc.domain.base.times import from_optional_ms
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Task, Visibility
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.document_body import read_task
from ioc.storage.directives.numbers import number_columns, read_numbers
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    WORK_STATES,
    TaskKind,
    directive_document,
    directive_event,
    directive_interval,
    directive_task,
    directive_task_body,
)
from ioc.storage.directives.statistics import (
    code_of,
    deadline_code,
    deadline_of,
    is_current,
    is_overdue_for,
)
from ioc.storage.directives.visibility import FULL_ACCESS, ReadAccess
from ioc.storage.directives.waiting import WaitFilter, waits_on

_I, _T, _D, _B = directive_interval.c, directive_task.c, directive_document.c, directive_task_body.c
_E = directive_event.c
_SORTS: Mapping[str, Any] = {
    "due": _I.due, "title": _T.search_text, "document": _D.number, "agency": _I.holder, "state": _I.work_state,
    "percent": _T.percent, "changed": _T.changed_ms,
}  # fmt: skip
SORT_COLUMNS = tuple(_SORTS)


@dataclass(frozen=True, slots=True)
class RegisterQuery:
    """What to show; an empty field shows all. `agencies`: keys, as assigned or as held (with predecessors).

    `search`: every word must occur (`search_words`). `is_open`: neither finished, paused nor withdrawn. `document`:
    its key or number; `documents`: the numbers of their rows. `portfolio`: tasks of these agencies or spheres.
    `access`: what the asker may see. States are those of plain tasks and parts: an order has none of its own, unless it
    stands for its parts (`with_parts` False). `due_from`, `due_to`: inclusive. `is_waiting`: tasks that wait for
    assignment (waiting.py).
    `place`: code of a unit that the task concerns, or of which one of `place_agencies` is the committee.
    `is_due_inferred`: the due date is still the inferred one. `days_overdue`: first and last number of days for which
    tasks are overdue. `is_simulated`: of public and internal documents alone, simulated or official ones.
    """

    search: str = ""
    agencies: tuple[str, ...] = ()
    view: AgencyView = AgencyView.HELD
    sources: tuple[str, ...] = ()
    spheres: tuple[str, ...] = ()
    work_states: tuple[WorkState, ...] = ()
    deadline_states: tuple[DeadlineState, ...] = ()
    is_open: bool = False
    is_waiting: bool = False
    document: str = ""
    documents: tuple[int, ...] | None = None
    due_from: date | None = None
    due_to: date | None = None
    is_due_inferred: bool = False
    days_overdue: tuple[int, int | None] | None = None
    is_received: bool = False
    is_returned: bool = False
    has_petition: bool = False
    is_simulated: bool | None = None
    is_starred: bool | None = None
    place: str = ""
    place_agencies: tuple[str, ...] = ()
    horizon: str = ""
    portfolio: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    access: ReadAccess = FULL_ACCESS
    with_parts: bool = True
    waits: WaitFilter | None = None
    sort: str = "due"
    is_descending: bool = False
    offset: int = 0
    limit: int = 100

    @property
    def is_of_statistics(self) -> bool:
        """Whether it asks for tasks as statistics count them."""
        is_handled = self.is_received or self.is_returned or self.has_petition
        return is_handled or self.days_overdue is not None or self.is_simulated is not None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A task as a row shows it. `key`: "document/task". `version`: for the next act.

    `holder`: key of the agency that the acts left it with, before successions (`DirectiveContext.held_today`).
    A task that waits for assignment has version 0, no last act, and `changed_at` says when its document was entered.
    `master`: the system that keeps its document, "" where that is here.
    """

    key: str
    version: int
    task: Task
    kind: TaskKind
    document: str
    document_number: str
    is_simulated: bool
    assigned_agency: str
    holder: str
    status: TaskStatus
    is_starred: bool
    last_act: Act | None
    changed_at: datetime | None
    paused_until: date | None
    master: str = ""
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Some rows, and how many there are in all: `numbers` of tasks, an order and each of its parts a row."""

    rows: tuple[RegisterRow, ...]
    total: int
    numbers: TaskNumbers = NO_TASKS


def register_page(conn: Connection, query: RegisterQuery, day: date, soon_days: int = 7) -> RegisterPage:
    """The rows of `query` on `day`, which is today; the order is stable. ValueError for an unknown sort column."""
    if query.sort not in _SORTS:
        raise ValueError(query.sort)
    conditions = register_conditions(query, day, soon_days)
    total, numbers = _count(conn, conditions)
    column = _SORTS[query.sort]
    order = column.desc() if query.is_descending else column.asc()
    keys = _sorted_by(select(_I.task_id), query.sort).where(*conditions)
    found = keys.order_by(column.is_(None), order, _I.task_id).limit(query.limit).offset(query.offset)
    ids = list(conn.execute(found).scalars())
    rows = {
        row.task_id: register_row(row, day)
        for row in conn.execute(row_query(day, soon_days).where(_I.task_id.in_(ids)))
    }
    return RegisterPage(tuple(rows[task_id] for task_id in ids), total, numbers)


def _count(conn: Connection, conditions: Sequence[ColumnElement[bool]]) -> tuple[int, TaskNumbers]:
    """How many rows, and of how many tasks. Only what belongs to orders is looked up among the tasks."""
    is_plain = _I.kind == int(TaskKind.PLAIN)
    counting = select(func.count(), func.sum(case((is_plain, 1), else_=0))).select_from(directive_interval)
    total, plain = conn.execute(counting.where(*conditions)).one()
    if total == (plain or 0):
        return total, TaskNumbers(total)
    row = conn.execute(_with_tasks(select(*number_columns())).where(*conditions, ~is_plain)).one()
    tasks, parts = read_numbers(row)
    return total, TaskNumbers(tasks + plain, parts)


def count_tasks(conn: Connection, query: RegisterQuery, day: date, soon_days: int = 7) -> TaskNumbers:
    """The numbers of the tasks of `query` on `day`, which is today."""
    return _count(conn, register_conditions(query, day, soon_days))[1]


def row_query(day: date, soon_days: int) -> Select[Any]:
    """The columns of `register_row`, of tasks as they are now."""
    columns = (
        _I.task_id, _T.key, _T.version, _B.body, _T.kind, _T.last_act, _T.changed_ms, _T.percent, _T.reported_ms,
        _T.paused_until, _T.extensions, _D.key.label("document"), _D.number, _D.is_simulated, _D.master,
        _D.issued_on,
        _I.assigned_agency, _I.holder, _I.work_state, _I.due, _I.first_due, _I.stopped_on, _I.office_days,
        _I.is_starred,
        deadline_code(_I.due, day, soon_days).label("deadline"), _is_submitted().label("is_submitted"),
    )  # fmt: skip
    joined = _with_tasks(select(*columns)).join(directive_task_body, _B.task_id == _I.task_id)
    # Not `is_current`: SQLite would read all present intervals for those of a few tasks.
    return joined.join(directive_document, _D.id == _T.document_id).where(_I.valid_to_ms + 0 == OPEN_END_MS)


def _is_submitted() -> ColumnElement[bool]:
    """Whether completion was reported, even if it was returned: looked up for the rows that are shown."""
    return exists().where(_E.task_id == _I.task_id, _E.act == Act.SUBMIT_COMPLETION.value)


@reads_records
def register_row(row: Row[Any], day: date) -> RegisterRow:
    """The row of `row_query`."""
    work = WORK_STATES[row.work_state]
    status = TaskStatus(
        work, deadline_of(row.deadline), _day(row.due), _day(row.first_due), row.extensions,
        _day(row.stopped_on) or day, 100.0 if work is WorkState.DONE else row.percent,
        from_optional_ms(row.reported_ms), row.office_days, bool(row.is_submitted),
    )  # fmt: skip
    return RegisterRow(
        row.key, row.version, read_task(row.body), TaskKind(row.kind), row.document, row.number, row.is_simulated,
        row.assigned_agency, row.holder, status, row.is_starred, Act(row.last_act), from_optional_ms(row.changed_ms),
        _day(row.paused_until), row.master, _day(row.issued_on),
    )  # fmt: skip


def _day(ordinal: int | None) -> date | None:
    return date.fromordinal(ordinal) if ordinal is not None else None


def _with_tasks(query: Select[Any]) -> Select[Any]:
    return query.select_from(directive_interval).join(directive_task, _T.id == _I.task_id)


def _sorted_by(query: Select[Any], sort: str) -> Select[Any]:
    """Only the tables that the order needs are joined: 60,000 look-ups are not made for nothing."""
    if _SORTS[sort].table is directive_interval:
        return query.select_from(directive_interval)
    joined = _with_tasks(query)
    return joined.join(directive_document, _D.id == _T.document_id) if sort == "document" else joined


def register_conditions(query: RegisterQuery, day: date, soon_days: int) -> list[ColumnElement[bool]]:
    """What `query` asks for, all on intervals; what is known of tasks and documents comes as sets of task ids."""
    agency = _I.assigned_agency if query.view is AgencyView.ASSIGNED else _I.holder
    deadline = deadline_code(_I.due, day, soon_days)
    # What is counted by states counts an order by its parts.
    has_state = query.is_open or query.work_states or query.deadline_states or query.is_of_statistics
    access = query.access
    agencies, spheres = query.portfolio or ((), ())
    asked: list[tuple[Any, ColumnElement[bool]]] = [
        (query.agencies, agency.in_(query.agencies)),
        (query.sources, _in_documents(_D.source.in_(query.sources))),
        (query.spheres, _in_documents(_D.sphere.in_(query.spheres))),
        (access.visibilities, or_(_in_documents(access.of_documents()), access.of_asked(_I.task_id))),
        (query.work_states, _I.work_state.in_([WORK_CODES[state] for state in query.work_states])),
        (query.deadline_states, deadline.in_([code_of(state) for state in query.deadline_states])),
        (query.is_open, _I.work_state.in_([WORK_CODES[state] for state in _OPEN_STATES])),
        (query.document, _in_documents(or_(_D.key == query.document, _D.number == query.document))),
        (query.due_from, _I.due >= (query.due_from or day).toordinal()),
        (query.due_to, _I.due <= (query.due_to or day).toordinal()),
        (query.is_due_inferred, and_(_I.due == _I.first_due, in_tasks(_T.is_due_inferred))),
        *([(True, is_overdue_for(query.days_overdue, day, soon_days))] if query.days_overdue else []),
        (query.is_received, _I.received_s.is_not(None)),
        (query.is_returned, _I.returns > 0),
        (query.has_petition, _I.open_petitions > 0),
        (query.is_simulated is not None, _in_documents(and_(_D.is_simulated.is_(query.is_simulated), _IS_WATCHED))),
        (query.is_starred is not None, _I.is_starred.is_(bool(query.is_starred))),
        (query.place, or_(in_tasks(_T.place == query.place), _of(query.place_agencies))),
        (query.horizon, in_tasks(_T.horizon == query.horizon)),
        (query.portfolio, or_(_I.holder.in_(agencies), _in_documents(_D.sphere.in_(spheres)))),
        (not query.with_parts, _I.kind != int(TaskKind.PART)),
        (has_state and query.with_parts, _I.kind != int(TaskKind.ORDER)),
        (query.documents is not None, in_tasks(is_of(query.documents or ()))),
        *([(True, _I.task_id.in_(waits_on(query.waits)))] if query.waits else []),
    ]  # fmt: skip
    conditions = [is_current(), *(condition for value, condition in asked if value)]
    words = [_T.search_text.contains(word, autoescape=True) for word in search_words(query.search)]
    return [*conditions, in_tasks(and_(*words))] if words else conditions


def in_tasks(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Intervals of the tasks that fulfil `condition`."""
    return _I.task_id.in_(select(_T.id).where(condition))


def is_of(documents: Sequence[int]) -> ColumnElement[bool]:
    """Tasks of the documents of these rows, however many."""
    return _T.document_id.in_(bindparam(None, documents, expanding=True, literal_execute=True))


def _in_documents(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return in_tasks(in_documents(condition))


def in_documents(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tasks of the documents that fulfil `condition`."""
    return _T.document_id.in_(select(_D.id).where(condition))


def _of(agencies: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(_I.holder.in_(agencies), _I.assigned_agency.in_(agencies))


_IS_WATCHED = _D.visibility.in_((Visibility.PUBLIC.value, Visibility.INTERNAL.value))  # by everybody
_OPEN_STATES = (WorkState.NOT_STARTED, WorkState.ACTIVE, WorkState.AWAITING_ACCEPTANCE)


def tasks_of_document(conn: Connection, key: str, day: date, soon_days: int = 7) -> tuple[RegisterRow, ...]:
    """The assigned tasks of a document in its order, orders before their parts."""
    query = row_query(day, soon_days).where(_D.key == key).order_by(_T.position, _T.id)
    return tuple(register_row(row, day) for row in conn.execute(query))
