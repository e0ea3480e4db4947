"""Downsampling: few points, extremes kept, breaks at gaps, and the past as it was known."""

from datetime import timedelta
from math import sin

from ioc.domain.ingest.reading import Reading
from ioc.domain.kpis.kpi import Aggregate
from ioc.domain.snapshot import Line
from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings
from tests.storage.expected_store import START, make_readings

DAY = timedelta(days=1)


def _backfilled(store: Store, seconds: int, step: int) -> list[Reading]:
    batch = make_readings("a", [(n * step, sin(n / 300)) for n in range(seconds // step)])
    with store.write() as conn:
        readings.backfill(conn, "s", batch)
    return batch


def _values(line: Line) -> list[float]:
    return [value for _, value in line if value is not None]


def test_few_readings_are_not_reduced(store: Store) -> None:
    batch = _backfilled(store, 1800, 7)
    with store.read() as conn:
        line = readings.points(conn, "a", START, START + DAY, 1000)
        assert line == tuple((reading.observed, reading.value) for reading in batch)
        part = readings.points(conn, "a", START + timedelta(seconds=8), START + timedelta(seconds=50), 1000)
        assert part == line[2:8]


def test_reduced_line_keeps_extremes_within_the_limit(store: Store) -> None:
    batch = _backfilled(store, 2 * 86_400, 20)
    batch[4321] = Reading("a", batch[4321].observed, 99.0)
    with store.write() as conn:
        readings.append(conn, "s", [batch[4321]], START + 2 * DAY)
    wanted = [reading.value for reading in batch if reading.value is not None]
    with store.read() as conn:
        for limit in (4, 10, 96, 1000):
            line = readings.points(conn, "a", START, START + 2 * DAY, limit)
            assert limit / 4 <= len(line) <= limit
            assert [at for at, _ in line] == sorted({at for at, _ in line})
            assert (max(_values(line)), min(_values(line))) == (99.0, min(wanted))
            assert line[0][0] == START


def test_line_breaks_at_a_gap(store: Store) -> None:
    rows = [(n * 5.0, 1.0) for n in range(100)] + [(2000 + n * 5.0, 2.0) for n in range(100)]
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", rows), START)
    with store.read() as conn:
        line = readings.points(conn, "a", START, START + DAY, 1000)
        coarse = readings.points(conn, "a", START, START + DAY, 20)
    breaks = [at for at, value in line if value is None]
    assert len(breaks) == 1 and timedelta(seconds=495) < breaks[0] - START < timedelta(seconds=2000)
    assert len(coarse) <= 20


def test_line_breaks_at_a_missing_value(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0), (5, None), (6, None), (10, 2.0), (15, None)]), START)
    with store.read() as conn:
        line = readings.points(conn, "a", START, START + DAY, 1000)
    assert [value for _, value in line] == [1.0, None, 2.0, None]


def test_missing_value_that_came_later_breaks_the_line_of_the_past(store: Store) -> None:
    known_at, filled_at = START + timedelta(minutes=1), START + timedelta(minutes=2)
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0), (5, None), (10, 2.0)]), known_at)
    with store.read() as conn:
        before = readings.points(conn, "a", START, START + DAY, 1000, known_at)
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(5, 3.0)]), filled_at)
    with store.read() as conn:
        past, present = (readings.points(conn, "a", START, START + DAY, 1000, at) for at in (known_at, filled_at))
    assert past == before and [value for _, value in past] == [1.0, None, 2.0]
    assert [value for _, value in present] == [1.0, 3.0, 2.0]


def test_past_line_is_as_it_was_known(store: Store) -> None:
    received_at = [START + timedelta(minutes=n) for n in (5, 10, 15)]
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(n * 30, 1.0) for n in range(8)]), received_at[0])
        readings.append(conn, "s", make_readings("a", [(45, 5.0), (300, 3.0)]), received_at[1])  # one of them late
        readings.append(conn, "s", make_readings("a", [(30, 9.0), (60, None)]), received_at[2])  # corrections
    with store.read() as conn:
        lines = [_values(readings.points(conn, "a", START, START + DAY, 1000, at)) for at in received_at]
        none = readings.points(conn, "a", START, START + DAY, 1000, received_at[0] - timedelta(seconds=1))
    assert lines == [[1.0] * 8, [1.0, 1.0, 5.0] + [1.0] * 6 + [3.0], [1.0, 9.0, 5.0] + [1.0] * 5 + [3.0]]
    assert none == ()


def test_aggregate_window_excludes_its_start_and_includes_its_end(store: Store) -> None:
    _backfilled(store, 3 * 86_400, 30)
    with store.read() as conn:
        aggregate = readings.aggregate_window(conn, "a", START, START + timedelta(seconds=60))
        whole = readings.aggregate_window(conn, "a", START - DAY, START + 5 * DAY)
        assert readings.aggregate_window(conn, "a", START - DAY, START - timedelta(seconds=1)) is None
        assert readings.aggregate_window(conn, "nothing", START, START + DAY) is None
    assert aggregate == Aggregate(
        2, sin(1 / 300) + sin(2 / 300), sin(1 / 300), sin(2 / 300), sin(1 / 300), sin(2 / 300)
    )
    assert whole is not None and whole.count == 8640


def test_latest_before_looks_two_days_back(store: Store) -> None:
    with store.write() as conn:
        readings.append(conn, "s", make_readings("a", [(0, 1.0), (10, 2.0), (20, None)]), START)
    with store.read() as conn:

        def latest_value(after: timedelta) -> float | str | None:
            reading = newest_reading.latest_before(conn, "a", START + after)
            return "nothing" if reading is None else reading.value

        assert [latest_value(timedelta(seconds=n)) for n in (-1, 0, 9, 10, 19, 20)] == [
            "nothing",
            1.0,
            1.0,
            2.0,
            2.0,
            None,
        ]
        assert latest_value(2 * DAY + timedelta(seconds=20)) is None
        assert latest_value(2 * DAY + timedelta(seconds=21)) == "nothing"
        assert newest_reading.latest_before(conn, "nothing", START) is None


def test_sparse_history_beside_dense_readings_is_not_broken(store: Store) -> None:
    sparse = [(n * 900, float(n)) for n in range(92)]  # 23 hours, each quarter of an hour
    dense = [(23 * 3600 + n * 5, 1.0) for n in range(720)]  # the last hour, each five seconds
    hole = [(moment, value) for moment, value in dense if not 1000 < moment - 23 * 3600 < 2200]
    with store.write() as conn:
        readings.backfill(conn, "s", make_readings("a", sparse + hole))
    with store.read() as conn:
        line = readings.points(conn, "a", START, START + DAY, 2000)
    breaks = [at for at, value in line if value is None]
    assert len(breaks) == 1 and breaks[0] > START + timedelta(hours=23)
