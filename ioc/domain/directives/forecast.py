"""Where the reports' own pace leads: Theil–Sen slope with its 80 % interval, from four reports on."""

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
        """Low, middle and high percent on `day`, within 0..100."""
        span = day - self.day
        low, middle, high = (
            min(max(self.percent + s * span, 0.0), 100.0) for s in (self.low_slope, self.median_slope, self.high_slope)
        )
        return low, middle, high


def forecast(points: Sequence[DayPercent]) -> Forecast | None:
    """The band from `points`; None with fewer than four reports or when all are of one moment."""
    if len(points) < MIN_REPORTS:
        return None
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(sorted(points), 2) if b[0] > a[0])
    if not slopes:
        return None
    low, high = _slope_interval(points, slopes)
    last = max(points)
    return Forecast(last[0], last[1], low, median(slopes), high)


def _slope_interval(points: Sequence[DayPercent], slopes: Sequence[float]) -> tuple[float, float]:
    """Sen's interval: the ranks of the slopes that Kendall's S (with ties) leaves possible."""
    size, many = len(points), len(slopes)
    ties = sum(_tie_correction(axis) for axis in zip(*points, strict=True))
    spread = sqrt(max(_kendall_term(size) - ties, 0) / 18)
    reach = NormalDist().inv_cdf((1 + CONFIDENCE_LEVEL) / 2) * spread
    first = max(round((many - reach) / 2) - 1, 0)
    last = min(round((many + reach) / 2), many - 1)
    return slopes[first], slopes[last]


def _kendall_term(size: int) -> int:
    return size * (size - 1) * (2 * size + 5)


def _tie_correction(values: Sequence[float]) -> int:
    return sum(_kendall_term(size) for size in Counter(values).values())
