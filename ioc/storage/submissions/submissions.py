"""What agencies handed in, and who was urged: two logs, read from a line on, since no line ever changes.

Whoever writes bumps the topic "submissions" first: so writers take turns, and numbers rise in the order of commits.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.submissions.submission import Reminder, SubmissionChannel, SubmissionEvent, SubmissionEventType
from ioc.storage.submissions.schema import reminder, submission_event

SubmissionValues = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class SubmissionEventRow:
    """A line to be added; `act.id` is not looked at. `values`: of what was sent."""

    event: SubmissionEvent
    values: SubmissionValues


def add(conn: Connection, event: SubmissionEvent, values: SubmissionValues | None = None) -> SubmissionEvent:
    """Adds a line; the act with its number."""
    made = conn.execute(
        submission_event.insert().returning(submission_event.c.id), _row(event, values or {})
    ).scalar_one()
    return _with_id(event, made)


def add_all(conn: Connection, rows: Sequence[SubmissionEventRow]) -> None:
    """The same for many lines whose numbers nobody needs."""
    if rows:
        conn.execute(submission_event.insert(), [_row(one.event, one.values) for one in rows])


def add_reminder(conn: Connection, item: Reminder) -> None:
    """Adds a reminder; `one.id` is not looked at."""
    conn.execute(
        reminder.insert(),
        {
            "known_ms": to_ms(item.at),
            "obligation": item.obligation,
            "period": item.period,
            "actor": item.actor,
            "agency": item.agency,
            "reason": item.reason,
        },
    )


def list_events(
    conn: Connection, after: int = 0, known_by: datetime | None = None, since: datetime | None = None
) -> list[SubmissionEvent]:  # fmt: skip
    """The lines beyond number `after`, in their order; those known `by` a moment, `since` one."""
    asked = select(*_EVENT_COLUMNS).where(submission_event.c.id > after).order_by(submission_event.c.id)
    if since is not None:
        asked = asked.where(submission_event.c.known_ms >= to_ms(since))
    if known_by is not None:
        asked = asked.where(submission_event.c.known_ms <= to_ms(known_by))
    return [_event(row) for row in conn.execute(asked)]


def period_events(conn: Connection, duty: str, period: str) -> list[SubmissionEvent]:
    """The lines of one period of a duty."""
    asked = select(*_EVENT_COLUMNS).where(submission_event.c.obligation == duty, submission_event.c.period == period)
    return [_event(row) for row in conn.execute(asked.order_by(submission_event.c.id))]


def get_values(conn: Connection, event_id: int) -> dict[str, float | None]:
    """The figures of the submission of that number; none where there is no such one."""
    found = conn.execute(select(submission_event.c.reported_values).where(submission_event.c.id == event_id)).scalar()
    return {} if found is None else dict(json.loads(found))


def get(conn: Connection, event_id: int) -> SubmissionEvent | None:
    """The line of that number."""
    found = conn.execute(select(*_EVENT_COLUMNS).where(submission_event.c.id == event_id)).first()
    return None if found is None else _event(found)


def reminders(conn: Connection, after: int = 0, known_by: datetime | None = None, duty: str = "") -> list[Reminder]:
    """Who was urged, beyond number `after`; those known `by` a moment, those over one `duty`."""
    asked = select(reminder).where(reminder.c.id > after).order_by(reminder.c.id)
    if duty:
        asked = asked.where(reminder.c.obligation == duty)
    if known_by is not None:
        asked = asked.where(reminder.c.known_ms <= to_ms(known_by))
    return [
        Reminder(row.id, row.obligation, row.period, from_ms(row.known_ms), row.actor, row.agency, row.reason)
        for row in conn.execute(asked)
    ]


_EVENT_COLUMNS = [one for one in submission_event.c if one.name != "reported_values"]


def _row(event: SubmissionEvent, figures: SubmissionValues) -> dict[str, object]:
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
        "reported_values": json.dumps(dict(figures), sort_keys=True),
    }


def _event(row: Row[tuple[object, ...]]) -> SubmissionEvent:
    return SubmissionEvent(
        row.id,
        row.obligation,
        row.period,
        SubmissionEventType(row.event_type),
        from_ms(row.known_ms),
        row.actor,
        row.agency,
        SubmissionChannel(row.channel),
        row.refers_to,
        row.reason,
        bool(row.awaits_approval),
    )


def _with_id(event: SubmissionEvent, number: int) -> SubmissionEvent:
    return SubmissionEvent(
        number,
        event.obligation,
        event.period,
        event.event_type,
        event.at,
        event.actor,
        event.agency,
        event.channel,
        event.refers_to,
        event.reason,
        event.awaits_approval,
    )
