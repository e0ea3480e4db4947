"""Submissions and reminders: two append-only logs, read from an id on, since no row ever changes.

Whoever appends bumps the topic "submissions" first: so writers take turns, and ids rise in the order of commits.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Row, String, Table, Text, select, text

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.domain.submissions.submission import Reminder, SubmissionChannel, SubmissionEvent, SubmissionEventType
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
_EVENT_COLUMNS = [column for column in submission_event.c if column.name != "reported_values"]

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
            "clock_ms": _optional_ms(item.clock_at),
        },
    )


def list_events(
    conn: Connection,
    after: int = 0,
    known_by: datetime | None = None,
    since: datetime | None = None,
    obligation: str = "",
) -> list[SubmissionEvent]:
    """The events with an id above `after`, known by and since these moments; of one obligation, all for ""."""
    query = select(*_EVENT_COLUMNS).where(submission_event.c.id > after).order_by(submission_event.c.id)
    if obligation:
        query = query.where(submission_event.c.obligation == obligation)
    if since is not None:
        query = query.where(submission_event.c.known_ms >= to_ms(since))
    if known_by is not None:
        query = query.where(submission_event.c.known_ms <= to_ms(known_by))
    return [_event(row) for row in conn.execute(query)]


def period_events(conn: Connection, obligation: str, period: str) -> list[SubmissionEvent]:
    """The events of one period of an obligation, in their order."""
    query = select(*_EVENT_COLUMNS).where(
        submission_event.c.obligation == obligation, submission_event.c.period == period
    )
    return [_event(row) for row in conn.execute(query.order_by(submission_event.c.id))]


def set_backs(conn: Connection) -> list[SubmissionEvent]:
    """The events of all periods that were logged after the clock was set back, in their order."""
    query = select(*_EVENT_COLUMNS).where(submission_event.c.clock_ms.is_not(None)).order_by(submission_event.c.id)
    return [_event(row) for row in conn.execute(query)]


def get_values(conn: Connection, event_id: int) -> dict[str, float | None]:
    """The values of the submission of that id; empty where there is none."""
    values = conn.execute(select(submission_event.c.reported_values).where(submission_event.c.id == event_id)).scalar()
    return {} if values is None else dict(json.loads(values))


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
        "clock_ms": _optional_ms(event.clock_at),
        "reported_values": json.dumps(dict(values), sort_keys=True),
    }


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


def _optional_ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
