"""One damaged row: states and reports are left out, of records the store counts as damaged; no error is let through."""

from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from ioc.directives.register_filter import all_rows
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.directives.directive import Visibility
from ioc.domain.ingest.health import initial_health
from ioc.domain.ingest.reading import RejectedItem
from ioc.domain.ingest.schema_drift import SchemaProfile
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity
from ioc.storage import jobs
from ioc.storage.db import change_counter
from ioc.storage.db.damaged_rows import refuse_damaged_numbers
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, events, statistics
from ioc.storage.timeseries import (
    host_health,
    kpi_values,
    readings,
    rejected_items,
    schema_profiles,
    source_health,
)
from tests.city import NOW
from tests.conftest import empty_store
from tests.poller.running import FakeCode, poll_source
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import USERS, Harness
from tests.storage.expected_store import make_readings

KEYS = ("a", "b")


def _fill(conn: Conn) -> None:
    source_health.record(conn, [initial_health(poll_source(key), NOW) for key in KEYS], NOW)
    kpi_values.record(conn, [KpiValue(key, FigureState.NO_DATA, NOW) for key in KEYS], NOW)
    schema_profiles.save_all(conn, [(key, SchemaProfile()) for key in KEYS])
    host_health.record(
        conn, [HostCondition(HostComponent.DISK, Severity.NORMAL, NOW, subject=key) for key in KEYS], NOW
    )
    for key in KEYS:
        rejected_items.add(conn, key, [RejectedItem(key, Failure(FakeCode.NO_TIME), "")], NOW)
        readings.append(conn, "s", make_readings(key, [(0.0, 1.0)]), NOW)


def _host(conn: Conn, at: datetime | None = None) -> set[str]:
    return {condition.subject for condition in host_health.current(conn, at)}


# Table, the column of its key, the damage, and the keys that are read.
_CASES: list[tuple[str, str, str, Callable[[Conn], Iterable[str]]]] = [
    ("source_current", "source", "last_error = '{\"code\"'", source_health.current),
    ("source_current", "source", "drift = '[1]'", source_health.current),
    ("source_current", "source", "state = 'livf'", source_health.current),
    ("source_log", "source", "state = 'livf'", lambda conn: source_health.current(conn, NOW)),
    ("kpi_current", "key", "state = 'ko'", lambda conn: (k for k, _ in kpi_values.current(conn))),
    ("schema_profile", "source", "body = '{\"count\": 1}'", schema_profiles.current),
    ("schema_profile", "source", "body = 'x'", schema_profiles.current),
    ("rejected_item", "source", "params = 'x'",
     lambda conn: (item.source for item in rejected_items.recent(conn))),
    ("host_health_current", "subject", "severity = 'x'", _host),
    ("host_health_log", "subject", "reason = 'x'", lambda conn: _host(conn, NOW)),
]  # fmt: skip


@pytest.mark.parametrize(("table", "key", "damage", "read"), _CASES, ids=[f"{one[0]} {one[2]}" for one in _CASES])
def test_a_damaged_state_or_report_hides_no_other_one(
    store: Store, table: str, key: str, damage: str, read: Callable[[Conn], Iterable[str]]
) -> None:
    with store.write() as conn:
        _fill(conn)
    with store.read() as conn:
        assert set(read(conn)) >= {"a", "b"}
    with store.write() as conn:
        assert conn.exec_driver_sql(f"UPDATE {table} SET {damage} WHERE {key} = 'a'").rowcount
    with store.read() as conn:
        assert {"a", "b"} & set(read(conn)) == {"b"}


def test_a_reading_of_a_damaged_quality_is_suspect(store: Store) -> None:
    with store.write() as conn:
        _fill(conn)
        conn.execute(text("UPDATE latest SET quality = 99 WHERE series_id = (SELECT id FROM series WHERE key = 'a')"))
    with store.read() as conn:
        assert {key: latest.quality for key, latest in readings.latest(conn).items()} == {"a": "suspect", "b": "good"}


def test_a_source_with_a_damaged_state_is_recorded_again(store: Store) -> None:
    with store.write() as conn:
        _fill(conn)
        conn.execute(text("UPDATE source_current SET state = 'livf' WHERE source = 'a'"))
        source_health.record(conn, [initial_health(poll_source("a"), NOW)], NOW)
    with store.read() as conn:
        assert set(source_health.current(conn)) == {"a", "b"}


@pytest.mark.parametrize("body", ["{", "[]"])
@pytest.mark.parametrize("table", ["directive_document", "directive_task_body", "directive_event"])
def test_a_damaged_record_is_a_damaged_store(store: Store, table: str, body: str) -> None:
    city = Harness(store)
    city.enter(assign=True)
    with store.write() as conn:
        assert conn.execute(text(f"UPDATE {table} SET body = :body"), {"body": body}).rowcount
    read = {"directive_event": lambda conn: list(events.task_events(conn, 1))}
    with store.read() as conn, pytest.raises(StoreError) as caught:
        read.get(table, lambda conn: documents.find_document(conn, "d"))(conn)
    assert caught.value.failure.code == StoreCode.DAMAGED


