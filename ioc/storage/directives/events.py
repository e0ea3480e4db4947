"""Acts: an append-only table, and what follows from it, written in the same transaction.

Whoever appends bumps the topic "directives" first: so writers take turns, and ids rise in the order of commits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, true, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.domain.directives.acts import Act, TaskEvent
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.evidence import StoredEvidence
from ioc.domain.directives.intervals import TaskInterval, fold_intervals
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import KEYS_PER_QUERY, bulk_update, bulk_write, reserve_ids
from ioc.storage.directives import evidence
from ioc.storage.directives.document_body import read_stated, stated_text
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    TaskKind,
    directive_document,
    directive_event,
    directive_interval,
    directive_open_item,
    directive_task,
)

# Every event with the key of its task, as `read_event` reads it.
EVENTS = select(directive_event, directive_task.c.key.label("task")).join_from(
    directive_event, directive_task, directive_task.c.id == directive_event.c.task_id
)
_REBUILD_BATCH = 500  # tasks: PostgreSQL ends a transaction that waits too long for what is folded meanwhile
_MAX_ANSWER = 2_000_000  # characters of the bodies of one answer


@dataclass(frozen=True, slots=True)
class StoredTask:
    """The row of a task: its number, key and kind, and the id of its last event."""

    id: int
    key: str
    kind: TaskKind
    version: int


@dataclass(frozen=True, slots=True)
class ExternalEvent:
    """An event with its id in another system, "" for none, and its files."""

    event: TaskEvent
    external_id: str
    evidence: tuple[StoredEvidence, ...] = ()


def find_task(conn: Connection, key: str) -> StoredTask | None:
    """The task of that key."""
    columns = (directive_task.c.id, directive_task.c.key, directive_task.c.kind, directive_task.c.version)
    row = conn.execute(select(*columns).where(directive_task.c.key == key)).first()
    return StoredTask(row.id, row.key, TaskKind(row.kind), row.version) if row else None


def tasks_of(conn: Connection, *documents: str) -> list[StoredTask]:
    """The tasks of the documents of these keys."""
    columns = (directive_task.c.id, directive_task.c.key, directive_task.c.kind, directive_task.c.version)
    query = select(*columns).join_from(
        directive_task, directive_document, directive_document.c.id == directive_task.c.document_id
    )
    query = query.order_by(directive_task.c.document_id, directive_task.c.position)
    found = list[StoredTask]()
    for start in range(0, len(documents), KEYS_PER_QUERY):
        of_these = directive_document.c.key.in_(documents[start : start + KEYS_PER_QUERY])
        found += (
            StoredTask(row.id, row.key, TaskKind(row.kind), row.version) for row in conn.execute(query.where(of_these))
        )
    return found


def task_events(conn: Connection, task_id: int, after: int = 0) -> list[TaskEvent]:
    """The events of a task with an id above `after`, in their order."""
    query = EVENTS.where(directive_event.c.task_id == task_id, directive_event.c.id > after)
    return [read_event(row) for row in conn.execute(query.order_by(directive_event.c.id))]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in their order. `last`: the highest id that was looked at, also where that event is left out."""

    events: tuple[ExternalEvent, ...]
    last: int


def events_after(conn: Connection, after: int, limit: int, masters: Sequence[str] | None = None) -> EventPage:
    """What may be seen of the next `limit` events with an id above `after`; of fewer where they are large.

    `masters`: of these documents, of other ones what every agency may see; None: of all documents.
    """
    number = directive_event.c.id
    sizes = select(number, func.length(directive_event.c.body).label("size")).where(number > after)
    last, total = after, 0
    for row in conn.execute(sizes.order_by(number).limit(limit)):
        total += row.size
        if total > _MAX_ANSWER and last > after:
            break
        last = row.id
    query = EVENTS.join(directive_document, directive_document.c.id == directive_task.c.document_id)
    rows = conn.execute(query.where(number > after, number <= last, _visible_to(masters)).order_by(number))
    files = evidence.of_events(conn, after + 1, last)
    found = (ExternalEvent(read_event(row), row.external_id, files.get(row.id, ())) for row in rows)
    return EventPage(tuple(found), last)


