"""Times at the ends of the calendar in a store: what admission takes is read back, shown, and restored; no stored value
keeps the snapshot from being built.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import column, inspect, select, text

from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import CITY_ZONE, from_ms, to_ms
from ioc.domain.events.event import Event
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.health import initial_health
from ioc.domain.ingest.reading import EARLIEST_TIME, LATEST_TIME, Reading, RejectedItem, ValidationCode
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.backup import row_values
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.storage.timeseries import host_health, kpi_values, readings, rejected_items, source_health
from ioc.web.api.views import BASE
from tests.city import NOW, full_city
from tests.conftest import empty_store
from tests.poller.running import configured, poll_source
from tests.web.api.test_views import FakeApiReads, client_of

STORED = (-(2**62), 253_402_300_800_000)  # milliseconds that no time has; the second, datetime.max is rounded up to
EVENT = Event("report", "r-1", NOW, "Đèn đường hỏng", started=NOW, due=NOW + timedelta(hours=1))
NAMES = ("started", "due", "closed", "expires")
ENDS = (datetime.min.replace(tzinfo=UTC), datetime(1899, 12, 31, 23, tzinfo=UTC), EARLIEST_TIME, LATEST_TIME,
        datetime(2201, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC))  # fmt: skip
TIMES = st.sampled_from(ENDS) | st.datetimes(timezones=st.just(UTC))


def filled(store: Store) -> Source:
    """The source of a store with a row in each table that the snapshot is read from."""
    source = replace(poll_source("a"), events=(EventKind("report", LocalizedText("phản ánh")),))
    value = KpiValue("a-kpi", FigureState.OK, NOW, 1.0, data_time=NOW)
    condition = HostCondition(HostComponent.DISK, Severity.NORMAL, NOW, 1.0, reason=ConditionReason.NONE)
    with store.write() as conn:
        events.record(conn, "a", [replace(EVENT, closed=None, expires=NOW + timedelta(days=1))], NOW)
        readings.declare_series(conn, [source])
        readings.append(conn, "a", [Reading("a-level", NOW, 1.0)], NOW)
        source_health.record(conn, [replace(initial_health(source, NOW), data_time=NOW)], NOW)
        kpi_values.record(conn, [value], NOW)
        host_health.record(conn, [condition], NOW)
        rejected_items.add(conn, "a", [RejectedItem("x", Failure(ValidationCode.TIME_AHEAD, {"time": ENDS[-1]}))], NOW)
        change_counter.record_heartbeat(conn, NOW)
        change_counter.bump(conn, {"kpis", "events"}, NOW)
    return source


def time_columns(store: Store) -> dict[str, list[str]]:
    """The columns with times of each table that has a row."""
    with store.read() as conn:
        tables = inspect(conn)
        filled_tables = [
            name for name in tables.get_table_names() if conn.execute(text(f"SELECT count(*) FROM {name}")).scalar()
        ]
        names = {table: [column["name"] for column in tables.get_columns(table)] for table in filled_tables}
    times = {
        table: [name for name in columns if name.endswith("_ms") and name not in row_values._DURATIONS]
        for table, columns in names.items()
    }
    return {table: columns for table, columns in times.items() if columns}


def test_no_stored_time_keeps_the_snapshot_from_being_built_and_sent(store: Store) -> None:
    source, api_reads = filled(store), FakeApiReads(full_city())
    client, columns_by_table = client_of(api_reads), time_columns(store)
    assert sum(map(len, columns_by_table.values())) > 20
    for (table, columns), value in product(columns_by_table.items(), STORED):
        with store.write() as conn:
            kept = conn.execute(select(*map(column, columns)).select_from(text(table)).limit(1)).mappings().one()
            conn.execute(text(f"UPDATE {table} SET {', '.join(f'{name} = {value}' for name in columns)}"))
        reads = SnapshotCache(store, configured(source), lambda: NOW)
        reads.versions()
        reads.at(NOW)
        api_reads.current = reads.snapshot()
        for path in ("events", "kpis", "sources", "machine"):
            assert client.get(f"{BASE}/{path}").status_code == 200, (table, value, path)
        with store.write() as conn:
            conn.execute(text(f"UPDATE {table} SET {', '.join(f'{name} = :{name}' for name in columns)}"), dict(kept))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), TIMES)
@example("expires", ENDS[-1])
@example("due", ENDS[-1])
@example("started", LATEST_TIME)
def test_every_time_that_admission_takes_is_read_back_shown_and_restored(
    store: Store, name: str, time: datetime
) -> None:
    stated: dict[str, Any] = {name: time}
    admitted, rejected = validate_events([replace(EVENT, **stated)], {"report"}, NOW, id_key=b"key")
    assert len(admitted) + len(rejected) == 1
    if name in ("due", "expires") and time > LATEST_TIME:
        assert getattr(admitted[0], name) is None
    for event in admitted:
        with store.write() as conn:
            events.record(conn, "a", [event], NOW)
            stored = events.latest(conn, "a", "r-1")
        assert stored is not None
        given, kept = getattr(event, name), getattr(stored, name)
        assert given == kept or abs(given - kept) < timedelta(milliseconds=1)
        assert kept is None or kept.astimezone(CITY_ZONE)


@pytest.mark.parametrize("time", ENDS)
def test_a_backup_with_a_time_that_a_version_admitted_is_restored(tmp_path: Path, time: datetime) -> None:
    """Earlier versions admitted any time of the calendar."""
    with closing(empty_store(tmp_path)) as store, store.write() as conn:
        events.record(conn, "a", [replace(EVENT, started=time, due=time, closed=time, expires=time)], NOW)
    with closing(sqlite3.connect(tmp_path / "ioc.db")) as copy:
        assert row_values.unreadable_value(copy) is None


@given(st.integers(-(2**63), 2**63 - 1))
@example(to_ms(datetime.max.replace(tzinfo=UTC)))
def test_any_stored_number_is_a_time_that_the_city_can_show(milliseconds: int) -> None:
    assert from_ms(milliseconds).astimezone(CITY_ZONE) + timedelta(days=300) - timedelta(days=600)


def test_a_damaged_row_hides_no_other_event(store: Store) -> None:
    with store.write() as conn:
        events.record(conn, "a", [EVENT, replace(EVENT, key="r-2")], NOW)
        conn.execute(text("UPDATE event_current SET body = '{' WHERE key = 'r-1'"))
    with store.read() as conn:
        assert [record.event.key for record in events.open_events(conn, NOW).records] == ["r-2"]


@pytest.mark.parametrize("column", ["key", "kind", "body"])
def test_a_byte_that_is_no_text_hides_no_other_event(tmp_path: Path, column: str) -> None:
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            events.record(conn, "a", [EVENT, replace(EVENT, key="r-2")], NOW)
            damaged = f"CAST(x'80' || substr({column}, 2) AS TEXT)"
            conn.execute(text(f"UPDATE event_current SET {column} = {damaged} WHERE key = 'r-1'"))
        with store.read() as conn:
            assert "r-2" in {record.event.key for record in events.open_events(conn, NOW).records}
