from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.clock_set_back import (
    MAX_FALL,
    ClockWatch,
    FollowingClock,
    following,
    is_within,
    monotonic_ms,
    was_set_back,
)
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


@pytest.mark.parametrize(("back", "expected"), [(0, 0), (0.5, 1), (62, 1), (62.1, -62_100), (-5, 5_000)])
def test_what_comes_later_follows_unless_the_clock_was_set_back(back: float, expected: int) -> None:
    time = following(SINCE - back * SECOND, None, SINCE)
    assert (time - SINCE) / timedelta(milliseconds=1) == expected


def test_it_follows_all_that_came_before() -> None:
    assert following(SINCE, SINCE + 2 * SECOND, SINCE + SECOND) == SINCE + 2 * SECOND + timedelta(milliseconds=1)


def times(shown: list[float], last: datetime | None = None) -> list[float]:
    """What a FollowingClock gives, in seconds since SINCE."""
    clock = FollowingClock(iter([SINCE + second * SECOND for second in shown]).__next__, last)
    return [(clock() - SINCE).total_seconds() for _ in shown]


def test_times_follow_until_the_clock_has_caught_up() -> None:
    assert times([0, -40, -30, 0.002, 19, 5], SINCE) == [0, 0.001, 0.002, 0.002, 19, 19.001]
    assert times([0, -40, 2, 90]) == [0, 0.001, 2, 90]


def test_no_time_leads_by_more_than_the_tolerance() -> None:
    given_times = times([0] + [-50.0] * 30_000, SINCE)
    assert len(set(given_times)) == 9_001 and given_times[-1] == 9


@given(st.lists(st.integers(-600, 600), min_size=1, max_size=40))
def test_times_only_grow_unless_the_clock_was_set_back(shifts: list[int]) -> None:
    shown = [0.0]
    for shift in shifts:
        shown.append(round(shown[-1] + shift / 10, 1))
    given_times = times(shown, SINCE)
    for n in range(1, len(shown)):
        assert given_times[n] >= given_times[n - 1] or max(shown[: n + 1]) - shown[n] > 59.9
        assert shown[n] <= given_times[n] <= shown[n] + MAX_FALL.total_seconds()


@pytest.mark.parametrize("last", [None, SINCE + 30 * SECOND])
def test_a_larger_step_back_is_followed_at_once(last: datetime | None) -> None:
    assert times([0, 30, -33, -32], last)[-2:] == [-33, -32]


def steps_noticed(looks: list[tuple[float, float]]) -> list[float]:
    """By how many seconds a watch has noticed a clock to be set back in all, after each look (passed, shown)."""
    at, told = [0.0, 0.0], []
    watch = ClockWatch(lambda: SINCE + at[1] * SECOND, [], lambda: at[0])
    for at[0], at[1] in looks:
        assert watch.now() == SINCE + at[1] * SECOND
        told.append(watch.set_back_by.total_seconds())
    return told


def test_steps_back_are_noticed_once_together() -> None:
    assert steps_noticed([(0, n) for n in (0, -40, -80, -80, -100, -20, -81)]) == [0, 0, 80, 80, 80, 80, 141]


def test_a_pause_hides_no_step_back() -> None:
    assert steps_noticed([(5, 5), (9, -55), (10, -54), (13, 13), (14, 20)]) == [0, 64, 64, 64, 64]


def test_a_fall_counts_until_the_clock_has_caught_up() -> None:
    assert steps_noticed([(0, 0), (1, -39), (30, -30), (42, 2), (43, -38), (60, -41)]) == [0, 0, 0, 0, 0, 61]


def test_a_clock_that_was_set_back_before_is_noticed_at_the_first_look() -> None:
    watch = ClockWatch(lambda: SINCE, [SINCE + 61 * SECOND, SINCE], lambda: 0.0)
    watch.now()
    assert watch.set_back_by == 61 * SECOND
