"""Change counters: one for the whole store and one per topic, by which readers notice changes; and the heartbeat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, null, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, monotonic_ms, was_set_back
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.db.dialect import is_postgres, upsert
from ioc.storage.db.schema import change_counter, heartbeat

# "history": values of the past were written, by a backfill, or newest readings were withdrawn.
TOPICS = (
    "readings", "kpis", "sources", "events", "config", "jobs", "access", "submissions", "host_health", "history",
    "directives",
)  # fmt: skip
_STORE_TOPIC = ""
_TURN_TOPIC = "directives"  # its writers take turns among themselves before they hold up anybody else
HEARTBEAT_LIMIT = timedelta(seconds=5)  # the age from which the poller counts as not working; it beats once a second


_BEAT_ID = 1
_BEAT = select(heartbeat.c.at_ms).where(heartbeat.c.id == _BEAT_ID).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Versions:
    """The counters of the store and of its topics.

    `known_at`: when the newest change became known, None before the first. `heartbeat_at`: of the poller, None for
    never. `server_start`: of the PostgreSQL server that counts, None with SQLite.
    """

    store: int
    topics: dict[str, int]
    known_at: datetime | None
    heartbeat_at: datetime | None
    server_start: datetime | None = None

    def continues(self, earlier: "Versions") -> bool:
        """Whether all that `earlier` counted is counted here as well.

        A server that took over may lack the newest of it, and have counted other rows up to the same number.
        """
        return self.server_start == earlier.server_start and self.store >= earlier.store

    def is_poller_working(self, now: datetime) -> bool:
        """Whether the poller wrote its heartbeat less than HEARTBEAT_LIMIT ago."""
        return self.heartbeat_at is not None and is_within(HEARTBEAT_LIMIT, self.heartbeat_at, now, CLOCK_TOLERANCE)


class TopicVersion(NamedTuple):
    """The counter of one topic. `server_start`: as in `Versions`."""

    value: int
    server_start: datetime | None


def bump(conn: Connection, topics: Iterable[str], now: datetime) -> datetime:
    """Increments the store's counter and those of `topics`; returns the known time of this transaction.

    The known time never lies before an earlier one, even when the clock went back. Call it first in a transaction that
    appends to a log, and log with the time that it returns. ValueError for an unknown topic.
    """
    changed = set(topics)
    if unknown := changed - set(TOPICS):
        raise ValueError(f"no such topic: {', '.join(sorted(unknown))}")
    if _TURN_TOPIC in changed:
        take_turn(conn, now)
    # The row is updated before it is read, so that two writers on PostgreSQL take turns here.
    _increment(conn, _STORE_TOPIC)
    last_known = conn.execute(
        select(change_counter.c.known_ms).where(change_counter.c.topic == _STORE_TOPIC)
    ).scalar_one()
    known = monotonic_ms(now, last_known)
    conn.execute(update(change_counter).where(change_counter.c.topic == _STORE_TOPIC).values(known_ms=known))
    for topic in sorted(changed):
        _increment(conn, topic, known_ms=known)
    return from_ms(known)


def bump_measured(conn: Connection, topics: Iterable[str], now: datetime) -> datetime:
    """As `bump`, for logs of what the poller measures: their known time is `now` also when the clock was set back.

    See `ioc.storage.clock_correction`. Acts of people keep their order instead.
    """
    known = bump(conn, topics, now)
    return now if was_set_back(known, now, CLOCK_TOLERANCE) else known


def take_turn(conn: Connection, now: datetime, wait_seconds: int | None = None) -> datetime:
    """Keeps other writers of "directives" waiting until this transaction ends, and on PostgreSQL nobody else.

    For what takes its time before `bump`, by which all writers wait: so the poller goes on. Returns the known time that
    `bump` would return now; it may return a later one. `wait_seconds`: how long it waits, and `bump` after it; None: as
    any statement. StoreError (BUSY).
    """
    if is_postgres(conn):
        if wait_seconds is not None:
            conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{wait_seconds:d}s'")
        mine = select(change_counter.c.topic).where(change_counter.c.topic == _TURN_TOPIC)
        conn.execute(mine.with_for_update())
    known = select(change_counter.c.known_ms).where(change_counter.c.topic == _STORE_TOPIC)
    return from_ms(monotonic_ms(now, conn.execute(known).scalar_one()))


def _increment(conn: Connection, topic: str, **values: int) -> None:
    mine = update(change_counter).where(change_counter.c.topic == topic)
    conn.execute(mine.values(value=change_counter.c.value + 1, **values))


def read(conn: Connection) -> Versions:
    """The counters in this connection's view."""
    counters = {row.topic: row for row in conn.execute(select(change_counter))}
    store = counters.pop(_STORE_TOPIC)
    beat_ms, started = conn.execute(select(_BEAT, _server_start(conn))).one()
    return Versions(
        store.value,
        {topic: row.value for topic, row in counters.items()},
        from_ms(store.known_ms) if store.value else None,
        from_optional_ms(beat_ms),
        started,
    )


def topic_version(conn: Connection, topic_name: str) -> TopicVersion:
    """The counter of one topic."""
    mine = select(change_counter.c.value, _server_start(conn)).where(change_counter.c.topic == topic_name)
    return TopicVersion(*conn.execute(mine).one())


def _server_start(conn: Connection) -> ColumnElement[Any]:
    return func.pg_postmaster_start_time() if is_postgres(conn) else null()


def record_heartbeat(conn: Connection, now: datetime) -> None:
    """Notes that the poller is alive. No counter changes."""
    upsert(conn, heartbeat, [{"id": _BEAT_ID, "at_ms": to_ms(now)}])