def _visible_to(masters: Sequence[str] | None) -> ColumnElement[bool]:
    """Of documents that an external system with these masters may see; all for None."""
    document = directive_document.c
    is_issued = or_(document.origin_given_ms.is_(None), document.number != "")
    is_open = and_(document.visibility != Visibility.AGENCIES_CONCERNED.value, is_issued)
    return true() if masters is None else or_(document.master.in_(masters), is_open)


def has_open_parts(conn: Connection, order_id: int) -> bool:
    """Whether a part of this order is not withdrawn."""
    query = select(directive_interval.c.task_id).join_from(
        directive_interval, directive_task, directive_task.c.id == directive_interval.c.task_id
    )
    query = query.where(
        directive_task.c.order_id == order_id, directive_interval.c.valid_to_ms == OPEN_END_MS,
        directive_interval.c.work_state != WORK_CODES[WorkState.WITHDRAWN],
    )  # fmt: skip
    return conn.execute(query.limit(1)).first() is not None


def find_external(conn: Connection, task_id: int, external_id: str) -> TaskEvent | None:
    """The event of a task by its id in another system."""
    query = EVENTS.where(directive_event.c.task_id == task_id, directive_event.c.external_id == external_id)
    row = conn.execute(query).first() if external_id else None
    return read_event(row) if row else None


def find_event(conn: Connection, event_id: int) -> TaskEvent | None:
    """The event of that id."""
    row = conn.execute(EVENTS.where(directive_event.c.id == event_id)).first()
    return read_event(row) if row else None


def find_events(conn: Connection, ids: Sequence[int]) -> list[TaskEvent]:
    """The events of these ids."""
    return [read_event(row) for row in conn.execute(EVENTS.where(directive_event.c.id.in_(ids)))]


def last_acts(conn: Connection, task_ids: Sequence[int], *acts: Act) -> dict[str, TaskEvent]:
    """By key of the task, the last of these acts on each of the tasks; reminders by the ladder are left out."""
    if not task_ids:
        return {}
    event = directive_event.c
    by_somebody = or_(event.act != Act.REMIND.value, event.position > "")
    done = (event.task_id.in_(task_ids), event.act.in_([act.value for act in acts]), by_somebody)
    last = select(func.max(event.id)).where(*done).group_by(event.task_id)
    return {event.task: event for event in find_events(conn, list(conn.execute(last).scalars()))}


def append(
    conn: Connection, task: StoredTask, before: Sequence[TaskEvent], event: TaskEvent, external_id: str = ""
) -> TaskEvent:
    """Appends an event, ignoring its id, and writes what follows from it; returns it with its id.

    `before`: all events of the task so far.
    """
    inserted = directive_event.insert().returning(directive_event.c.id)
    stored = replace(event, id=conn.execute(inserted, _event_row(task, event, external_id)).scalar_one())
    _write_derived(conn, task, (*before, stored))
    return stored


def append_first(conn: Connection, pairs: Sequence[tuple[StoredTask, TaskEvent]]) -> list[TaskEvent]:
    """Appends the first events of many tasks, one each, and writes what follows from them; returns them with ids."""
    if not pairs:
        return []
    numbers = reserve_ids(conn, directive_event, len(pairs))
    stored = [replace(event, id=number) for number, (_, event) in zip(numbers, pairs, strict=True)]
    rows = [_event_row(task, event, "") | {"id": event.id} for (task, _), event in zip(pairs, stored, strict=True)]
    bulk_write(conn, directive_event, [tuple(row[column.name] for column in directive_event.c) for row in rows])
    by_task = ((task.id, [event]) for (task, _), event in zip(pairs, stored, strict=True))
    _write_all_derived(conn, {task.id: task.kind for task, _ in pairs}, by_task)
    return stored


def _event_row(task: StoredTask, event: TaskEvent, external_id: str) -> dict[str, Any]:
    return {
        "task_id": task.id, "known_ms": to_ms(event.at), "act": event.act.value, "actor": event.actor,
        "position": event.position, "on_behalf_of": event.on_behalf_of, "external_id": external_id,
        "clock_ms": to_optional_ms(event.clock_at), "body": stated_text(event.stated),
    }  # fmt: skip


