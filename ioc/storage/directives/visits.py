"""What was done to tasks since somebody's last visit, and when that was."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, or_, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.directives.acts import Act, TaskEvent
from ioc.domain.directives.directive import Task
from ioc.storage.db.dialect import upsert
from ioc.storage.directives.document_body import read_task
from ioc.storage.directives.events import EVENTS, read_event
from ioc.storage.directives.register import in_documents, in_tasks
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    TaskKind,
    directive_document,
    directive_event,
    directive_interval,
    directive_task,
    directive_task_body,
    directive_visit,
)
from ioc.storage.directives.statistics import is_current
from ioc.storage.directives.visibility import tasks_asked_of

_I, _T, _D = directive_interval.c, directive_task.c, directive_document.c
_E, _B, _V = directive_event.c, directive_task_body.c, directive_visit.c


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to the list of work. `since_event`: what came after it is new; `last_event`: the newest when it began."""

    began_at: datetime
    since_event: int
    last_event: int


@dataclass(frozen=True, slots=True)
class ChangeScope:
    """Whose tasks: all, or those of `agencies`, of the portfolio (agencies, spheres), the starred ones, and those of
    instructions that the position `instructions_of` gave.
    """

    is_all: bool = False
    agencies: tuple[str, ...] = ()
    portfolio: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    is_starred: bool = False
    instructions_of: str = ""


@dataclass(frozen=True, slots=True)
class TaskChange:
    """An act with its task."""

    event: TaskEvent
    task: Task
    document_number: str
    is_simulated: bool
    holder: str


def find_visit(conn: Connection, account: str) -> Visit | None:
    """The last visit of the account."""
    row = conn.execute(select(directive_visit).where(_V.account == account)).first()
    return Visit(from_ms(row.began_ms), row.since_event, row.last_event) if row else None


def put_visit(conn: Connection, account: str, visit: Visit) -> None:
    """Stores the last visit of the account."""
    row = {
        "account": account, "began_ms": to_ms(visit.began_at), "since_event": visit.since_event,
        "last_event": visit.last_event,
    }  # fmt: skip
    upsert(conn, directive_visit, [row])


def last_event(conn: Connection) -> int:
    """The number of the newest act, 0 for none."""
    return int(conn.execute(select(func.coalesce(func.max(_E.id), 0))).scalar_one())


def changes_after(
    conn: Connection, scope: ChangeScope, after: int, account: str, systems: Collection[str], limit: int
) -> list[TaskChange]:
    """At most `limit` acts with a number above `after` on tasks of `scope`, the newest first.

    Without those of `account` itself, so with those of `systems` (positions), whose API keys may have its name.
    Reminders by the program are news for agencies alone.
    """
    tasks = select(_I.task_id).join_from(directive_interval, directive_task, _T.id == _I.task_id).where(
        is_current(), _T.version > after, _of(scope)
    )  # fmt: skip
    # The acts first, by their numbers alone: of all tasks they are the last of the table.
    found = select(_E.id).where(_E.id > after, or_(_E.actor != account, _E.position.in_(systems)))
    if not scope.is_all:
        found = found.where(_E.task_id.in_(tasks))
    if not scope.agencies:
        found = found.where(or_(_E.act != Act.REMIND.value, _E.position != ""))
    ids = list(conn.execute(found.order_by(_E.id.desc()).limit(limit)).scalars())
    columns = (*EVENTS.selected_columns, _B.body.label("task_body"), _D.number, _D.is_simulated, _I.holder)
    query = (
        select(*columns)
        .join_from(directive_event, directive_task, _T.id == _E.task_id)
        .join(directive_task_body, _B.task_id == _E.task_id)
        .join(directive_document, _D.id == _T.document_id)
        .join(directive_interval, and_(_I.task_id == _E.task_id, is_current()))
        .where(_E.id.in_(ids))
    )
    return [_change(row) for row in conn.execute(query.order_by(_E.id.desc()))]


def _of(scope: ChangeScope) -> ColumnElement[bool]:
    """On intervals; what is known of tasks comes as sets of their ids."""
    conditions = list[ColumnElement[bool]]()
    if scope.agencies:
        order = directive_interval.alias()
        own_orders = select(order.c.task_id).where(
            order.c.valid_to_ms == OPEN_END_MS, order.c.kind == int(TaskKind.ORDER), order.c.holder.in_(scope.agencies)
        )
        conditions += [
            _I.holder.in_(scope.agencies), _I.assigned_agency.in_(scope.agencies),
            _I.task_id.in_(tasks_asked_of(scope.agencies)), in_tasks(_T.order_id.in_(own_orders)),
        ]  # fmt: skip
    if scope.portfolio is not None:
        agencies, spheres = scope.portfolio
        conditions += [_I.holder.in_(agencies), in_tasks(in_documents(_D.sphere.in_(spheres)))]
    if scope.is_starred:
        conditions.append(_I.is_starred)
    if scope.instructions_of:
        conditions.append(in_tasks(in_documents(_D.origin_position == scope.instructions_of)))
    return or_(false(), *conditions)


def _change(row: Row[Any]) -> TaskChange:
    return TaskChange(read_event(row), read_task(row.task_body), row.number, row.is_simulated, row.holder)
