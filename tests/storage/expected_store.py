"""What the store must contain, computed from its raw readings in plain Python."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import isclose
from typing import Any

from sqlalchemy import select

from ioc.domain.ingest.reading import Reading
from ioc.storage.db.schema import latest, metadata, reading, series
from ioc.storage.db.store import Store
from ioc.storage.timeseries.range_query import FOREVER
from ioc.storage.timeseries.rollup_math import Bucket, Level, bucket_start
from ioc.storage.timeseries.rollups import buckets

START = datetime(2026, 11, 23, 16, 58, tzinfo=UTC)  # two minutes before midnight in the city


def make_readings(key: str, values: Iterable[tuple[float, float | None]]) -> list[Reading]:
    """Readings of one series from (seconds after START, value)."""
    return [Reading(key, START + timedelta(seconds=at), value, "m") for at, value in values]


def check_against_raw(conn: Any, max_series: int = 20) -> None:
    """Asserts that roll-ups and latest values of up to `max_series` series equal what the raw readings give."""
    rows = conn.execute(select(reading).order_by(reading.c.observed_ms)).all()
    for number in conn.execute(select(series.c.id).order_by(series.c.id).limit(max_series)).scalars().all():
        raw = [(row.observed_ms, row.value) for row in rows if row.series_id == number]
        stored = conn.execute(select(latest).where(latest.c.series_id == number)).first()
        assert (stored and (stored.observed_ms, stored.value)) == (raw[-1] if raw else None)
        for level in Level:
            _check_level(
                raw, [bucket for bucket in buckets(conn, level, number, -FOREVER, FOREVER) if bucket.size], level
            )


def _check_level(raw: list[tuple[int, float | None]], stored_buckets: list[Bucket], level: Level) -> None:
    expected: dict[int, list[tuple[int, float]]] = {}
    for at, value in raw:
        if value is not None:
            expected.setdefault(bucket_start(level, at), []).append((at, value))
    assert [bucket.start for bucket in stored_buckets] == sorted(expected)
    for bucket in stored_buckets:
        values = expected[bucket.start]
        low = min(values, key=lambda pair: (pair[1], pair[0]))
        high = min(values, key=lambda pair: (-pair[1], pair[0]))
        assert (bucket.low, bucket.low_at, bucket.high, bucket.high_at) == (low[1], low[0], high[1], high[0])
        assert (bucket.first_at, bucket.first, bucket.last_at, bucket.last) == (*values[0], *values[-1])
        assert bucket.size == len(values)
        assert isclose(bucket.total, sum(value for _, value in values), rel_tol=1e-9, abs_tol=1e-9)


def delete_all_readings(store: Store) -> None:
    """Empties the tables of readings: the examples of a property share one store."""
    with store.write() as conn:
        for name in ("series", "reading", "revision", "latest", "open_bucket"):
            conn.execute(metadata.tables[name].delete())
        for name in ("rollup_minute", "rollup_hour", "rollup_day"):
            conn.execute(metadata.tables[name].delete())
        conn.execute(metadata.tables["writer"].update().values(token=""))
