"""Speed and flow on the main roads with rush hours and occasional jams; open traffic incidents."""

from functools import lru_cache, partial

from simulator.noise import DAY, ZONE, bump, day_of, hour_of, random_for, smooth_noise, stable_random, weekday_of
from simulator.series_model import SeriesModel

# Road: free-flow speed in km/h, capacity in vehicles per hour, share of the speed lost at full congestion.
ROADS = {
    "road-nguyen-van-cu": (34, 2600, 0.46),
    "road-30-thang-4": (32, 2900, 0.48),
    "road-3-thang-2": (35, 3000, 0.44),
    "road-mau-than": (30, 2300, 0.45),
    "road-cach-mang-thang-8": (36, 2700, 0.42),
    "road-tran-hung-dao": (30, 2200, 0.42),
    "road-nguyen-trai": (29, 2100, 0.42),
    "road-vo-van-kiet": (45, 2000, 0.28),
    "road-nguyen-van-linh": (42, 2800, 0.36),
    "road-quang-trung": (38, 2400, 0.34),
    "road-pham-hung": (40, 2600, 0.36),
    "road-le-hong-phong": (41, 2200, 0.32),
}


def congestion(t: float) -> float:
    """Congestion, 0..1: two rush hours on working days, lower ones on Saturday, an evening peak on Sunday."""
    hour, day = hour_of(t), weekday_of(day_of(t))
    if day == 6:
        return 0.16 + 0.34 * bump(hour, 18.5, 2.5) - 0.12 * bump(hour, 2.5, 3)
    morning, evening = 0.80 * bump(hour, 7.1, 0.8), 0.95 * bump(hour, 17.2, 1.0)
    peaks = (morning + evening) * (0.7 if day == 5 else 1.0)
    return min(1.0, 0.22 + peaks + 0.14 * bump(hour, 11.3, 1.2) - 0.16 * bump(hour, 2.5, 3))


@lru_cache(maxsize=4096)
def _jams(seed: int, day: int) -> tuple[tuple[str, float, float, float], ...]:
    """The jams of a local day: road, start in seconds since 1970, duration in seconds, share of the speed lost."""
    draw = random_for(seed, "jams", day)
    start = day * DAY - ZONE
    return tuple(
        (
            draw.choice(tuple(ROADS)),
            start + draw.choice((7.0, 11.2, 17.0, 17.5, 19.0)) * 3600 + draw.uniform(-0.4, 0.4) * 3600,
            draw.uniform(900, 2700),
            draw.uniform(0.25, 0.5),
        )
        for _ in range(draw.choice((0, 0, 1, 1, 2)))
    )


def speed(road: str, seed: int, t: float) -> float:
    """Mean speed on a road at `t` in km/h."""
    free, _, slowed = ROADS[road]
    slowed *= 0.92 + 0.40 * stable_random(seed, "busy", day_of(t))
    pace = (
        free
        * (1 - slowed * congestion(t))
        * (1 + 0.06 * smooth_noise(seed, road, t, 1100) + 0.02 * smooth_noise(seed, road + "/s", t, 40))
    )
    for jammed, start, duration, loss in _jams(seed, day_of(t)):
        if jammed == road:
            pace *= 1 - loss * bump(t, start + duration / 2, duration / 2)
    return pace


def flow(road: str, seed: int, t: float) -> float:
    """Flow on a road at `t` in vehicles per hour."""
    _, capacity, _ = ROADS[road]
    return capacity * (0.10 + 0.85 * congestion(t)) * (1 + 0.07 * smooth_noise(seed, road + "/flow", t, 400))


def bridge(seed: int, t: float) -> float:
    """Flow over the Cần Thơ bridge in vehicles per hour; served each second."""
    busy = 1500 + 2600 * congestion(t)
    return busy * (1 + 0.05 * smooth_noise(seed, "bridge", t, 300) + 0.012 * smooth_noise(seed, "bridge/s", t, 5))


@lru_cache(maxsize=4096)
def _incidents(seed: int, day: int) -> tuple[tuple[float, float], ...]:
    """(opened, closed) of the incidents of a local day, seconds since 1970."""
    draw = random_for(seed, "incidents", day)
    times = []
    for _ in range(draw.randint(18, 30)):
        opened = day * DAY - ZONE + draw.triangular(5.5, 23, 17) * 3600
        times.append((opened, opened + draw.uniform(0.3, 1.9) * 3600))
    return tuple(times)


def incidents(seed: int, t: float) -> float:
    """The number of open traffic incidents."""
    today = day_of(t)
    return sum(opened <= t < closed for day in (today - 1, today) for opened, closed in _incidents(seed, day))


def series_models() -> dict[str, SeriesModel]:
    """The series of the roads by key."""
    models = {f"{road}-speed": SeriesModel(partial(speed, road), 1, "km/h") for road in ROADS}
    models |= {f"{road}-flow": SeriesModel(partial(flow, road), 0, "phương tiện/h") for road in ROADS}
    models["bridge-flow"] = SeriesModel(bridge, 0, "phương tiện/h")
    models["traffic-incidents-open"] = SeriesModel(incidents, 0, "sự cố")
    return models
