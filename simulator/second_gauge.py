"""A second gauge beside the river's at Cần Thơ: the same level, but its float sticks now and then for two hours."""

from math import floor

from simulator.noise import smooth_noise, stable_random
from simulator.series_model import SeriesModel
from simulator.water import gauge

STUCK_SECONDS, _STUCK_PROBABILITY, _STUCK_OFFSET = 7_200.0, 0.15, 0.13


def is_stuck(seed: int, t: float) -> bool:
    """Whether the float sticks."""
    return stable_random(seed, "stuck", floor(t / STUCK_SECONDS)) < _STUCK_PROBABILITY


def second_gauge(seed: int, t: float) -> float:
    """The level in metres as the second gauge shows it."""
    off = _STUCK_OFFSET if is_stuck(seed, t) else 0.01 * smooth_noise(seed, "second-gauge", t, 900)
    return gauge("water-can-tho", seed, t) + off


def series_models() -> dict[str, SeriesModel]:
    """Every line that another source tells too."""
    return {"gauge-can-tho-level": SeriesModel(second_gauge, 3, "m")}
