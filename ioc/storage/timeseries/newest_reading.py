"""The newest reading of a series at a past moment, as it was known then."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD
from ioc.domain.kpis.kpi import Latest
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.schema import open_bucket, reading, revision, rollups, series
from ioc.storage.timeseries.ingest import QUALITY_NAMES
from ioc.storage.timeseries.range_query import (
    FOREVER,
    RangeQuery,
    finer_since,
    known_rows,
    readings_in,
    replaced_later,
    resolve,
)
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Level, bucket_start
from ioc.storage.timeseries.rollups import buckets

_LOOKBACK = timedelta(days=2)
_RECENT = timedelta(minutes=5)
_OUTAGE = timedelta(hours=6)  # so far back the begin of an outage is looked for


@reads_records
def latest_before(conn: Connection, key: str, moment: datetime) -> Latest | None:
    """The newest reading at or before `moment`, at most two days older."""
    query = resolve(conn, key, to_ms(moment - _LOOKBACK), to_ms(moment))
    return None if query is None else _newest(conn, query)


def latest_known(conn: Connection, keys: Iterable[str], at: datetime) -> dict[str, Latest]:
    """What `readings.latest` gave at the moment `at`: later readings and corrections are left out, while raw readings
    are kept.

    Where only roll-ups are kept, the newest reading of the last minute or hour that was complete by then.
    """
    at_ms, wanted = to_ms(at), set(keys)
    # A reading further ahead is rejected. Without this end each later bucket would be searched.
    end_ms = to_ms(at + MAX_CLOCK_LEAD)
    rows = [row for row in conn.execute(select(series).where(_has_readings(end_ms))) if row.key in wanted]
    recent = _recent_known(conn, [row.id for row in rows], at_ms, at_ms, end_ms)
    silent = [row.id for row in rows if row.id not in recent]
    if len(silent) > len(rows) / 2 and (outage_ms := _outage_begin(conn, at_ms, end_ms)) is not None:
        recent = _recent_known(conn, silent, outage_ms, at_ms, end_ms) | recent
    found: dict[str, Latest] = {}
    for row in rows:
        query = RangeQuery(row.id, row.raw_since_ms, row.minutes_since_ms, NEVER, end_ms, at_ms)
        if newest_reading := recent.get(row.id) or _newest(conn, query):
            found[row.key] = newest_reading
    return found


def _has_readings(end_ms: int) -> ColumnElement[bool]:
    """Whether a series has or had a reading up to `end_ms`, with a value (then it has a bucket) or without one.

    A bucket that begins before `end_ms` may have its first reading after it: of a series that is new.
    """
    parts = [
        exists().where(table.c.series_id == series.c.id, table.c.bucket_ms <= end_ms, table.c.first_ms <= end_ms)
        for table in (rollups[Level.DAY], open_bucket)
    ]
    return or_(
        *parts,
        exists().where(reading.c.series_id == series.c.id, reading.c.value.is_(None), reading.c.observed_ms <= end_ms),
        exists().where(revision.c.series_id == series.c.id, revision.c.observed_ms <= end_ms),
    )


def _outage_begin(conn: Connection, at_ms: int, end_ms: int) -> int | None:
    """When the newest reading was observed of the series that had none in the minutes before `at_ms`, as known then."""
    start_ms = _minutes_before(at_ms)
    known = reading.c.received_ms <= at_ms
    # Distinct: PostgreSQL takes NOT IN of few rows as a set, of many as a list that it reads for every row.
    recent = select(reading.c.series_id).where(reading.c.observed_ms.between(start_ms, end_ms), known).distinct()
    first_ms = at_ms - _OUTAGE // timedelta(milliseconds=1)
    newest = select(reading.c.observed_ms).where(
        reading.c.observed_ms.between(first_ms, start_ms), known, reading.c.series_id.not_in(recent)
    )
    return conn.execute(newest.order_by(reading.c.observed_ms.desc()).limit(1)).scalar()


def _minutes_before(moment_ms: int) -> int:
    return moment_ms - _RECENT // timedelta(milliseconds=1)


def _recent_known(
    conn: Connection, series_ids: Sequence[int], newest_ms: int, at_ms: int, end_ms: int
) -> dict[int, Latest]:
    """The newest reading of each series from the minutes before `newest_ms` on, as known at `at_ms`.

    Most series have one: a query for all of them takes a fraction of the time of one for each.
    """
    start_ms = _minutes_before(newest_ms)
    rows = sorted(_recent_rows(conn, series_ids, start_ms, at_ms, end_ms), key=lambda row: row.observed_ms)
    return {row.series_id: Latest(from_ms(row.observed_ms), row.value, QUALITY_NAMES[row.quality]) for row in rows}


def _recent_rows(
    conn: Connection, series_ids: Sequence[int], start_ms: int, at_ms: int, end_ms: int
) -> Iterator[Row[Any]]:
    """Series, moment, value, quality: of each series the newest reading, and the readings that were replaced since."""
    newest = (
        select(reading.c.series_id, func.max(reading.c.observed_ms).label("observed_ms"))
        .where(reading.c.observed_ms.between(start_ms, end_ms), reading.c.received_ms <= at_ms)
        .group_by(reading.c.series_id)
        .subquery()
    )
    is_newest = and_(reading.c.observed_ms == newest.c.observed_ms, reading.c.series_id == newest.c.series_id)
    columns = ("series_id", "observed_ms", "value", "quality")
    yield from conn.execute(select(*(reading.c[name] for name in columns)).join(newest, is_newest))
    for start in range(0, len(series_ids), KEYS_PER_QUERY):
        part = series_ids[start : start + KEYS_PER_QUERY]
        yield from conn.execute(
            select(*(revision.c[name] for name in columns))
            .join_from(revision, series, revision.c.series_id == series.c.id)
            .where(
                series.c.id.in_(part), revision.c.observed_ms.between(start_ms, end_ms),
                # Earlier ones are what hours told: a reading that is newer may be deleted.
                revision.c.observed_ms >= series.c.raw_since_ms,
                revision.c.received_ms <= at_ms, revision.c.replaced_ms > at_ms,
            )
        )  # fmt: skip


def _newest(conn: Connection, query: RangeQuery) -> Latest | None:
    value = _newest_value(conn, query)
    since = query.low if value is None else value[0] + 1
    if (without_value := _newest_missing(conn, query, since)) is not None:
        return Latest(from_ms(without_value), None)
    return None if value is None else Latest(from_ms(value[0]), value[1], _quality(conn, query, value[0]))


def _newest_missing(conn: Connection, query: RangeQuery, since: int) -> int | None:
    """The newest moment from `since` on at which the source reported that there is no value, as known."""
    missing = [
        select(table.c.observed_ms).where(
            table.c.series_id == query.series_id,
            table.c.value.is_(None),
            table.c.observed_ms.between(since, query.high),
            table.c.received_ms <= query.known_by,
            *conditions,
        )
        for table, conditions in known_rows(query)
    ]
    moments = (conn.execute(part.order_by(part.selected_columns[0].desc()).limit(1)).scalar() for part in missing)
    return max((moment for moment in moments if moment is not None), default=None)


def _quality(conn: Connection, query: RangeQuery, observed_ms: int) -> str:
    """The quality of one reading as known; "good" where only roll-ups are kept."""
    for table, conditions in known_rows(query):
        this_reading = table.c.observed_ms == observed_ms, table.c.series_id == query.series_id
        known = select(table.c.quality).where(*this_reading, table.c.received_ms <= query.known_by, *conditions)
        if (quality := conn.execute(known).scalar()) is not None:
            return QUALITY_NAMES[quality]
    return QUALITY_NAMES[0]


def _newest_value(conn: Connection, query: RangeQuery) -> tuple[int, float] | None:
    """Moment and value of the newest reading that has a value; of hours that have changed since, what they told."""
    hour_ago = min(query.high, query.known_by) - WIDTH[Level.HOUR]  # most series have a reading within the hour
    recent = replace(query, low=max(query.low, hour_ago))
    level = Level.MINUTE if recent.low >= query.minutes_since else Level.HOUR
    newest_value = _newest_value_in(conn, recent, level, recent.low, recent.high)
    newest_value = newest_value or _newest_value_in(conn, query, Level.DAY, query.low, query.high)
    if query.known_by == FOREVER:
        return newest_value
    newer = replaced_later(query, query.low if newest_value is None else newest_value[0] + 1, query.high)
    row = conn.execute(newer.order_by(revision.c.observed_ms.desc()).limit(1)).first()
    return newest_value if row is None else (row[0], row[1])


def _newest_value_in(
    conn: Connection, query: RangeQuery, level: Level, low: int, high: int
) -> tuple[int, float] | None:  # fmt: skip
    for bucket in reversed(buckets(conn, level, query.series_id, bucket_start(level, low), high)):
        is_outdated = bucket.received > query.known_by
        if not is_outdated and (not bucket.size or bucket.first_at > query.high):
            continue
        if not is_outdated and bucket.last_at <= query.high:
            return (bucket.last_at, bucket.last) if bucket.last_at >= query.low else None
        if bucket.start < finer_since(query, level):
            continue  # the readings that it had then are deleted
        start, stop = max(low, bucket.start), min(high, bucket.start + WIDTH[level] - 1)
        if level is Level.MINUTE:
            points = [(at, value) for at, value, _ in readings_in(conn, query, start, stop)]
            newest_value = points[-1] if points else None
        else:
            newest_value = _newest_value_in(conn, query, Level(level - 1), start, stop)
        if newest_value is not None:
            return newest_value
    return None
