"""The discharge of the Hậu: the flood of September and October, the low water of April."""

from math import cos, pi

from simulator.noise import DAY, smooth_noise, year_part
from simulator.series_model import SeriesModel


def discharge(seed: int, t: float) -> float:
    """Cubic metres a second, as a daily mean."""
    season = 0.5 + 0.5 * cos(2 * pi * (year_part(t) - 0.76))
    base: float = 1800 + 14_500 * season**2.2
    return base * (1 + 0.06 * smooth_noise(seed, "discharge", t, 6 * DAY))


def series_models() -> dict[str, SeriesModel]:
    """Every line of the river model."""
    return {"river-hau-discharge": SeriesModel(discharge, 0, "m³/s")}
