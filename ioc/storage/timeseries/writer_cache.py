"""What the writing process remembers between transactions, so that an ordinary reading needs no look-up.

It is a guess that the database confirms: the `writer` row holds the token of the memory that wrote last. Another
process's token there, or a transaction that did not commit, and everything is forgotten and read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Row, select, update

from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import latest, open_bucket, series, writer
from ioc.storage.timeseries.rollup_math import NEVER, Bucket, Level

SeriesOrigin = tuple[str, str]  # source, unit


@dataclass(slots=True)
class SeriesCacheEntry:
    """A series as its writer knows it: the newest reading, and the buckets that it is filling."""

    series_id: int
    raw_since: int
    newest_at: int = NEVER
    value: float | None = None
    quality: int = 0
    received: int = NEVER
    open_buckets: dict[Level, Bucket] = field(default_factory=dict)


class WriterCache:
    """The standings of one process, by series key."""

    def __init__(self) -> None:
        self.token = token_hex(16)
        self.entries: dict[str, SeriesCacheEntry] = {}

    def clear(self) -> None:
        """After a transaction that did not commit, or when someone else wrote."""
        self.entries.clear()


def load_entries(conn: Connection, origins: Mapping[str, SeriesOrigin]) -> dict[str, SeriesCacheEntry]:
    """The standing of each series; unknown ones are created by their origin. Only inside `Store.write()`."""
    memory = _confirmed_cache(conn)
    missing = [key for key in origins if key not in memory.entries]
    for start in range(0, len(missing), KEYS_PER_QUERY):
        _load(conn, memory, missing[start : start + KEYS_PER_QUERY])
    fresh = [key for key in missing if key not in memory.entries]
    if fresh:
        rows = [new_series_row(key, *origins[key], "normal") for key in fresh]
        conn.execute(series.insert(), rows)
        _load(conn, memory, fresh)
    return memory.entries


def new_series_row(key: str, source: str, unit: str, retention_class: str) -> dict[str, Any]:
    """The row of a series that nothing is known of yet."""
    return {
        "key": key,
        "source": source,
        "unit": unit,
        "retention_class": retention_class,
        "raw_since_ms": NEVER,
        "minutes_since_ms": NEVER,
    }


def invalidate(conn: Connection) -> None:
    """Makes this process read its standings again: after a change that went past them."""
    memory = conn.info.get("writer_cache")
    if isinstance(memory, WriterCache):
        memory.clear()


def _confirmed_cache(conn: Connection) -> WriterCache:
    memory = conn.info.get("writer_cache")
    if not isinstance(memory, WriterCache):
        raise RuntimeError("readings are written inside Store.write()")
    if conn.info.get("is_writer_confirmed"):
        return memory
    # FOR UPDATE lets writers of readings through one at a time on PostgreSQL; SQLite has one writer anyway.
    token = conn.execute(select(writer.c.token).with_for_update()).scalar_one()
    if token != memory.token:
        memory.clear()
        conn.execute(update(writer).values(token=memory.token))
    conn.info["is_writer_confirmed"] = True
    return memory


def _load(conn: Connection, cache: WriterCache, keys: list[str]) -> None:
    found = conn.execute(
        select(series.c.key, series.c.id, series.c.raw_since_ms, latest)
        .join_from(series, latest, latest.c.series_id == series.c.id, isouter=True)
        .where(series.c.key.in_(keys))
    ).all()
    by_id: dict[int, SeriesCacheEntry] = {}
    for row in found:
        standing = SeriesCacheEntry(row.id, row.raw_since_ms)
        if row.observed_ms is not None:
            standing.newest_at, standing.value = row.observed_ms, row.value
            standing.quality, standing.received = row.quality, row.received_ms
        by_id[row.id] = cache.entries[row.key] = standing
    for row in conn.execute(select(open_bucket).where(open_bucket.c.series_id.in_(list(by_id)))):
        by_id[row.series_id].open_buckets[Level(row.level)] = bucket_from_row(row[2:])


def bucket_from_row(row: Row[Any] | tuple[Any, ...]) -> Bucket:
    """The columns from `bucket` on as a Bucket."""
    return Bucket._make(row)
