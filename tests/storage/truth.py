"""What the store must contain, computed from its raw readings in plain Python."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import isclose
from typing import Any

from sqlalchemy import select

from ioc.domain.ingest.reading import Reading
from ioc.storage.db.schema import latest, reading, series
from ioc.storage.timeseries.range_query import FOREVER
from ioc.storage.timeseries.rollup_math import Bucket, Level, bucket_start
from ioc.storage.timeseries.rollups import buckets

START = datetime(2026, 11, 23, 16, 58, tzinfo=UTC)  # two minutes before midnight in the city


def make_readings(key: str, values: Iterable[tuple[float, float | None]]) -> list[Reading]:
    """Readings of one series from (seconds after START, value)."""
    return [Reading(key, START + timedelta(seconds=at), value, "m") for at, value in values]


def check_against_raw(conn: Any, most: int = 20) -> None:
    """Asserts that roll-ups and latest values of up to `most` series equal what the raw readings give."""
    rows = conn.execute(select(reading).order_by(reading.c.observed_ms)).all()
    for number in conn.execute(select(series.c.id).order_by(series.c.id).limit(most)).scalars().all():
        mine = [(row.observed_ms, row.value) for row in rows if row.series_id == number]
        newest = conn.execute(select(latest).where(latest.c.series_id == number)).first()
        assert (newest and (newest.observed_ms, newest.value)) == (mine[-1] if mine else None)
        for level in Level:
            _check_level(mine, [one for one in buckets(conn, level, number, -FOREVER, FOREVER) if one.size], level)


def _check_level(mine: list[tuple[int, float | None]], found: list[Bucket], level: Level) -> None:
    wanted: dict[int, list[tuple[int, float]]] = {}
    for at, value in mine:
        if value is not None:
            wanted.setdefault(bucket_start(level, at), []).append((at, value))
    assert [one.start for one in found] == sorted(wanted)
    for one in found:
        held = wanted[one.start]
        low = min(held, key=lambda pair: (pair[1], pair[0]))
        high = min(held, key=lambda pair: (-pair[1], pair[0]))
        assert (one.low, one.low_at, one.high, one.high_at) == (low[1], low[0], high[1], high[0])
        assert (one.first_at, one.first, one.last_at, one.last) == (*held[0], *held[-1])
        assert one.size == len(held)
        assert isclose(one.total, sum(value for _, value in held), rel_tol=1e-9, abs_tol=1e-9)
