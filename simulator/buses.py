"""Buses on made-up lines through the middle of the city: there and back all day, now and then one falls silent."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from itertools import pairwise
from math import floor
from typing import NamedTuple

from simulator.chance import fixed, hour_of
from simulator.line import Line
from simulator.places import metres
from simulator.traffic import rush

Point = tuple[float, float]
DAY_BUSES, NIGHT_BUSES = 4, 1  # of each line
FIRST, LAST = 5.0, 22.0  # local hours between which the day's buses run
EACH = 15.0  # seconds between two positions of a bus
LASTING = 90.0  # seconds for which a position is shown, as the row says
_SILENT_FOR, _SILENT = 600.0, 0.05
_PACE = 5.2  # metres a second, stops included


class Stop(NamedTuple):
    """A stop of a line."""

    name: str
    point: Point


class Route(NamedTuple):
    """A line from its first stop to its last."""

    name: str
    stops: tuple[Stop, ...]


_QUAY, _MARKET = Stop("Bến Ninh Kiều", (105.7885, 10.0335)), Stop("Chợ Cái Khế", (105.7835, 10.0470))
_PARK, _STATION = Stop("Công viên trung tâm", (105.7795, 10.0360)), Stop("Bến xe trung tâm", (105.7560, 9.9905))
_CROSS, _SCHOOL = Stop("Ngã tư Ba Tháng Hai", (105.7640, 10.0205)), Stop("Khu đại học", (105.7680, 10.0300))
_NORTH, _PORT = Stop("Bình Thủy", (105.7450, 10.0700)), Stop("Khu công nghiệp Trà Nóc", (105.7100, 10.0930))
_SOUTH, _BRIDGE = Stop("Cái Răng", (105.7480, 10.0020)), Stop("Cầu Quang Trung", (105.7850, 10.0190))
_WEST, _EAST = Stop("An Bình", (105.7250, 10.0080)), Stop("Hưng Phú", (105.7950, 10.0090))
ROUTES = {
    f"mp{n}": Route(f"MP{n}", stops)
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
    """A bus as it told of itself at `seen`; `stop`: the one it goes to; `delay` in seconds."""

    key: str
    route: str
    point: Point
    seen: float
    stop: Stop
    delay: int


@cache
def _lengths(route: str) -> tuple[float, ...]:
    """Metres between the stops of a line."""
    return tuple(metres(one.point, other.point) for one, other in pairwise(ROUTES[route].stops))


@lru_cache(maxsize=64)
def running(seed: int, t: float) -> tuple[Bus, ...]:
    """The buses that are out at `t`: the day's, or the few of the night."""
    return tuple(_running(seed, t))


def _running(seed: int, t: float) -> Iterator[Bus]:
    by_day = FIRST <= hour_of(t) < LAST
    for route in ROUTES:
        for n in range(DAY_BUSES if by_day else NIGHT_BUSES):
            yield _bus(seed, route, n, f"{route}-{'xe' if by_day else 'dem'}-{n + 1}", t)


def _bus(seed: int, route: str, n: int, key: str, t: float) -> Bus:
    offset = fixed(seed, "bus", key)
    slot = floor(t / _SILENT_FOR + offset)
    if fixed(seed, "silent", key, slot) < _SILENT:
        t = (slot - offset) * _SILENT_FOR  # what it told before it fell silent is all there is
    ahead = round(offset * EACH)
    seen = floor((t + ahead) / EACH) * EACH - ahead
    total = sum(_lengths(route))
    gone = (seen * _PACE + (n + offset) * 2 * total / DAY_BUSES) % (2 * total)
    point, stop = _at(route, gone, total)
    return Bus(key, route, point, seen, stop, _late(seed, key, seen))


def _at(route: str, gone: float, total: float) -> tuple[Point, Stop]:
    """Where a bus is that has gone so many metres there and back, and the stop that it goes to."""
    back, stops, left = gone > total, ROUTES[route].stops, min(gone, 2 * total - gone)
    for n, length in enumerate(_lengths(route)):
        if left <= length or n == len(stops) - 2:
            (x, y), (x_next, y_next) = stops[n].point, stops[n + 1].point
            part = min(1.0, left / length)
            return (round(x + (x_next - x) * part, 5), round(y + (y_next - y) * part, 5)), stops[n if back else n + 1]
        left -= length
    raise AssertionError("a line has two stops")


def _late(seed: int, key: str, t: float) -> int:
    return round(420 * rush(t) * fixed(seed, "late", key, floor(t / 1800)) - 30)


def _shown(seed: int, t: float) -> float:
    return sum(one.seen + LASTING > t for one in running(seed, t))


def _delay(route: str, seed: int, t: float) -> float:
    found = [one.delay for one in running(seed, t) if one.route == route]
    return sum(found) / len(found) / 60


def lines() -> dict[str, Line]:
    """Every line of the buses."""
    models: dict[str, Callable[[int, float], float]] = {f"bus-delay-{key}": partial(_delay, key) for key in ROUTES}
    found = {key: Line(model, 3, "min") for key, model in models.items()}
    return found | {"buses-running": Line(_shown, 0, "phương tiện")}