def test_a_damaged_task_is_a_damaged_store_in_the_register(store: Store) -> None:
    city = Harness(store)
    city.enter(assign=True)
    with store.write() as conn:
        conn.execute(text("UPDATE directive_task SET last_act = 'q'"))
    with pytest.raises(StoreError) as caught:
        list(all_rows(city.context, {}, USERS["vp"]))
    assert caught.value.failure.code == StoreCode.DAMAGED


_TEXTS = ["open_bucket SET low = 'x'", "latest SET value = 'x'", "series SET raw_since_ms = 'x'"]


@pytest.mark.parametrize("damage", [*_TEXTS, "open_bucket SET level = -1"])
def test_a_text_in_place_of_a_number_is_a_damaged_store_and_no_fault_of_what_is_written(
    tmp_path: Path, damage: str
) -> None:
    with closing(empty_store(tmp_path)) as store, store.write() as conn:  # PostgreSQL keeps no text there
        _fill(conn)
        conn.execute(text(f"UPDATE {damage}"))
    with (
        pytest.raises(StoreError) as caught,
        closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as other,
        other.write() as conn,
    ):
        readings.append(conn, "s", make_readings("a", [(60.0, 2.0)]), NOW)
    assert caught.value.failure.code == StoreCode.DAMAGED


@pytest.mark.parametrize("damage", ["kpi_current SET known_ms = 'x'", "source_current SET since_ms = 'x'"])
def test_a_state_with_a_text_in_place_of_a_number_is_written_again(tmp_path: Path, damage: str) -> None:
    with closing(empty_store(tmp_path)) as store:
        for statement in (f"UPDATE {damage}", "SELECT 1"):
            with store.write() as conn:
                _fill(conn)
                conn.execute(text(statement))
        with store.read() as conn:
            assert {*source_health.current(conn)} == {key for key, _ in kpi_values.current(conn)} == set(KEYS)


@pytest.mark.parametrize("damage", [*_TEXTS, "heartbeat SET at_ms = 'x'", "kpi_current SET value = x'00'"])
def test_a_store_with_a_text_in_place_of_a_number_is_refused(tmp_path: Path, damage: str) -> None:
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            _fill(conn)
            change_counter.record_heartbeat(conn, NOW)
        refuse_damaged_numbers(store.read)
        with store.write() as conn:
            conn.execute(text(f"UPDATE {damage}"))
        with pytest.raises(StoreError) as caught:
            refuse_damaged_numbers(store.read)
    assert caught.value.failure.code == StoreCode.DAMAGED


def test_numbers_are_those_of_the_file_not_of_the_imported_schemas(tmp_path: Path) -> None:
    with closing(empty_store(tmp_path)) as store:
        with store.write() as conn:
            conn.execute(text("CREATE TABLE other (name VARCHAR, taken_ms BIGINT)"))
            conn.execute(text("INSERT INTO other VALUES ('x', 1)"))
        refuse_damaged_numbers(store.read)
        with store.write() as conn:
            conn.execute(text("UPDATE other SET taken_ms = 'x'"))
        with pytest.raises(StoreError) as caught:
            refuse_damaged_numbers(store.read)
    assert caught.value.failure.external.startswith("other")


def test_a_second_heartbeat_counts_for_nothing(store: Store) -> None:
    with store.write() as conn:
        change_counter.record_heartbeat(conn, NOW)
        conn.execute(text("INSERT INTO heartbeat (id, at_ms) VALUES (7, 1)"))
    with store.read() as conn:
        assert change_counter.read(conn).heartbeat_at == NOW


def test_statistics_that_contradict_each_other_are_a_damaged_store(store: Store) -> None:
    city = Harness(store)
    city.enter(assign=True)
    city.enter(make_document("r", visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    with store.write() as conn:  # its end is neither open nor a moment
        conn.execute(text("UPDATE directive_interval SET valid_to_ms = valid_to_ms + 1"))
    with store.read() as conn, pytest.raises(StoreError) as caught:
        statistics.open_groups(conn, None, START, [Visibility.PUBLIC.value])
    assert caught.value.failure.code == StoreCode.DAMAGED


def test_a_damaged_job_holds_up_no_other_one(store: Store) -> None:
    with store.write() as conn:
        ids = [jobs.enqueue(conn, "pdf", {}, NOW, key=key).id for key in KEYS]
        conn.execute(text("UPDATE job SET params = '{' WHERE id = :id"), {"id": ids[0]})
        claimed = jobs.claim(conn, ["pdf"], NOW)
        assert claimed is not None and claimed.id == ids[1]
        assert jobs.claim(conn, ["pdf"], NOW) is None
        assert [job.id for job in jobs.newest(conn, 9)] == [ids[1]]
