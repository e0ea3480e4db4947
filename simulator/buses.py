"""Buses on fictitious routes through the city: there and back all day. Some pause their positions."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from itertools import pairwise
from math import floor
from typing import NamedTuple

from simulator.noise import hour_of, stable_random
from simulator.places import distance_metres
from simulator.series_model import SeriesModel
from simulator.traffic import congestion

Point = tuple[float, float]
DAY_BUSES, NIGHT_BUSES = 4, 1  # of each route
DAY_START, DAY_END = 5.0, 22.0  # local hours between which the day's buses run
POSITION_INTERVAL = 15.0  # seconds between two positions of a bus
POSITION_TTL = 90.0  # seconds; age limit of a position, as in the row of sources.yaml
_SILENT_FOR, _SILENT_PROBABILITY = 600.0, 0.05
_SPEED = 5.2  # metres a second, stops included


class BusStop(NamedTuple):
    """A stop of a route; `point`: (lon, lat)."""

    name: str
    point: Point


class BusRoute(NamedTuple):
    """A route from its first stop to its last."""

    name: str
    stops: tuple[BusStop, ...]


_QUAY, _MARKET = BusStop("Bến Ninh Kiều", (105.7885, 10.0335)), BusStop("Chợ Cái Khế", (105.7835, 10.0470))
_PARK, _STATION = BusStop("Công viên trung tâm", (105.7795, 10.0360)), BusStop("Bến xe trung tâm", (105.7560, 9.9905))
_CROSS, _SCHOOL = BusStop("Ngã tư Ba Tháng Hai", (105.7640, 10.0205)), BusStop("Khu đại học", (105.7680, 10.0300))
_NORTH, _PORT = BusStop("Bình Thủy", (105.7450, 10.0700)), BusStop("Khu công nghiệp Trà Nóc", (105.7100, 10.0930))
_SOUTH, _BRIDGE = BusStop("Cái Răng", (105.7480, 10.0020)), BusStop("Cầu Quang Trung", (105.7850, 10.0190))
_WEST, _EAST = BusStop("An Bình", (105.7250, 10.0080)), BusStop("Hưng Phú", (105.7950, 10.0090))
ROUTES = {
    f"mp{n}": BusRoute(f"MP{n}", stops)
    for n, stops in enumerate(
        (
            (_QUAY, _PARK, _MARKET, _NORTH, _PORT),
            (_QUAY, _PARK, _SCHOOL, _CROSS, _SOUTH),
            (_MARKET, _SCHOOL, _CROSS, _STATION),
            (_EAST, _BRIDGE, _PARK, _MARKET),
            (_WEST, _CROSS, _SCHOOL, _NORTH),
            (_STATION, _SOUTH, _BRIDGE, _QUAY),
            (_PORT, _NORTH, _SCHOOL, _WEST),
            (_EAST, _BRIDGE, _CROSS, _WEST),
        ),
        1,
    )
}


class Bus(NamedTuple):
    """The newest position of a bus. `stop`: the next one; `delay`: seconds, negative if early."""

    key: str
    route: str
    point: Point
    reported_at: float
    stop: BusStop
    delay: int


@cache
def _lengths(route: str) -> tuple[float, ...]:
    """Metres between consecutive stops of a route."""
    return tuple(distance_metres(stop.point, following.point) for stop, following in pairwise(ROUTES[route].stops))


@lru_cache(maxsize=64)
def running_buses(seed: int, t: float) -> tuple[Bus, ...]:
    """The buses in service at `t`: those of the day or those of the night."""
    return tuple(_iter_running(seed, t))


def _iter_running(seed: int, t: float) -> Iterator[Bus]:
    by_day = DAY_START <= hour_of(t) < DAY_END
    for route in ROUTES:
        for n in range(DAY_BUSES if by_day else NIGHT_BUSES):
            yield _bus(seed, route, n, f"{route}-{'xe' if by_day else 'dem'}-{n + 1}", t)


def _bus(seed: int, route: str, n: int, key: str, t: float) -> Bus:
    offset = stable_random(seed, "bus", key)
    slot = floor(t / _SILENT_FOR + offset)
    if stable_random(seed, "silent", key, slot) < _SILENT_PROBABILITY:
        t = (slot - offset) * _SILENT_FOR  # its last position before the silence
    ahead = round(offset * POSITION_INTERVAL)
    reported_at = floor((t + ahead) / POSITION_INTERVAL) * POSITION_INTERVAL - ahead
    total = sum(_lengths(route))
    travelled = (reported_at * _SPEED + (n + offset) * 2 * total / DAY_BUSES) % (2 * total)
    point, stop = _locate(route, travelled, total)
    return Bus(key, route, point, reported_at, stop, _current_delay(seed, key, reported_at))


def _locate(route: str, travelled: float, total: float) -> tuple[Point, BusStop]:
    """Position of a bus after `travelled` metres, there and back, and its next stop. `total`: metres of one way."""
    is_return, stops, left = travelled > total, ROUTES[route].stops, min(travelled, 2 * total - travelled)
    for n, length in enumerate(_lengths(route)):
        if left <= length or n == len(stops) - 2:
            (x, y), (x_next, y_next) = stops[n].point, stops[n + 1].point
            part = min(1.0, left / length)
            return (round(x + (x_next - x) * part, 5), round(y + (y_next - y) * part, 5)), stops[
                n if is_return else n + 1
            ]
        left -= length
    raise AssertionError("a route has two stops")


def _current_delay(seed: int, key: str, t: float) -> int:
    return round(420 * congestion(t) * stable_random(seed, "late", key, floor(t / 1800)) - 30)


def _visible_count(seed: int, t: float) -> float:
    return sum(bus.reported_at + POSITION_TTL > t for bus in running_buses(seed, t))


def _mean_delay(route: str, seed: int, t: float) -> float:
    delays = [bus.delay for bus in running_buses(seed, t) if bus.route == route]
    return sum(delays) / len(delays) / 60


def series_models() -> dict[str, SeriesModel]:
    """The series of the buses by key: mean delay of each route, buses in service."""
    functions: dict[str, Callable[[int, float], float]] = {
        f"bus-delay-{key}": partial(_mean_delay, key) for key in ROUTES
    }
    models = {key: SeriesModel(function, 3, "min") for key, function in functions.items()}
    return models | {"buses-running": SeriesModel(_visible_count, 0, "phương tiện")}
