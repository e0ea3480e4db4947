"""The buckets in the database: adding what new readings bring, working out again what a correction touched.

Each reading stands once at every level: in the roll-up, in the bucket that the level fills, or still in the one that a
finer level fills, which goes up only when a newer one begins. So an ordinary reading moves one row and not three.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from ioc.storage.db.dialect import bulk_write
from ioc.storage.db.schema import open_bucket, reading, rollups
from ioc.storage.timeseries.rollup_math import (
    WIDTH,
    Bucket,
    Level,
    RawPoint,
    bucket_start,
    coarsen,
    empty_bucket,
    merge,
    minute_buckets,
)
from ioc.storage.timeseries.writer_cache import SeriesCacheEntry, bucket_from_row


class RollupWriter:
    """What one transaction does to the roll-ups; `flush` writes it. Each series is added once before a flush."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._closed: dict[Level, list[tuple[int | float, ...]]] = {level: [] for level in Level}
        self._changed_open: dict[tuple[int, Level], Bucket] = {}

    def add(self, entry: SeriesCacheEntry, items: Sequence[RawPoint]) -> None:
        """Readings that the store did not hold, by time."""
        self._add_to_level(entry, Level.MINUTE, minute_buckets(items))

    def _add_to_level(self, entry: SeriesCacheEntry, level: Level, buckets: Sequence[Bucket]) -> None:
        """What is not the newest bucket of `level` any more goes to its roll-up, and to the next level."""
        held, older = entry.open_buckets.get(level), []
        for one in buckets:
            if held is None:
                held = one
            elif one.start == held.start:
                held = merge(held, one)
            elif one.start < held.start:
                older.append(one)
            else:
                older.append(held)
                held = one
        if held is not None:
            entry.open_buckets[level] = self._changed_open[entry.series_id, level] = held
        if older:
            self._closed[level] += [(entry.series_id, *one) for one in older]
            if level is not Level.DAY:
                self._add_to_level(entry, Level(level + 1), coarsen(Level(level + 1), older))

    def flush(self) -> None:
        """Writes what was added."""
        for level, rows in self._closed.items():
            bulk_write(self._conn, rollups[level], rows, "merge")
            rows.clear()
        bulk_write(self._conn, open_bucket, [(*key, *held) for key, held in self._changed_open.items()], "put")
        self._changed_open.clear()

    def correct(self, entry: SeriesCacheEntry, moments: Sequence[int], received: int) -> None:
        """Works out again every bucket that holds one of `moments`, whose readings changed at `received`."""
        for level in Level:
            self.flush()
            for start in sorted({bucket_start(level, moment) for moment in moments}):
                self._replace(entry, level, self._recompute(entry, level, start, received))
        self.flush()

    def _recompute(self, entry: SeriesCacheEntry, level: Level, start: int, received: int) -> Bucket:
        stop = start + WIDTH[level] - 1
        if level is Level.MINUTE:
            found = minute_buckets(raw_readings(self._conn, entry.series_id, start, stop))
        else:
            found = coarsen(level, closed_buckets(self._conn, Level(level - 1), entry.series_id, start, stop))
        return merge(found[0], empty_bucket(start, received)) if found else empty_bucket(start, received)

    def _replace(self, entry: SeriesCacheEntry, level: Level, bucket_: Bucket) -> None:
        held, table = entry.open_buckets.get(level), rollups[level]
        if held is None or bucket_.start > held.start:
            # A reading corrected from none to a value may open a newer bucket than the one being filled.
            self._add_to_level(entry, level, [bucket_])
        elif bucket_.start < held.start:
            bulk_write(self._conn, table, [(entry.series_id, *bucket_)], "put")
        else:
            entry.open_buckets[level] = self._changed_open[entry.series_id, level] = bucket_
            self._conn.execute(
                delete(table).where(table.c.series_id == entry.series_id, table.c.bucket_ms == bucket_.start)
            )


def closed_buckets(conn: Connection, level: Level, series_id: int, low: int, high: int) -> list[Bucket]:
    """The older buckets that start in low..high, by time."""
    table = rollups[level]
    columns = list(table.c)[1:]
    found = conn.execute(
        select(*columns)
        .where(table.c.series_id == series_id, table.c.bucket_ms.between(low, high))
        .order_by(table.c.bucket_ms)
    )
    return list(map(bucket_from_row, found.all()))


def buckets(conn: Connection, level: Level, series_id: int, low: int, high: int) -> list[Bucket]:
    """All buckets that start in low..high, by time; the empty ones too."""
    found = closed_buckets(conn, level, series_id, low, high)
    newer = conn.execute(
        select(*list(open_bucket.c)[2:])
        .where(open_bucket.c.series_id == series_id, open_bucket.c.level <= level)
        .order_by(open_bucket.c.level.desc())  # the finer, the newer
    )
    for one in map(bucket_from_row, newer):
        start = bucket_start(level, one.start)
        if found and found[-1].start == start:
            found[-1] = merge(found[-1], one)
        elif low <= start <= high:
            found.append(one._replace(start=start))
    return found


def raw_readings(conn: Connection, series_id: int, low: int, high: int) -> list[RawPoint]:
    """The readings with a value observed in low..high, by time. Keep the range short: it reads all series' rows."""
    found = conn.execute(
        select(reading.c.observed_ms, reading.c.value, reading.c.received_ms)
        .where(reading.c.observed_ms.between(low, high), reading.c.series_id == series_id, reading.c.value.is_not(None))
        .order_by(reading.c.observed_ms)
    )
    return [(at, value, received) for at, value, received in found]
