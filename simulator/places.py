"""The 103 commune-level units since 01/07/2025: 31 phường and 72 xã, each official code with its centre (lon lat)."""

from functools import cache
from math import cos, hypot, pi, radians, sin, sqrt
from random import Random

_PHUONG = (
    "31120 105.7838 10.0545 | 31135 105.7793 10.0335 | 31147 105.7631 10.0152 | 31150 105.7017 9.9996 | "
    "31153 105.6228 10.1246 | 31157 105.5838 10.1629 | 31162 105.6774 10.1075 | 31168 105.7447 10.0765 | "
    "31174 105.6903 10.0701 | 31183 105.7284 10.0437 | 31186 105.7528 9.9837 | 31201 105.8127 9.9876 | "
    "31207 105.5060 10.2852 | 31213 105.5960 10.2253 | 31217 105.5153 10.2373 | 31228 105.5616 10.2238 | "
    "31321 105.4696 9.7637 | 31333 105.4545 9.7962 | 31340 105.8172 9.8044 | 31411 105.8333 9.8491 | "
    "31471 105.6250 9.6921 | 31473 105.5873 9.7321 | 31480 105.6602 9.6640 | 31507 105.9968 9.6297 | "
    "31510 105.9718 9.5903 | 31684 105.9378 9.5658 | 31732 105.6404 9.5937 | 31753 105.5792 9.4776 | "
    "31783 106.0330 9.3479 | 31789 105.9804 9.3909 | 31804 105.9062 9.3159"
)
_XA = (
    "31231 105.2667 10.2062 | 31232 105.4318 10.2112 | 31237 105.4667 10.2592 | 31246 105.3524 10.2024 | "
    "31249 105.3872 10.1236 | 31255 105.4849 10.1688 | 31258 105.5540 10.0423 | 31261 105.4161 10.0633 | "
    "31264 105.5195 10.1216 | 31273 105.4641 10.0809 | 31282 105.4686 10.0239 | 31288 105.6072 10.0553 | "
    "31294 105.5212 9.9778 | 31299 105.6663 10.0274 | 31309 105.6186 9.9809 | 31315 105.6886 9.9701 | "
    "31338 105.4094 9.7225 | 31342 105.6112 9.9133 | 31348 105.5798 9.9503 | 31360 105.6971 9.9330 | "
    "31366 105.8409 9.9627 | 31369 105.7619 9.9332 | 31378 105.8457 9.9019 | 31393 105.6326 9.7855 | "
    "31396 105.7481 9.7689 | 31399 105.6427 9.8647 | 31408 105.7421 9.8710 | 31420 105.6871 9.8089 | "
    "31426 105.6854 9.7282 | 31432 105.8110 9.7603 | 31441 105.5467 9.7354 | 31453 105.4972 9.7214 | "
    "31459 105.5734 9.8090 | 31465 105.5483 9.8664 | 31489 105.4645 9.6652 | 31492 105.4295 9.6278 | "
    "31495 105.5283 9.6340 | 31528 105.9377 9.7690 | 31531 105.9030 9.8877 | 31537 105.9538 9.8959 | "
    "31540 105.9863 9.8324 | 31552 106.0325 9.7740 | 31561 105.8797 9.7856 | 31567 105.7836 9.6251 | "
    "31569 105.9483 9.7160 | 31570 105.8651 9.7192 | 31579 105.7966 9.6857 | 31582 105.9682 9.6703 | "
    "31591 105.8694 9.5697 | 31594 105.8975 9.6296 | 31603 105.7187 9.5882 | 31615 106.1358 9.6859 | "
    "31633 106.2445 9.5573 | 31639 106.1299 9.5974 | 31645 106.0864 9.6894 | 31654 106.0287 9.6869 | "
    "31666 106.0679 9.6148 | 31673 106.1746 9.5328 | 31675 106.0995 9.4710 | 31679 106.1530 9.4743 | "
    "31687 106.0605 9.5382 | 31699 106.0096 9.4761 | 31708 105.8404 9.4777 | 31717 105.8841 9.3918 | "
    "31723 105.9359 9.5012 | 31726 105.7926 9.4390 | 31741 105.6525 9.5276 | 31756 105.7089 9.4323 | "
    "31759 105.7681 9.5132 | 31777 105.6367 9.4489 | 31795 106.1303 9.3711 | 31810 105.8493 9.2803"
)


def _points(table: str) -> dict[str, tuple[float, float]]:
    rows = (row.split() for row in table.split(" | "))
    return {code: (float(lon), float(lat)) for code, lon, lat in rows}


CENTRES = _points(_PHUONG) | _points(_XA)
PHUONG = tuple(_points(_PHUONG))
UNITS = tuple(CENTRES)
_MAX_RADIUS = 1_500.0  # metres
METRES_PER_DEGREE = 111_195.0  # metres in a degree of latitude


@cache
def _safe_radius(code: str) -> float:
    """How far from a centre its unit surely reaches: nearer to it than to any other centre by a good deal."""
    here = CENTRES[code]
    return min(
        _MAX_RADIUS, 0.3 * min(distance_metres(here, there) for other, there in CENTRES.items() if other != code)
    )


def distance_metres(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The distance between two points (lon, lat) of the city, on flat ground."""
    across = (first[0] - second[0]) * cos(radians(first[1]))
    return hypot(across, first[1] - second[1]) * METRES_PER_DEGREE


@cache
def unit_at(point: tuple[float, float]) -> str:
    """The code of the unit whose centre is nearest: in which the schematic map has the point."""
    return min(CENTRES, key=lambda code: distance_metres(point, CENTRES[code]))


def offset_point(point: tuple[float, float], distance: float, turn: float) -> tuple[float, float]:
    """The point (lon, lat) `distance` metres from `point` in the direction `turn`, in radians from the east."""
    lon, lat = point
    across = distance * cos(turn) / METRES_PER_DEGREE / cos(radians(lat))
    return round(lon + across, 5), round(lat + distance * sin(turn) / METRES_PER_DEGREE, 5)


def random_point_in(code: str, draw: Random) -> tuple[float, float]:
    """A point (lon, lat) within a unit."""
    return offset_point(CENTRES[code], _safe_radius(code) * sqrt(draw.random()), draw.uniform(0, 2 * pi))
