"""The readings of bucket series between two moments, as few buckets as possible, cut exactly at both ends.

A bucket that lies across an end, or that changed after the moment whose knowledge is asked for, is replaced by finer
buckets and at last by raw readings: a long span costs few rows and is exact all the same.
"""

from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from ioc.storage.db.schema import reading, revision, series
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Bucket, Level, RawPoint, bucket_start, minute_buckets
from ioc.storage.timeseries.rollups import buckets, raw_readings

FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class RangeQuery:
    """A series from `low` to `high`, both included, as known at `known_by`; all in ms.

    `raw_since`, `minutes_since`: earlier raw readings and minute buckets are deleted.
    """

    series_id: int
    raw_since: int
    minutes_since: int
    low: int
    high: int
    known_by: int = FOREVER


def resolve(conn: Connection, key: str, low: int, high: int, known_by: int = FOREVER) -> RangeQuery | None:
    """The query for a series key; None when there is no such series, or the span is empty."""
    row = conn.execute(
        select(series.c.id, series.c.raw_since_ms, series.c.minutes_since_ms).where(series.c.key == key)
    ).first()
    return None if row is None or low > high else RangeQuery(*row, low, min(high, known_by), known_by)


def buckets_in(
    conn: Connection, query: RangeQuery, level: Level, low: int = NEVER, high: int = FOREVER
) -> list[Bucket]:
    """Buckets of `level` where whole ones fit, of finer levels elsewhere; ordered by time."""
    low, high = max(low, query.low), min(high, query.high)
    result: list[Bucket] = []
    found = buckets(conn, level, query.series_id, bucket_start(level, low), high)
    for (part, _), group in groupby(found, lambda bucket: _part(query, level, bucket, low, high)):
        members = list(group)
        start, stop = max(low, members[0].start), min(high, members[-1].start + WIDTH[level] - 1)
        if part is _Part.WHOLE:
            result += members
        elif part is _Part.FINER:
            result += finer_buckets(conn, query, level, start, stop)
        elif part is _Part.REPLACED:
            rows = conn.execute(replaced_later(query, start, stop).order_by(revision.c.observed_ms))
            result += minute_buckets([(at, value, received) for at, value, received in rows])
    return result


class _Part(Enum):
    """What stands for a bucket in a range."""

    NONE = auto()
    WHOLE = auto()
    FINER = auto()
    REPLACED = auto()  # what it told then: it has changed since, and finer buckets are deleted


def _part(query: RangeQuery, level: Level, bucket: Bucket, low: int, high: int) -> tuple[_Part, int]:
    """What stands for the bucket. Neighbours with the same result are read together."""
    is_coarse = bucket.start < finer_since(query, level)  # finer ones are deleted
    if bucket.received > query.known_by:
        part = _Part.REPLACED if is_coarse else _Part.FINER
    elif not bucket.size or bucket.last_at < low or bucket.first_at > high:
        part = _Part.NONE
    elif low <= bucket.first_at and bucket.last_at <= high:
        part = _Part.WHOLE
    elif is_coarse:
        part = _Part.WHOLE if low <= bucket.start else _Part.NONE
    else:
        part = _Part.FINER
    # Raw readings are ordered by time: between those of two minutes lie the rows of all series.
    return part, bucket.start if part is _Part.FINER and level is Level.MINUTE else 0


def finer_since(query: RangeQuery, level: Level) -> int:
    """From when on finer data than `level` is kept."""
    return {Level.MINUTE: query.raw_since, Level.HOUR: query.minutes_since}.get(level, NEVER)


def finer_buckets(conn: Connection, query: RangeQuery, level: Level, low: int, high: int) -> list[Bucket]:
    """Buckets one level finer; below minutes, raw readings grouped by minute."""
    if level is not Level.MINUTE:
        return buckets_in(conn, query, Level(level - 1), low, high)
    return minute_buckets(readings_in(conn, query, low, high))


def readings_in(conn: Connection, query: RangeQuery, low: int, high: int) -> list[RawPoint]:
    """The raw readings with a value, as known at `query.known_by`."""
    if query.known_by == FOREVER:
        return raw_readings(conn, query.series_id, low, high)
    current = select(reading.c.observed_ms, reading.c.value, reading.c.received_ms).where(
        reading.c.observed_ms.between(low, high), reading.c.series_id == query.series_id,
        reading.c.received_ms <= query.known_by, reading.c.value.is_not(None),
    )  # fmt: skip
    rows = conn.execute(current.union_all(replaced_later(query, low, high)))
    return sorted((at, value, received) for at, value, received in rows)


def replaced_later(query: RangeQuery, low: int, high: int) -> Select[Any]:
    """Moment, value and received time of what was known at `query.known_by` and has been replaced since.

    Where raw readings are deleted: of what the hours told that have changed since.
    """
    return select(revision.c.observed_ms, revision.c.value, revision.c.received_ms).where(
        revision.c.series_id == query.series_id, revision.c.observed_ms.between(low, high),
        revision.c.received_ms <= query.known_by, revision.c.replaced_ms > query.known_by,
        revision.c.value.is_not(None),
    )  # fmt: skip


def no_value_moments(conn: Connection, query: RangeQuery, limit: int) -> list[int]:
    """The newest moments at which the source reported no value, as known, ordered by time; at most `limit`."""
    moments = list[int]()
    for table, conditions in known_rows(query):
        missing = select(table.c.observed_ms).where(
            table.c.series_id == query.series_id, table.c.value.is_(None),
            table.c.observed_ms.between(query.low, query.high), table.c.received_ms <= query.known_by, *conditions,
        )  # fmt: skip
        moments += conn.execute(missing.order_by(table.c.observed_ms.desc()).limit(limit)).scalars()
    return sorted(moments)[-limit:]


def known_rows(query: RangeQuery) -> list[tuple[Table, list[ColumnElement[bool]]]]:
    """The tables that hold what was known: the readings, and for a past moment what has replaced them since."""
    if query.known_by == FOREVER:
        return [(reading, [])]
    return [(reading, []), (revision, [revision.c.replaced_ms > query.known_by])]
