"""Submissions and reminders: two append-only logs, read from an id on, since no row ever changes.

Whoever appends bumps the topic "submissions" first: so writers take turns, and ids rise in the order of commits.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    String,
    Table,
    Text,
    exists,
    func,
    select,
    text,
)

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.domain.submissions.submission import Reminder, SubmissionChannel, SubmissionEvent, SubmissionEventType
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.schema import big_serial, metadata

_IS_SET_BACK = text("clock_ms IS NOT NULL")
submission_event = Table(
    "submission_event", metadata,
    Column("id", big_serial(), primary_key=True), Column("known_ms", BigInteger, nullable=False),
    Column("obligation", String(120), nullable=False), Column("period", String(40), nullable=False),
    Column("event_type", String(20), nullable=False), Column("actor", String(120), nullable=False),
    Column("agency", String(120), nullable=False), Column("channel", String(20), nullable=False),
    Column("refers_to", BigInteger, nullable=False), Column("awaits_approval", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reported_values", Text, nullable=False),  # JSON; {} of an approval or a rejection
    # What the clock showed where it had been set back to before known_ms.
    Column("clock_ms", BigInteger, nullable=True),
    Index("submission_event_period", "obligation", "period", "id"),
    Index("submission_event_set_back", "id", sqlite_where=_IS_SET_BACK, postgresql_where=_IS_SET_BACK),
)  # fmt: skip
reminder = Table(
    "reminder", metadata,
    Column("id", big_serial(), primary_key=True), Column("known_ms", BigInteger, nullable=False),
    Column("obligation", String(120), nullable=False), Column("period", String(40), nullable=False),
    Column("actor", String(120), nullable=False), Column("agency", String(120), nullable=False),
    Column("reason", Text, nullable=False), Column("clock_ms", BigInteger, nullable=True),
)  # fmt: skip
_C = submission_event.c
_EVENT_COLUMNS = [column for column in _C if column.name != "reported_values"]

SubmissionValues = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class SubmissionEventRow:
    """An event to be appended, whose id is ignored, with the values that were submitted."""

    event: SubmissionEvent
    values: SubmissionValues


def add(conn: Connection, event: SubmissionEvent, values: SubmissionValues | None = None) -> SubmissionEvent:
    """Appends an event, ignoring its id; returns it with the id that it got."""
    inserted = submission_event.insert().returning(submission_event.c.id)
    return replace(event, id=conn.execute(inserted, _row(event, values or {})).scalar_one())


def add_all(conn: Connection, rows: Sequence[SubmissionEventRow]) -> None:
    """Appends many events whose ids nobody needs."""
    if rows:
        conn.execute(submission_event.insert(), [_row(row.event, row.values) for row in rows])


def add_reminder(conn: Connection, item: Reminder) -> None:
    """Appends a reminder, ignoring its id."""
    conn.execute(
        reminder.insert(),
        {
            "known_ms": to_ms(item.at),
            "obligation": item.obligation,
            "period": item.period,
            "actor": item.actor,
            "agency": item.agency,
            "reason": item.reason,
            "clock_ms": to_optional_ms(item.clock_at),
        },
    )


def list_events(
    conn: Connection,
    after: int = 0,
    known_by: datetime | None = None,
    since: datetime | None = None,
) -> list[SubmissionEvent]:
    """The events with an id above `after`, known by and since these moments."""
    query = select(*_EVENT_COLUMNS).where(submission_event.c.id > after).order_by(submission_event.c.id)
    if since is not None:
        query = query.where(submission_event.c.known_ms >= to_ms(since))
    if known_by is not None:
        query = query.where(submission_event.c.known_ms <= to_ms(known_by))
    return [_event(row) for row in conn.execute(query)]


def newest_events(
    conn: Connection, obligation: str, limit: int, *, period: str = "", since: datetime | None = None
) -> tuple[list[SubmissionEvent], int]:
    """The newest events of an obligation, in their order, and the number of older ones.

    `period`: of this period, of all for "". `since`: those known since then.
    """
    conditions = [_C.obligation == obligation]
    if period:
        conditions.append(_C.period == period)
    if since is not None:
        conditions.append(_C.known_ms >= to_ms(since))
    newest = select(*_EVENT_COLUMNS).where(*conditions).order_by(_C.id.desc()).limit(limit)
    events = [_event(row) for row in conn.execute(newest)][::-1]
    if len(events) < limit:
        return events, 0
    total = conn.execute(select(func.count()).select_from(submission_event).where(*conditions)).scalar_one()
    return events, total - len(events)


def deciding_events(conn: Connection, obligation: str, period: str) -> list[SubmissionEvent]:
    """The events of a period that decide its status, in their order: at most eight, however often it was corrected.

    They are the last submission, the first and the last that count, and the last of these that was not by telephone;
    with the decisions on them. `submission_status` gives the same for them as for all events of the period: a
    submission is refused while another one waits, so submissions and decisions on them come in the same order.
    """
    of_period = (_C.obligation == obligation) & (_C.period == period)
    is_submission = _C.event_type == SubmissionEventType.SUBMITTED.value
    counts = (_C.event_type == SubmissionEventType.APPROVED.value) | (is_submission & _C.awaits_approval.is_(False))
    by_id = select(_C.id).where(of_period).limit(1)
    ids = (
        by_id.where(is_submission).order_by(_C.id.desc()),
        by_id.where(counts).order_by(_C.id),
        by_id.where(counts).order_by(_C.id.desc()),
        by_id.where(counts, _C.channel != SubmissionChannel.PHONE.value).order_by(_C.id.desc()),
    )
    chosen = _by_id(conn, _C.id.in_([query.scalar_subquery() for query in ids]))
    if not chosen:
        return []
    last = max(event.id for event in chosen.values() if event.event_type is SubmissionEventType.SUBMITTED)
    approved = [event.refers_to for event in chosen.values() if event.event_type is SubmissionEventType.APPROVED]
    decision = of_period & (_C.id > last) & (_C.refers_to == last) & ~is_submission
    chosen |= _by_id(conn, _C.id.in_(approved) | decision)
    return [event for _, event in sorted(chosen.items())]


def _by_id(conn: Connection, condition: ColumnElement[bool]) -> dict[int, SubmissionEvent]:
    return {row.id: _event(row) for row in conn.execute(select(*_EVENT_COLUMNS).where(condition))}


def awaiting_approval(conn: Connection, since: datetime) -> list[SubmissionEvent]:
    """The submissions since then that nobody has decided on, in their order: nothing of their period follows them."""
    later = submission_event.alias()
    followed = exists().where(later.c.obligation == _C.obligation, later.c.period == _C.period, later.c.id > _C.id)
    query = select(*_EVENT_COLUMNS).where(
        _C.known_ms >= to_ms(since), _C.awaits_approval, _C.event_type == SubmissionEventType.SUBMITTED.value, ~followed
    )
    return [_event(row) for row in conn.execute(query.order_by(_C.id))]


def last_set_back(conn: Connection, start: datetime, end: datetime) -> SubmissionEvent | None:
    """The last event, of any period, that was logged when a clock set back showed a time from `start` to `end`."""
    query = select(*_EVENT_COLUMNS).where(_C.clock_ms.is_not(None), _C.clock_ms.between(to_ms(start), to_ms(end)))
    row = conn.execute(query.order_by(_C.id.desc()).limit(1)).first()
    return None if row is None else _event(row)


def get_values(conn: Connection, event_ids: Collection[int]) -> dict[int, dict[str, float | None]]:
    """The values of the submissions of these ids, by id; of an id without one there is none."""
    query = select(_C.id, _C.reported_values).where(_C.id.in_(event_ids))
    return {row.id: _values(row.reported_values) for row in conn.execute(query)}


@reads_records
def _values(text: str) -> dict[str, float | None]:
    return dict(json.loads(text))


def get(conn: Connection, event_id: int) -> SubmissionEvent | None:
    """The event of that id."""
    row = conn.execute(select(*_EVENT_COLUMNS).where(submission_event.c.id == event_id)).first()
    return None if row is None else _event(row)


def reminders(
    conn: Connection, after: int = 0, known_by: datetime | None = None, obligation: str = ""
) -> list[Reminder]:
    """The reminders with an id above `after`, in their order; known by a moment; of one obligation, of all for ""."""
    query = select(reminder).where(reminder.c.id > after).order_by(reminder.c.id)
    if obligation:
        query = query.where(reminder.c.obligation == obligation)
    if known_by is not None:
        query = query.where(reminder.c.known_ms <= to_ms(known_by))
    return [
        Reminder(
            row.id,
            row.obligation,
            row.period,
            from_ms(row.known_ms),
            row.actor,
            row.agency,
            row.reason,
            from_optional_ms(row.clock_ms),
        )
        for row in conn.execute(query)
    ]


def _row(event: SubmissionEvent, values: SubmissionValues) -> dict[str, object]:
    return {
        "known_ms": to_ms(event.at),
        "obligation": event.obligation,
        "period": event.period,
        "event_type": event.event_type.value,
        "actor": event.actor,
        "agency": event.agency,
        "channel": event.channel.value,
        "refers_to": event.refers_to,
        "awaits_approval": event.awaits_approval,
        "reason": event.reason,
        "clock_ms": to_optional_ms(event.clock_at),
        "reported_values": json.dumps(dict(values), sort_keys=True),
    }


@reads_records
def _event(row: Row[tuple[object, ...]]) -> SubmissionEvent:
    return SubmissionEvent(
        id=row.id,
        obligation=row.obligation,
        period=row.period,
        event_type=SubmissionEventType(row.event_type),
        at=from_ms(row.known_ms),
        actor=row.actor,
        agency=row.agency,
        channel=SubmissionChannel(row.channel),
        refers_to=row.refers_to,
        reason=row.reason,
        awaits_approval=bool(row.awaits_approval),
        clock_at=from_optional_ms(row.clock_ms),
    )
