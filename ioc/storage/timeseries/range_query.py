"""What one series held between two moments, as few buckets as possible, cut exactly at both ends.

A bucket that lies across an end, or that changed after the moment whose knowledge is asked for, is taken apart into
finer ones and at last into raw readings, so that a long span costs few rows and is exact all the same.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ioc.storage.db.schema import reading, revision, series
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Bucket, Level, RawPoint, bucket_start, minute_buckets
from ioc.storage.timeseries.rollups import buckets, raw_readings

FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class RangeQuery:
    """A series from `low` to `high`, both included, as known at `known`; before `swept` its raw readings are gone."""

    series_id: int
    raw_since: int
    minutes_since: int
    low: int
    high: int
    known_by: int = FOREVER


def resolve(conn: Connection, key: str, low: int, high: int, known_by: int = FOREVER) -> RangeQuery | None:
    """None when the store knows no such series, or nothing can lie between."""
    row = conn.execute(
        select(series.c.id, series.c.raw_since_ms, series.c.minutes_since_ms).where(series.c.key == key)
    ).first()
    return None if row is None or low > high else RangeQuery(*row, low, min(high, known_by), known_by)


def buckets_in(
    conn: Connection, query: RangeQuery, level: Level, low: int = NEVER, high: int = FOREVER
) -> list[Bucket]:
    """Its buckets of `level` where whole ones fit, of finer levels where not, by time."""
    low, high = max(low, query.low), min(high, query.high)
    found: list[Bucket] = []
    for one in buckets(conn, level, query.series_id, bucket_start(level, low), high):
        touched = one.received > query.known_by
        if not touched and (not one.size or one.last_at < low or one.first_at > high):
            continue
        if not touched and low <= one.first_at and one.last_at <= high:
            found.append(one)
        elif one.start < (
            query.raw_since if level is Level.MINUTE else query.minutes_since if level is Level.HOUR else NEVER
        ):
            found += [one] if low <= one.start and one.size else []  # what would tell more is thinned
        else:
            stop = min(high, one.start + WIDTH[level] - 1)
            found += finer_buckets(conn, query, level, max(low, one.start), stop)
    return found


def finer_buckets(conn: Connection, query: RangeQuery, level: Level, low: int, high: int) -> list[Bucket]:
    """The same taken one level finer; below minutes, raw readings gathered by minute."""
    if level is not Level.MINUTE:
        return buckets_in(conn, query, Level(level - 1), low, high)
    return minute_buckets(readings_in(conn, query, low, high))


def readings_in(conn: Connection, query: RangeQuery, low: int, high: int) -> list[RawPoint]:
    """The raw readings with a value, as they were known then."""
    if query.known_by == FOREVER:
        return raw_readings(conn, query.series_id, low, high)
    now = select(reading.c.observed_ms, reading.c.value, reading.c.received_ms).where(
        reading.c.observed_ms.between(low, high), reading.c.series_id == query.series_id,
        reading.c.received_ms <= query.known_by, reading.c.value.is_not(None),
    )  # fmt: skip
    earlier = select(revision.c.observed_ms, revision.c.value, revision.c.received_ms).where(
        revision.c.series_id == query.series_id,
        revision.c.observed_ms.between(low, high),
        revision.c.received_ms <= query.known_by,
        revision.c.replaced_ms > query.known_by,
        revision.c.value.is_not(None),
    )
    found = conn.execute(now.union_all(earlier))
    return sorted((at, value, received) for at, value, received in found)


def no_value_moments(conn: Connection, query: RangeQuery, limit: int) -> list[int]:
    """The newest moments at which the source said that it had none, by time."""
    found = conn.execute(
        select(reading.c.observed_ms)
        .where(
            reading.c.series_id == query.series_id, reading.c.value.is_(None),
            reading.c.observed_ms.between(query.low, query.high), reading.c.received_ms <= query.known_by,
        )
        .order_by(reading.c.observed_ms.desc())
        .limit(limit)
    )  # fmt: skip
    return sorted(found.scalars())
