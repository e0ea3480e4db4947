"""Geometry of an event: two numbers, or a GeoJSON geometry, as an Area in degrees of WGS 84.

An outline that ends where it begins is a ring; one of a single vertex is a point; any other is a line. Of a polygon the
outer ring is kept; holes are not, but the point of the area lies in none of them.
Nothing is repaired: swapped coordinates, open rings and values that are no numbers raise ParseError.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from math import hypot
from typing import Any

from data_sources._mapping.errors import GeometryCode
from data_sources._mapping.expressions import sample
from data_sources._mapping.path_use import listed_fields
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Area
from ioc.domain.ingest.parsing import ParseError, parse_number
from ioc.domain.ingest.value_types import type_of

# West, east, south, north of the country with its islands: a point that lies there only when swapped was swapped.
_COUNTRY_BOUNDS = (102.0, 118.0, 6.0, 24.0)
MAX_VERTICES = 500  # of the outlines of a result; with more, they are simplified
MAX_POINTS = 500  # of a geometry that is read at all
_MAX_OUTLINES = 50  # of a simplified geometry: many small islands must not coarsen the mainland
_MAX_INPUT_VERTICES = 200_000  # of a geometry that is read at all
_MAX_DEPTH = 4  # nested collections
_MIN_STEP, _MAX_STEP = 1e-5, 1.0  # degrees: about one metre and a hundred kilometres
_MIN_VERTICES = 8  # of a simplified outline
_MIN_AREA = 1e-14  # square degrees: below it a ring is a line that returns to its start
SIMPLIFIED = "simplified"  # the fact with the number of vertices before and after
HOLES_NOT_DRAWN = "holes_not_drawn"  # the fact with their number
Vertex = tuple[float, float]
Outline = tuple[Vertex, ...]


@dataclass(slots=True)
class _Shapes:
    """What a geometry consists of: points, and lines and outer rings with their holes."""

    points: list[Vertex] = field(default_factory=list)
    outlines: dict[Outline, tuple[Outline, ...]] = field(default_factory=dict)

    def add(self, other: "_Shapes") -> None:
        self.points += other.points
        self.outlines |= other.outlines


def point_of(lon: Any, lat: Any) -> Area | None:
    """The point of two fields, numbers or text; None when one is missing. Raises ParseError."""
    x, y = parse_number(lon), parse_number(lat)
    if x is None or y is None:
        return None
    return Area(*_check_coordinates((x, y), GeometryCode.FIELDS_SWAPPED))


def area_of(geometry: Any) -> tuple[Area | None, dict[str, str]]:
    """The area of a geometry, None for null; and facts that say what is drawn otherwise than the source has it.

    Raises ParseError.
    """
    if geometry is None:
        return None, {}
    shapes = _decompose(geometry, 0)
    points, outlines = list(dict.fromkeys(shapes.points)), list(shapes.outlines)
    count = sum(map(len, outlines))
    if count > _MAX_INPUT_VERTICES:
        raise ParseError(GeometryCode.TOO_MANY_VERTICES, limit=_MAX_INPUT_VERTICES)
    if len(points) > MAX_POINTS:
        raise ParseError(GeometryCode.TOO_MANY_POINTS, limit=MAX_POINTS)
    if any(abs(c - a) > 180 for outline in outlines for (a, _), (c, _) in _segments(outline)):
        raise ParseError(GeometryCode.TOO_WIDE)  # across the 180th meridian it would be the rest of the world
    holes = sum(map(len, shapes.outlines.values()))
    facts = {HOLES_NOT_DRAWN: str(holes)} if holes else {}
    if not outlines:
        return (Area(*points[0], tuple((point,) for point in points[1:])) if points else None), facts
    largest = max(outlines, key=_size)
    marker = representative_point(largest, shapes.outlines[largest])
    if count > MAX_VERTICES:
        outlines = _simplify(outlines)
        facts[SIMPLIFIED] = f"{count} → {sum(map(len, outlines))}"
    return Area(*marker, rings=(*outlines, *((point,) for point in points))), facts


def _decompose(geometry: Any, depth: int) -> _Shapes:
    if isinstance(geometry, str):
        raise ParseError(GeometryCode.IS_TEXT, text=shorten(geometry, 40))
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection" and depth < _MAX_DEPTH:
        shapes = _Shapes()
        for member in _require_list(geometry.get("geometries")):
            shapes.add(_decompose(member, depth + 1))
        return shapes
    if isinstance(geometry, dict) and kind is None:
        raise ParseError(GeometryCode.NO_TYPE, fields=listed_fields([geometry]))
    if isinstance(geometry, list):
        raise ParseError(GeometryCode.NO_TYPE, fields=shorten(sample(geometry), 40))
    reader = _GEOMETRY_READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise ParseError(GeometryCode.UNKNOWN_TYPE, kind=shorten(sample(kind), 40))
    return reader(geometry.get("coordinates"))


def _point(coordinates: Any) -> _Shapes:
    return _points([coordinates] if coordinates != [] else [])


def _points(coordinates: Any) -> _Shapes:
    return _Shapes([_vertex(point) for point in _require_list(coordinates)])


def _line(coordinates: Any) -> _Shapes:
    return _many_lines([coordinates] if coordinates != [] else [])


def _many_lines(coordinates: Any) -> _Shapes:
    return _Shapes(outlines=dict.fromkeys(_lines(_require_list(coordinates)), ()))


def _polygon(coordinates: Any) -> _Shapes:
    return _polygons([coordinates] if coordinates != [] else [])


def _polygons(coordinates: Any) -> _Shapes:
    return _Shapes(outlines=dict(_outer_rings(_require_list(coordinates))))


_GEOMETRY_READERS = {
    "Point": _point, "MultiPoint": _points, "LineString": _line, "MultiLineString": _many_lines,
    "Polygon": _polygon, "MultiPolygon": _polygons,
}  # fmt: skip


def _lines(coordinates: Iterable[Any]) -> Iterator[Outline]:
    for vertices in coordinates:
        line = tuple(_vertex(vertex) for vertex in _require_list(vertices))
        if len(line) < 2:
            raise ParseError(GeometryCode.LINE_TOO_SHORT)
        yield line


def _outer_rings(coordinates: Iterable[Any]) -> Iterator[tuple[Outline, tuple[Outline, ...]]]:
    """The outer ring of each polygon, and its holes."""
    for polygon in coordinates:
        rings = [tuple(_vertex(vertex) for vertex in _require_list(ring)) for ring in _require_list(polygon)]
        for ring in rings:
            if ring and ring[0] != ring[-1]:
                raise ParseError(GeometryCode.RING_OPEN)
            if len(set(ring)) < 3:
                raise ParseError(GeometryCode.RING_TOO_SHORT)
        if rings:
            yield rings[0], tuple(rings[1:])


def _require_list(coordinates: Any) -> list[Any]:
    if not isinstance(coordinates, list):
        raise ParseError(GeometryCode.NOT_A_LIST, kind=type_of(coordinates))
    if len(coordinates) > _MAX_INPUT_VERTICES:
        raise ParseError(GeometryCode.TOO_MANY_VERTICES, limit=_MAX_INPUT_VERTICES)
    return coordinates


def _vertex(coordinates: Any) -> Vertex:
    numbers = _require_list(coordinates)[:2]
    if len(numbers) < 2 or any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in numbers):
        raise ParseError(GeometryCode.NOT_TWO_NUMBERS, sample=shorten(sample(coordinates), 40))
    lon, lat = (parse_number(number) or 0.0 for number in numbers)
    return _check_coordinates((lon, lat))


def _check_coordinates(vertex: Vertex, swapped: GeometryCode = GeometryCode.SWAPPED) -> Vertex:
    lon, lat = vertex
    fits_swapped_only = 90 < abs(lat) <= 180 and abs(lon) <= 90
    if fits_swapped_only or (not _is_in_country(lon, lat) and _is_in_country(lat, lon)):
        raise ParseError(swapped, lon=lon, lat=lat)
    if abs(lon) > 180 or abs(lat) > 90:
        raise ParseError(GeometryCode.OUT_OF_RANGE, lon=lon, lat=lat)
    return vertex


def _is_in_country(lon: float, lat: float) -> bool:
    west, east, south, north = _COUNTRY_BOUNDS
    return west <= lon <= east and south <= lat <= north


def representative_point(outline: Outline, holes: Sequence[Outline] = ()) -> Vertex:
    """A point on the outline's area: of a ring its centroid, or a point in it and no hole; of a line its midpoint."""
    (x0, y0), total = outline[0], _doubled_area(outline)
    if outline[0] != outline[-1] or abs(total) < _MIN_AREA:
        return _midpoint_of_line(outline)
    x = sum((a + c - 2 * x0) * _cross(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in _segments(outline))
    y = sum((b + d - 2 * y0) * _cross(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in _segments(outline))
    return _point_inside((outline, *holes), (x0 + x / (3 * total), y0 + y / (3 * total)))


def _point_inside(rings: Sequence[Outline], centre: Vertex) -> Vertex:
    """`centre` when it lies inside, else the middle of the widest section at its latitude that does."""
    x, y = centre
    segments = chain.from_iterable(map(_segments, rings))
    crossings = sorted(a + (y - b) * (c - a) / (d - b) for (a, b), (c, d) in segments if (b > y) != (d > y))
    sections = list(zip(crossings[::2], crossings[1::2], strict=False))
    if not sections or any(west <= x <= east for west, east in sections):
        return centre
    west, east = max(sections, key=lambda section: section[1] - section[0])
    return (west + east) / 2, y


def _midpoint_of_line(line: Outline) -> Vertex:
    rest = sum(hypot(c - a, d - b) for (a, b), (c, d) in _segments(line)) / 2
    for (a, b), (c, d) in _segments(line):
        length = hypot(c - a, d - b)
        if length >= rest > 0:
            return a + (c - a) * rest / length, b + (d - b) * rest / length
        rest -= length
    return line[0]


def _segments(outline: Outline) -> Iterator[tuple[Vertex, Vertex]]:
    return pairwise(outline)


def _cross(a: float, b: float, c: float, d: float) -> float:
    return a * d - b * c


def _doubled_area(outline: Outline) -> float:
    """Twice the signed area, relative to the first vertex so that small rings lose no precision."""
    x0, y0 = outline[0]
    return sum(_cross(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in _segments(outline))


def _size(outline: Outline) -> tuple[float, float]:
    return (abs(_doubled_area(outline)) if outline[0] == outline[-1] else 0.0), float(len(outline))


def _simplify(outlines: list[Outline]) -> list[Outline]:
    """The largest outlines, with at most MAX_VERTICES together.

    Vertices near the previous one are left out, with a distance that doubles until the result is small enough. The
    usual algorithms keep the form somewhat better, but need minutes, or too deep a recursion, for malicious outlines.
    """
    largest = sorted(outlines, key=_size, reverse=True)[:_MAX_OUTLINES]
    width = _MIN_STEP
    while sum(map(len, largest)) > MAX_VERTICES and width < _MAX_STEP:
        largest = [_thin_out(outline, width) for outline in largest]
        width *= 2
    if sum(map(len, largest)) <= MAX_VERTICES:
        return largest
    return [_every_nth(outline, MAX_VERTICES // len(largest)) for outline in largest]


def _thin_out(outline: Outline, width: float) -> Outline:
    """Without vertices nearer than `width` to the previous one; unchanged when too few would be left."""
    thinned = [outline[0]]
    for x, y in outline[1:-1]:
        if hypot(x - thinned[-1][0], y - thinned[-1][1]) >= width:
            thinned.append((x, y))
    thinned.append(outline[-1])
    return tuple(thinned) if len(set(thinned)) >= _MIN_VERTICES else outline


def _every_nth(outline: Outline, limit: int) -> Outline:
    """Vertices at equal steps, at most `limit` with the last."""
    return (*outline[: -1 : -(-len(outline) // (limit - 1))], outline[-1])
