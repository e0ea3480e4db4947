"""The newest readings at a past moment equal those of a plain log, with few statements for many series."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from ioc.domain.ingest.reading import Reading
from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings
from tests.storage.expected_store import START, delete_all_readings

SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
# Series, seconds at which it was observed, value, seconds until it was received.
EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 900),
        st.none() | st.sampled_from([1.0, 2.0, 3.0]),
        st.sampled_from([0, 1, 30, 400, 1_500]),
    ),
    max_size=25,
)
MOMENTS = st.lists(st.integers(0, 2_500), min_size=1, max_size=6)
Log = list[tuple[datetime, Reading]]  # in the order in which they were received


def log_of(events: list[tuple[str, int, float | None, int]]) -> Log:
    ordered = sorted(events, key=lambda one: one[1] + one[3])
    return [
        (START + (observed + delay) * SECOND + n * MILLISECOND, Reading(series, START + observed * SECOND, value))
        for n, (series, observed, value, delay) in enumerate(ordered)
    ]


def known_by(log: Log, at: datetime) -> dict[str, tuple[datetime, float | None]]:
    versions = {(reading.series, reading.observed): reading.value for received, reading in log if received <= at}
    return {
        series: max((observed, value) for (key, observed), value in versions.items() if key == series)
        for series, _ in versions
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, MOMENTS)
def test_newest_known_readings_equal_those_of_a_plain_log(
    store: Store, events: list[tuple[str, int, float | None, int]], moments: list[int]
) -> None:
    delete_all_readings(store)
    log = log_of(events)
    for received, reading in log:
        with store.write() as conn:
            readings.append(conn, "s", [reading], received)
    with store.read() as conn:
        for second in moments:
            at = START + second * SECOND
            known = newest_reading.latest_known(conn, "abc", at)
            assert {key: (one.observed, one.value) for key, one in known.items()} == known_by(log, at)


@pytest.mark.parametrize(
    ("after", "share"),
    [
        (timedelta(minutes=1), 1),
        (timedelta(minutes=65), 1),  # nothing has been received for an hour
        (timedelta(minutes=-10), 0),  # its buckets of the hour and the day have begun
        (timedelta(days=-9), 0),
    ],
    ids=["recent", "in an outage", "before the first one", "before all readings"],
)
def test_many_series_take_no_more_statements_than_a_few(store: Store, after: timedelta, share: int) -> None:
    def statement_count(series_count: int) -> int:
        keys = [f"x-{n}" for n in range(series_count)]
        with store.write() as conn:
            readings.append(conn, "s", [Reading("another", START + after, 1.0)], START + after)
        for received in (START, START + timedelta(minutes=70)):  # the second one closes the buckets of the first
            with store.write() as conn:
                readings.append(conn, "s", [Reading(key, received, 1.0) for key in keys], received)
        statements: list[str] = []
        with store.read() as conn:
            event.listen(conn, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
            found = newest_reading.latest_known(conn, keys, START + after)
        assert len(found) == share * series_count
        return len(statements)

    assert statement_count(3) == statement_count(300) <= 6
