"""Retention: raw readings and minute buckets are deleted after a time; hours, days and logs are kept for ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, select, update

from ioc.domain.base.times import to_ms
from ioc.storage.db.schema import open_bucket, reading, revision, rollups, series
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Level, bucket_start
from ioc.storage.timeseries.writer_cache import invalidate

_BUDGET = 100_000  # rows that one transaction deletes, so that the poller never waits long
# What looking for rows costs, as a number of rows, whether any are found: in an hour, and there for each series that is
# due; for the minutes of a series.
_HOUR_COST, _HOUR_OF_SERIES_COST, _MINUTES_COST = 500, 3, 200
_HOUR = WIDTH[Level.HOUR]


class RetentionDays(Protocol):
    """For how many days a class of series is kept raw and by minute."""

    @property
    def raw_days(self) -> int: ...

    @property
    def minute_days(self) -> int: ...


class SweepResult(NamedTuple):
    """How many rows were deleted. `has_more`: sweep again, the budget of one transaction was used up."""

    readings: int
    minutes: int
    has_more: bool


class _Budget:
    """What one transaction may still do, in rows."""

    def __init__(self, rows: int) -> None:
        self.left = rows

    def spend(self, rows: int) -> None:
        self.left = max(0, self.left - rows)


def sweep(conn: Connection, now: datetime, days_by_class: Mapping[str, RetentionDays]) -> SweepResult:
    """Deletes what is older than its class allows; a class that is not named is kept whole.

    A reading that arrives after its raw horizon is compared with its hour from then on (`swept_readings`).
    """
    raw, minutes, budget = 0, 0, _Budget(_BUDGET)
    for name, days in days_by_class.items():
        if budget.left:
            cut = bucket_start(Level.HOUR, to_ms(now - timedelta(days=days.raw_days)))
            raw += _sweep_raw(conn, name, cut, budget)
        if budget.left:
            # Hours are recomputed from minutes as long as raw readings may be corrected.
            cut = bucket_start(Level.HOUR, to_ms(now - timedelta(days=max(days.minute_days, days.raw_days))))
            minutes += _sweep_minutes(conn, name, cut, budget)
    invalidate(conn)
    return SweepResult(raw, minutes, not budget.left)


def _sweep_raw(conn: Connection, name: str, cut: int, budget: _Budget) -> int:
    """Hour by hour from the oldest, so that an interrupted sweep leaves a correct horizon."""
    due = and_(series.c.retention_class == name, series.c.raw_since_ms < cut)
    due_count = conn.execute(select(func.count()).select_from(series).where(due)).scalar_one()
    if not due_count:
        return 0
    deleted = 0
    at = _next_hour(conn, due, NEVER, cut)
    while at < cut and budget.left:
        # Below its horizon a series has revisions of hours, which are kept.
        ids, in_hour = select(series.c.id).where(series.c.retention_class == name, series.c.raw_since_ms <= at), 0
        for table in (revision, reading):
            expired = delete(table).where(table.c.observed_ms.between(at, at + _HOUR - 1), table.c.series_id.in_(ids))
            in_hour += conn.execute(expired).rowcount
        deleted += in_hour
        budget.spend(in_hour + _HOUR_COST + _HOUR_OF_SERIES_COST * due_count)
        at = _next_hour(conn, due, at + _HOUR, cut)
    conn.execute(
        update(series).where(series.c.retention_class == name, series.c.raw_since_ms < at).values(raw_since_ms=at)
    )
    return deleted


def _next_hour(conn: Connection, due: ColumnElement[bool], since: int, cut: int) -> int:
    """The first hour from `since` on in which a series that is `due` has raw readings; `cut` when none is before it.

    Readings are ordered by time alone: the hours of a series are found by its roll-ups, and by its readings without a
    value, which are in no roll-up.
    """
    begin = case((series.c.raw_since_ms > since, series.c.raw_since_ms), else_=since)
    hours = rollups[Level.HOUR]
    places = [
        (hours.c.bucket_ms, [hours.c.series_id == series.c.id]),
        (open_bucket.c.bucket_ms, [open_bucket.c.series_id == series.c.id, open_bucket.c.level <= Level.HOUR]),
        (reading.c.observed_ms, [reading.c.series_id == series.c.id, reading.c.value.is_(None)]),
    ]
    # A query of its own for each series takes one step in an index; one join would read all hours up to `cut`.
    earliest = [
        func.min(select(func.min(at)).where(*of_series, at >= begin, at < cut).correlate(series).scalar_subquery())
        for at, of_series in places
    ]
    found = conn.execute(select(*earliest).where(due)).one()
    return min((bucket_start(Level.HOUR, at) for at in found if at is not None), default=cut)


def _sweep_minutes(conn: Connection, name: str, cut: int, budget: _Budget) -> int:
    due = (
        select(series.c.id)
        .where(series.c.retention_class == name, series.c.minutes_since_ms < cut)
        .order_by(series.c.id)
    )
    minutes, deleted = rollups[Level.MINUTE], 0
    for series_id in conn.execute(due).scalars().all():
        if not budget.left:
            break
        until = _affordable_end(conn, series_id, cut, budget.left)
        expired = delete(minutes).where(minutes.c.series_id == series_id, minutes.c.bucket_ms.between(NEVER, until - 1))
        in_series = conn.execute(expired).rowcount
        conn.execute(update(series).where(series.c.id == series_id).values(minutes_since_ms=until))
        deleted += in_series
        budget.spend(in_series + _MINUTES_COST)
    return deleted


def _affordable_end(conn: Connection, series_id: int, cut: int, rows: int) -> int:
    """`cut`, or where the series has more minutes before it than `rows` the end of the hour in which these are."""
    minutes = rollups[Level.MINUTE]
    old = select(minutes.c.bucket_ms).where(minutes.c.series_id == series_id, minutes.c.bucket_ms < cut)
    beyond = conn.execute(old.order_by(minutes.c.bucket_ms).offset(rows).limit(1)).scalar()
    return cut if beyond is None else bucket_start(Level.HOUR, beyond) + _HOUR
