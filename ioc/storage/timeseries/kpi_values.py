"""KPI values by the moment at which they were known.

Each value that is ok also becomes a reading of a derived series (`series_key`), observed at the moment at which it was
known, so that a KPI's history comes from roll-ups like any other line; a value that ceases breaks that line.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ioc.domain.base.clock_set_back import monotonic_ms
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms, to_optional_ms
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity
from ioc.storage.db import current_and_log
from ioc.storage.db.current_and_log import LogRow
from ioc.storage.db.damaged_rows import readable
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import kpi_current, kpi_log, series
from ioc.storage.timeseries.ingest import ingest, ingest_hours

DERIVED_SOURCE = "kpi"  # the source of derived series
KpiKey = tuple[str, str]


def series_key(key: str, place: str = "") -> str:
    """The key of the derived series of a KPI; `place`: a unit code, "" for the whole city."""
    return (f"kpi-{key}-{place}" if place else f"kpi-{key}").lower()


def record(conn: Connection, values: Iterable[KpiValue], known_at: datetime) -> int:
    """Logs each value that differs in anything from the current one; returns how many did."""
    computed = list(values)
    previous_rows = current_and_log.current_rows(conn, kpi_current, [value.key for value in computed])
    rows, readings = [], []
    for value in computed:
        previous = previous_rows.get((value.key, value.place))
        known = monotonic_ms(known_at, previous["known_ms"] if previous else None)
        row = _row(value, known)
        if previous is not None and previous | {"known_ms": known} == row:
            continue
        rows.append(row)
        previous_rows[value.key, value.place] = row
        was_ok = previous is not None and previous["state"] == FigureState.OK
        if reading := _derived_reading(value, known, was_ok=was_ok):
            readings.append(reading)
    current_and_log.append(conn, kpi_current, kpi_log, rows)
    ingest(conn, [(DERIVED_SOURCE, readings, to_ms(known_at))])
    return len(rows)


def resume_lines(conn: Connection, values: Iterable[KpiValue], known_at: datetime) -> None:
    """Continues the lines of KPIs with their values, or breaks them: what told so may have been withdrawn from them."""
    lines = set(conn.execute(select(series.c.key).where(series.c.source == DERIVED_SOURCE)).scalars())
    known = [_derived_reading(value, to_ms(known_at), was_ok=True) for value in values]
    ingest(conn, [(DERIVED_SOURCE, [each for each in known if each and each.series in lines], to_ms(known_at))])


def backfill(conn: Connection, history: Iterable[tuple[KpiValue, datetime]], *, with_raw_readings: bool = True) -> int:
    """Logs values with the moments at which they were known, ordered by time, before or after the current ones.

    `with_raw_readings`: else the derived series get hours and days only. Returns how many values there were.
    """
    current_by_key, rows, new_current_rows, readings = current_and_log.current_rows(conn, kpi_current), [], [], []
    for value, known_at in history:
        row = _row(value, to_ms(known_at))
        previous = current_by_key.get((value.key, value.place))
        rows.append(row)
        if previous is None or previous["known_ms"] <= row["known_ms"]:
            current_by_key[value.key, value.place] = row
            new_current_rows.append(row)
        if reading := _derived_reading(value, row["known_ms"], was_ok=False):
            readings.append(reading)
    if rows:
        conn.execute(kpi_log.insert(), rows)
        newest = {(row["key"], row["unit_code"]): row for row in new_current_rows}
        upsert(conn, kpi_current, list(newest.values()))
    if with_raw_readings:
        ingest(conn, [(DERIVED_SOURCE, readings, None)])
    else:
        ingest_hours(conn, DERIVED_SOURCE, readings)
    return len(rows)


def current(conn: Connection, at: datetime | None = None) -> dict[KpiKey, KpiValue]:
    """The values by (KPI key, unit code) now, or as they were known at `at`."""
    if at is None:
        rows = list(current_and_log.current_rows(conn, kpi_current).values())
    else:
        rows = current_and_log.rows_known_at(conn, kpi_current, kpi_log, to_ms(at))
    return {(value.key, value.place): value for value in readable("kpi_current", _value, rows)}


def _derived_reading(value: KpiValue, known: int, *, was_ok: bool) -> Reading | None:
    is_ok = value.state is FigureState.OK and value.value is not None
    if not is_ok and not was_ok:
        return None
    return Reading(series_key(value.key, value.place), from_ms(known), value.value if is_ok else None)


def _row(value: KpiValue, known: int) -> LogRow:
    return {
        "key": value.key,
        "unit_code": value.place,
        "known_ms": known,
        "state": value.state.value,
        "since_ms": to_ms(value.since),
        "value": value.value,
        "level": value.level,
        "severity": value.severity.value,
        "is_simulated": value.is_simulated,
        "data_time_ms": to_optional_ms(value.data_time),
        "last_value": value.last_value,
        "change": value.change,
        "age_limit_ms": round(value.age_limit.total_seconds() * 1000),
        "reason": value.reason,
        "is_phoned": value.is_phoned,
        "is_target_met": value.is_target_met,
        "expiring_source": value.expiring_source,
    }


def _value(row: LogRow) -> KpiValue:
    return KpiValue(
        key=row["key"],
        state=FigureState(row["state"]),
        since=from_ms(row["since_ms"]),
        value=row["value"],
        place=row["unit_code"],
        level=row["level"],
        severity=Severity(row["severity"]),
        is_simulated=row["is_simulated"],
        data_time=from_optional_ms(row["data_time_ms"]),
        last_value=row["last_value"],
        change=row["change"],
        age_limit=timedelta(milliseconds=row["age_limit_ms"]),
        reason=row["reason"],
        is_phoned=bool(row["is_phoned"]),
        is_target_met=row["is_target_met"],
        expiring_source=row["expiring_source"],
    )
