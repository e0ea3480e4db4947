"""Tasks that wait for assignment: of issued documents that are kept here. They have no interval yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, false, func, or_, select

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.slug import search_words
from ioc.domain.base.times import from_optional_ms
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.domain.directives.task_status import TaskStatus, WorkState, deadline_state
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import json_text
from ioc.storage.directives.document_body import read_header, read_task
from ioc.storage.directives.numbers import number_columns, read_numbers
from ioc.storage.directives.register import RegisterPage, RegisterQuery, RegisterRow, is_of
from ioc.storage.directives.schema import TaskKind, directive_document, directive_task, directive_task_body

_T, _D, _B = directive_task.c, directive_document.c, directive_task_body.c


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """An issued document of which `tasks` wait for assignment, `inferred` of them with an inferred due date."""

    key: str
    number: str
    title: LocalizedText
    issued_on: date | None
    is_simulated: bool
    tasks: TaskNumbers
    inferred: TaskNumbers


def waiting_page(conn: Connection, query: RegisterQuery, day: date, soon_days: int = 7) -> RegisterPage:
    """The tasks of `query` that wait for assignment; the agency is the one that each is to be given to.

    What only an assigned task has (a star, a state) leaves none, and orders as the due date does.
    """
    conditions = _conditions(conn, query)
    columns = [func.count().label("size"), *number_columns()]
    counted = conn.execute(_joined(select(*columns)).where(*conditions)).one()
    lead, due = (json_text(conn, _B.body, name) for name in ("lead", "due"))
    sorts: Mapping[str, Any] = {"title": _T.search_text, "document": _D.number, "agency": lead}
    column = sorts.get(query.sort, due)
    order = column.desc() if query.is_descending else column.asc()
    columns = [
        _T.key, _T.kind, _B.body, _D.key.label("document"), _D.number, _D.is_simulated, _D.changed_ms,
        _D.issued_on,
    ]  # fmt: skip
    found = _joined(select(*columns)).where(*conditions).order_by(column.is_(None), order, _T.id)
    rows = conn.execute(found.limit(query.limit).offset(query.offset))
    return RegisterPage(tuple(_row(row, day, soon_days) for row in rows), counted.size, read_numbers(counted))


def waiting_documents(conn: Connection, limit: int) -> tuple[WaitingDocument, ...]:
    """Documents with tasks that wait for assignment, the one that was issued first at the head."""
    query = select(_T.document_id, *number_columns(), *number_columns(_T.is_due_inferred, "inferred_"))
    tasks = query.where(_T.version == 0).group_by(_T.document_id).subquery()
    columns = (_D.key, _D.number, _D.issued_on, _D.is_simulated, _D.body)
    numbers = [column for column in tasks.c if column is not tasks.c.document_id]
    found = select(*columns, *numbers).join(tasks, tasks.c.document_id == _D.id).where(*_IS_OURS)
    rows = conn.execute(found.order_by(_D.issued_on, _D.id).limit(limit))
    return tuple(
        WaitingDocument(
            row.key, row.number, read_header(row.body).title, date.fromordinal(row.issued_on), row.is_simulated,
            read_numbers(row), read_numbers(row, "inferred_"),
        )
        for row in rows
    )  # fmt: skip


def count_waiting_documents(conn: Connection) -> int:
    """How many documents have tasks that wait for assignment."""
    waiting = select(_T.document_id).where(_T.version == 0)
    query = select(func.count()).select_from(directive_document).where(_D.id.in_(waiting), *_IS_OURS)
    return int(conn.execute(query).scalar_one())


# Number and date are there, and no other system assigns its tasks.
_IS_OURS = (_D.number != "", _D.issued_on.is_not(None), _D.master == "")


def _joined(query: Select[Any]) -> Select[Any]:
    query = query.select_from(directive_task).join(directive_document, _D.id == _T.document_id)
    return query.join(directive_task_body, _B.task_id == _T.id)


def _conditions(conn: Connection, query: RegisterQuery) -> list[ColumnElement[bool]]:
    lead, due = (json_text(conn, _B.body, name) for name in ("lead", "due"))
    agencies, spheres = query.portfolio or ((), ())
    asked: list[tuple[Any, ColumnElement[bool]]] = [
        (query.agencies, lead.in_(query.agencies)),
        (query.sources, _D.source.in_(query.sources)),
        (query.spheres, _D.sphere.in_(query.spheres)),
        (query.document, or_(_D.key == query.document, _D.number == query.document)),
        (query.documents is not None, is_of(query.documents or ())),
        (query.due_from, due >= (query.due_from or date.max).isoformat()),
        (query.due_to, due <= (query.due_to or date.max).isoformat()),
        (query.is_starred or query.work_states or query.deadline_states or query.is_of_statistics, false()),
        (query.is_due_inferred, _T.is_due_inferred),
        (query.place, or_(_T.place == query.place, lead.in_(query.place_agencies))),
        (query.horizon, _T.horizon == query.horizon),
        (query.portfolio, or_(lead.in_(agencies), _D.sphere.in_(spheres))),
        (not query.with_parts, _T.kind != int(TaskKind.PART)),
        (query.with_parts, ~_has_waiting_part()),
    ]  # fmt: skip
    words = [_T.search_text.contains(word, autoescape=True) for word in search_words(query.search)]
    return [_T.version == 0, *_IS_OURS, *(condition for value, condition in asked if value), *words]


def _has_waiting_part() -> ColumnElement[bool]:
    """Whether a part of an order waits: the order is assigned with it, and counted by it."""
    part = directive_task.alias("part").c
    return exists().where(part.order_id == _T.id, part.version == 0)


@reads_records
def _row(row: Row[Any], day: date, soon_days: int) -> RegisterRow:
    task, work = read_task(row.body), WorkState.NOT_STARTED
    status = TaskStatus(work, deadline_state(work, task.due, day, soon_days), task.due, task.due, 0, day, None, None)
    return RegisterRow(
        row.key, 0, task, TaskKind(row.kind), row.document, row.number, row.is_simulated, task.lead, task.lead, status,
        False, None, from_optional_ms(row.changed_ms), None,
        issued_on=None if row.issued_on is None else date.fromordinal(row.issued_on),
    )  # fmt: skip
