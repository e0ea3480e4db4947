"""The store's version and its topics', by which a reader sees that something moved; and the poller's heartbeat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from ioc.domain.base.times import from_ms, to_ms, when
from ioc.storage.db.dialect import put
from ioc.storage.db.errors import StoreError
from ioc.storage.db.schema import heartbeat, version

TOPICS = ("readings", "kpis", "sources", "events", "config", "jobs", "access", "handed", "machine")


@dataclass(frozen=True, slots=True)
class Versions:
    """`known_at`: of the newest bump, None before the first. `beat`: when the poller last was alive, None for never."""

    store: int
    topics: dict[str, int]
    known_at: datetime | None
    beat: datetime | None


def bump(conn: Connection, topics: Iterable[str], now: datetime) -> datetime:
    """Moves the store's version and those of `topics`; the moment by which this transaction's facts are known.

    That moment never lies before an earlier one, even when the clock went back. Call it first in a transaction that
    logs, and log by what it gives.
    """
    moved = set(topics)
    if unknown := moved - set(TOPICS):
        raise StoreError(f"no such topic: {', '.join(sorted(unknown))}")
    # The row is changed before it is read, so that two writers on PostgreSQL take turns here.
    conn.execute(update(version).where(version.c.topic == "").values(number=version.c.number + 1))
    last = conn.execute(select(version.c.known_ms).where(version.c.topic == "")).scalar_one()
    known = max(to_ms(now), last)
    conn.execute(update(version).where(version.c.topic == "").values(known_ms=known))
    for topic in sorted(moved):
        conn.execute(
            update(version).where(version.c.topic == topic).values(number=version.c.number + 1, known_ms=known)
        )
    return from_ms(known)


def read(conn: Connection) -> Versions:
    """The versions as this view sees them."""
    rows = {topic: (number, known) for topic, number, known in conn.execute(select(version))}
    number, known = rows.pop("")
    beat = conn.execute(select(heartbeat.c.at_ms)).scalar()
    return Versions(
        number, {topic: one for topic, (one, _) in rows.items()},
        from_ms(known) if number else None, when(beat),
    )  # fmt: skip


def topic(conn: Connection, name: str) -> int:
    """The number of one topic."""
    return int(conn.execute(select(version.c.number).where(version.c.topic == name)).scalar_one())


def beat(conn: Connection, now: datetime) -> None:
    """The poller is alive; no version moves."""
    put(conn, heartbeat, [{"id": 1, "at_ms": to_ms(now)}])
