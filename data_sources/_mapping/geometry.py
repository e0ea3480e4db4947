"""Where an event is: two numbers, or a GeoJSON geometry, as an Area in degrees of WGS 84. ValueError says why not.

An outline that ends where it begins encloses ground; any other is a line. Of a polygon its outer rings are kept; holes
are not. Nothing is repaired: what is swapped, open, or no number is refused with that reason.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import hypot
from typing import Any

from data_sources._mapping.expressions import sample
from ioc.domain.events.event import Area
from ioc.domain.ingest.parsing import parse_number

# Longitudes and latitudes of the country with its islands: what lies there only when swapped was swapped.
_COUNTRY_BOUNDS = (102.0, 118.0, 6.0, 24.0)
MAX_VERTICES = 1_000  # that are kept; beyond, the outline is simplified
_MAX_OUTLINES = 50  # that are kept of a geometry with too many corners: an archipelago must not blur its mainland
_MAX_INPUT_VERTICES = 200_000  # corners that are read at all
_MAX_DEPTH = 4  # nested collections
_MIN_STEP, _MAX_STEP = 1e-5, 1.0  # degrees, about a metre and a hundred kilometres
_MIN_VERTICES = 8  # corners of what was simplified
_MIN_AREA = 1e-14  # square degrees: a line that comes back to its beginning
SIMPLIFIED = "simplified"
Vertex = tuple[float, float]
Outline = tuple[Vertex, ...]


def point_of(lon: Any, lat: Any) -> Area | None:
    """The point of two fields, numbers or numbers as text; None when one is absent or both are 0."""
    x, y = parse_number(lon), parse_number(lat)
    if x is None or y is None or (x, y) == (0.0, 0.0):
        return None
    return Area(*_check_coordinates((x, y)))


def area_of(geometry: Any) -> tuple[Area | None, str]:
    """The area of a geometry, None for null; and, when its outlines were simplified, "corners before → after"."""
    if geometry is None:
        return None, ""
    points, outlines = _decompose(geometry, 0)
    points, outlines = list(dict.fromkeys(points)), list(dict.fromkeys(outlines))
    corners = sum(map(len, outlines))
    if corners > _MAX_INPUT_VERTICES or len(points) > _MAX_INPUT_VERTICES:
        raise ValueError(f"the geometry has more than {_MAX_INPUT_VERTICES} corners")
    simplified = ""
    if corners > MAX_VERTICES:
        outlines = _simplify(outlines)
        simplified = f"{corners} → {sum(map(len, outlines))}"
    if outlines:
        return Area(*representative_point(max(outlines, key=_size)), rings=tuple(outlines)), simplified
    if not points:
        return None, ""
    return Area(sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)), ""


def _decompose(geometry: Any, depth: int) -> tuple[list[Vertex], list[Outline]]:
    """The points and the outlines of a geometry."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection" and depth < _MAX_DEPTH:
        points, outlines = list[Vertex](), list[Outline]()
        for one in _require_list(geometry.get("geometries")):
            some, others = _decompose(one, depth + 1)
            points += some
            outlines += others
        return points, outlines
    found = _GEOMETRY_READERS.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise ValueError(f"the geometry has no known type: {sample(kind)[:40]!r}")
    return found(geometry.get("coordinates"))


def _point(given: Any) -> tuple[list[Vertex], list[Outline]]:
    return ([_vertex(given)] if given != [] else []), []


def _points(given: Any) -> tuple[list[Vertex], list[Outline]]:
    return [_vertex(one) for one in _require_list(given)], []


def _line(given: Any) -> tuple[list[Vertex], list[Outline]]:
    return [], list(_lines([given] if given != [] else []))


def _many_lines(given: Any) -> tuple[list[Vertex], list[Outline]]:
    return [], list(_lines(_require_list(given)))


def _polygon(given: Any) -> tuple[list[Vertex], list[Outline]]:
    return [], list(_outer_rings([given] if given != [] else []))


def _polygons(given: Any) -> tuple[list[Vertex], list[Outline]]:
    return [], list(_outer_rings(_require_list(given)))


_GEOMETRY_READERS = {
    "Point": _point, "MultiPoint": _points, "LineString": _line, "MultiLineString": _many_lines,
    "Polygon": _polygon, "MultiPolygon": _polygons,
}  # fmt: skip


def _lines(given: Iterable[Any]) -> Iterator[Outline]:
    for one in given:
        line = tuple(_vertex(corner) for corner in _require_list(one))
        if len(line) < 2:
            raise ValueError("a line has less than two corners")
        yield line


def _outer_rings(given: Iterable[Any]) -> Iterator[Outline]:
    for one in given:
        rings = [tuple(_vertex(corner) for corner in _require_list(ring)) for ring in _require_list(one)]
        for ring in rings:
            if ring and ring[0] != ring[-1]:
                raise ValueError("a ring is not closed: its last corner is not its first")
            if len(set(ring)) < 3:
                raise ValueError("a ring has less than three corners")
        yield from rings[:1]


