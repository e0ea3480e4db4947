"""Retention: raw readings and minute buckets are deleted after a time; hours, days and logs are kept for ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, and_, delete, func, select, update

from ioc.domain.base.times import to_ms
from ioc.storage.db.schema import reading, revision, rollups, series
from ioc.storage.timeseries.rollup_math import NEVER, WIDTH, Level, bucket_start
from ioc.storage.timeseries.writer_cache import invalidate

_BUDGET = 100_000  # rows that one transaction deletes, so that the poller never waits long
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


def sweep(conn: Connection, now: datetime, days_by_class: Mapping[str, RetentionDays]) -> SweepResult:
    """Deletes what is older than its class allows; a class that is not named is kept whole.

    A reading that arrives after its raw horizon is ignored from then on: whether it came before is not known any more.
    """
    raw = minutes = 0
    for name, days in days_by_class.items():
        if raw + minutes < _BUDGET:
            cut = bucket_start(Level.HOUR, to_ms(now - timedelta(days=days.raw_days)))
            raw += _sweep_raw(conn, name, cut, _BUDGET - raw - minutes)
        if raw + minutes < _BUDGET:
            # Hours are recomputed from minutes as long as raw readings may be corrected.
            cut = bucket_start(Level.HOUR, to_ms(now - timedelta(days=max(days.minute_days, days.raw_days))))
            minutes += _sweep_minutes(conn, name, cut, _BUDGET - raw - minutes)
    invalidate(conn)
    return SweepResult(raw, minutes, raw + minutes >= _BUDGET)


def _sweep_raw(conn: Connection, name: str, cut: int, budget: int) -> int:
    """Hour by hour from the oldest, so that an interrupted sweep leaves a correct horizon."""
    due = and_(series.c.retention_class == name, series.c.raw_since_ms < cut)
    since = conn.execute(select(func.min(series.c.raw_since_ms)).where(due)).scalar()
    if since is None:
        return 0
    oldest = conn.execute(select(func.min(reading.c.observed_ms))).scalar()
    ids, deleted, at = select(series.c.id).where(series.c.retention_class == name), 0, cut
    if oldest is not None and oldest < cut:
        at = bucket_start(Level.HOUR, max(since, oldest))
    while at < cut and deleted < budget:
        for table in (revision, reading):
            expired = delete(table).where(table.c.observed_ms.between(at, at + _HOUR - 1), table.c.series_id.in_(ids))
            deleted += conn.execute(expired).rowcount
        following = select(func.min(reading.c.observed_ms)).where(reading.c.observed_ms >= at + _HOUR)
        following_ms = conn.execute(following).scalar()
        at = min(cut, cut if following_ms is None else bucket_start(Level.HOUR, following_ms))
    conn.execute(
        update(series).where(series.c.retention_class == name, series.c.raw_since_ms < at).values(raw_since_ms=at)
    )
    return deleted


def _sweep_minutes(conn: Connection, name: str, cut: int, budget: int) -> int:
    due = (
        select(series.c.id)
        .where(series.c.retention_class == name, series.c.minutes_since_ms < cut)
        .order_by(series.c.id)
    )
    table, deleted = rollups[Level.MINUTE], 0
    for series_id in conn.execute(due).scalars().all():
        if deleted >= budget:
            break
        expired = delete(table).where(table.c.series_id == series_id, table.c.bucket_ms.between(NEVER, cut - 1))
        deleted += conn.execute(expired).rowcount
        conn.execute(update(series).where(series.c.id == series_id).values(minutes_since_ms=cut))
    return deleted
