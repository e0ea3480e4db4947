"""Events that end without a report of their own: another one replaces them, or their source lists them no more."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

from sqlalchemy import Connection, select

from ioc.domain.base.clock_set_back import monotonic_ms
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Event, EventStage
from ioc.storage.db import current_and_log
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.schema import event_current, event_log
from ioc.storage.events.rows import current_rows


def replaced_keys(events: Iterable[Event]) -> set[str]:
    """The keys of the events that others replace."""
    return {key for event in events for key in event.replaces if key != event.key}


def unlisted_keys(
    conn: Connection,
    source: str,
    events: Sequence[Event],
    complete_kinds: Set[str],
    recorded_keys: Set[str] = frozenset(),
) -> list[str]:
    """The keys of the open events of the complete kinds that a source lists no more, in their order.

    `recorded_keys`: those that it lists beside `events`. What they replace is not unlisted: it is cancelled.
    """
    if not complete_kinds:
        return []
    query = select(event_current.c.key).where(
        event_current.c.source == source,
        event_current.c.kind.in_(complete_kinds),
        event_current.c.stage == EventStage.OPEN,
    )
    others = recorded_keys | {event.key for event in events} | replaced_keys(events)
    return [key for key in conn.execute(query.order_by(event_current.c.key)).scalars() if key not in others]


def close(conn: Connection, source: str, keys: Sequence[str], known_at: datetime) -> None:
    """Closes open events of a source."""
    append_changed(conn, closed_rows(conn, source, keys, known_at))


def closed_rows(conn: Connection, source: str, keys: Sequence[str], known_at: datetime) -> list[LogRow]:
    """The rows of open events, closed."""
    closed = {"stage": EventStage.CLOSED.value, "closed_ms": to_ms(known_at)}
    return [
        row | closed | {"known_ms": monotonic_ms(known_at, row["known_ms"])}
        for row in current_rows(conn, source, keys).values()
    ]


def cancelled_rows(rows: Mapping[str, LogRow], keys: Set[str], known_at: datetime) -> list[LogRow]:
    """Of stored events, by key, those with `keys`, cancelled."""
    return [
        row | {"stage": EventStage.CANCELLED.value, "known_ms": monotonic_ms(known_at, row["known_ms"])}
        for key, row in rows.items()
        if key in keys
    ]


def append_changed(conn: Connection, rows: Iterable[LogRow]) -> None:
    """Appends changed rows to the log as the next revisions."""
    current_and_log.append(conn, event_current, event_log, [row | {"revision": row["revision"] + 1} for row in rows])
