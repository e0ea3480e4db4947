"""Reminders (đôn đốc) of tasks: those that the ladder looks at, and the ledger of all that were given."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select

from ioc.domain.base.times import city_date, city_midnight, from_ms, to_ms
from ioc.domain.directives.acts import Act, ReminderChannel, TaskEvent
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.document_body import read_task
from ioc.storage.directives.events import EVENTS, read_event
from ioc.storage.directives.schema import (
    WORK_CODES,
    TaskKind,
    directive_document,
    directive_event,
    directive_interval,
    directive_task,
    directive_task_body,
)
from ioc.storage.directives.statistics import is_current
from ioc.storage.directives.visibility import FULL_ACCESS, ReadAccess

_I, _T, _D = directive_interval.c, directive_task.c, directive_document.c
_E, _B = directive_event.c, directive_task_body.c
_IS_REMINDER = _E.act == Act.REMIND.value
_RUNNING = (WORK_CODES[WorkState.NOT_STARTED], WORK_CODES[WorkState.ACTIVE])  # states in which the clock runs


class ReminderKind(StrEnum):
    """How a task was reminded; the kinds are counted apart."""

    AUTOMATIC = "automatic"  # in the program, by the ladder
    SYSTEM = "system"  # in the program, by somebody
    WRITTEN = "written"  # by a document


@dataclass(frozen=True, slots=True)
class RemindableTask:
    """A task whose clock runs. `reminded_on`: the day in the city of its last automatic reminder, None for none."""

    key: str
    due: date
    reminded_on: date | None


@dataclass(frozen=True, slots=True)
class ReminderQuery:
    """What the ledger shows; an empty field shows all. `since`, `until`: moments (aware), the second exclusive.

    `before`: number of an act; reminders before it alone.
    `access`: what the asker may see.
    """

    agencies: tuple[str, ...] = ()
    kind: ReminderKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    access: ReadAccess = FULL_ACCESS
    before: int | None = None
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A reminder with its task, and the agency that held the task then."""

    event: TaskEvent
    kind: ReminderKind
    task: Task
    document: str
    document_number: str
    is_simulated: bool
    holder: str


def remindable_tasks(conn: Connection, due_until: date, today: date) -> list[RemindableTask]:
    """The tasks whose clock runs, with a due date up to `due_until`.

    A reminder counts on the day that the clock showed. One of a day after `today` was given while the clock was ahead,
    and is none: it would hold back all until that day.

    No orders, which their parts stand for, and no documents of other systems, which are read-only here.
    """
    given_ms, tomorrow = func.coalesce(_E.clock_ms, _E.known_ms), city_midnight(today + timedelta(days=1))
    last = select(_E.task_id, func.max(given_ms).label("given_ms")).where(
        _IS_REMINDER, _E.position == "", given_ms < to_ms(tomorrow)
    )
    reminded = last.group_by(_E.task_id).subquery()
    query = (
        select(_T.key, _I.due, reminded.c.given_ms)
        .join_from(directive_interval, directive_task, _T.id == _I.task_id)
        .join(directive_document, _D.id == _T.document_id)
        .outerjoin(reminded, reminded.c.task_id == _I.task_id)
        .where(
            is_current(), _I.work_state.in_(_RUNNING), _I.due <= due_until.toordinal(), _D.master == "",
            _I.kind != int(TaskKind.ORDER),
        )
        .order_by(_I.task_id)
    )  # fmt: skip
    return [
        RemindableTask(row.key, date.fromordinal(row.due), city_date(from_ms(row.given_ms)) if row.given_ms else None)
        for row in conn.execute(query)
    ]


def list_reminders(conn: Connection, query: ReminderQuery) -> tuple[tuple[ReminderRow, ...], dict[ReminderKind, int]]:
    """Some reminders of `query`, the newest first, and how many there are in all, by kind."""
    counted: list[Any] = [_kind_word.label("reminder_kind"), func.count().label("size")]
    counting = _ledger(select(*counted), query).group_by("reminder_kind")
    counts = {ReminderKind(row.reminder_kind): int(row.size) for row in conn.execute(counting)}
    columns = (
        *EVENTS.selected_columns, _kind_word.label("reminder_kind"), _I.holder, _D.key.label("document"), _D.number,
        _D.is_simulated,
    )  # fmt: skip
    found = _ledger(select(*columns, _B.body.label("task_body")), query).order_by(_E.id.desc())
    rows = conn.execute(found.limit(query.limit).offset(query.offset))
    return tuple(_row(row) for row in rows), counts


_kind_word: ColumnElement[str] = case(
    (_E.position == "", ReminderKind.AUTOMATIC.value),
    (_E.body.contains(f'"channel": "{ReminderChannel.WRITTEN.value}"', autoescape=True), ReminderKind.WRITTEN.value),
    else_=ReminderKind.SYSTEM.value,
)


def _ledger(query: Select[Any], asked: ReminderQuery) -> Select[Any]:
    joined = (
        query.select_from(directive_event)
        .join(directive_task, _T.id == _E.task_id)
        .join(directive_task_body, _B.task_id == _E.task_id)
        .join(directive_document, _D.id == _T.document_id)
        .join(
            directive_interval,
            and_(_I.task_id == _E.task_id, _I.valid_from_ms <= _E.known_ms, _I.valid_to_ms > _E.known_ms),
        )
    )
    conditions: list[tuple[Any, Any]] = [
        (asked.agencies, _I.holder.in_(asked.agencies)),
        (asked.kind, _kind_word == str(asked.kind)),
        (asked.since, _E.known_ms >= (to_ms(asked.since) if asked.since else 0)),
        (asked.until, _E.known_ms < (to_ms(asked.until) if asked.until else 0)),
        (asked.before is not None, _E.id < (asked.before or 0)),
        (asked.access.visibilities, or_(asked.access.of_documents(), asked.access.of_asked(_E.task_id))),
    ]
    return joined.where(_IS_REMINDER, *(condition for value, condition in conditions if value))


@reads_records
def _row(row: Row[Any]) -> ReminderRow:
    return ReminderRow(
        read_event(row), ReminderKind(row.reminder_kind), read_task(row.task_body), row.document, row.number,
        row.is_simulated, row.holder,
    )  # fmt: skip
