"""The buckets in the database: adding what new readings bring, working out again what a correction touched."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from storage.buckets import WIDTH, Bucket, Item, Level, coarser, empty, floor, merge, minutes
from storage.dialect import many
from storage.memory import Standing, bucket
from storage.tables import filling, reading, rollups


class Rolling:
    """What one transaction does to the roll-ups; `flush` writes it."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._older: dict[Level, list[tuple[int | float, ...]]] = {level: [] for level in Level}
        self._touched: dict[int, Standing] = {}

    def add(self, standing: Standing, items: Sequence[Item]) -> None:
        """Readings that the store did not hold, by time."""
        buckets = minutes(items)
        for level in Level:
            if level is not Level.MINUTE:
                buckets = coarser(level, buckets)
            for one in buckets:
                self._place(standing, level, one)
        self._touched[standing.id] = standing

    def _place(self, standing: Standing, level: Level, one: Bucket) -> None:
        held = standing.filling.get(level)
        if held is not None and one.start < held.start:
            self._older[level].append((standing.id, *one))
        elif held is not None and one.start == held.start:
            standing.filling[level] = merge(held, one)
        else:
            if held is not None:
                self._older[level].append((standing.id, *held))
            standing.filling[level] = one

    def flush(self) -> None:
        """Writes what was added."""
        for level, rows in self._older.items():
            many(self._conn, rollups[level], rows, "merge")
            rows.clear()
        rows = [(one.id, level, *held) for one in self._touched.values() for level, held in one.filling.items()]
        many(self._conn, filling, rows, "put")
        self._touched.clear()

    def correct(self, standing: Standing, moments: Sequence[int], received: int) -> None:
        """Works out again every bucket that holds one of `moments`, whose readings changed at `received`."""
        self.flush()
        for level in Level:
            for start in sorted({floor(level, moment) for moment in moments}):
                self._replace(standing, level, self._again(standing, level, start, received))
        self._touched[standing.id] = standing
        self.flush()

    def _again(self, standing: Standing, level: Level, start: int, received: int) -> Bucket:
        stop = start + WIDTH[level] - 1
        if level is Level.MINUTE:
            found = minutes(raw(self._conn, standing.id, start, stop))
        else:
            finer = Level(level - 1)
            older = stored(self._conn, finer, standing.id, start, stop)
            held = standing.filling.get(finer)
            found = coarser(level, [*older, held] if held and start <= held.start <= stop else older)
        return merge(found[0], empty(start, received)) if found else empty(start, received)

    def _replace(self, standing: Standing, level: Level, one: Bucket) -> None:
        held = standing.filling.get(level)
        older: Bucket | None = one
        if held is None or one.start >= held.start:
            # A reading corrected from none to a value may open a newer bucket than the one being filled.
            standing.filling[level] = one
            older = held if held is not None and held.start < one.start else None
        if older is not None:
            many(self._conn, rollups[level], [(standing.id, *older)], "put")


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
    older = stored(conn, level, series_id, low, high)
    columns = list(filling.c)[2:]
    newest = conn.execute(
        select(*columns).where(
            filling.c.series_id == series_id, filling.c.level == level, filling.c.bucket.between(low, high)
        )
    ).first()
    return older if newest is None else [*older, bucket(newest)]


def raw(conn: Connection, series_id: int, low: int, high: int) -> list[Item]:
    """The readings with a value observed in low..high, by time. Keep the range short: it reads all series' rows."""
    found = conn.execute(
        select(reading.c.observed_ms, reading.c.value, reading.c.received_ms)
        .where(reading.c.observed_ms.between(low, high), reading.c.series_id == series_id, reading.c.value.is_not(None))
        .order_by(reading.c.observed_ms)
    )
    return [(at, value, received) for at, value, received in found]
