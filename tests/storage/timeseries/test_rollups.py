"""Whatever arrives in whatever order: roll-ups equal what the raw readings give."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.storage.db.store import Store
from ioc.storage.timeseries import newest_reading, readings
from tests.storage.expected_store import START, check_against_raw, delete_all_readings, make_readings

_moments = st.one_of(
    st.integers(0, 300), st.sampled_from([0, 59, 60, 119, 120, 121, 3599, 3720, 7320, 86_400, 86_520, 172_920])
)
_values = st.one_of(st.none(), st.sampled_from([-2.5, 0.0, 1.0, 7.25]))
_batches = st.lists(
    st.tuples(st.booleans(), st.lists(st.tuples(st.sampled_from("ab"), _moments, _values), max_size=12)), max_size=6
)


@pytest.fixture(params=[200, 1])
def store_with_copy(store: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """`store`, on PostgreSQL also with every row going the way that many rows go."""
    monkeypatch.setattr("ioc.storage.db.dialect._COPY_MIN_ROWS", request.param)
    return store


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=_batches)
def test_rollups_equal_aggregates_of_raw_readings(
    store_with_copy: Store, batches: list[tuple[bool, list[tuple[str, int, float | None]]]]
) -> None:
    delete_all_readings(store_with_copy)
    expected: dict[tuple[str, int], float | None] = {}
    for n, (backfill, rows) in enumerate(batches):
        batch = [reading for key, at, value in rows for reading in make_readings(key, [(at, value)])]
        with store_with_copy.write() as conn:
            if backfill:
                readings.backfill(conn, "s", batch)
            else:
                readings.append(conn, "s", batch, START + timedelta(days=3, minutes=n))
        expected.update({(key, at): value for key, at, value in rows})
    with store_with_copy.read() as conn:
        check_against_raw(conn)
        _check_windows(conn, expected)


def _check_windows(conn: object, expected: dict[tuple[str, int], float | None]) -> None:
    for low, high in ((0, 60), (59, 121), (-1, 90_000), (120, 172_920), (30, 31)):
        wanted = [
            value for (key, at), value in expected.items() if key == "a" and low < at <= high and value is not None
        ]
        aggregate = readings.aggregate_window(conn, "a", _at(low), _at(high))  # type: ignore[arg-type]
        assert (aggregate.count if aggregate else 0) == len(wanted)
        if aggregate:
            assert (aggregate.low, aggregate.high) == (min(wanted), max(wanted))
            assert aggregate.total == pytest.approx(sum(wanted))
    for moment in (0, 61, 4000, 200_000):
        past = [(at, value) for (key, at), value in expected.items() if key == "a" and moment - 172_800 <= at <= moment]
        latest = newest_reading.latest_before(conn, "a", _at(moment))  # type: ignore[arg-type]
        assert (latest and (latest.observed, latest.value)) == (
            (_at(max(at for at, _ in past)), dict(past)[max(at for at, _ in past)]) if past else None
        )


def _at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)
