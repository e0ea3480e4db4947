"""A second gauge beside the river's at Cần Thơ: the same level, but its float sticks now and then for two hours."""

from math import floor

from simulator.chance import drift, fixed
from simulator.line import Line
from simulator.water import gauge

STUCK_FOR, _STUCK, _OFF = 7_200.0, 0.15, 0.13


def stuck(seed: int, t: float) -> bool:
    """Whether the float sticks."""
    return fixed(seed, "stuck", floor(t / STUCK_FOR)) < _STUCK


def second_gauge(seed: int, t: float) -> float:
    """The level in metres as the second gauge shows it."""
    off = _OFF if stuck(seed, t) else 0.01 * drift(seed, "second-gauge", t, 900)
    return gauge("water-can-tho", seed, t) + off


def lines() -> dict[str, Line]:
    """Every line that another source tells too."""
    return {"gauge-can-tho-level": Line(second_gauge, 3, "m")}
