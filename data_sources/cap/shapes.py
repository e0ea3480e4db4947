"""Where an alert holds: polygons of `lat,lon` pairs and circles of `lat,lon km` into one Area."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import cos, hypot, isfinite, pi, radians, sin

from domain.event import Area

MOST_CORNERS = 1_000
_KM_A_DEGREE = 111.195
_SIDES = 36  # of a circle that stands beside other shapes
Corner = tuple[float, float]
Ring = tuple[Corner, ...]
Circle = tuple[Corner, float]


def ring_of(text: str) -> Ring:
    """A polygon as (lon, lat), closed. ValueError says what is wrong with it."""
    corners = [_corner(one) for one in text.split()]
    if corners and corners[0] != corners[-1]:
        corners.append(corners[0])
    if len(corners) < 4:
        raise ValueError("a polygon has at least three corners")
    return tuple(corners)


def circle_of(text: str) -> Circle:
    """A circle as its middle and radius in km; 0 is a point. ValueError says what is wrong with it."""
    parts = text.split()
    if len(parts) != 2:
        raise ValueError(f"{text[:40]!r} is not a circle as lat,lon km")
    radius = _number(parts[1])
    if not 0 <= radius <= 2_000:
        raise ValueError(f"{parts[1][:20]!r} is not a radius in km")
    return _corner(parts[0]), radius


def _corner(text: str) -> Corner:
    lat, _, lon = text.partition(",")
    x, y = _number(lon), _number(lat)
    if abs(x) > 180 or abs(y) > 90:
        raise ValueError(f"{text[:40]!r} is not lat,lon in degrees")
    return x, y


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = float("inf")
    if not isfinite(found) or len(text) > 40:
        raise ValueError(f"{text[:40]!r} is not a number")
    return found


def area_of(rings: Sequence[Ring], circles: Sequence[Circle]) -> Area | None:
    """What the shapes cover together; a circle alone stays one. Outlines with very many corners are drawn coarser."""
    rings, circles = list(dict.fromkeys(rings)), list(dict.fromkeys(circles))
    if not rings and not circles:
        return None
    if not rings and len(circles) == 1:
        (lon, lat), radius = circles[0]
        return Area(lon, lat, radius_km=radius)
    outlines = [*rings, *(_outline(one) for one in circles if one[1] > 0)]
    if not outlines:
        return Area(*circles[0][0])
    return Area(*_middle(max(outlines, key=lambda one: abs(_size(one)))), _coarser(outlines))


def _outline(circle: Circle) -> Ring:
    (lon, lat), radius = circle
    up = radius / _KM_A_DEGREE
    across = up / max(cos(radians(lat)), 0.01)
    turns = (2 * pi * n / _SIDES for n in range(_SIDES))
    corners = [(_held(lon + across * cos(turn), 180), _held(lat + up * sin(turn), 90)) for turn in turns]
    return (*corners, corners[0])


def _held(degrees: float, most: float) -> float:
    return round(min(max(degrees, -most), most), 6)


def _size(ring: Ring) -> float:
    """Twice its area in square degrees, with the sign of its turn."""
    (x0, y0) = ring[0]
    return sum((a - x0) * (d - y0) - (c - x0) * (b - y0) for (a, b), (c, d) in pairwise(ring))


def _middle(ring: Ring) -> Corner:
    (x0, y0), total = ring[0], _size(ring)
    if hypot(total) < 1e-14:
        return x0, y0
    parts = [(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in pairwise(ring)]
    x = sum((a + c) * (a * d - c * b) for a, b, c, d in parts) / (3 * total)
    y = sum((b + d) * (a * d - c * b) for a, b, c, d in parts) / (3 * total)
    return x0 + x, y0 + y


def _coarser(rings: Iterable[Ring]) -> tuple[Ring, ...]:
    rings = sorted(rings, key=lambda one: abs(_size(one)), reverse=True)[: MOST_CORNERS // 5]
    step = -(-sum(map(len, rings)) // (MOST_CORNERS // 2)) if sum(map(len, rings)) > MOST_CORNERS else 1
    return tuple(_every(one, step) for one in rings)


def _every(ring: Ring, step: int) -> Ring:
    """Each `step`th corner, at least three of them, closed."""
    kept = ring[: -1 : max(1, min(step, (len(ring) - 1) // 3))]
    return (*kept, kept[0])
