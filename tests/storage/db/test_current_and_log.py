"""Logs and past views; change counters; configurations; rejected items."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import RejectedItem
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity
from ioc.storage import config_log
from ioc.storage.db import change_counter
from ioc.storage.db.schema import kpi_log, rejected_item, source_log
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, readings, rejected_items, source_health
from tests.storage.expected_store import START

MINUTE = timedelta(minutes=1)
VALUE = KpiValue(
    "pm25", FigureState.OK, START, 12.5, "", "high", Severity.ATTENTION, True, START, 12.5, -0.5, timedelta(hours=1), ""
)
FAILURE = Failure("source.no_answer", {"host": "a.example"})
HEALTH = SourceHealth("s", SourceState.LIVE, START, START, START, START, None, 0, 3, 1, "f")


def test_kpi_value_is_logged_when_anything_changes(store: Store) -> None:
    with store.write() as conn:
        assert kpi_values.record(conn, [VALUE, replace(VALUE, place="31135")], START) == 2
        assert kpi_values.record(conn, [VALUE], START + MINUTE) == 0
        assert kpi_values.record(conn, [replace(VALUE, data_time=START + MINUTE)], START + 2 * MINUTE) == 1
        stale = replace(VALUE, state=FigureState.STALE, value=None, reason="s", since=START + 3 * MINUTE)
        assert kpi_values.record(conn, [stale], START + 3 * MINUTE) == 1
    with store.read() as conn:
        assert kpi_values.current(conn) == {("pm25", ""): stale, ("pm25", "31135"): replace(VALUE, place="31135")}
        assert kpi_values.current(conn, START + MINUTE)["pm25", ""] == VALUE
        assert kpi_values.current(conn, START + 3 * MINUTE)["pm25", ""] == stale
        assert kpi_values.current(conn, START - MINUTE) == {}


def test_derived_series_breaks_where_the_kpi_ceased(store: Store) -> None:
    with store.write() as conn:
        for n, value in enumerate((1.0, 2.0, None, None, 4.0)):
            state = FigureState.OK if value is not None else FigureState.STALE
            known_at = START + n * MINUTE
            kpi_values.record(
                conn, [replace(VALUE, value=value, state=state, data_time=known_at, place="A1")], known_at
            )
        line = readings.points(conn, "kpi-pm25-a1", START, START + 10 * MINUTE, 100)
    assert [value for _, value in line] == [1.0, 2.0, None, 4.0]
    assert line[1][0] == START + MINUTE


def test_known_times_of_a_kpi_never_go_back(store: Store) -> None:
    with store.write() as conn:
        kpi_values.record(conn, [VALUE], START + MINUTE)
        kpi_values.record(conn, [replace(VALUE, value=13.0)], START)
    with store.read() as conn:
        assert kpi_values.current(conn, START + MINUTE)["pm25", ""].value == 13.0
        assert kpi_values.current(conn, START) == {}


def test_backfill_leaves_the_current_value(store: Store) -> None:
    past = [(replace(VALUE, value=float(n), data_time=START + n * MINUTE), START + n * MINUTE) for n in range(50)]
    with store.write() as conn:
        kpi_values.record(conn, [VALUE], START + timedelta(days=1))
        assert kpi_values.backfill(conn, past) == 50
        assert kpi_values.current(conn)["pm25", ""] == VALUE
        assert kpi_values.current(conn, START + 7 * MINUTE)["pm25", ""].value == 7.0
        assert len(readings.points(conn, "kpi-pm25", START, START + 49 * MINUTE, 100)) == 50
        assert conn.execute(select(func.count()).select_from(kpi_log)).scalar() == 51


def test_health_log_takes_changes_and_times_by_the_minute(store: Store) -> None:
    with store.write() as conn:
        for second in range(0, 181, 5):
            at = START + timedelta(seconds=second)
            source_health.record(conn, [replace(HEALTH, last_attempt=at, last_success=at)], at)
        down = replace(
            HEALTH, state=SourceState.DOWN, since=at, last_error=FAILURE, consecutive_failures=1, last_attempt=at
        )
        source_health.record(conn, [down], at)
        assert conn.execute(select(func.count()).select_from(source_log)).scalar() == 5
        assert source_health.current(conn) == {"s": down}
        past = source_health.current(conn, START + timedelta(seconds=130))["s"]
        assert past.state is SourceState.LIVE and past.last_attempt == START + timedelta(seconds=120)


def test_change_counters_only_grow_whatever_the_clock_does(store: Store) -> None:
    with store.write() as conn:
        assert change_counter.read(conn).known_at is None
        assert change_counter.bump(conn, {"readings", "kpis"}, START) == START
        assert change_counter.bump(conn, {"kpis"}, START - MINUTE) == START
        change_counter.record_heartbeat(conn, START)
        change_counter.record_heartbeat(conn, START + MINUTE)
        counters = change_counter.read(conn)
    assert (counters.store, counters.topics["kpis"], counters.topics["readings"], counters.topics["jobs"]) == (
        2,
        2,
        1,
        0,
    )
    assert (counters.known_at, counters.heartbeat_at) == (START, START + MINUTE)
    with pytest.raises(ValueError, match="nonsense"), store.write() as conn:
        change_counter.bump(conn, {"nonsense"}, START)


def test_configuration_is_logged_once_while_in_force(store: Store) -> None:
    with store.write() as conn:
        assert config_log.current_hash(conn) is None
        assert [config_log.record(conn, body, START + n * MINUTE) for n, body in enumerate("aabba")] == [
            True, False, True, False, True,
        ]  # fmt: skip
        digests = [config_log.current_hash(conn, at) for at in (None, START + 3 * MINUTE, START - MINUTE)]
        assert digests[2] is None
        assert [config_log.body(conn, digest) for digest in digests if digest] == ["a", "b"]


def test_newest_rejected_items_stay(store: Store) -> None:
    with store.write() as conn:
        rejected_items.add(conn, "t", [RejectedItem("x", Failure(ParseCode.TIME_MISSING))], START)
        for n in range(5):
            rejected_items.add(
                conn,
                "s",
                [
                    RejectedItem(f"{n}/{m}", Failure(ParseCode.NOT_A_TIME, {"text": "no time"}), "sample")
                    for m in range(90)
                ],
                START,
            )
        assert [item.item.location for item in rejected_items.newest(conn, "s", 2)] == ["4/89", "4/88"]
        assert rejected_items.newest(conn, "s", 1)[0].received_at == START
        assert conn.execute(select(func.count()).select_from(rejected_item)).scalar() == 201
