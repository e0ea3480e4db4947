"""Reproducible random values: each is a function of the seed, a name and a time, without state between calls."""

from array import array
from functools import cache, lru_cache
from math import floor
from random import Random

_SIZE = 1024
DAY = 86_400
ZONE = 7 * 3600  # Asia/Ho_Chi_Minh has no summer time


def random_for(seed: int, *name: object) -> Random:
    """A new generator for `name`. It gives the same values at every call."""
    return Random("/".join(map(str, (seed, *name))))


@cache
def _table(seed: int, name: str) -> "array[float]":
    draw = random_for(seed, "table", name)
    return array("d", (draw.uniform(-1, 1) for _ in range(_SIZE)))


def smooth_noise(seed: int, name: str, t: float, period: float) -> float:
    """Smooth noise within −1..1 that changes direction about once per `period` seconds."""
    table = _table(seed, name)
    x = t / period
    n = floor(x)
    f = x - n
    f = f * f * (3 - 2 * f)
    left = table[n % _SIZE]
    return left + (table[(n + 1) % _SIZE] - left) * f


@lru_cache(maxsize=65_536)
def stable_random(seed: int, *name: object) -> float:
    """A number within 0..1, the same for a seed and a name."""
    return random_for(seed, *name).random()


def day_of(t: float) -> int:
    """The number of the local day that `t` falls into."""
    return floor((t + ZONE) / DAY)


def hour_of(t: float) -> float:
    """The local hour of the day, 0 ≤ h < 24."""
    return ((t + ZONE) % DAY) / 3600


def weekday_of(day: int) -> int:
    """0 Monday … 6 Sunday."""
    return (day + 3) % 7


def year_part(t: float) -> float:
    """The elapsed part of the mean year, 0..1; the seasons are functions of it."""
    return (t / DAY / 365.2425) % 1.0


def bump(x: float, middle: float, width: float) -> float:
    """A smooth peak of height 1 at `middle`, about 0 beyond `width`."""
    d = (x - middle) / width
    return 1 / (1 + d * d * d * d) if -4 < d < 4 else 0.0
