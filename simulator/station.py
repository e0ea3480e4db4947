"""An automatic air station at Trà Nóc."""

from collections.abc import Callable
from functools import partial

from simulator.air import pm25
from simulator.noise import bump, hour_of, smooth_noise
from simulator.series_model import SeriesModel
from simulator.traffic import congestion


def _pm10(seed: int, t: float) -> float:
    return 1.6 * pm25("air-tra-noc", seed, t) + 2 * smooth_noise(seed, "pm10", t, 1800)


def _gas(middle: float, by_traffic: float, by_sun: float, name: str, seed: int, t: float) -> float:
    told = middle + by_traffic * congestion(t) + by_sun * bump(hour_of(t), 13, 4)
    return told * (1 + 0.12 * smooth_noise(seed, name, t, 2400))


def series_models() -> dict[str, SeriesModel]:
    """Every line of the station."""
    models: dict[str, Callable[[int, float], float]] = {
        "pm10": _pm10,
        "no2": partial(_gas, 14, 24, 0, "no2"),
        "so2": partial(_gas, 9, 4, 0, "so2"),
        "co": partial(_gas, 420, 500, 0, "co"),
        "o3": partial(_gas, 30, -8, 34, "o3"),
    }
    return {f"auto-tra-noc-{name}": SeriesModel(model, 1, "µg/m³") for name, model in models.items()}
