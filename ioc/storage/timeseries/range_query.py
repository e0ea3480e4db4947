"""What one series held between two moments, as few buckets as possible, cut exactly at both ends.

A bucket that lies across an end, or that changed after the moment whose knowledge is asked for, is taken apart into
finer ones and at last into raw readings, so that a long span costs few rows and is exact all the same.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ioc.storage.db.schema import reading, revision, series
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Bucket, Item, Level, floor, minutes
from ioc.storage.timeseries.rollups import buckets, raw

FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Span:
    """A series from `low` to `high`, both included, as known at `known`; before `swept` its raw readings are gone."""

    id: int
    swept: int
    thinned: int
    low: int
    high: int
    known: int = FOREVER


def span(conn: Connection, key: str, low: int, high: int, known: int = FOREVER) -> Span | None:
    """None when the store knows no such series, or nothing can lie between."""
    row = conn.execute(select(series.c.id, series.c.swept_ms, series.c.thinned_ms).where(series.c.key == key)).first()
    return None if row is None or low > high else Span(*row, low, min(high, known), known)


def inside(conn: Connection, asked: Span, level: Level, low: int = NEVER, high: int = FOREVER) -> list[Bucket]:
    """Its buckets of `level` where whole ones fit, of finer levels where not, by time."""
    low, high = max(low, asked.low), min(high, asked.high)
    found: list[Bucket] = []
    for one in buckets(conn, level, asked.id, floor(level, low), high):
        touched = one.received > asked.known
        if not touched and (not one.size or one.last_at < low or one.first_at > high):
            continue
        if not touched and low <= one.first_at and one.last_at <= high:
            found.append(one)
        elif one.start < (asked.swept if level is Level.MINUTE else asked.thinned if level is Level.HOUR else NEVER):
            found += [one] if low <= one.start and one.size else []  # what would tell more is thinned
        else:
            stop = min(high, one.start + WIDTH[level] - 1)
            found += finer(conn, asked, level, max(low, one.start), stop)
    return found


def finer(conn: Connection, asked: Span, level: Level, low: int, high: int) -> list[Bucket]:
    """The same taken one level finer; below minutes, raw readings gathered by minute."""
    if level is not Level.MINUTE:
        return inside(conn, asked, Level(level - 1), low, high)
    return minutes(readings(conn, asked, low, high))


def readings(conn: Connection, asked: Span, low: int, high: int) -> list[Item]:
    """The raw readings with a value, as they were known then."""
    if asked.known == FOREVER:
        return raw(conn, asked.id, low, high)
    now = select(reading.c.observed_ms, reading.c.value, reading.c.received_ms).where(
        reading.c.observed_ms.between(low, high), reading.c.series_id == asked.id,
        reading.c.received_ms <= asked.known, reading.c.value.is_not(None),
    )  # fmt: skip
    earlier = select(revision.c.observed_ms, revision.c.value, revision.c.received_ms).where(
        revision.c.series_id == asked.id, revision.c.observed_ms.between(low, high),
        revision.c.received_ms <= asked.known, revision.c.replaced_ms > asked.known, revision.c.value.is_not(None),
    )  # fmt: skip
    found = conn.execute(now.union_all(earlier))
    return sorted((at, value, received) for at, value, received in found)


def absent(conn: Connection, asked: Span, limit: int) -> list[int]:
    """The newest moments at which the source said that it had none, by time."""
    found = conn.execute(
        select(reading.c.observed_ms)
        .where(
            reading.c.series_id == asked.id, reading.c.value.is_(None),
            reading.c.observed_ms.between(asked.low, asked.high), reading.c.received_ms <= asked.known,
        )
        .order_by(reading.c.observed_ms.desc())
        .limit(limit)
    )  # fmt: skip
    return sorted(found.scalars())
