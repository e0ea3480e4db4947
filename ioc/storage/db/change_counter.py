"""The store's version and its topics', by which a reader sees that something moved; and the poller's heartbeat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import change_counter, heartbeat

TOPICS = ("readings", "kpis", "sources", "events", "config", "jobs", "access", "submissions", "host_health")


@dataclass(frozen=True, slots=True)
class Versions:
    """`known_at`: of the newest bump, None before the first. `beat`: when the poller last was alive, None for never."""

    store: int
    topics: dict[str, int]
    known_at: datetime | None
    heartbeat_at: datetime | None


def bump(conn: Connection, topics: Iterable[str], now: datetime) -> datetime:
    """Moves the store's version and those of `topics`; the moment by which this transaction's facts are known.

    That moment never lies before an earlier one, even when the clock went back. Call it first in a transaction that
    logs, and log by what it gives.
    """
    moved = set(topics)
    if unknown := moved - set(TOPICS):
        raise ValueError(f"no such topic: {', '.join(sorted(unknown))}")
    # The row is changed before it is read, so that two writers on PostgreSQL take turns here.
    conn.execute(update(change_counter).where(change_counter.c.topic == "").values(value=change_counter.c.value + 1))
    last = conn.execute(select(change_counter.c.known_ms).where(change_counter.c.topic == "")).scalar_one()
    known = max(to_ms(now), last)
    conn.execute(update(change_counter).where(change_counter.c.topic == "").values(known_ms=known))
    for topic in sorted(moved):
        conn.execute(
            update(change_counter)
            .where(change_counter.c.topic == topic)
            .values(value=change_counter.c.value + 1, known_ms=known)
        )
    return from_ms(known)


def read(conn: Connection) -> Versions:
    """The versions as this view sees them."""
    rows = {topic: (number, known) for topic, number, known in conn.execute(select(change_counter))}
    number, known = rows.pop("")
    beat = conn.execute(select(heartbeat.c.at_ms)).scalar()
    return Versions(
        number, {topic: one for topic, (one, _) in rows.items()},
        from_ms(known) if number else None, from_optional_ms(beat),
    )  # fmt: skip


def topic_version(conn: Connection, topic_name: str) -> int:
    """The number of one topic."""
    return int(conn.execute(select(change_counter.c.value).where(change_counter.c.topic == topic_name)).scalar_one())


def record_heartbeat(conn: Connection, now: datetime) -> None:
    """The poller is alive; no version moves."""
    upsert(conn, heartbeat, [{"id": 1, "at_ms": to_ms(now)}])
