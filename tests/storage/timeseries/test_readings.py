"""Readings: kept once, corrected with their past, newest at hand, the same after every restart and rollback."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import Latest
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.schema import reading, revision
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings
from ioc.storage.timeseries.readings import IngestResult
from tests.city import source
from tests.storage.truth import START, check, made

LATER = START + timedelta(minutes=30)


def test_readings_are_kept_once(store: Store) -> None:
    batch = made("a", [(0, 1.0), (1, 2.0), (90, 3.0)])
    with store.write() as conn:
        assert readings.append(conn, "s", batch, LATER) == IngestResult(3, 0, 0)
    with store.write() as conn:
        assert readings.append(conn, "s", batch, LATER) == IngestResult(0, 3, 0)
        assert readings.latest(conn) == {"a": Latest(START + timedelta(seconds=90), 3.0)}
        assert readings.latest(conn, ["b"]) == {}
        check(conn)


def test_many_polls_at_once_are_kept_in_order_of_arrival(store: Store) -> None:
    polls = [
        ("s", made("a", [(0, 1.0)]), START),
        ("t", made("b", [(0, 1.0)]), START),
        ("s", made("a", [(5, 2.0), (0, 1.5)]), LATER),
    ]
    with store.write() as conn:
        assert readings.append_all(conn, polls) == IngestResult(3, 0, 1)
        check(conn)
        line = readings.points(conn, "a", START, LATER, 10)
    assert [value for _, value in line] == [1.5, 2.0]


def test_a_correction_keeps_the_earlier_value_with_both_times(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", made("a", [(0, 1.0), (1, 9.0)]), START)
    with store.write() as conn:
        assert readings.append(conn, "s", made("a", [(0, 1.0), (1, 2.0)]), LATER) == IngestResult(0, 1, 1)
        check(conn)
        (row,) = conn.execute(select(revision)).all()
    assert row.value == 9.0
    assert row.replaced_ms - row.received_ms == 30 * 60_000


def test_a_changed_quality_is_a_correction(store: Store) -> None:
    one = made("a", [(0, 1.0)])
    with store.write() as conn:
        readings.append(conn, "s", one, START)
        assert readings.append(conn, "s", [replace(one[0], quality="suspect")], LATER).corrected == 1


def test_a_source_that_contradicts_itself_is_corrected_once(store: Store) -> None:
    batch = made("a", [(0, 1.0), (0, 2.0), (5, 3.0), (5, 3.0)])
    with store.write() as conn:
        assert readings.append(conn, "s", batch, START) == IngestResult(2, 1, 1)
        assert readings.append(conn, "s", batch, LATER) == IngestResult(0, 4, 0)
        check(conn)
        assert conn.execute(select(func.count()).select_from(revision)).scalar() == 1


def test_a_reading_without_a_value_is_the_newest_and_in_no_roll_up(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", made("a", [(0, 1.0), (10, None)]), START)
        assert readings.latest(conn)["a"] == Latest(START + timedelta(seconds=10), None)
        readings.append(conn, "s", made("a", [(0, None)]), LATER)
        check(conn)
        assert readings.aggregate_window(conn, "a", START - timedelta(hours=1), LATER) is None


def test_a_rolled_back_transaction_leaves_nothing_behind(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", made("a", [(0, 1.0)]), START)
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        readings.append(conn, "s", made("a", [(70, 5.0), (7000, 6.0)]) + made("new", [(0, 1.0)]), START)
        raise ZeroDivisionError
    with store.write() as conn:
        assert readings.append(conn, "s", made("a", [(70, 7.0)]) + made("new", [(1, 2.0)]), LATER).new == 2
        assert readings.latest(conn)["a"].value == 7.0
        check(conn)


def test_two_writers_see_what_the_other_did(store: Store, url: str) -> None:
    other = Store(url)
    for n, one in enumerate((store, other, store, other)):
        with one.write() as conn:
            assert readings.append(conn, "s", made("a", [(n * 40, float(n)), (0, 0.0)]), START).new == 1
            check(conn)
    other.close()


def test_readings_are_written_only_in_a_write(store: Store) -> None:
    with pytest.raises(RuntimeError, match="inside"), store.read() as conn:
        readings.append(conn, "s", made("a", [(0, 1.0)]), START)


def test_declaring_a_series_in_another_unit_is_refused(store: Store) -> None:
    one = source()
    with store.write() as conn:
        readings.declare_series(conn, [one])
        readings.declare_series(conn, [one, replace(one, key="other")])
    (level,) = one.series
    with pytest.raises(StoreError) as caught, store.write() as conn:
        readings.declare_series(conn, [replace(one, series=(replace(level, unit="cm"),))])
    params = {"series": "water-level-can-tho", "stored": level.unit, "unit": "cm"}
    assert caught.value.failure == Failure(StoreCode.UNIT_CHANGED, params)


def test_a_backfill_before_and_around_what_is_held(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", made("a", [(7200, 1.0)]), LATER)
        history = made("a", [(n * 30, n % 17 - 5.0) for n in range(1000)])
        assert readings.backfill(conn, "s", history) == IngestResult(999, 0, 1)
        assert readings.backfill(conn, "s", history) == IngestResult(0, 1000, 0)
        check(conn)
        received = select(func.max(reading.c.received_ms - reading.c.observed_ms))
        assert conn.execute(received).scalar() == 0


def test_many_series_at_once(store: Store) -> None:
    batch = [one for n in range(600) for one in made(f"s-{n}", [(0, n), (61, n + 1)])]
    with store.write() as conn:
        assert readings.append(conn, "s", batch, START).new == 1200
        assert len(readings.latest(conn, [f"s-{n}" for n in range(600)])) == 600
    with store.write() as conn:
        again: list[Reading] = [replace(one, observed=one.observed + timedelta(seconds=70)) for one in batch]
        assert readings.append(conn, "s", again, START).new == 1200
        check(conn)
