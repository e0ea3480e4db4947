"""Retention: raw readings and minute buckets are deleted; hours, days and logs stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, event, func, select, update

from ioc.domain.base.times import to_ms
from ioc.storage.db.schema import reading, revision, rollups, series
from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings, retention
from ioc.storage.timeseries.rollup_math import Level
from tests.storage.expected_store import START, make_readings

DAY = timedelta(days=1)
HOUR_SECONDS = 3_600


@dataclass(frozen=True)
class Days:
    raw_days: int
    minute_days: int


def _fill(store: Store) -> None:
    rows = [(n * 600.0, float(n % 10)) for n in range(6 * 24 * 10)]
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings("a", rows))
        readings.append(conn, "s", make_readings("a", [(0, 4.0)]), START)


def test_sweep_deletes_old_readings_and_minutes_but_no_hours(store: Store) -> None:
    _fill(store)
    now = START + 10 * DAY
    with store.write() as conn:
        assert retention.sweep(conn, now, {"other": Days(0, 0)}) == (0, 0, False)
        swept = retention.sweep(conn, now, {"normal": Days(3, 5)})
        assert not swept.has_more
        assert (
            swept.readings == 7 * 144 + 1 - 5 and conn.execute(select(func.count()).select_from(revision)).scalar() == 0
        )
        assert retention.sweep(conn, now, {"normal": Days(3, 5)}) == (0, 0, False)
        minutes = select(func.count()).select_from(rollups[min(rollups)])
        assert abs((conn.execute(minutes).scalar() or 0) - 5 * 144) < 10
    with store.read() as conn:
        whole = readings.aggregate_window(conn, "a", START - DAY, now)
        assert whole is not None and whole.count == 1440
        assert len(readings.points(conn, "a", START, now, 500)) > 200
        reading = newest_reading.latest_before(conn, "a", START + DAY + timedelta(hours=1, minutes=5))
        assert reading is not None and reading.value is not None


def test_readings_before_the_horizon_are_compared_with_their_hour(store: Store) -> None:
    _fill(store)
    now = START + 10 * DAY
    with store.write() as conn:
        retention.sweep(conn, now, {"normal": Days(3, 5)})
    with store.write() as conn:
        stored = readings.append(conn, "s", make_readings("a", [(600, 1.0), (1200, 77.0)]), now)
        assert stored == readings.IngestResult(0, 1, 0, (("a", to_ms(START + timedelta(seconds=1200)), 77.0),))
        whole = readings.aggregate_window(conn, "a", START - DAY, now)
        assert whole is not None and whole.count == 1440
        late = make_readings("a", [(9 * 86_400 + 1, 5.0)])
        assert readings.append(conn, "s", late, now).new == 1


def test_sweep_stops_at_its_budget_and_can_continue(store: Store, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    _fill(store)
    monkeypatch.setattr(retention, "_BUDGET", 100)
    rounds = more = 1
    while more:
        with store.write() as conn:
            more = retention.sweep(conn, START + 10 * DAY, {"normal": Days(3, 5)}).has_more
        rounds += 1
    assert rounds > 5
    with store.read() as conn:
        oldest = conn.execute(select(func.min(reading.c.observed_ms))).scalar()
        assert oldest is not None
        assert abs(oldest / 1000 - (START + 7 * DAY).timestamp()) <= 3600


@contextmanager
def counted_statements(conn: Connection) -> Iterator[list[str]]:
    """The statements that are executed within it."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(conn, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(conn, "before_cursor_execute", note)


def set_class(conn: Connection, key: str, retention_class: str) -> None:
    conn.execute(update(series).where(series.c.key == key).values(retention_class=retention_class))


def sweep_all(store: Store, now: datetime, classes: dict[str, Days]) -> list[tuple[retention.SweepResult, int]]:
    """Sweeps until there is no more; the result and the number of statements of each transaction."""
    rounds: list[tuple[retention.SweepResult, int]] = []
    while not rounds or rounds[-1][0].has_more:
        with store.write() as conn, counted_statements(conn) as statements:
            swept = retention.sweep(conn, now, classes)
        rounds.append((swept, len(statements)))
    return rounds


