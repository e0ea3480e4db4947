"""Levels of the rivers, rain at the gauges, and the salt that the tide pushes up the Hậu."""

from functools import lru_cache, partial
from math import cos, exp, floor, pi

from simulator import tide
from simulator.noise import DAY, ZONE, day_of, hour_of, random_for, smooth_noise, stable_random, year_part
from simulator.series_model import SeriesModel

# Gauge: how much of Cần Thơ's tide it feels, how many hours later, its own datum.
GAUGES = {
    "water-can-tho": (1.0, 0.0, 0.0),
    "water-thot-not": (0.82, 1.3, 0.18),
    "water-o-mon": (0.90, 0.7, 0.08),
    "water-phung-hiep": (0.55, 1.8, -0.02),
    "water-vi-thanh": (0.30, 3.5, 0.05),
    "water-nga-nam": (0.35, 2.8, 0.02),
    "water-dai-ngai": (1.22, -1.6, -0.12),
    "water-tran-de": (1.38, -2.6, -0.20),
}
RAIN = tuple(
    f"rain-{name}"
    for name in (
        "ninh-kieu", "thot-not", "o-mon", "co-do", "phong-dien", "vi-thanh",
        "nga-bay", "long-my", "soc-trang", "ke-sach", "nga-nam", "vinh-chau",
    )
)  # fmt: skip
# Station: kilometres from the mouth at Trần Đề.
SALT = {
    "salt-tran-de": 5.0,
    "salt-long-phu": 14.0,
    "salt-dai-ngai": 31.0,
    "salt-an-lac-tay": 44.0,
    "salt-cai-con": 56.0,
    "salt-tra-noc": 84.0,
}


def gauge(name: str, seed: int, t: float) -> float:
    """The level at a gauge: the tide of Cần Thơ, weaker or stronger, sooner or later."""
    part, late, datum = GAUGES[name]
    return part * tide.level(seed, t - late * 3600) + datum + 0.003 * smooth_noise(seed, name, t, 53)


@lru_cache(maxsize=4096)
def _storms(seed: int, day: int) -> tuple[tuple[float, float, float, int], ...]:
    """The showers of a local day: start, length in seconds, millimetres, and the number of their favourite gauge."""
    draw = random_for(seed, "storms", day)
    wet = 0.5 - 0.5 * cos(2 * pi * (year_part(day * DAY) - 0.20))  # driest in March, wettest in September
    count = sum(draw.random() < 0.08 + 0.60 * wet for _ in range(2))
    return tuple(
        (
            day * DAY - ZONE + max(0.0, draw.gauss(15.5, 2.5)) * 3600,
            draw.uniform(0.5, 2.2) * 3600,
            draw.gammavariate(1.4, 3.0 + 7.0 * wet),
            draw.randrange(len(RAIN)),
        )
        for _ in range(count)
    )


def _share(gauge_number: int, favourite: int) -> float:
    """How much of a shower reaches a gauge: most near its favourite, little far away."""
    apart = abs(gauge_number - favourite)
    return exp(-((min(apart, len(RAIN) - apart) / 3.0) ** 2)) + 0.08


def rain_rate(number: int, seed: int, t: float) -> float:
    """Millimetres an hour falling at a gauge now."""
    total = 0.0
    for start, length, amount, favourite in _storms(seed, day_of(t)) + _storms(seed, day_of(t) - 1):
        if start <= t < start + length:
            total += _share(number, favourite) * amount / length * 3600 * (1 - cos(2 * pi * (t - start) / length))
    return total


def rain_day(number: int, seed: int, t: float) -> float:
    """Millimetres fallen at a gauge within the last 24 hours."""
    return rain_within(DAY, number, seed, t)


def rain_within(span: float, number: int, seed: int, t: float) -> float:
    """Millimetres fallen at a gauge within the last `span` seconds, a day at most."""
    today = day_of(t)
    return sum(
        _share(number, favourite) * amount * (_fallen_share(t, start, length) - _fallen_share(t - span, start, length))
        for day in (today - 2, today - 1, today)
        for start, length, amount, favourite in _storms(seed, day)
    )


def _fallen_share(t: float, start: float, length: float) -> float:
    """The part of a shower that has fallen by `t`."""
    return min(1.0, max(0.0, (t - start) / length))


def salt_line(seed: int, t: float) -> float:
    """Kilometres from the mouth at which the Hậu holds 4 g/l: farthest in March, moved by the tide."""
    season = 0.5 + 0.5 * cos(2 * pi * (year_part(t) - 0.21))
    far: float = 19 + 31 * season**1.6
    return far + 4.0 * tide.swing(t - 2 * 3600) + 2.0 * smooth_noise(seed, "salt-line", t, 3 * DAY)


def salt(name: str, seed: int, t: float) -> float:
    """Grams of salt per litre at a station: falls from the sea's value inland, 4 at the salt line."""
    line_km = salt_line(seed, t)
    sea, steep = 27.0, 14.0
    height = sea / (1 + (sea / 4 - 1) * exp((SALT[name] - line_km) / steep))
    return height + 0.12 + 0.04 * smooth_noise(seed, name, t, 5 * 3600)


def series_models() -> dict[str, SeriesModel]:
    """The series of levels, rain and salinity by key."""
    models = {f"{name}-level": SeriesModel(partial(gauge, name), 3, "m") for name in GAUGES}
    for number, name in enumerate(RAIN):
        models[f"{name}-rate"] = SeriesModel(partial(rain_rate, number), 1, "mm/h")
        models[f"{name}-day"] = SeriesModel(partial(rain_day, number), 1, "mm")
    models |= {f"{name}-gl": SeriesModel(partial(salt, name), 2, "g/l") for name in SALT}
    models["salt-line-km"] = SeriesModel(salt_line, 1, "km")
    return models


def cloud_cover(seed: int, t: float) -> float:
    """How grey the sky is, 0..1: showers come out of it."""
    rainy = max((rain_rate(n, seed, t) for n in (0, 6)), default=0.0)
    return min(1.0, 0.45 + 0.35 * smooth_noise(seed, "cloud", t, 6 * 3600) + rainy / 12 + 0.05 * (12 < hour_of(t) < 18))


def discharge(seed: int, t: float) -> float:
    """Cubic metres a second, as a daily mean."""
    season = 0.5 + 0.5 * cos(2 * pi * (year_part(t) - 0.76))
    base: float = 1800 + 14_500 * season**2.2
    return base * (1 + 0.06 * smooth_noise(seed, "discharge", t, 6 * DAY))


def river_models() -> dict[str, SeriesModel]:
    """The series of the river model by key."""
    return {"river-hau-discharge": SeriesModel(discharge, 0, "m³/s")}


STUCK_SECONDS, _STUCK_PROBABILITY, _STUCK_OFFSET = 7_200.0, 0.15, 0.13


def is_stuck(seed: int, t: float) -> bool:
    """Whether the float sticks."""
    return stable_random(seed, "stuck", floor(t / STUCK_SECONDS)) < _STUCK_PROBABILITY


def second_gauge(seed: int, t: float) -> float:
    """The level in metres as the second gauge shows it."""
    off = _STUCK_OFFSET if is_stuck(seed, t) else 0.01 * smooth_noise(seed, "second-gauge", t, 900)
    return gauge("water-can-tho", seed, t) + off


def second_gauge_models() -> dict[str, SeriesModel]:
    """The series of the second gauge by key."""
    return {"gauge-can-tho-level": SeriesModel(second_gauge, 3, "m")}
