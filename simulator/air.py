"""Dust in the air, the Vietnamese air quality index, and the weather at four points."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import cos, pi

from simulator.noise import DAY, bump, hour_of, smooth_noise, year_part
from simulator.series_model import SeriesModel
from simulator.traffic import congestion
from simulator.water import cloud_cover, rain_within

# Station: how much dustier than the city's mean.
STATIONS = {
    "air-ninh-kieu": 1.15,
    "air-cai-rang": 1.10,
    "air-tra-noc": 1.25,
    "air-o-mon": 1.00,
    "air-thot-not": 0.95,
    "air-vi-thanh": 0.80,
    "air-nga-bay": 0.90,
    "air-soc-trang": 0.95,
}
# Point: its gauge's number in water.RAIN, degrees warmer than Ninh Kiều.
WEATHER = {"ninh-kieu": (0, 0.0), "thot-not": (1, 0.2), "vi-thanh": (5, -0.2), "soc-trang": (8, -0.4)}
# Break points of PM2.5 (µg/m³) for VN_AQI 0, 50, 100, 150, 200, 300, 400, 500 (QĐ 1459/QĐ-TCMT).
_AQI_BREAKPOINTS = ((0, 0), (25, 50), (50, 100), (80, 150), (150, 200), (250, 300), (350, 400), (500, 500))


def pm25(name: str, seed: int, t: float) -> float:
    """Micrograms of fine dust per cubic metre: dry season, calm mornings, evening traffic, a wandering haze."""
    hour = hour_of(t)
    season = 22 + 9 * cos(2 * pi * (year_part(t) - 0.06))
    rhythm = 0.88 + 0.26 * bump(hour, 7, 2.2) + 0.20 * bump(hour, 20, 2.8)
    haze = 1 + 0.28 * smooth_noise(seed, "haze", t, 1.7 * DAY)
    return STATIONS[name] * season * rhythm * haze * (
        1 + 0.10 * smooth_noise(seed, name, t, 5400)
    ) + 0.4 * smooth_noise(seed, name + "/fast", t, 420)


def aqi(name: str, seed: int, t: float) -> float:
    """VN_AQI from the mean dust of the last twelve hours."""
    dust = sum(pm25(name, seed, t - back * 3600) for back in (0, 3, 6, 9)) / 4
    for (low, index), (high, above) in pairwise(_AQI_BREAKPOINTS):
        if dust <= high:
            return index + (dust - low) / (high - low) * (above - index)
    return 500.0


def temperature(point: str, seed: int, t: float) -> float:
    """Degrees Celsius, warmest about 14 h and in April."""
    _, warmer = WEATHER[point]
    season = 27.4 + 1.3 * cos(2 * pi * (year_part(t) - 0.31))
    day = 3.2 * cos(2 * pi * (hour_of(t) - 14) / 24)
    return (
        season + warmer + day * (1.15 - 0.4 * cloud_cover(seed, t)) + 0.5 * smooth_noise(seed, "warm" + point, t, 9000)
    )


def humidity(point: str, seed: int, t: float) -> float:
    """Percent, high when it is cool."""
    damp = 82 - 3.6 * (temperature(point, seed, t) - 27.5) + 3 * smooth_noise(seed, "damp" + point, t, 14_000)
    return max(38.0, min(99.0, damp))


def wind(point: str, seed: int, t: float) -> float:
    """Kilometres an hour, stronger in the afternoon."""
    return max(0.5, 8 + 4 * bump(hour_of(t), 15, 4) + 4 * smooth_noise(seed, "wind" + point, t, 5000))


def precipitation(point: str, seed: int, t: float) -> float:
    """Millimetres fallen at the point's gauge within the last hour, as in the service's hourly block."""
    return rain_within(3600, WEATHER[point][0], seed, t)


# Open-Meteo variable: part of the series key, model, decimals, unit.
VARIABLES = {
    "temperature_2m": ("temperature", temperature, 1, "°C"),
    "relative_humidity_2m": ("humidity", humidity, 0, "%"),
    "wind_speed_10m": ("wind", wind, 1, "km/h"),
    "precipitation": ("precipitation", precipitation, 1, "mm"),
}


def series_models() -> dict[str, SeriesModel]:
    """The series of air quality and weather by key."""
    models = {f"{name}-pm25": SeriesModel(partial(pm25, name), 1, "µg/m³") for name in STATIONS}
    models |= {f"{name}-aqi": SeriesModel(partial(aqi, name), 0, "chỉ số") for name in STATIONS}
    for point in WEATHER:
        for word, model, decimals, unit in VARIABLES.values():
            models[f"weather-{point}-{word}"] = SeriesModel(partial(model, point), decimals, unit)
    return models


def _pm10(seed: int, t: float) -> float:
    return 1.6 * pm25("air-tra-noc", seed, t) + 2 * smooth_noise(seed, "pm10", t, 1800)


def _gas(middle: float, by_traffic: float, by_sun: float, name: str, seed: int, t: float) -> float:
    mean = middle + by_traffic * congestion(t) + by_sun * bump(hour_of(t), 13, 4)
    return mean * (1 + 0.12 * smooth_noise(seed, name, t, 2400))


def station_models() -> dict[str, SeriesModel]:
    """The series of the air station by key."""
    models: dict[str, Callable[[int, float], float]] = {
        "pm10": _pm10,
        "no2": partial(_gas, 14, 24, 0, "no2"),
        "so2": partial(_gas, 9, 4, 0, "so2"),
        "co": partial(_gas, 420, 500, 0, "co"),
        "o3": partial(_gas, 30, -8, 34, "o3"),
    }
    return {f"auto-tra-noc-{name}": SeriesModel(model, 1, "µg/m³") for name, model in models.items()}