def _require_list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise ValueError(f"coordinates are a {type(given).__name__} where a list is due")
    if len(given) > _MAX_INPUT_VERTICES:
        raise ValueError(f"the geometry has more than {_MAX_INPUT_VERTICES} corners")
    return given


def _vertex(given: Any) -> Vertex:
    numbers = _require_list(given)[:2]
    if len(numbers) < 2 or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in numbers):
        raise ValueError(f"coordinates are not two numbers: {sample(given)[:40]}")
    lon, lat = (parse_number(one) or 0.0 for one in numbers)
    return _check_coordinates((lon, lat))


def _check_coordinates(corner: Vertex) -> Vertex:
    lon, lat = corner
    if not _is_in_country(lon, lat) and _is_in_country(lat, lon):
        raise ValueError(f"longitude and latitude are swapped: {lon:g}, {lat:g}")
    if abs(lon) > 180 or abs(lat) > 90:
        raise ValueError(f"coordinates are no degrees of WGS 84: {lon:g}, {lat:g}")
    return corner


def _is_in_country(lon: float, lat: float) -> bool:
    west, east, south, north = _COUNTRY_BOUNDS
    return west <= lon <= east and south <= lat <= north


def representative_point(outline: Outline) -> Vertex:
    """A point in the middle: of ground its centre, or where that lies outside, within; of a line half-way along it."""
    (x0, y0), total = outline[0], _doubled_area(outline)
    if outline[0] != outline[-1] or abs(total) < _MIN_AREA:
        return _midpoint_of_line(outline)
    x = sum((a + c - 2 * x0) * _cross(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in _segments(outline))
    y = sum((b + d - 2 * y0) * _cross(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in _segments(outline))
    return _point_inside(outline, (x0 + x / (3 * total), y0 + y / (3 * total)))


def _point_inside(outline: Outline, centre: Vertex) -> Vertex:
    """`centre`, or beside it the middle of the widest stretch that lies inside."""
    x, y = centre
    cuts = sorted(a + (y - b) * (c - a) / (d - b) for (a, b), (c, d) in _segments(outline) if (b > y) != (d > y))
    stretches = list(zip(cuts[::2], cuts[1::2], strict=False))
    if not stretches or any(west <= x <= east for west, east in stretches):
        return centre
    west, east = max(stretches, key=lambda one: one[1] - one[0])
    return (west + east) / 2, y


def _midpoint_of_line(line: Outline) -> Vertex:
    left = sum(hypot(c - a, d - b) for (a, b), (c, d) in _segments(line)) / 2
    for (a, b), (c, d) in _segments(line):
        length = hypot(c - a, d - b)
        if length >= left > 0:
            return a + (c - a) * left / length, b + (d - b) * left / length
        left -= length
    return line[0]


def _segments(outline: Outline) -> Iterator[tuple[Vertex, Vertex]]:
    return pairwise(outline)


def _cross(a: float, b: float, c: float, d: float) -> float:
    return a * d - b * c


def _doubled_area(outline: Outline) -> float:
    """Twice the signed area, counted from the first corner so that small rings lose no digits."""
    x0, y0 = outline[0]
    return sum(_cross(a - x0, b - y0, c - x0, d - y0) for (a, b), (c, d) in _segments(outline))


def _size(outline: Outline) -> tuple[float, float]:
    return (abs(_doubled_area(outline)) if outline[0] == outline[-1] else 0.0), float(len(outline))


def _simplify(outlines: list[Outline]) -> list[Outline]:
    """The outlines with at most MOST_CORNERS together; the smallest give way when there are too many.

    Corners near the one before are left out, by steps of growing width. The usual algorithms keep a shape somewhat
    better, but need minutes, or more stack than there is, for outlines that somebody made for that.
    """
    largest = sorted(outlines, key=_size, reverse=True)[:_MAX_OUTLINES]
    width = _MIN_STEP
    while sum(map(len, largest)) > MAX_VERTICES and width < _MAX_STEP:
        largest = [_thin_out(one, width) for one in largest]
        width *= 2
    if sum(map(len, largest)) <= MAX_VERTICES:
        return largest
    return [_every_nth(one, MAX_VERTICES // len(largest)) for one in largest]


def _thin_out(outline: Outline, width: float) -> Outline:
    """Without corners nearer than `width` to the one before; unchanged when nothing of its shape would be left."""
    kept = [outline[0]]
    for corner in outline[1:-1]:
        if hypot(corner[0] - kept[-1][0], corner[1] - kept[-1][1]) >= width:
            kept.append(corner)
    kept.append(outline[-1])
    return tuple(kept) if len(set(kept)) >= _MIN_VERTICES else outline


def _every_nth(outline: Outline, most: int) -> Outline:
    """Corners at equal steps, at most `most` with the last."""
    return (*outline[: -1 : -(-len(outline) // (most - 1))], outline[-1])
