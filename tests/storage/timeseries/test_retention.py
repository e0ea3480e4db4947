"""Retention: raw readings and minute buckets are deleted; hours, days and logs stay."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from ioc.storage.db.schema import reading, revision, rollups
from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings, retention
from tests.storage.expected_store import START, make_readings

DAY = timedelta(days=1)


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


def test_readings_before_the_horizon_are_ignored(store: Store) -> None:
    _fill(store)
    now = START + 10 * DAY
    with store.write() as conn:
        retention.sweep(conn, now, {"normal": Days(3, 5)})
    with store.write() as conn:
        assert readings.append(conn, "s", make_readings("a", [(600, 1.0), (1200, 77.0)]), now).unchanged == 2
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
