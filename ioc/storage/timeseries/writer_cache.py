"""What the writing process remembers of each series between transactions, so that a new reading needs no look-up.

The database confirms it: the row of `writer` holds a token of the transaction that wrote last. When that is not the
last one of this process (another one wrote since, it did not commit, or a server took over without it), the cache is
cleared and read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Row, select, update

from ioc.storage.db.damaged_rows import check_numbers, reads_records
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import latest, open_bucket, series, writer
from ioc.storage.timeseries.rollup_math import NEVER, Bucket, Level

SeriesOrigin = tuple[str, str]  # source, unit


@dataclass(slots=True)
class SeriesCacheEntry:
    """A series: its latest reading, and the open bucket of each level. Times in ms.

    `stored_until`: no stored reading is later. Readings of a clock that was ahead may be later than the latest one.
    """

    series_id: int
    raw_since: int
    newest_at: int = NEVER
    value: float | None = None
    quality: int = 0
    received: int = NEVER
    stored_until: int = NEVER
    open_buckets: dict[Level, Bucket] = field(default_factory=dict)


class WriterCache:
    """The entries of one process, by series key. `token`: of its last transaction."""

    def __init__(self) -> None:
        self.token = token_hex(16)
        self.entries: dict[str, SeriesCacheEntry] = {}

    def clear(self) -> None:
        """To be called when a transaction did not commit, or when another process wrote."""
        self.entries.clear()


def load_entries(conn: Connection, origins: Mapping[str, SeriesOrigin]) -> dict[str, SeriesCacheEntry]:
    """The cache, with an entry for each key of `origins`; unknown series are created. RuntimeError outside of
    `Store.write()`.
    """
    cache = _confirmed_cache(conn)
    missing = [key for key in origins if key not in cache.entries]
    for start in range(0, len(missing), KEYS_PER_QUERY):
        _load(conn, cache, missing[start : start + KEYS_PER_QUERY])
    unknown = [key for key in missing if key not in cache.entries]
    if unknown:
        rows = [new_series_row(key, *origins[key], "normal") for key in unknown]
        conn.execute(series.insert(), rows)
        _load(conn, cache, unknown)
    return cache.entries


def new_series_row(key: str, source: str, unit: str, retention_class: str) -> dict[str, Any]:
    """The row of a series without readings."""
    return {
        "key": key, "source": source, "unit": unit, "retention_class": retention_class, "raw_since_ms": NEVER,
        "minutes_since_ms": NEVER,
    }  # fmt: skip


def invalidate(conn: Connection) -> None:
    """Clears the cache of this process: after a change of series that went past it."""
    cache = conn.info.get("writer_cache")
    if isinstance(cache, WriterCache):
        cache.clear()


def _confirmed_cache(conn: Connection) -> WriterCache:
    cache = conn.info.get("writer_cache")
    if not isinstance(cache, WriterCache):
        raise RuntimeError("readings are written inside Store.write()")
    if conn.info.get("is_writer_confirmed"):
        return cache
    # FOR UPDATE lets writers of readings through one at a time on PostgreSQL; SQLite has one writer anyway.
    token = conn.execute(select(writer.c.token).with_for_update()).scalar_one()
    if token != cache.token:
        cache.clear()
    cache.token = token_hex(16)
    conn.execute(update(writer).values(token=cache.token))
    conn.info["is_writer_confirmed"] = True
    return cache


@reads_records
def _load(conn: Connection, cache: WriterCache, keys: list[str]) -> None:
    rows = conn.execute(
        select(series.c.key, series.c.id, series.c.raw_since_ms, latest)
        .join_from(series, latest, latest.c.series_id == series.c.id, isouter=True)
        .where(series.c.key.in_(keys))
    ).all()
    by_id: dict[int, SeriesCacheEntry] = {}
    for row in rows:
        check_numbers(row[1:])
        entry = SeriesCacheEntry(row.id, row.raw_since_ms)
        if row.observed_ms is not None:
            entry.newest_at = entry.stored_until = row.observed_ms
            entry.value = row.value
            entry.quality, entry.received = row.quality, row.received_ms
        by_id[row.id] = cache.entries[row.key] = entry
    for row in conn.execute(select(open_bucket).where(open_bucket.c.series_id.in_(list(by_id)))):
        check_numbers(row)
        entry, bucket = by_id[row.series_id], bucket_from_row(row[2:])
        entry.open_buckets[Level(row.level)] = bucket
        entry.stored_until = max(entry.stored_until, bucket.last_at)


def bucket_from_row(row: Row[Any] | tuple[Any, ...]) -> Bucket:
    """The bucket of the columns from `bucket_ms` on."""
    return Bucket._make(row)
