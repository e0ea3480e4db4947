"""The forecast of progress from its reports."""

from itertools import combinations
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.directives.forecast import forecast


def test_a_forecast_needs_four_reports_of_different_days() -> None:
    points = [(0.0, 0.0), (10.0, 9.0), (20.0, 21.0), (30.0, 30.0)]
    assert forecast(points[:3]) is None
    assert forecast([(5.0, 1.0)] * 4) is None
    assert forecast(points) is not None


def test_a_straight_line_has_one_slope() -> None:
    found = forecast([(float(n), 2.0 * n) for n in range(10)])
    assert found is not None and found.low_slope == found.median_slope == found.high_slope == 2.0
    assert found.percent_on(19.0) == (38.0, 38.0, 38.0)
    assert found.percent_on(500.0) == (100.0, 100.0, 100.0)


def test_one_outlier_does_not_change_the_median_slope() -> None:
    found = forecast([(float(n), 90.0 if n == 3 else float(n)) for n in range(12)])
    assert found is not None and found.median_slope == pytest.approx(1.0)


def test_the_interval_matches_a_calculation_by_hand() -> None:
    """Seven points, no ties: 21 slopes, C = 1.2816 × √(7·6·19/18) = 8.53, so ranks 6 and 15 from 1, then the next."""
    points = list(zip((1.0, 2.0, 4.0, 7.0, 8.0, 12.0, 15.0), (2.0, 1.0, 6.0, 5.0, 11.0, 12.0, 20.0), strict=True))
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2))
    found = forecast(points)
    assert found is not None
    assert (found.low_slope, found.median_slope, found.high_slope) == (slopes[5], median(slopes), slopes[15])


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0, 100)), min_size=4, max_size=15))
def test_the_interval_contains_the_median_and_percents_stay_within_0_and_100(rows: list[tuple[int, float]]) -> None:
    found = forecast([(float(day), percent) for day, percent in rows])
    if found is None:
        assert len({day for day, _ in rows}) == 1
        return
    assert found.low_slope <= found.median_slope <= found.high_slope
    low, middle, high = found.percent_on(found.day + 30)
    assert 0 <= low <= middle <= high <= 100