def test_new_series_has_no_hour_of_another_class_looked_at(store: Store) -> None:
    hours = 1_500
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings("kept", [(n * HOUR_SECONDS, 1.0) for n in range(hours)]))
        readings.backfill(conn, "s", make_readings("new", [((hours - 30) * HOUR_SECONDS, 1.0)]))
        set_class(conn, "new", "brief")
    ((swept, statements),) = sweep_all(store, START + timedelta(hours=hours), {"brief": Days(1, 1)})
    assert swept.readings == 1 and statements < 20


def test_one_transaction_looks_at_few_hours_however_little_is_in_them(store: Store) -> None:
    hours = 1_000
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings("a", [(n * HOUR_SECONDS, 1.0) for n in range(hours)]))
    rounds = sweep_all(store, START + timedelta(hours=hours), {"normal": Days(1, 2)})
    assert len(rounds) >= 4 and max(statements for _, statements in rounds) < 700
    assert sum(swept.readings for swept, _ in rounds) == hours - 24
    with store.read() as conn:
        whole = readings.aggregate_window(conn, "a", START - DAY, START + timedelta(hours=hours))
        assert whole is not None and whole.count == hours


def test_minutes_of_one_series_are_deleted_by_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(store)
    now = START + 10 * DAY
    with store.write() as conn:
        retention.sweep(conn, now, {"normal": Days(3, 20)})
    monkeypatch.setattr(retention, "_BUDGET", 100)
    rounds = sweep_all(store, now, {"normal": Days(3, 3)})
    assert sum(swept.minutes for swept, _ in rounds) >= 6 * 144
    assert all(swept.minutes <= 106 for swept, _ in rounds)
    with store.read() as conn:
        oldest = conn.execute(select(func.min(rollups[Level.MINUTE].c.bucket_ms))).scalar_one()
        assert oldest / 1000 >= (now - 3 * DAY).timestamp() - HOUR_SECONDS
        whole = readings.aggregate_window(conn, "a", START - DAY, now)
        assert whole is not None and whole.count == 1440


def test_whatever_is_due_is_deleted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings without a value, of a series that ended, corrected, late; of several series, in hours far apart."""
    monkeypatch.setattr(retention, "_BUDGET", 1_200)
    at = [n * HOUR_SECONDS for n in (0, 1, 7, 90, 91, 200)]
    rows_by_key: dict[str, list[tuple[float, float | None]]] = {
        "ended": [(at[0], 1.0)],
        "missing": [(moment, None) for moment in at],
        "minutes": [(at[2] + 60 * n, float(n)) for n in range(90)],
        "newest": [(at[0], 1.0), (at[3], 2.0), (at[5] + 20 * HOUR_SECONDS, 3.0)],
        "corrected": [(at[1], 5.0), (at[4], 6.0)],
    }
    with store.write() as conn:
        for key, rows in rows_by_key.items():
            readings.append(conn, "s", make_readings(key, rows), START + 9 * DAY)
        readings.append(conn, "s", make_readings("corrected", [(at[1], None), (at[4], 7.0)]), START + 9 * DAY)
        readings.append(conn, "s", make_readings("ended", [(at[0] - 5 * HOUR_SECONDS, 4.0)]), START + 9 * DAY)
    now = START + timedelta(seconds=at[5] + 20 * HOUR_SECONDS)
    rounds = sweep_all(store, now, {"normal": Days(1, 1)})
    assert len(rounds) > 2
    with store.read() as conn:
        left = conn.execute(select(reading.c.observed_ms)).scalars().all()
        assert len(left) == 2
        assert all(moment / 1000 >= now.timestamp() - 25 * HOUR_SECONDS for moment in left)
        assert conn.execute(select(func.count()).select_from(revision)).scalar() == 0
        assert len({*conn.execute(select(series.c.raw_since_ms)).scalars()}) == 1


def test_horizon_only_grows_and_stays_right_between_transactions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(store)
    monkeypatch.setattr(retention, "_BUDGET", 3_000)
    horizons = []
    more = True
    while more:
        with store.write() as conn:
            more = retention.sweep(conn, START + 10 * DAY, {"normal": Days(3, 5)}).has_more
        with store.read() as conn:
            horizons.append(conn.execute(select(series.c.raw_since_ms)).scalar_one())
            assert conn.execute(select(func.min(reading.c.observed_ms))).scalar_one() >= horizons[-1]
    assert all(earlier <= later for earlier, later in pairwise(horizons)) and len({*horizons}) > 3
