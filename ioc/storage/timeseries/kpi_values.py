"""KPI values: what was shown, by the moment at which it was known.

Each value that is ok also becomes a reading of a derived series (`series_of`), observed at the moment at which it was
known, so that a KPI's history comes from roll-ups like any other line; a value that ceases breaks that line.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity
from ioc.storage.db import current_and_log
from ioc.storage.db.dialect import upsert
from ioc.storage.db.schema import kpi_current, kpi_log
from ioc.storage.timeseries.ingest import ingest

DERIVED_SOURCE = "kpi"  # what derived series are of
KpiKey = tuple[str, str]


def series_key(key: str, place: str = "") -> str:
    """The series in which a KPI's history stands."""
    return (f"kpi-{key}-{place}" if place else f"kpi-{key}").lower()


def record(conn: Connection, values: Iterable[KpiValue], known_at: datetime) -> int:
    """Appends each value that differs in anything from the one that stands; how many did."""
    given = list(values)
    held, rows, readings = current_and_log.current_rows(conn, kpi_current, [one.key for one in given]), [], []
    for value in given:
        before = held.get((value.key, value.place))
        known = max(to_ms(known_at), before["known_ms"] if before else 0)
        row = _row(value, known)
        if before is not None and before | {"known_ms": known} == row:
            continue
        rows.append(row)
        held[value.key, value.place] = row
        if reading := _derived_reading(value, known, before):
            readings.append(reading)
    current_and_log.append(conn, kpi_current, kpi_log, rows)
    ingest(conn, [(DERIVED_SOURCE, readings, to_ms(known_at))])
    return len(rows)


def backfill(conn: Connection, history: Iterable[tuple[KpiValue, datetime]]) -> int:
    """Appends values with the moments at which they were known, by time, before or after what stands; how many."""
    held, rows, current, readings = current_and_log.current_rows(conn, kpi_current), [], [], []
    for value, known_at in history:
        row = _row(value, to_ms(known_at))
        before = held.get((value.key, value.place))
        rows.append(row)
        if before is None or before["known_ms"] <= row["known_ms"]:
            held[value.key, value.place] = row
            current.append(row)
        if reading := _derived_reading(value, row["known_ms"], None):
            readings.append(reading)
    if rows:
        conn.execute(kpi_log.insert(), rows)
        upsert(conn, kpi_current, list({(row["key"], row["unit_code"]): row for row in current}.values()))
    ingest(conn, [(DERIVED_SOURCE, readings, None)])
    return len(rows)


def current(conn: Connection, at: datetime | None = None) -> dict[KpiKey, KpiValue]:
    """The values by (KPI key, place) as known now, or as they were known at `at`."""
    if at is None:
        return {
            (row["key"], row["unit_code"]): _value(row)
            for row in current_and_log.current_rows(conn, kpi_current).values()
        }
    return {
        (row["key"], row["unit_code"]): _value(row)
        for row in current_and_log.rows_known_at(conn, kpi_current, kpi_log, to_ms(at))
    }


def _derived_reading(value: KpiValue, known: int, before: Mapping[str, object] | None) -> Reading | None:
    series = series_key(value.key, value.place)
    if value.state is FigureState.OK and value.value is not None:
        return Reading(series, from_ms(known), value.value)
    ceased = before is not None and before["state"] == FigureState.OK
    return Reading(series, from_ms(known), None) if ceased else None


def _row(value: KpiValue, known: int) -> current_and_log.LogRow:
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
        "data_time_ms": None if value.data_time is None else to_ms(value.data_time),
        "last_value": value.last_value,
        "change": value.change,
        "age_limit_ms": round(value.age_limit.total_seconds() * 1000),
        "reason": value.reason,
        "is_phoned": value.is_phoned,
    }


def _value(row: current_and_log.LogRow) -> KpiValue:
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
    )
