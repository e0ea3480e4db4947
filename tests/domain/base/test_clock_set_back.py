from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.clock_set_back import ClockWatch, FollowingClock, is_within, monotonic_ms, was_set_back
from ioc.domain.base.times import to_ms

SINCE, SECOND = datetime(2026, 11, 27, 8, tzinfo=UTC), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("passed", "tolerance", "expected"),
    [(0, 0, True), (59.9, 0, True), (60, 0, False), (-0.1, 0, False), (-5, 5, True), (-5.1, 5, False), (60, 5, False)],
)
def test_span_ends_by_itself_or_when_the_clock_is_set_back(passed: float, tolerance: float, expected: bool) -> None:
    assert is_within(60 * SECOND, SINCE, SINCE + passed * SECOND, tolerance * SECOND) is expected


@pytest.mark.parametrize(("passed", "expected"), [(1, False), (0, False), (-5, False), (-5.1, True)])
def test_clock_was_set_back_when_it_shows_less_than_a_past_moment(passed: float, expected: bool) -> None:
    assert was_set_back(SINCE, SINCE + passed * SECOND, 5 * SECOND) is expected


def test_times_of_a_log_only_grow() -> None:
    now = to_ms(SINCE)
    assert monotonic_ms(SINCE, None) == now
    assert monotonic_ms(SINCE, now - 1) == now
    assert monotonic_ms(SINCE, now + 1) == now + 1


@given(st.lists(st.integers(-60, 60), min_size=2), st.booleans())
def test_each_time_follows_the_one_before_it(shifts: list[int], has_last: bool) -> None:
    shown = [SINCE + shift / 2 * SECOND for shift in shifts]
    clock = FollowingClock(iter(shown[has_last:]).__next__, shown[0] if has_last else None)
    times = [*shown[:has_last], *(clock() for _ in shown[has_last:])]
    assert times == sorted(times) and max(times) - max(shown) <= len(shown) * SECOND / 1000
    assert all(later > time for time, later, at in zip(times, times[1:], shown[1:], strict=False) if at < time)


def test_a_larger_step_back_is_followed_at_once() -> None:
    clock = FollowingClock(iter([SINCE, SINCE - 63 * SECOND, SINCE - 62 * SECOND]).__next__)
    assert [clock() for _ in range(3)] == [SINCE, SINCE - 63 * SECOND, SINCE - 62 * SECOND]


def test_steps_back_are_noticed_once_together() -> None:
    watch = ClockWatch([SINCE - 9 * SECOND, SINCE])
    passed = (-40, -80, -80, -100, -20, -81)
    told = [watch.set_back(SINCE + shift * SECOND) for shift in passed]
    assert [back.total_seconds() if back else None for back in told] == [None, 80, None, None, None, 61]
