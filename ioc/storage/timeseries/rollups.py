"""Roll-ups in the database: adding new readings, and recomputing what a correction touched.

Each reading is counted once at every level: in the roll-up of the level, in its open bucket, or in the open bucket of a
finer level, which is added one level up only when a newer one begins: an ordinary reading changes one row, not three.
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
    ReadingRow,
    bucket_start,
    coarsen,
    empty_bucket,
    merge,
    minute_buckets,
    single_bucket,
)
from ioc.storage.timeseries.writer_cache import SeriesCacheEntry, bucket_from_row


class RollupWriter:
    """Collects the changes of one transaction; `flush` writes them. Add each series once before a flush."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._closed: dict[Level, list[tuple[int | float, ...]]] = {level: [] for level in Level}
        self._changed_open: dict[tuple[int, Level], Bucket] = {}

    def add(self, entry: SeriesCacheEntry, items: Sequence[RawPoint]) -> None:
        """Adds readings that the store did not have, ordered by time."""
        self._add_to_level(entry, Level.MINUTE, minute_buckets(items))

    def add_hours(self, entry: SeriesCacheEntry, items: Sequence[RawPoint]) -> None:
        """Adds readings as `add` does, but stores no minutes of them except the open one, as after a sweep.

        For a writer that adds no minutes.
        """
        series_id, open_minute = entry.series_id, entry.open_buckets.get(Level.MINUTE)
        self.add(entry, items)
        kept = open_minute.start if open_minute else None  # the one that was open before
        minutes = self._closed[Level.MINUTE]
        self._closed[Level.MINUTE] = [row for row in minutes if row[0] != series_id or row[1] == kept]

    def _add_to_level(self, entry: SeriesCacheEntry, level: Level, buckets: Sequence[Bucket]) -> None:
        """Buckets that are not the newest of `level` any more are added to its roll-up and to the next level."""
        newest, older = entry.open_buckets.get(level), []
        for bucket in buckets:
            if newest is None:
                newest = bucket
            elif bucket.start == newest.start:
                newest = merge(newest, bucket)
            elif bucket.start < newest.start:
                older.append(bucket)
            else:
                older.append(newest)
                newest = bucket
        if newest is not None:
            entry.open_buckets[level] = self._changed_open[entry.series_id, level] = newest
        if older:
            self._closed[level] += [(entry.series_id, *bucket) for bucket in older]
            if level is not Level.DAY:
                self._add_to_level(entry, Level(level + 1), coarsen(Level(level + 1), older))

    def flush(self) -> None:
        """Writes the collected changes."""
        for level, rows in self._closed.items():
            bulk_write(self._conn, rollups[level], rows, "merge")
            rows.clear()
        bulk_write(self._conn, open_bucket, [(*key, *bucket) for key, bucket in self._changed_open.items()], "put")
        self._changed_open.clear()

    def correct(self, entry: SeriesCacheEntry, moments: Sequence[int], received: int) -> None:
        """Recomputes every bucket that contains one of `moments`, whose readings changed at `received`."""
        for level in Level:
            self.flush()
            starts = sorted({bucket_start(level, moment) for moment in moments})
            self._replace(entry, level, [self._recompute(entry, level, start, received) for start in starts])
        self.flush()

    def rebuild_hours(self, entry: SeriesCacheEntry, rows: Sequence[ReadingRow]) -> None:
        """Computes hours again of which `rows`, ordered by time, are all readings: without those in the database."""
        items = [
            empty_bucket(at, received) if value is None else single_bucket(at, (at, value, received))
            for at, value, _, received in rows
        ]
        minutes = coarsen(Level.MINUTE, items)
        self._replace(entry, Level.MINUTE, minutes)
        hours = coarsen(Level.HOUR, _without(entry.open_buckets.get(Level.MINUTE), minutes))
        self._replace(entry, Level.HOUR, hours)
        days = {bucket_start(Level.DAY, hour.start) for hour in _without(entry.open_buckets.get(Level.HOUR), hours)}
        if days:
            stop = max(days) + WIDTH[Level.DAY] - 1
            hours = closed_buckets(self._conn, Level.HOUR, entry.series_id, min(days), stop)
            self._replace(entry, Level.DAY, [day for day in coarsen(Level.DAY, hours) if day.start in days])
        self.flush()

    def _recompute(self, entry: SeriesCacheEntry, level: Level, start: int, received: int) -> Bucket:
        stop = start + WIDTH[level] - 1
        if level is Level.MINUTE:
            parts = minute_buckets(raw_readings(self._conn, entry.series_id, start, stop))
        else:
            parts = coarsen(level, closed_buckets(self._conn, Level(level - 1), entry.series_id, start, stop))
        return merge(parts[0], empty_bucket(start, received)) if parts else empty_bucket(start, received)

    def _replace(self, entry: SeriesCacheEntry, level: Level, buckets: Sequence[Bucket]) -> None:
        table, closed = rollups[level], []
        for bucket in buckets:
            newest = entry.open_buckets.get(level)
            if newest is None or bucket.start > newest.start:
                # A reading corrected from no value to a value may open a newer bucket than the open one.
                self._add_to_level(entry, level, [bucket])
            elif bucket.start < newest.start:
                closed.append((entry.series_id, *bucket))
            else:
                entry.open_buckets[level] = self._changed_open[entry.series_id, level] = bucket
                self._conn.execute(
                    delete(table).where(table.c.series_id == entry.series_id, table.c.bucket_ms == bucket.start)
                )
        bulk_write(self._conn, table, closed, "put")


def _without(newest: Bucket | None, buckets: Sequence[Bucket]) -> list[Bucket]:
    """`buckets` but the open one: only a newer bucket adds it to the next level."""
    return [bucket for bucket in buckets if newest is None or bucket.start != newest.start]


def closed_buckets(conn: Connection, level: Level, series_id: int, low: int, high: int) -> list[Bucket]:
    """The buckets of a roll-up that start in low..high, ordered by time; without the open ones."""
    table = rollups[level]
    columns = list(table.c)[1:]
    rows = conn.execute(
        select(*columns)
        .where(table.c.series_id == series_id, table.c.bucket_ms.between(low, high))
        .order_by(table.c.bucket_ms)
    )
    return list(map(bucket_from_row, rows.all()))


def buckets(conn: Connection, level: Level, series_id: int, low: int, high: int) -> list[Bucket]:
    """All buckets that start in low..high, ordered by time, including the open ones and empty ones."""
    result = closed_buckets(conn, level, series_id, low, high)
    open_rows = conn.execute(
        select(*list(open_bucket.c)[2:])
        .where(open_bucket.c.series_id == series_id, open_bucket.c.level <= level)
        .order_by(open_bucket.c.level.desc())  # the finer, the newer
    )
    for bucket in map(bucket_from_row, open_rows):
        start = bucket_start(level, bucket.start)
        if result and result[-1].start == start:
            result[-1] = merge(result[-1], bucket)
        elif low <= start <= high:
            result.append(bucket._replace(start=start))
    return result


def raw_readings(conn: Connection, series_id: int, low: int, high: int) -> list[RawPoint]:
    """The readings with a value observed in low..high, ordered by time. Keep the range short: it reads the rows of all
    series.
    """
    rows = conn.execute(
        select(reading.c.observed_ms, reading.c.value, reading.c.received_ms)
        .where(reading.c.observed_ms.between(low, high), reading.c.series_id == series_id, reading.c.value.is_not(None))
        .order_by(reading.c.observed_ms)
    )
    return [(at, value, received) for at, value, received in rows]
