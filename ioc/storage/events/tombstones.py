"""Events that another event has replaced. They stay cancelled, in whatever order the reports arrive."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Event, EventStage
from ioc.storage.db.dialect import KEYS_PER_QUERY, upsert
from ioc.storage.db.schema import event_current, event_tombstone
from ioc.storage.events.endings import replaced_keys


def cancel_replaced(conn: Connection, source: str, events: Sequence[Event], known_at: datetime) -> list[Event]:
    """`events`, with those cancelled that one of them, or an earlier event, has replaced.

    The keys that they replace are remembered, whether such an event was ever reported or not.
    """
    replaced = replaced_keys(events)
    remembered = _replaced_keys(conn, source, {event.key for event in events} | replaced)
    rows = [{"source": source, "key": key, "known_ms": to_ms(known_at)} for key in sorted(replaced - remembered)]
    upsert(conn, event_tombstone, rows)
    cancelled = replaced | remembered
    return [replace(event, stage=EventStage.CANCELLED) if event.key in cancelled else event for event in events]


def sources(conn: Connection) -> list[str]:
    """The sources that have tombstones."""
    return list(conn.execute(select(event_tombstone.c.source).distinct()).scalars())


def sweep(conn: Connection, source: str, before: datetime) -> None:
    """Deletes tombstones from before that moment whose event is not stored any more."""
    is_stored = exists().where(event_current.c.source == source, event_current.c.key == event_tombstone.c.key)
    conn.execute(
        delete(event_tombstone).where(
            event_tombstone.c.source == source,
            event_tombstone.c.known_ms < to_ms(before),
            ~is_stored,
        )
    )


def _replaced_keys(conn: Connection, source: str, keys: Iterable[str]) -> set[str]:
    replaced: set[str] = set()
    wanted = sorted(keys)
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        query = select(event_tombstone.c.key).where(
            event_tombstone.c.source == source, event_tombstone.c.key.in_(wanted[start : start + KEYS_PER_QUERY])
        )
        replaced |= set(conn.execute(query).scalars())
    return replaced
