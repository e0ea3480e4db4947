"""What a clock that was ahead has logged, after it was set back: past moments show it from the correction on."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, was_set_back
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Reading
from ioc.storage.db import change_counter
from ioc.storage.db.schema import (
    config_log,
    event_current,
    event_log,
    host_health_current,
    host_health_log,
    kpi_current,
    kpi_log,
    reading,
    series,
    source_current,
    source_log,
)
from ioc.storage.timeseries import readings
from ioc.storage.timeseries.kpi_values import DERIVED_SOURCE

_MEASURED = (
    kpi_log, kpi_current, source_log, source_current, event_log, event_current, host_health_log, host_health_current,
    config_log,
)  # fmt: skip


def correct_if_set_back(conn: Connection, now: datetime) -> bool:
    """Corrects what lies ahead of `now`; False where the store shows no clock that was ahead."""
    known_at = change_counter.read(conn).known_at
    if known_at is None or not was_set_back(known_at, now, CLOCK_TOLERANCE):
        return False
    for table in _MEASURED:
        conn.execute(update(table).where(table.c.known_ms > to_ms(now)).values(known_ms=to_ms(now)))
    _withdraw_readings(conn, now)
    return True


def _withdraw_readings(conn: Connection, now: datetime) -> None:
    """Readings that lie ahead lose their value: they would stand in charts and sums when their time comes."""
    ahead = (
        select(series.c.key, series.c.source, series.c.unit, reading.c.observed_ms)
        .join_from(reading, series, series.c.id == reading.c.series_id)
        .where(reading.c.observed_ms > to_ms(now), reading.c.value.is_not(None))
    )
    limit_ms = to_ms(now + MAX_CLOCK_LEAD)  # to which the clocks of sources may be ahead
    withdrawn = [
        (row.source, [Reading(row.key, from_ms(row.observed_ms), None, row.unit)], now)
        for row in conn.execute(ahead)
        if row.source == DERIVED_SOURCE or row.observed_ms > limit_ms
    ]
    readings.append_all(conn, withdrawn, now)
