"""Raw readings of a series that was swept and whose readings are kept from now on, as far as its hours tell them."""

from itertools import takewhile

from sqlalchemy import Connection, select, update

from ioc.storage.db.dialect import bulk_write
from ioc.storage.db.schema import latest, open_bucket, reading, rollups, series
from ioc.storage.timeseries.rollup_math import (
    NEVER,
    WIDTH,
    Level,
    bucket_start,
    is_fully_known,
    known_values,
    minute_buckets,
)
from ioc.storage.timeseries.rollups import buckets

_MAX_HOURS = 20_000  # of one series: two years of a reading every hour


def restore_readings(conn: Connection, series_id: int) -> None:
    """Back from the horizon, up to the first hour of which not every reading is known: that is where they begin now.

    The qualities of these readings are not known any more: they count as good.
    """
    row = conn.execute(select(series.c.raw_since_ms, series.c.minutes_since_ms).where(series.c.id == series_id)).one()
    hours = buckets(conn, Level.HOUR, series_id, NEVER, row.raw_since_ms - 1)
    known = list(takewhile(is_fully_known, reversed(hours[-_MAX_HOURS:])))
    begin = NEVER if len(known) == len(hours) else hours[-len(known) - 1].start + WIDTH[Level.HOUR]
    points = sorted((at, value, hour.received) for hour in known for at, value in known_values(hour).items())
    rows = [(at, series_id, value, 0, received) for at, value, received in points]
    # No hour tells a reading without a value; the newest one is known. Without its row a correction would change none.
    columns = (latest.c.observed_ms, latest.c.series_id, latest.c.value, latest.c.quality, latest.c.received_ms)
    newest = select(*columns).where(
        latest.c.series_id == series_id, latest.c.value.is_(None),
        latest.c.observed_ms.between(begin, row.raw_since_ms - 1),
    )  # fmt: skip
    bulk_write(conn, reading, [*rows, *map(tuple, conn.execute(newest))], "put")
    open_minute = conn.execute(
        select(open_bucket.c.bucket_ms).where(open_bucket.c.series_id == series_id, open_bucket.c.level == Level.MINUTE)
    ).scalar()
    deleted = [
        point
        for point in points
        if point[0] < row.minutes_since_ms and bucket_start(Level.MINUTE, point[0]) != open_minute
    ]
    minutes = [(series_id, *minute) for minute in minute_buckets(deleted)]
    bulk_write(conn, rollups[Level.MINUTE], minutes, "put")
    horizon = {"raw_since_ms": begin, "minutes_since_ms": min(begin, row.minutes_since_ms)}
    conn.execute(update(series).where(series.c.id == series_id).values(horizon))
