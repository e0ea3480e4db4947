"""Where an alert holds: polygons of `lat,lon` pairs and circles of `lat,lon km` into one Area."""

from collections.abc import Sequence
from math import cos, pi, radians, sin

from data_sources._mapping.geometry import area_of as area_of_geometry
from data_sources._mapping.geometry import point_of
from ioc.domain.events.event import Area
from ioc.domain.ingest.parsing import parse_number

_KM_PER_DEGREE = 111.195
_MAX_RADIUS_KM = 2_000
_SIDES = 36  # of a circle that stands beside other shapes
Vertex = tuple[float, float]
Ring = tuple[Vertex, ...]
Circle = tuple[Vertex, float]


def ring_of(text: str) -> Ring:
    """A polygon as (lon, lat), closed where the writer forgot to. ValueError says what is wrong with it."""
    corners = tuple(_vertex(one) for one in text.split())
    if len(set(corners)) < 3:
        raise ValueError("a polygon has less than three corners")
    return corners if corners[0] == corners[-1] else (*corners, corners[0])


def circle_of(text: str) -> Circle:
    """A circle as its middle and radius in km; 0 is a point. ValueError says what is wrong with it."""
    middle, _, width = text.partition(" ")
    radius = parse_number(width)
    if radius is None or not 0 <= radius <= _MAX_RADIUS_KM:
        raise ValueError(f"{text[:40]!r} is not a circle as lat,lon km")
    return _vertex(middle), radius


def _vertex(text: str) -> Vertex:
    lat, _, lon = text.partition(",")
    found = point_of(lon, lat)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not lat,lon")
    return found.lon, found.lat


def area_of(rings: Sequence[Ring], circles: Sequence[Circle]) -> Area | None:
    """What the shapes cover together; a circle alone stays one. Outlines with very many corners are simplified."""
    rings, circles = list(dict.fromkeys(rings)), list(dict.fromkeys(circles))
    if len(circles) == 1 and not rings:
        (lon, lat), radius = circles[0]
        return Area(lon, lat, radius_km=radius)
    outlines = [*rings, *(_circle_ring(one) for one in circles if one[1] > 0)]
    if circles and not outlines:
        return Area(*circles[0][0])
    rings_alone = [[[list(corner) for corner in ring]] for ring in outlines]
    return area_of_geometry({"type": "MultiPolygon", "coordinates": rings_alone})[0]


def _circle_ring(circle: Circle) -> Ring:
    (lon, lat), radius = circle
    up = radius / _KM_PER_DEGREE
    across = up / max(cos(radians(lat)), 0.01)
    turns = (2 * pi * n / _SIDES for n in range(_SIDES))
    corners = [(_clamp(lon + across * cos(turn), 180), _clamp(lat + up * sin(turn), 90)) for turn in turns]
    return (*corners, corners[0])


def _clamp(degrees: float, most: float) -> float:
    return round(min(max(degrees, -most), most), 6)
