"""The buckets in the database: adding what new readings bring, working out again what a correction touched.

Each reading stands once at every level: in the roll-up, in the bucket that the level fills, or still in the one that a
finer level fills, which goes up only when a newer one begins. So an ordinary reading moves one row and not three.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from ioc.storage.db.dialect import many
from ioc.storage.db.schema import filling, reading, rollups
from ioc.storage.timeseries.rollup_math import WIDTH, Bucket, Item, Level, coarser, empty, floor, merge, minutes
from ioc.storage.timeseries.writer_cache import Standing, bucket


class Rolling:
    """What one transaction does to the roll-ups; `flush` writes it. Each series is added once before a flush."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._older: dict[Level, list[tuple[int | float, ...]]] = {level: [] for level in Level}
        self._moved: dict[tuple[int, Level], Bucket] = {}

    def add(self, standing: Standing, items: Sequence[Item]) -> None:
        """Readings that the store did not hold, by time."""
        self._place(standing, Level.MINUTE, minutes(items))

    def _place(self, standing: Standing, level: Level, buckets: Sequence[Bucket]) -> None:
        """What is not the newest bucket of `level` any more goes to its roll-up, and to the next level."""
        held, older = standing.filling.get(level), []
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
            standing.filling[level] = self._moved[standing.id, level] = held
        if older:
            self._older[level] += [(standing.id, *one) for one in older]
            if level is not Level.DAY:
                self._place(standing, Level(level + 1), coarser(Level(level + 1), older))

    def flush(self) -> None:
        """Writes what was added."""
        for level, rows in self._older.items():
            many(self._conn, rollups[level], rows, "merge")
            rows.clear()
        many(self._conn, filling, [(*key, *held) for key, held in self._moved.items()], "put")
        self._moved.clear()

    def correct(self, standing: Standing, moments: Sequence[int], received: int) -> None:
        """Works out again every bucket that holds one of `moments`, whose readings changed at `received`."""
        for level in Level:
            self.flush()
            for start in sorted({floor(level, moment) for moment in moments}):
                self._replace(standing, level, self._again(standing, level, start, received))
        self.flush()

    def _again(self, standing: Standing, level: Level, start: int, received: int) -> Bucket:
        stop = start + WIDTH[level] - 1
        if level is Level.MINUTE:
            found = minutes(raw(self._conn, standing.id, start, stop))
        else:
            found = coarser(level, stored(self._conn, Level(level - 1), standing.id, start, stop))
        return merge(found[0], empty(start, received)) if found else empty(start, received)

    def _replace(self, standing: Standing, level: Level, one: Bucket) -> None:
        held, table = standing.filling.get(level), rollups[level]
        if held is None or one.start > held.start:
            # A reading corrected from none to a value may open a newer bucket than the one being filled.
            self._place(standing, level, [one])
        elif one.start < held.start:
            many(self._conn, table, [(standing.id, *one)], "put")
        else:
            standing.filling[level] = self._moved[standing.id, level] = one
            self._conn.execute(delete(table).where(table.c.series_id == standing.id, table.c.bucket == one.start))


def stored(conn: Connection, level: Level, series_id: int, low: int, high: int) -> list[Bucket]:
    """The older buckets that start in low..high, by time."""
    table = rollups[level]
    columns = list(table.c)[1:]
    found = conn.execute(
        select(*columns)
        .where(table.c.series_id == series_id, table.c.bucket.between(low, high))
        .order_by(table.c.bucket)
    )
    return list(map(bucket, found.all()))


def buckets(conn: Connection, level: Level, series_id: int, low: int, high: int) -> list[Bucket]:
    """All buckets that start in low..high, by time; the empty ones too."""
    found = stored(conn, level, series_id, low, high)
    newer = conn.execute(
        select(*list(filling.c)[2:])
        .where(filling.c.series_id == series_id, filling.c.level <= level)
        .order_by(filling.c.level.desc())  # the finer, the newer
    )
    for one in map(bucket, newer):
        start = floor(level, one.start)
        if found and found[-1].start == start:
            found[-1] = merge(found[-1], one)
        elif low <= start <= high:
            found.append(one._replace(start=start))
    return found


def raw(conn: Connection, series_id: int, low: int, high: int) -> list[Item]:
    """The readings with a value observed in low..high, by time. Keep the range short: it reads all series' rows."""
    found = conn.execute(
        select(reading.c.observed_ms, reading.c.value, reading.c.received_ms)
        .where(reading.c.observed_ms.between(low, high), reading.c.series_id == series_id, reading.c.value.is_not(None))
        .order_by(reading.c.observed_ms)
    )
    return [(at, value, received) for at, value, received in found]
