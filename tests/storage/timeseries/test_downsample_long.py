"""Lines of values that follow the calendar: joined over periods, broken where one is missing."""

from datetime import timedelta

import pytest

from ioc.domain.snapshot import Line
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.storage.expected_store import START, make_readings

DAY = timedelta(days=1)
WEEK = 7 * DAY
YEAR = 365 * DAY
# Many agencies submit within a day, some two days late: one figure, reported anew each time.
BURST = (0, 600, 1200, 4000, 9000, 30_000, 2 * 86_400)


def bursts(periods: list[int], cadence: timedelta) -> list[tuple[float, float]]:
    seconds = cadence.total_seconds()
    return [(n * seconds + late, float(n + late / 1e6)) for n in periods for late in BURST]


def line_of(
    store: Store, rows: list[tuple[float, float]], cadence: timedelta, span: timedelta, limit: int = 600
) -> Line:
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings("a", rows))
    with store.read() as conn:
        return readings.points(conn, "a", START, START + span, limit, cadence=cadence)


def breaks(line: Line) -> list[timedelta]:
    return [at - START for at, value in line if value is None]


@pytest.mark.parametrize("limit", [60, 600])
@pytest.mark.parametrize(("cadence", "count"), [(WEEK, 52), (30 * DAY, 12), (DAY, 300)])
def test_bursts_of_values_are_joined(store: Store, cadence: timedelta, count: int, limit: int) -> None:
    line = line_of(store, bursts(list(range(count)), cadence), cadence, YEAR, limit)
    assert not breaks(line) and len(line) >= min(count, limit / 4)


@pytest.mark.parametrize("span", [6 * WEEK, YEAR])
@pytest.mark.parametrize("is_single", [True, False])
def test_line_breaks_once_where_a_week_is_missing(store: Store, is_single: bool, span: timedelta) -> None:
    weeks = [n for n in range(52) if n != 3]
    rows = [(n * WEEK.total_seconds(), float(n)) for n in weeks] if is_single else bursts(weeks, WEEK)
    (gap,) = breaks(line_of(store, rows, WEEK, span))
    assert 2 * WEEK < gap < 4 * WEEK


def test_values_rarer_than_the_cadence_stay_a_line(store: Store) -> None:
    rows = [(n * 3 * WEEK.total_seconds(), float(n)) for n in range(17)]
    assert not breaks(line_of(store, rows, WEEK, YEAR))


def test_reported_missing_value_breaks_the_line_within_a_cadence(store: Store) -> None:
    rows: list[tuple[float, float | None]] = [(0, 1.0), (86_400, None), (7 * 86_400, 2.0)]
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", rows), START)
    with store.read() as conn:
        line = readings.points(conn, "a", START, START + YEAR, 600, cadence=WEEK)
    assert [value for _, value in line] == [1.0, None, 2.0]
