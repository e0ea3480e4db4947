"""History stored as hours and days: the same buckets as from raw readings, at a fraction of the rows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.event import listen

from ioc.config.configuration import RetentionPolicy
from ioc.domain.base.times import to_ms
from ioc.storage.db.schema import reading, rollups, series
from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings, retention
from ioc.storage.timeseries.rollup_math import Bucket, Level
from ioc.storage.timeseries.rollups import buckets
from tests.storage.expected_store import START, make_readings

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
END = START.replace(minute=0) + 30 * DAY
YEAR = [(n * 6 * 3600.0, float(n % 17)) for n in range(4 * 30)]


def _buckets(store: Store, key: str) -> list[list[Bucket]]:
    with store.read() as conn:
        number = conn.execute(select(series.c.id).where(series.c.key == key)).scalar_one()
        return [buckets(conn, level, number, 0, to_ms(END + 30 * DAY)) for level in (Level.HOUR, Level.DAY)]


def _row_count(store: Store, key: str) -> int:
    with store.read() as conn:
        number = conn.execute(select(series.c.id).where(series.c.key == key)).scalar_one()
        return sum(
            int(conn.execute(select(func.count()).select_from(table).where(table.c.series_id == number)).scalar_one())
            for table in (reading, rollups[Level.MINUTE])
        )


_MOMENTS = st.lists(
    st.tuples(st.integers(0, 40 * 3600), st.floats(-1e3, 1e3, allow_nan=False)), min_size=1, max_size=40,
    unique_by=lambda pair: pair[0],
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_MOMENTS, st.integers(0, 2**31))
def test_hours_and_days_equal_those_of_raw_readings(store: Store, rows: list[tuple[int, float]], number: int) -> None:
    raw, coarse = f"raw-{number}-{len(rows)}-{hash(tuple(rows))}", f"hours-{number}-{len(rows)}-{hash(tuple(rows))}"
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings(raw, [(float(at), value) for at, value in rows]))
        count = readings.backfill_hours(conn, "s", make_readings(coarse, [(float(at), value) for at, value in rows]))
    expected, stored = _buckets(store, raw), _buckets(store, coarse)
    assert [[bucket._replace(total=0.0) for bucket in level] for level in stored] == [
        [bucket._replace(total=0.0) for bucket in level] for level in expected
    ]
    totals = [[[bucket.total for bucket in level] for level in levels] for levels in (stored, expected)]
    assert totals[0][0] == pytest.approx(totals[1][0]) and totals[0][1] == pytest.approx(totals[1][1])
    assert count in (len(rows), 0) and _row_count(store, coarse) in (0, _row_count(store, raw))


def test_hours_need_no_raw_rows_and_are_readable(store: Store) -> None:
    with store.write() as conn:
        assert readings.backfill_hours(conn, "s", make_readings("a", YEAR)) == len(YEAR)
    assert _row_count(store, "a") == 0
    with store.read() as conn:
        line = readings.points(conn, "a", START, END, 600)
        assert [value for _, value in line if value is not None] == [value for _, value in YEAR]
        day = readings.aggregate_window(conn, "a", START + 10 * DAY, START + 11 * DAY)
        assert day is not None and day.count == 4
        newest = readings.latest(conn)["a"]
        before = newest_reading.latest_before(conn, "a", START + 10 * DAY + HOUR)
    assert newest.value == YEAR[-1][1]
    assert before is not None and before.value == YEAR[40][1]


def test_the_same_history_twice_changes_nothing(store: Store) -> None:
    with store.write() as conn:
        readings.backfill_hours(conn, "s", make_readings("a", YEAR))
    first = _buckets(store, "a")
    with store.write() as conn:
        assert readings.backfill_hours(conn, "s", make_readings("a", YEAR)) == 0
    assert _buckets(store, "a") == first


def test_late_readings_count_as_in_history_of_raw_readings(store: Store) -> None:
    history = make_readings("a", [(hour * 3600.0 + at, float(hour)) for hour in range(4) for at in (300, 2400)])
    with store.write() as conn:
        readings.backfill(conn, "s", [replace(one, series="raw") for one in history])
        readings.backfill_hours(conn, "s", history)
    changes = [(3600.0 + 300, 50.0), (2 * 3600.0 + 1200, 7.0), (3 * 3600.0 + 2400, 70.0), (60.0, 8.0)]
    for change in changes:  # corrections, and readings that are new
        for key in ("a", "raw"):
            with store.write() as conn:
                assert readings.append(conn, "s", make_readings(key, [change]), END).unchanged == 0
        stored, expected = (
            [bucket._replace(received=0) for level in _buckets(store, key) for bucket in level] for key in ("a", "raw")
        )
        assert stored == expected


def test_live_readings_follow_history_of_hours(store: Store) -> None:
    live = [(30 * 86_400.0 + n * 60, float(n)) for n in range(200)]
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", live[:100]), START + 31 * DAY)
        readings.backfill_hours(conn, "s", make_readings("a", YEAR))
    with store.write() as conn:
        assert readings.append(conn, "s", make_readings("a", live[100:]), START + 31 * DAY).new == 100
    with store.read() as conn:
        whole = readings.aggregate_window(conn, "a", START - HOUR, START + 31 * DAY)
        last_hour = readings.points(conn, "a", START + 30 * DAY, START + 30 * DAY + HOUR, 600)
    assert whole is not None and whole.count == len(YEAR) + len(live)
    assert len(last_hour) == 61  # the raw readings of the last hour


@pytest.mark.parametrize("earlier", [[], [(-86_400.0, 3.0)]])
@pytest.mark.parametrize("others", [[], [(86_400.0, 1.0), (2 * 86_400.0, 1.0)]])
def test_the_minute_that_was_open_before_is_kept(
    store: Store, others: list[tuple[float, float]], earlier: list[tuple[float, float]]
) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0.0, 1.0), (2400.0, 2.0)]), START + DAY)
    with store.write() as conn:
        assert not retention.sweep(conn, START + 40 * DAY, {"normal": RetentionPolicy(30, 365)}).has_more
    with store.write() as conn:
        history = make_readings("a", [*earlier, (3 * 86_400.0, 7.0), (4 * 86_400.0, 8.0)])
        readings.backfill_hours(conn, "s", [*history, *make_readings("b", [(-86_400.0, 1.0), *others])])
    with store.read() as conn:
        half_hour = readings.points(conn, "a", START + HOUR / 2, START + HOUR, 100)
    assert [value for _, value in half_hour if value is not None] == [2.0]


def test_a_series_with_older_raw_readings_gets_raw_history(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(-40 * 86_400.0, 5.0)]), START)
        assert readings.backfill_hours(conn, "s", make_readings("a", YEAR)) == len(YEAR)
    assert _row_count(store, "a") == 2 * (len(YEAR) + 1) - 1  # raw and minutes; the newest minute is open


def test_a_moment_long_past_is_read_without_searching_later_days(store: Store) -> None:
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings("raw", [(n * 3600.0, float(n)) for n in range(24 * 60)]))
        readings.backfill_hours(conn, "s", make_readings("hours", [(n * 3600.0, float(n)) for n in range(24 * 60)]))
    statements: list[str] = []
    with store.read() as conn:
        listen(conn, "before_cursor_execute", lambda *args: statements.append(args[2]))
        known = newest_reading.latest_known(conn, ["raw", "hours"], START + DAY)
    assert {key: latest.value for key, latest in known.items()} == {"raw": 24.0, "hours": 24.0}
    assert len(statements) < 40
