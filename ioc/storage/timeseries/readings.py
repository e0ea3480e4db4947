"""Readings: stored once per series and moment; corrections keep the value before."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import KEPT_CLASS, Source
from ioc.domain.kpis.kpi import Aggregate, Latest
from ioc.domain.snapshot import Line
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.schema import latest as newest
from ioc.storage.db.schema import reading, series
from ioc.storage.db.store import Store
from ioc.storage.stored_values import series_with_values
from ioc.storage.timeseries.downsample import downsample
from ioc.storage.timeseries.ingest import QUALITY, QUALITY_NAMES, IngestResult, ingest, ingest_hours
from ioc.storage.timeseries.range_query import FOREVER, buckets_in, resolve
from ioc.storage.timeseries.restored_readings import restore_readings
from ioc.storage.timeseries.rollup_math import WIDTH, Level, aggregate
from ioc.storage.timeseries.writer_cache import invalidate, new_series_row

__all__ = [
    "IngestResult",
    "aggregate_window",
    "append",
    "append_all",
    "backfill",
    "backfill_hours",
    "check_units",
    "declare_series",
    "latest",
    "phoned_moments",
    "points",
    "withdraw_latest",
]


def check_units(store: Store, sources: Iterable[Source]) -> None:
    """StoreError (UNIT_CHANGED) when values of a series are stored in another unit: they would mean something else.

    A store that cannot be read now, or has no tables, is not judged. Nothing is written.
    """
    error: StoreError | None = None
    with suppress(StoreError), store.read() as conn:
        error = _unit_error(conn, {row.key: row for row in conn.execute(select(series))}, sources)
    if error is not None:
        raise error


def _unit_error(conn: Connection, stored: Mapping[str, Row[Any]], sources: Iterable[Source]) -> StoreError | None:
    """UNIT_CHANGED of the first series of which values are stored in another unit."""
    declared = chain.from_iterable(source.series for source in sources)
    changed = [one for one in declared if one.key in stored and stored[one.key].unit != one.unit]
    kept = series_with_values(conn, [one.key for one in changed])
    return next(
        (
            StoreError(StoreCode.UNIT_CHANGED, series=one.key, stored=stored[one.key].unit, unit=one.unit)
            for one in changed
            if one.key in kept
        ),
        None,
    )


def declare_series(conn: Connection, sources: Sequence[Source]) -> None:
    """Stores the source, unit and retention class of each series. Without values, its unit is corrected.

    Of a series that is kept from now on, the raw readings that a sweep deleted are restored.

    StoreError (UNIT_CHANGED) as `check_units`.
    """
    stored = {row.key: row for row in conn.execute(select(series))}
    if error := _unit_error(conn, stored, sources):
        raise error
    for source in sources:
        for declared in source.series:
            row = stored.get(declared.key)
            wanted = (source.key, declared.unit, declared.retention_class)
            if row is None:
                conn.execute(series.insert(), [new_series_row(declared.key, *wanted)])
            elif (row.source, row.unit, row.retention_class) != wanted:
                values = dict(zip(("source", "unit", "retention_class"), wanted, strict=True))
                conn.execute(update(series).where(series.c.id == row.id).values(values))
                if declared.retention_class == KEPT_CLASS != row.retention_class:
                    restore_readings(conn, row.id)
    invalidate(conn)


def append(conn: Connection, source: str, batch: Iterable[Reading], received: datetime) -> IngestResult:
    """Stores the readings of one poll. A reading that is stored already changes nothing."""
    return ingest(conn, [(source, batch, to_ms(received))])


def append_all(
    conn: Connection, polls: Iterable[tuple[str, Iterable[Reading], datetime]], now: datetime | None = None
) -> IngestResult:  # fmt: skip
    """Stores the readings of many polls (source, readings, received) in order of arrival: cheaper than one by one.

    `now`: by the clock, which `received` is ahead of after it was set back. A reading that lies ahead of it is stored,
    but is not the latest of its series.
    """
    return ingest(conn, [(source, batch, to_ms(received)) for source, batch, received in polls], now)


def backfill(conn: Connection, source: str, batch: Iterable[Reading]) -> IngestResult:
    """Stores history as if each reading had been received when it was observed; best in tens of thousands at a time."""
    return ingest(conn, [(source, batch, None)])


def backfill_hours(conn: Connection, source: str, batch: Iterable[Reading]) -> int:
    """Stores history as `backfill` does, but as hours and days only: a fraction of the size, as after a sweep.

    For series without raw readings before the end of `batch`; others get raw ones. Returns how many were new.
    """
    return ingest_hours(conn, source, batch)


@reads_records
def latest(conn: Connection, keys: Iterable[str] | None = None, since: int | None = None) -> dict[str, Latest]:
    """The newest reading of each series by key; of all series when `keys` is None.

    `since`: without those that a reader knew at that version of the topic "readings", and without those withdrawn.
    """
    query = select(series.c.key, newest.c.observed_ms, newest.c.value, newest.c.quality).join_from(
        newest, series, newest.c.series_id == series.c.id
    )
    if since is not None:
        query = query.where(newest.c.version > since)
    wanted = None if keys is None else set(keys)
    if wanted is not None and len(wanted) <= KEYS_PER_QUERY:
        query = query.where(series.c.key.in_(sorted(wanted)))
    # Naming many series costs more than reading some too many.
    return {
        key: Latest(from_ms(at_ms), value, QUALITY_NAMES[quality])
        for key, at_ms, value, quality in conn.execute(query).fetchall()
        if wanted is None or key in wanted
    }


def withdraw_latest(conn: Connection, keys: Iterable[str]) -> None:
    """These series have no latest reading until the next one comes; what is stored stays stored."""
    ids = select(series.c.id).where(series.c.key.in_(sorted(keys)))
    conn.execute(delete(newest).where(newest.c.series_id.in_(ids)))
    invalidate(conn)


@reads_records
def aggregate_window(conn: Connection, key: str, start: datetime, end: datetime) -> Aggregate | None:
    """The aggregate of (start, end], exact while the raw readings at its ends are kept; None without readings."""
    query = resolve(conn, key, to_ms(start) + 1, to_ms(end))
    if query is None:
        return None
    length = query.high - query.low
    levels = (level for level in (Level.DAY, Level.HOUR) if length >= 2 * WIDTH[level])
    return aggregate(
        buckets_in(conn, query, next(levels, Level.MINUTE if query.low >= query.minutes_since else Level.HOUR))
    )


def phoned_moments(conn: Connection, key: str, start: datetime, end: datetime, limit: int = 2_000) -> list[datetime]:
    """The moments within [start, end] whose readings were reported by telephone, while raw readings are kept."""
    query = (
        select(reading.c.observed_ms)
        .join_from(reading, series, series.c.id == reading.c.series_id)
        .where(
            series.c.key == key, reading.c.observed_ms.between(to_ms(start), to_ms(end)),
            reading.c.quality == QUALITY["phoned"],
        )
        .order_by(reading.c.observed_ms)
        .limit(limit)
    )  # fmt: skip
    return [from_ms(at) for at in conn.execute(query).scalars()]


def points(
    conn: Connection, key: str, start: datetime, end: datetime, limit: int, received_by: datetime | None = None,
    cadence: timedelta = timedelta(0),
) -> Line:  # fmt: skip
    """The line from `start` to `end`: at most `limit` points (4 at least), extremes kept, None where it breaks.

    `received_by`: as known at that moment: later readings and corrections are left out, while raw readings are kept.
    `cadence`: how often a value is expected; from a day on it decides where one is missing.
    """
    known = FOREVER if received_by is None else to_ms(received_by)
    query = resolve(conn, key, to_ms(start), to_ms(end), known)
    return () if query is None else downsample(conn, query, max(4, limit), cadence // timedelta(milliseconds=1))
