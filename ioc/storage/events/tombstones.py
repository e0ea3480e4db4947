"""Which events others have ended. It holds for good, in whatever order they are told: also for one that comes later."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Event, EventStage
from ioc.storage.db.dialect import KEYS_PER_QUERY, upsert
from ioc.storage.db.schema import event_current, event_tombstone
from ioc.storage.events.rows import sanitize

_MAX_KEY_LENGTH = 200  # characters of a key: no event has a longer one


def cancel_replaced(conn: Connection, source: str, events: Sequence[Event], known_at: datetime) -> list[Event]:
    """`events`, with those cancelled that one of them, or one that was told before, has replaced.

    What they replace is remembered, whether it was ever told or not.
    """
    told = {sanitize(key) for one in events for key in one.replaces if key != one.key}
    told = {key for key in told if len(key) <= _MAX_KEY_LENGTH}
    known = _replaced_keys(conn, source, {sanitize(one.key) for one in events} | told)
    rows = [{"source": source, "key": key, "known_ms": to_ms(known_at)} for key in sorted(told - known)]
    upsert(conn, event_tombstone, rows)
    ended = told | known
    return [replace(one, stage=EventStage.CANCELLED) if sanitize(one.key) in ended else one for one in events]


def sweep(conn: Connection, source: str, before: datetime) -> None:
    """Lets go what was ended before `before` and of which nothing is held any more."""
    held = select(event_current.c.key).where(event_current.c.source == source)
    conn.execute(
        delete(event_tombstone).where(
            event_tombstone.c.source == source,
            event_tombstone.c.known_ms < to_ms(before),
            event_tombstone.c.key.not_in(held),
        )
    )


def _replaced_keys(conn: Connection, source: str, keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    asked = sorted(keys)
    for start in range(0, len(asked), KEYS_PER_QUERY):
        query = select(event_tombstone.c.key).where(
            event_tombstone.c.source == source, event_tombstone.c.key.in_(asked[start : start + KEYS_PER_QUERY])
        )
        found |= set(conn.execute(query).scalars())
    return found
