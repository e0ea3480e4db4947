"""Readings that come after the sweep of their time are stored, or refused; no screen shows what is not stored."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from ioc.config.configuration import RetentionPolicy
from ioc.domain.base.times import to_ms
from ioc.domain.ingest.source import KEPT_CLASS, Source
from ioc.domain.kpis.kpi import Latest
from ioc.storage.db.schema import reading, revision, series
from ioc.storage.db.store import Conn, Store
from ioc.storage.timeseries import newest_reading, readings, restored_readings, retention
from ioc.storage.timeseries.range_query import FOREVER
from ioc.storage.timeseries.readings import IngestResult
from ioc.storage.timeseries.rollup_math import NEVER, Bucket, Level
from ioc.storage.timeseries.rollups import buckets
from tests.city import source
from tests.storage.expected_store import START, check_against_raw, delete_all_readings, make_readings

DAY, HOUR, MINUTE = timedelta(days=1), 3600.0, 60.0
FULL_HOUR = 2 * MINUTE  # after START
NOW = START + 100 * DAY
KEPT, SWEPT = "kept", "swept"
Rows = list[tuple[float, float | None]]


def declared(key: str, retention_class: str) -> Source:
    row = source(key)
    return replace(row, series=(replace(row.series[0], key=key, unit="m", retention_class=retention_class),))


def declare(store: Store, **classes: str) -> None:
    with store.write() as conn:
        readings.declare_series(conn, [declared(key, name) for key, name in classes.items()])


def append(store: Store, key: str, rows: Rows, day: float = 100) -> IngestResult:
    with store.write() as conn:
        return readings.append(conn, key, make_readings(key, rows), START + day * DAY)


def sweep(store: Store, raw_days: int = 90, minute_days: int = 90, day: float = 100) -> None:
    more = True
    while more:
        with store.write() as conn:
            policy = {"normal": RetentionPolicy(raw_days, minute_days)}
            more = retention.sweep(conn, START + day * DAY, policy).has_more


def hours_and_days(conn: Conn, key: str) -> list[Bucket]:
    number = conn.execute(select(series.c.id).where(series.c.key == key)).scalar_one()
    stored = [bucket for level in (Level.HOUR, Level.DAY) for bucket in buckets(conn, level, number, NEVER, FOREVER)]
    return [bucket._replace(received=0, total=round(bucket.total, 6)) for bucket in stored if bucket.size]


def raw_rows(store: Store, key: str) -> list[tuple[int, float | None]]:
    with store.read() as conn:
        query = select(reading.c.observed_ms, reading.c.value).join(series, series.c.id == reading.c.series_id)
        return [(at, value) for at, value in conn.execute(query.where(series.c.key == key).order_by("observed_ms"))]


# At most two readings an hour: an hour tells each of them.
_ROWS = st.lists(
    st.tuples(
        st.builds(lambda hour, minute: hour * HOUR + minute, st.integers(0, 30), st.sampled_from([180.0, 2400.0])),
        st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.5])),
    ),
    max_size=25,
)
_PROPERTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@_PROPERTY
@given(st.lists(_ROWS, min_size=1, max_size=3), st.lists(_ROWS, min_size=1, max_size=3), st.integers(0, 32))
def test_late_readings_count_as_if_nothing_had_been_swept(
    store: Store, early: list[Rows], late: list[Rows], swept_hours: int
) -> None:
    delete_all_readings(store)
    declare(store, kept=KEPT_CLASS, swept="normal")
    for rows in early:
        assert not append(store, SWEPT, rows, 2).refused and not append(store, KEPT, rows, 2).refused
    sweep(store, raw_days=1, day=1 + swept_hours / 24)
    for n, rows in enumerate(late):
        assert not append(store, SWEPT, rows, 50 + n).refused and not append(store, KEPT, rows, 50 + n).refused
        with store.read() as conn:
            assert hours_and_days(conn, SWEPT) == hours_and_days(conn, KEPT)
            latest = readings.latest(conn)
        assert (latest.get(SWEPT) and latest[SWEPT].value) == (latest.get(KEPT) and latest[KEPT].value)
        assert append(store, SWEPT, rows, 60).new == 0
    horizon = to_ms(START + timedelta(hours=swept_hours))
    assert all(at >= horizon - 3_600_000 for at, _ in raw_rows(store, SWEPT))


@_PROPERTY
@given(
    st.lists(_ROWS, min_size=1, max_size=3), st.lists(_ROWS, min_size=1, max_size=3), st.integers(0, 32), st.booleans()
)
def test_series_that_is_kept_from_now_on_has_its_readings_again(
    store: Store, early: list[Rows], late: list[Rows], swept_hours: int, keeps_minutes: bool
) -> None:
    delete_all_readings(store)
    declare(store, kept=KEPT_CLASS, swept="normal")
    for rows in early:
        append(store, SWEPT, rows, 2)
        append(store, KEPT, rows, 2)
    sweep(store, raw_days=1, minute_days=400 if keeps_minutes else 1, day=1 + swept_hours / 24)
    declare(store, kept=KEPT_CLASS, swept=KEPT_CLASS)
    with_values = [[row for row in raw_rows(store, key) if row[1] is not None] for key in (SWEPT, KEPT)]
    assert with_values[0] == with_values[1]
    with store.read() as conn:
        assert {*conn.execute(select(series.c.raw_since_ms)).scalars()} == {NEVER}
    has_missing = any(value is None for rows in early for _, value in rows)  # a sweep forgets where they were
    for n, rows in enumerate(late):
        corrected = [append(store, key, rows, 50 + n).corrected for key in (SWEPT, KEPT)]
        assert has_missing or corrected[0] <= corrected[1]
    sweep(store, raw_days=1)
    with store.read() as conn:
        assert hours_and_days(conn, SWEPT) == hours_and_days(conn, KEPT)
        if not has_missing:
            check_against_raw(conn)


def test_figure_sent_and_corrected_after_ninety_days_is_stored(store: Store) -> None:
    """Also of a store whose figures were swept already; its past stays as it was known."""
    declare(store, kept="normal")
    append(store, KEPT, [(0, 100.0)], 10)
    sweep(store)
    declare(store, kept=KEPT_CLASS)
    assert append(store, KEPT, [(0, 50.0), (-40 * 24 * HOUR, 7.0)], 101) == IngestResult(1, 0, 1)
    sweep(store, day=200)
    with store.read() as conn:
        assert readings.latest(conn)[KEPT].value == 50.0
        span = START - 50 * DAY, NOW
        assert [value for _, value in readings.points(conn, KEPT, *span, 50) if value is not None] == [7.0, 50.0]
        past = readings.points(conn, KEPT, *span, 50, START + 100.5 * DAY)
        assert [value for _, value in past] == [100.0]
        assert conn.execute(select(func.count()).select_from(revision)).scalar() == 1


def test_readings_are_restored_up_to_the_first_hour_that_hides_some(store: Store) -> None:
    declare(store, swept="normal")
    begin = FULL_HOUR + 10 * HOUR
    dense: Rows = [(begin + n * MINUTE, float(n % 7)) for n in range(30)]
    append(store, SWEPT, [(0, 1.0), *dense, (20 * HOUR, 2.0), (30 * HOUR, 3.0)], 2)
    sweep(store)
    declare(store, swept=KEPT_CLASS)
    assert [value for _, value in raw_rows(store, SWEPT)] == [2.0, 3.0]
    assert append(store, SWEPT, [(0, 1.5), (begin, 9.0), (20 * HOUR, 2.5)]) == IngestResult(
        0, 0, 2, ((SWEPT, to_ms(START) + int(begin) * 1000, 9.0),)
    )
    with store.read() as conn:
        assert [bucket.total for bucket in hours_and_days(conn, SWEPT) if bucket.size == 1][:3] == [1.5, 2.5, 3.0]


def test_newest_reading_without_a_value_is_restored_and_can_be_corrected(store: Store) -> None:
    declare(store, swept="normal")
    append(store, SWEPT, [(-24 * HOUR, 4.0), (0, None)], 2)
    sweep(store)
    declare(store, swept=KEPT_CLASS)
    for n, value in enumerate((5.0, 6.0)):
        assert append(store, SWEPT, [(0, value)], 101 + n).corrected == 1
        assert raw_rows(store, SWEPT)[1:] == [(to_ms(START), value)]
        with store.read() as conn:
            assert [bucket.last for bucket in hours_and_days(conn, SWEPT)] == [4.0, value, 4.0, value]


def test_series_of_many_readings_is_restored_in_part(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restored_readings, "_MAX_HOURS", 5)
    declare(store, swept="normal")
    append(store, SWEPT, [(n * HOUR, float(n)) for n in range(20)], 2)
    sweep(store)
    declare(store, swept=KEPT_CLASS)
    assert [value for _, value in raw_rows(store, SWEPT)] == [15.0, 16.0, 17.0, 18.0, 19.0]
    assert append(store, SWEPT, [(n * HOUR, float(n + n % 2)) for n in range(20)]) == IngestResult(0, 10, 10)
    with store.read() as conn:
        whole = readings.aggregate_window(conn, SWEPT, START - DAY, NOW)
    assert whole is not None and (whole.count, whole.total) == (20, sum(range(20)) + 10)


def test_hour_of_hidden_readings_takes_what_it_cannot_contain(store: Store) -> None:
    """Before its first and after its last one; between them a value may be stored, or is refused."""
    declare(store, swept="normal")
    begin = FULL_HOUR + 5 * HOUR
    last = begin + 39 * MINUTE
    rows: Rows = [(begin + n * MINUTE, float(n % 7)) for n in range(2, 40)]
    append(store, SWEPT, rows, 2)
    sweep(store)
    late: Rows = [
        (begin, 3.0),
        (begin + 90, 2.0),
        (begin + 150, 4.0),
        (begin + 170, 40.0),
        (last, 40.0),
        (last + 1, 5.0),
    ]
    refused = tuple((SWEPT, to_ms(START) + int(at) * 1000, 40.0) for at in (begin + 170, last))
    assert append(store, SWEPT, late) == IngestResult(3, 1, 0, refused)
    assert append(store, SWEPT, rows) == IngestResult(0, len(rows), 0)
    with store.read() as conn:
        (hour, _) = hours_and_days(conn, SWEPT)
    assert (hour.size, hour.first, hour.last, hour.high) == (len(rows) + 3, 3.0, 5.0, 6.0)


def test_statistics_that_come_after_the_sweep_of_their_period_are_stored(store: Store) -> None:
    declare(store, swept="normal")
    quarters: Rows = [(n * 91 * 24 * HOUR, 10.0 + n) for n in range(4)]
    for n in range(4):
        day = 91 * (n + 1) + 5
        sweep(store, day=day)
        assert append(store, SWEPT, quarters[: n + 1], day) == IngestResult(1, n, 0)
        with store.read() as conn:
            assert readings.latest(conn)[SWEPT].value == 10.0 + n


def line(store: Store, known_by: datetime | None = None) -> list[tuple[datetime, float]]:
    """The values of the swept series, as known at `known_by`."""
    with store.read() as conn:
        found = readings.points(conn, SWEPT, START - DAY, START + 2 * DAY, 10_000, known_by)
    return [(at, value) for at, value in found if value is not None]


def latest_of(store: Store, known_by: datetime | None = None) -> Latest | None:
    with store.read() as conn:
        if known_by is None:
            return readings.latest(conn).get(SWEPT)
        return newest_reading.latest_known(conn, [SWEPT], known_by).get(SWEPT)


@_PROPERTY
@given(_ROWS, st.lists(_ROWS, min_size=1, max_size=4), st.integers(0, 32), st.sampled_from([1, 400]))
def test_past_moments_show_what_was_known_then(
    store: Store, early: Rows, late: list[Rows], swept_hours: int, minute_days: int
) -> None:
    delete_all_readings(store)
    declare(store, swept="normal")
    append(store, SWEPT, early, 2)
    sweep(store, raw_days=1, minute_days=minute_days, day=1 + swept_hours / 24)
    shown = []
    for n, rows in enumerate([[], *late]):
        append(store, SWEPT, rows, 50 + n)
        shown.append((START + (50.5 + n) * DAY, line(store), latest_of(store)))
    has_missing = any(value is None for rows in [early, *late] for _, value in rows)  # a sweep forgets where they were
    for moment, values, newest in shown:
        assert line(store, moment) == values
        assert has_missing or latest_of(store, moment) == newest


@pytest.mark.parametrize("minute_days", [90, 400])
def test_past_moment_keeps_what_an_hour_told_when_other_series_are_swept(store: Store, minute_days: int) -> None:
    declare(store, swept="normal")
    append(store, SWEPT, [(0, 10.0)], 5)
    sweep(store, minute_days=minute_days, day=120)
    append(store, SWEPT, [(0, 10.0), (1200, 99.0)], 120)
    append(store, SWEPT, [(0, 12.0)], 121)
    declare(store, swept="normal", other="normal")
    append(store, "other", [(0, 1.0), (24 * HOUR, 1.0)], 122)
    sweep(store, minute_days=minute_days, day=123)
    for day, values in ((4, []), (50, [10.0]), (120.5, [10.0, 99.0]), (121.5, [12.0, 99.0])):
        assert [value for _, value in line(store, START + day * DAY)] == values
        newest = latest_of(store, START + day * DAY)
        assert (newest and newest.value) == (values[-1] if values else None)


def test_past_moment_keeps_its_newest_minute_when_the_hour_before_changes(store: Store) -> None:
    declare(store, swept="normal")
    for n in range(40):  # every three minutes
        at = START + n * timedelta(minutes=3)
        with store.write() as conn:
            readings.append(conn, SWEPT, make_readings(SWEPT, [(n * 3 * MINUTE, float(n))]), at)
    sweep(store, minute_days=400, day=120)
    moment = START + timedelta(minutes=64)  # the hour begins at minute 62
    before = latest_of(store, moment)
    assert before is not None and before.value == 21.0
    assert append(store, SWEPT, [(FULL_HOUR + 1, 5.0)], 121).new == 1
    assert latest_of(store, moment) == before


def test_hour_whose_readings_come_one_by_one_leaves_revisions_once_it_is_complete(store: Store) -> None:
    def revision_count() -> int:
        with store.read() as conn:
            return conn.execute(select(func.count()).select_from(revision)).scalar_one()

    declare(store, swept="normal")
    sweep(store)
    for n in range(20):
        assert append(store, SWEPT, [(FULL_HOUR + n * MINUTE, float(n))], 100 + n / 1440).new == 1
    assert revision_count() == 0
    assert append(store, SWEPT, [(FULL_HOUR + 20 * MINUTE, 20.0)], 102).new == 1
    assert revision_count() == 2  # its first and lowest, its last and highest
    assert [value for _, value in line(store, START + 101 * DAY)] == [0.0, 19.0]


def test_past_moment_leaves_out_an_hour_that_changed_before_its_sweep(store: Store) -> None:
    declare(store, swept="normal")
    append(store, SWEPT, [(0, 1.0), (24 * HOUR, 2.0)], 5)
    append(store, SWEPT, [(24 * HOUR, 3.0)], 7)
    sweep(store, day=120)
    for day, values in ((6, [1.0]), (8, [1.0, 3.0])):
        assert [value for _, value in line(store, START + day * DAY)] == values
        newest = latest_of(store, START + day * DAY)
        assert newest is not None and newest.value == values[-1]


def test_correction_of_a_whole_history_takes_few_statements(store: Store) -> None:
    declare(store, kept=KEPT_CLASS, swept="normal")
    history: Rows = [(n * 24 * HOUR, float(n % 7)) for n in range(400)]
    for key in (SWEPT, KEPT):
        append(store, key, history, 500)
    sweep(store, day=500)
    corrected: Rows = [(at, float(n % 7 + n % 3)) for n, (at, _) in enumerate(history)]
    recent = 90  # days whose readings are kept raw
    statements = list[str]()
    with store.write() as conn:
        event.listen(conn, "after_cursor_execute", lambda *args: statements.append(args[2]))
        late = make_readings(SWEPT, corrected[:-recent])
        assert readings.append(conn, SWEPT, late, START + 501 * DAY).corrected == 206
    assert len(statements) < 20
    for key, rows in ((SWEPT, corrected[-recent:]), (KEPT, corrected)):
        append(store, key, rows, 501)
    with store.read() as conn:
        assert hours_and_days(conn, SWEPT) == hours_and_days(conn, KEPT)