def _write_derived(conn: Connection, task: StoredTask, events: Sequence[TaskEvent]) -> None:
    """Only the last two intervals can differ from what is stored."""
    state, intervals = fold_intervals(events)
    if state is None:
        return
    intervals = intervals[-2:]
    stored = directive_interval.c
    conn.execute(
        delete(directive_interval).where(
            stored.task_id == task.id, stored.valid_from_ms >= to_ms(intervals[0].valid_from)
        )
    )
    bulk_write(conn, directive_interval, [_interval_row(task.id, task.kind, interval) for interval in intervals])
    conn.execute(delete(directive_open_item).where(directive_open_item.c.task_id == task.id))
    bulk_write(conn, directive_open_item, _item_rows(task.id, state))
    conn.execute(
        update(directive_task).where(directive_task.c.id == task.id).values(**_task_values(state, events[-1].act))
    )


def rebuild(conn: Connection) -> None:
    """Derives everything again from the events."""
    conn.execute(delete(directive_interval))
    conn.execute(delete(directive_open_item))
    tasks = conn.execute(select(directive_task.c.id, directive_task.c.kind).order_by(directive_task.c.id)).all()
    for start in range(0, len(tasks), _REBUILD_BATCH):
        part = tasks[start : start + _REBUILD_BATCH]
        kinds = {row.id: TaskKind(row.kind) for row in part}
        _write_all_derived(conn, kinds, _events_by_task(conn, part[0].id, part[-1].id))


def _write_all_derived(
    conn: Connection, kinds: Mapping[int, TaskKind], by_task: Iterable[tuple[int, Sequence[TaskEvent]]]
) -> None:
    """What follows from all events of tasks of which nothing is derived yet."""
    intervals, items, values = list[tuple[Any, ...]](), list[tuple[Any, ...]](), list[dict[str, Any]]()
    for task_id, events in by_task:
        state, own = fold_intervals(events)
        if state is None:
            continue
        intervals += (_interval_row(task_id, kinds[task_id], interval) for interval in own)
        items += _item_rows(task_id, state)
        values.append({"id": task_id, **_task_values(state, events[-1].act)})
    bulk_write(conn, directive_interval, intervals)
    bulk_write(conn, directive_open_item, items)
    bulk_update(conn, directive_task, "id", values)


def _events_by_task(conn: Connection, first: int, last: int) -> Iterator[tuple[int, list[TaskEvent]]]:
    query = EVENTS.where(directive_event.c.task_id.between(first, last))
    rows = conn.execute(query.order_by(directive_event.c.task_id, directive_event.c.id))
    for task_id, group in groupby(rows, key=lambda row: row.task_id):
        yield int(task_id), [read_event(row) for row in group]


def _ordinal(day: date | None) -> int | None:
    return day.toordinal() if day else None


def _interval_row(task_id: int, kind: TaskKind, interval: TaskInterval) -> tuple[Any, ...]:
    return (
        task_id, to_ms(interval.valid_from), to_ms(interval.valid_to) if interval.valid_to else OPEN_END_MS, int(kind),
        WORK_CODES[interval.work_state], interval.assigned_agency, interval.holder, _ordinal(interval.due),
        _ordinal(interval.first_due), _ordinal(interval.stopped_on), interval.office_days, interval.is_reported,
        interval.is_starred, interval.received_s, interval.returns, interval.open_petitions,
    )  # fmt: skip


def _item_rows(task_id: int, state: TaskState) -> list[tuple[Any, ...]]:
    return [
        (
            task_id, item.event, item.kind.value, item.agency, to_ms(item.since), _ordinal(item.due), item.is_late,
            item.actor, item.proposed and item.proposed.value,
        )
        for item in state.items
    ]  # fmt: skip


def _task_values(state: TaskState, act: Act) -> dict[str, Any]:
    return {
        "version": state.version, "changed_ms": to_optional_ms(state.changed_at), "last_act": act.value,
        "percent": state.percent, "reported_ms": to_optional_ms(state.reported_at),
        "paused_until": _ordinal(state.paused_until), "effect_on": _ordinal(state.effect_on),
        "extensions": state.extensions,
    }  # fmt: skip


@reads_records
def read_event(row: Row[Any]) -> TaskEvent:
    """The event of a row of EVENTS."""
    return TaskEvent(
        row.id, row.task, Act(row.act), from_ms(row.known_ms), row.actor, row.position, row.on_behalf_of,
        read_stated(row.body), from_optional_ms(row.clock_ms),
    )  # fmt: skip
