from datetime import UTC, datetime, timedelta

import pytest

from ioc.domain.base.clock_set_back import is_within, monotonic_ms, was_set_back
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
