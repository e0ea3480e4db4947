"""Forecast of progress from its reports: Theil–Sen slope with its 80 % interval, from four reports on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist, median

MIN_REPORTS = 4
CONFIDENCE_LEVEL = 0.8

DayPercent = tuple[float, float]  # day, percent


@dataclass(frozen=True, slots=True)
class Forecast:
    """Slopes in points a day, from the last report's `day` and `percent`."""

    day: float
    percent: float
    low_slope: float
    median_slope: float
    high_slope: float

    def percent_on(self, day: float) -> tuple[float, float, float]:
        """Low, median and high percent on `day`, within 0..100."""
        days = day - self.day
        low, middle, high = (
            min(max(self.percent + slope * days, 0.0), 100.0)
            for slope in (self.low_slope, self.median_slope, self.high_slope)
        )
        return low, middle, high


def forecast(points: Sequence[DayPercent]) -> Forecast | None:
    """The forecast from `points`; None with fewer than four of them or when all are of one day."""
    if len(points) < MIN_REPORTS:
        return None
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(sorted(points), 2) if b[0] > a[0])
    if not slopes:
        return None
    low, high = _slope_interval(points, slopes)
    last = max(points)
    return Forecast(last[0], last[1], low, median(slopes), high)


def _slope_interval(points: Sequence[DayPercent], slopes: Sequence[float]) -> tuple[float, float]:
    """Sen's confidence interval: slopes by rank, from the normal approximation of Kendall's S with ties (Sen 1968)."""
    ties = sum(_tie_correction(axis) for axis in zip(*points, strict=True))
    deviation = sqrt(max(_kendall_term(len(points)) - ties, 0) / 18)
    width = NormalDist().inv_cdf((1 + CONFIDENCE_LEVEL) / 2) * deviation
    first = max(round((len(slopes) - width) / 2) - 1, 0)
    last = min(round((len(slopes) + width) / 2), len(slopes) - 1)
    return slopes[first], slopes[last]


def _kendall_term(size: int) -> int:
    return size * (size - 1) * (2 * size + 5)


def _tie_correction(values: Sequence[float]) -> int:
    return sum(_kendall_term(size) for size in Counter(values).values())
