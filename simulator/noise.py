"""Chance that can be repeated: every draw follows from the seed, a name and a time, never from a running generator."""

from array import array
from functools import cache, lru_cache
from math import floor
from random import Random

_SIZE = 1024
DAY = 86_400
ZONE = 7 * 3600  # Asia/Ho_Chi_Minh has no summer time


def random_for(seed: int, *name: object) -> Random:
    """A generator of its own for `name`: the same draws whenever it is asked."""
    return Random("/".join(map(str, (seed, *name))))


@cache
def _table(seed: int, name: str) -> "array[float]":
    draw = random_for(seed, "table", name)
    return array("d", (draw.uniform(-1, 1) for _ in range(_SIZE)))


def smooth_noise(seed: int, name: str, t: float, period: float) -> float:
    """A smooth wander within −1..1 that turns about once per `period` seconds."""
    table = _table(seed, name)
    x = t / period
    n = floor(x)
    f = x - n
    f = f * f * (3 - 2 * f)
    left = table[n % _SIZE]
    return left + (table[(n + 1) % _SIZE] - left) * f


@lru_cache(maxsize=65_536)
def stable_random(seed: int, *name: object) -> float:
    """A number within 0..1 that belongs to `name` for ever."""
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
    """How far the (mean) year has gone, 0..1: what the seasons follow."""
    return (t / DAY / 365.2425) % 1.0


def bump(x: float, middle: float, width: float) -> float:
    """A soft hill of height 1 around `middle`, about 0 beyond `width`."""
    d = (x - middle) / width
    return 1 / (1 + d * d * d * d) if -4 < d < 4 else 0.0
