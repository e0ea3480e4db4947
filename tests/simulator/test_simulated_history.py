"""The simulated history: equal to the live values, at even times, of bounded size."""

from datetime import UTC, datetime

import pytest

from simulator.city import feeds, history_values
from simulator.noise import DAY
from simulator.observation_times import FixedInterval, Monthly, SchoolDays

SEED = 7
NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("key", list(feeds()))
def test_history_equals_the_live_values(key: str) -> None:
    feed = feeds()[key]
    history = history_values(feed, SEED, NOW - 40 * DAY, NOW, NOW)
    times = [round(ms) / 1000 for ms, _ in next(iter(history.values()))]
    assert times and times == sorted(set(times)) and times[-1] <= NOW
    for t in (times[0], times[len(times) // 2], times[-1]):
        assert feed.observation_times.last(t) == t
        live = {name: line.value_at(SEED, t) for name, line in feed.series_models.items()}
        assert live == {name: next(value for ms, value in history[name] if ms == t * 1000) for name in live}


def test_history_of_two_halves_equals_the_whole() -> None:
    feed, middle = feeds()["sim-water"], NOW - 12_345
    whole = history_values(feed, SEED, NOW - DAY, NOW, NOW)
    first, second = history_values(feed, SEED, NOW - DAY, middle, NOW), history_values(feed, SEED, middle, NOW, NOW)
    assert whole == {key: first[key] + second[key] for key in whole}


def test_history_of_a_year_is_bounded() -> None:
    total = sum(
        sum(1 for _ in feed.history_times(NOW - 365 * DAY, NOW, NOW, None)) * len(feed.series_models)
        for feed in feeds().values()
    )
    assert 500_000 < total < 2_500_000


def test_too_long_history_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        history_values(feeds()["sim-traffic"], SEED, NOW - 365 * DAY, NOW, NOW, step=5)


def test_fixed_interval_gives_even_times() -> None:
    grid = FixedInterval(5)
    assert grid.last(12.0) == 10 and list(grid.between(11, 30, 7)) == [15, 20, 25]


def test_school_days_leave_sundays_out() -> None:
    sunday = datetime(2026, 11, 22, 5, tzinfo=UTC).timestamp()
    saturday = datetime(2026, 11, 21, 1, tzinfo=UTC).timestamp()
    assert SchoolDays().last(sunday) == saturday
    assert len(list(SchoolDays().between(saturday, saturday + 7 * DAY, DAY))) == 6


def test_months_begin_at_local_midnight() -> None:
    first = datetime(2026, 10, 31, 17, tzinfo=UTC).timestamp()
    assert Monthly().last(NOW) == first
    assert list(Monthly().between(first, NOW, DAY)) == [first]
