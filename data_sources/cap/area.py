"""The area of an alert: polygons of `lat,lon` pairs and circles of `lat,lon km` as one Area."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

from data_sources._mapping.errors import GeometryCode
from data_sources._mapping.geometry import area_of as area_of_geometry
from data_sources._mapping.geometry import point_of
from data_sources.cap.errors import CapCode
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Area
from ioc.domain.events.validation import EventCode
from ioc.domain.events.zero_positions import ZERO_POSITION
from ioc.domain.geo.circle import circle_ring
from ioc.domain.ingest.parsing import ParseError, parse_number

_MAX_RADIUS_KM = 2_000
Vertex = tuple[float, float]
Ring = tuple[Vertex, ...]
Circle = tuple[Vertex, float]


def ring_of(text: str) -> Ring:
    """The closed ring of a polygon as (lon, lat). Raises ParseError."""
    corners = tuple(map(_vertex, text.split()))
    if len(set(corners)) < 3:
        raise ParseError(CapCode.POLYGON_TOO_SHORT)
    return corners if corners[0] == corners[-1] else (*corners, corners[0])


def circle_of(text: str) -> Circle:
    """The centre and the radius in km of a circle; a radius of 0 is a point. Raises ParseError."""
    centre, _, radius_text = text.partition(" ")
    radius = parse_number(radius_text)
    if radius is None or not 0 <= radius <= _MAX_RADIUS_KM:
        raise ParseError(CapCode.INVALID_CIRCLE, text=shorten(text, 40))
    return _vertex(centre), radius


def _vertex(text: str) -> Vertex:
    lat, _, lon = text.partition(",")
    try:
        point = point_of(lon, lat)
    except ParseError as error:
        # Their texts name options that this protocol does not have, or another system of coordinates.
        if error.failure.code == GeometryCode.FIELDS_SWAPPED or _is_swapped(lat, lon):
            raise ParseError(CapCode.VERTEX_SWAPPED, text=shorten(text, 40)) from None
        raise
    if point is None:
        raise ParseError(CapCode.INVALID_VERTEX, text=shorten(text, 40))
    if (point.lon, point.lat) == ZERO_POSITION:  # of one shape: the others stay
        raise ParseError(EventCode.POSITION_ZERO)
    return point.lon, point.lat


def _is_swapped(lat: str, lon: str) -> bool:
    """Whether the first number of a vertex can only be a longitude, and the second may be a latitude."""
    with suppress(ParseError):
        return 90 < abs(parse_number(lat) or 0) <= 180 and abs(parse_number(lon) or 0) <= 90
    return False


def area_of(rings: Sequence[Ring], circles: Sequence[Circle]) -> Area | None:
    """The area of all shapes together, None without any; a single circle stays one. Large outlines are simplified."""
    rings, circles = list(dict.fromkeys(rings)), list(dict.fromkeys(circles))
    if len(circles) == 1 and not rings:
        (lon, lat), radius = circles[0]
        return Area(lon, lat, radius_km=radius)
    outlines = [*rings, *(_circle_ring(circle) for circle in circles if circle[1] > 0)]
    polygons = [[[list(corner) for corner in ring]] for ring in outlines]
    points = [list(centre) for centre, radius in circles if radius == 0]
    shapes = [{"type": "MultiPolygon", "coordinates": polygons}, {"type": "MultiPoint", "coordinates": points}]
    return area_of_geometry({"type": "GeometryCollection", "geometries": shapes})[0]


def _circle_ring(circle: Circle) -> Ring:
    (lon, lat), radius = circle
    corners = [(_clamp(x, 180), _clamp(y, 90)) for x, y in circle_ring(lon, lat, radius)]
    ring = corners[:1]
    for (a, b), (c, d) in pairwise(corners):
        if abs(c - a) > 180:  # around a pole; so long an edge is refused
            ring.append(((a + c) / 2, (b + d) / 2))
        ring.append((c, d))
    return tuple(ring)


def _clamp(degrees: float, limit: float) -> float:
    return round(min(max(degrees, -limit), limit), 6)
