"""Readings: kept once per series and moment, each correction with the value before it, the newest at hand."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Aggregate, Latest
from ioc.domain.snapshot import Line
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.schema import latest as newest
from ioc.storage.db.schema import reading, series
from ioc.storage.timeseries.downsample import downsample
from ioc.storage.timeseries.ingest import QUALITIES, QUALITY, IngestResult, ingest
from ioc.storage.timeseries.range_query import FOREVER, RangeQuery, buckets_in, readings_in, resolve
from ioc.storage.timeseries.rollup_math import WIDTH, Level, aggregate, bucket_start
from ioc.storage.timeseries.rollups import buckets
from ioc.storage.timeseries.writer_cache import invalidate, new_series_row

__all__ = [
    "IngestResult",
    "aggregate_window",
    "append",
    "append_all",
    "backfill",
    "declare_series",
    "latest",
    "latest_before",
    "phoned_moments",
    "points",
]

_LOOKBACK = timedelta(days=2)


def declare_series(conn: Connection, sources: Iterable[Source]) -> None:
    """Records which source brings a series, its unit and its retention class.

    StoreError when a series is kept in another unit: its history would mean something else.
    """
    known = {row.key: row for row in conn.execute(select(series))}
    for source in sources:
        for one in source.series:
            held = known.get(one.key)
            if held is None:
                conn.execute(series.insert(), [new_series_row(one.key, source.key, one.unit, one.retention_class)])
            elif held.unit != one.unit:
                raise StoreError(StoreCode.UNIT_CHANGED, series=one.key, stored=held.unit, unit=one.unit)
            elif (held.source, held.retention_class) != (source.key, one.retention_class):
                changed = update(series).where(series.c.id == held.id)
                conn.execute(changed.values(source=source.key, retention_class=one.retention_class))
    invalidate(conn)


def append(conn: Connection, source: str, batch: Iterable[Reading], received: datetime) -> IngestResult:
    """Keeps what a poll of `source` brought at `received`. The same reading again changes nothing."""
    return ingest(conn, [(source, batch, to_ms(received))])


def append_all(conn: Connection, polls: Iterable[tuple[str, Iterable[Reading], datetime]]) -> IngestResult:
    """The same for many polls (source, readings, received) in order of arrival: far cheaper than one by one."""
    return ingest(conn, [(source, given, to_ms(received)) for source, given, received in polls])


def backfill(conn: Connection, source: str, batch: Iterable[Reading]) -> IngestResult:
    """Keeps history as if each reading had come when it was observed; best in tens of thousands at a time."""
    return ingest(conn, [(source, batch, None)])


def latest(conn: Connection, keys: Iterable[str] | None = None) -> dict[str, Latest]:
    """The newest reading of each series, by key; of all of them when `keys` is None."""
    asked = select(series.c.key, newest.c.observed_ms, newest.c.value, newest.c.quality).join_from(
        newest, series, newest.c.series_id == series.c.id
    )
    wanted = None if keys is None else set(keys)
    if wanted is not None and len(wanted) <= KEYS_PER_QUERY:
        asked = asked.where(series.c.key.in_(sorted(wanted)))
    found = conn.execute(asked).fetchall()
    # Naming many series costs more than reading some too many.
    return {key: _latest(*facts) for key, *facts in found if wanted is None or key in wanted}


@lru_cache(maxsize=8192)
def _latest(at_ms: int, value: float | None, quality: int) -> Latest:
    """Remembered: most series stand still between two looks, and what is the same object needs no comparing."""
    return Latest(from_ms(at_ms), value, QUALITIES[quality])


def aggregate_window(conn: Connection, key: str, start: datetime, end: datetime) -> Aggregate | None:
    """What was observed in (start, end], exact while the raw readings at its ends are kept; None for nothing."""
    asked = resolve(conn, key, to_ms(start) + 1, to_ms(end))
    if asked is None:
        return None
    length = asked.high - asked.low
    levels = (level for level in (Level.DAY, Level.HOUR) if length >= 2 * WIDTH[level])
    return aggregate(
        buckets_in(conn, asked, next(levels, Level.MINUTE if asked.low >= asked.minutes_since else Level.HOUR))
    )


def latest_before(conn: Connection, key: str, moment: datetime) -> Latest | None:
    """The newest reading at or before `moment`, none of it older than two days."""
    asked = resolve(conn, key, to_ms(moment - _LOOKBACK), to_ms(moment))
    if asked is None:
        return None
    valued = _newest_value(conn, asked)
    since = asked.low if valued is None else to_ms(valued.observed) + 1
    none = conn.execute(
        select(reading.c.observed_ms)
        .where(
            reading.c.series_id == asked.series_id,
            reading.c.value.is_(None),
            reading.c.observed_ms.between(since, asked.high),
        )
        .order_by(reading.c.observed_ms.desc())
        .limit(1)
    ).scalar()
    if none is not None:
        return Latest(from_ms(none), None)
    return None if valued is None else replace(valued, quality=_quality(conn, asked.series_id, valued.observed))


def _quality(conn: Connection, series_id: int, observed: datetime) -> str:
    """Of one reading; of those that are only kept as roll-ups nothing is known."""
    there = reading.c.observed_ms == to_ms(observed), reading.c.series_id == series_id
    found = conn.execute(select(reading.c.quality).where(*there)).scalar()
    return QUALITIES[found or 0]


def _newest_value(conn: Connection, query: RangeQuery) -> Latest | None:
    level = Level.MINUTE if query.low >= query.minutes_since else Level.HOUR
    for reach in (WIDTH[Level.HOUR], FOREVER):  # most series have a reading within the hour
        low = bucket_start(level, max(query.low, query.high - reach))
        held: Sequence[tuple[int, float]] = []
        for one in reversed(buckets(conn, level, query.series_id, low, query.high)):
            if not one.size or one.first_at > query.high:
                continue
            held = [(one.last_at, one.last)]
            if one.last_at > query.high:
                held = [(at, value) for at, value, _ in readings_in(conn, query, one.first_at, query.high)]
            break
        if held and held[-1][0] >= query.low:
            return Latest(from_ms(held[-1][0]), held[-1][1])
    return None


def phoned_moments(conn: Connection, key: str, start: datetime, end: datetime, limit: int = 2_000) -> list[datetime]:
    """The moments within [start, end] whose readings were told by telephone, while raw ones are kept."""
    asked = (
        select(reading.c.observed_ms)
        .join_from(reading, series, series.c.id == reading.c.series_id)
        .where(
            series.c.key == key, reading.c.observed_ms.between(to_ms(start), to_ms(end)),
            reading.c.quality == QUALITY["phoned"],
        )
        .order_by(reading.c.observed_ms)
        .limit(limit)
    )  # fmt: skip
    return [from_ms(at) for at in conn.execute(asked).scalars()]


def points(
    conn: Connection, key: str, start: datetime, end: datetime, limit: int, received_by: datetime | None = None,
    cadence: timedelta = timedelta(0),
) -> Line:  # fmt: skip
    """The line from `start` to `end`: at most `limit` points (4 at least), extremes kept, None where it breaks.

    `received_by`: as it was known at that moment, later readings and corrections left out while raw ones are kept.
    `cadence`: how often a figure is expected; from a day on it tells where one is missing.
    """
    known = FOREVER if received_by is None else to_ms(received_by)
    asked = resolve(conn, key, to_ms(start), to_ms(end), known)
    return () if asked is None else downsample(conn, asked, max(4, limit), cadence // timedelta(milliseconds=1))
