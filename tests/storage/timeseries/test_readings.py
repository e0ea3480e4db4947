"""Readings: kept once, corrected with their past, newest at hand, the same after every restart and rollback."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import Latest
from ioc.storage.db.schema import reading, revision
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from ioc.storage.timeseries.readings import IngestResult
from tests.storage.expected_store import START, check_against_raw, make_readings

LATER = START + timedelta(minutes=30)


def test_repeated_readings_are_stored_once(store: Store) -> None:
    batch = make_readings("a", [(0, 1.0), (1, 2.0), (90, 3.0)])
    with store.write() as conn:
        assert readings.append(conn, "s", batch, LATER) == IngestResult(3, 0, 0)
    with store.write() as conn:
        assert readings.append(conn, "s", batch, LATER) == IngestResult(0, 3, 0)
        assert readings.latest(conn) == {"a": Latest(START + timedelta(seconds=90), 3.0)}
        assert readings.latest(conn, ["b"]) == {}
        check_against_raw(conn)


def test_many_polls_are_stored_in_order_of_arrival(store: Store) -> None:
    polls = [
        ("s", make_readings("a", [(0, 1.0)]), START),
        ("t", make_readings("b", [(0, 1.0)]), START),
        ("s", make_readings("a", [(5, 2.0), (0, 1.5)]), LATER),
    ]
    with store.write() as conn:
        assert readings.append_all(conn, polls) == IngestResult(3, 0, 1)
        check_against_raw(conn)
        line = readings.points(conn, "a", START, LATER, 10)
    assert [value for _, value in line] == [1.5, 2.0]


def test_correction_keeps_the_earlier_value_with_both_times(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0), (1, 9.0)]), START)
    with store.write() as conn:
        assert readings.append(conn, "s", make_readings("a", [(0, 1.0), (1, 2.0)]), LATER) == IngestResult(0, 1, 1)
        check_against_raw(conn)
        (row,) = conn.execute(select(revision)).all()
    assert row.value == 9.0
    assert row.replaced_ms - row.received_ms == 30 * 60_000


def test_changed_quality_is_a_correction(store: Store) -> None:
    batch = make_readings("a", [(0, 1.0)])
    with store.write() as conn:
        readings.append(conn, "s", batch, START)
        assert readings.append(conn, "s", [replace(batch[0], quality="suspect")], LATER).corrected == 1


def test_contradiction_within_one_answer_is_corrected_once(store: Store) -> None:
    batch = make_readings("a", [(0, 1.0), (0, 2.0), (5, 3.0), (5, 3.0)])
    with store.write() as conn:
        assert readings.append(conn, "s", batch, START) == IngestResult(2, 1, 1)
        assert readings.append(conn, "s", batch, LATER) == IngestResult(0, 4, 0)
        check_against_raw(conn)
        assert conn.execute(select(func.count()).select_from(revision)).scalar() == 1


def test_reading_without_value_is_latest_and_in_no_rollup(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0), (10, None)]), START)
        assert readings.latest(conn)["a"] == Latest(START + timedelta(seconds=10), None)
        readings.append(conn, "s", make_readings("a", [(0, None)]), LATER)
        check_against_raw(conn)
        assert readings.aggregate_window(conn, "a", START - timedelta(hours=1), LATER) is None


def test_rolled_back_transaction_leaves_cache_and_store_unchanged(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0)]), START)
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        readings.append(
            conn, "s", make_readings("a", [(70, 5.0), (7000, 6.0)]) + make_readings("new", [(0, 1.0)]), START
        )
        raise ZeroDivisionError
    with store.write() as conn:
        assert (
            readings.append(conn, "s", make_readings("a", [(70, 7.0)]) + make_readings("new", [(1, 2.0)]), LATER).new
            == 2
        )
        assert readings.latest(conn)["a"].value == 7.0
        check_against_raw(conn)


def test_two_writers_see_each_others_changes(store: Store, url: str) -> None:
    other = Store(url)
    for n, writer in enumerate((store, other, store, other)):
        with writer.write() as conn:
            assert readings.append(conn, "s", make_readings("a", [(n * 40, float(n)), (0, 0.0)]), START).new == 1
            check_against_raw(conn)
    other.close()


def test_append_outside_a_write_raises(store: Store) -> None:
    with pytest.raises(RuntimeError, match="inside"), store.read() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0)]), START)


def test_backfill_before_and_around_stored_readings(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(7200, 1.0)]), LATER)
        history = make_readings("a", [(n * 30, n % 17 - 5.0) for n in range(1000)])
        assert readings.backfill(conn, "s", history) == IngestResult(999, 0, 1)
        assert readings.backfill(conn, "s", history) == IngestResult(0, 1000, 0)
        check_against_raw(conn)
        received = select(func.max(reading.c.received_ms - reading.c.observed_ms))
        assert conn.execute(received).scalar() == 0


def test_many_series_in_one_transaction(store: Store) -> None:
    batch = [reading for n in range(600) for reading in make_readings(f"s-{n}", [(0, n), (61, n + 1)])]
    with store.write() as conn:
        assert readings.append(conn, "s", batch, START).new == 1200
        assert len(readings.latest(conn, [f"s-{n}" for n in range(600)])) == 600
    with store.write() as conn:
        again: list[Reading] = [
            replace(reading, observed=reading.observed + timedelta(seconds=70)) for reading in batch
        ]
        assert readings.append(conn, "s", again, START).new == 1200
        check_against_raw(conn)
