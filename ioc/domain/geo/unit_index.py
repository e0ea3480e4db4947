"""Which commune-level units a point or an area lies in, by the outlines of the official layer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ioc.domain.events.event import Area
from ioc.domain.geo import scanline
from ioc.domain.geo.circle import circle_ring
from ioc.domain.geo.scanline import Ring

# An area overlaps a unit when it covers this share of the unit, or when this share of the area lies in the unit:
# outlines from different sources never match exactly, and a neighbour along whose border an area ends is not meant.
_MIN_UNIT_SHARE, _MIN_AREA_SHARE = 0.02, 0.05
# Of an area with the lines of its overlap: a province has a thousand. With more it is drawn to and fro: its box counts.
_MAX_CROSSINGS = 50_000
_CACHE_SIZE = 1_000  # areas whose units are remembered

Box = tuple[float, float, float, float]  # west, south, east, north


class _UnitPolygon(NamedTuple):
    code: str
    box: Box
    rings: tuple[Ring, ...]  # the first is the outline, the others are holes


class UnitIndex:
    """The outlines of the units, made from (code, polygons); each polygon is a list of rings of (lon, lat)."""

    def __init__(self, units: Iterable[tuple[str, Iterable[Sequence[Ring]]]] = ()) -> None:
        self._polygons = [
            _UnitPolygon(code, _bounding_box(rings[0]), tuple(rings))
            for code, polygons in units
            for rings in polygons
            if rings
        ]
        self._scanlines: dict[int, scanline.Scanlines] = {}
        self._units_by_area: dict[Area, tuple[str, ...]] = {}

    def unit_at(self, lon: float, lat: float) -> str:
        """The code of the unit that contains the point; "" outside all of them."""
        for polygon in self._polygons:
            west, south, east, north = polygon.box
            if west <= lon <= east and south <= lat <= north and _contains_point(polygon.rings, lon, lat):
                return polygon.code
        return ""

    def units_overlapping(self, area: Area) -> tuple[str, ...]:
        """The codes of the units that `area` overlaps, and of its further points; of a line that of its middle."""
        units = self._units_by_area.get(area)
        if units is None:
            overlapping = self._overlapping_units(area)
            points = area.points[1:] if overlapping else area.points
            codes = (*overlapping, *(self.unit_at(*point) for point in points))
            units = tuple(dict.fromkeys(filter(None, codes)))
            if len(self._units_by_area) >= _CACHE_SIZE:  # threads may clear it at once
                self._units_by_area.clear()
            self._units_by_area[area] = units
        return units

    def _overlapping_units(self, area: Area) -> tuple[str, ...]:
        rings: list[Ring] = [ring for ring in area.rings if len(ring) > 3 and ring[0] == ring[-1]]
        if area.radius_km > 0:
            rings.append(circle_ring(area.lon, area.lat, area.radius_km))
        if not rings or not self._polygons:
            return ()
        boxes = [_bounding_box(ring) for ring in rings]
        south = min(polygon.box[1] for polygon in self._polygons)
        north = max(polygon.box[3] for polygon in self._polygons)
        if scanline.count_crossings(rings, south, north) > _MAX_CROSSINGS:
            rings = [_box_ring([point for ring in rings for point in ring])]
            boxes = [_bounding_box(rings[0])]
        lines = scanline.union([scanline.scan_rings([ring], south, north) for ring in rings])
        overlaps, sizes = dict[str, float](), dict[str, float]()
        for n, polygon in enumerate(self._polygons):
            own = self._polygon_scanlines(n)
            sizes[polygon.code] = sizes.get(polygon.code, 0.0) + scanline.total_length(own)
            if any(_boxes_intersect(polygon.box, box) for box in boxes):
                overlap = scanline.overlap_length(own, lines)
                overlaps[polygon.code] = overlaps.get(polygon.code, 0.0) + overlap
        min_overlap = _MIN_AREA_SHARE * scanline.total_length(lines)
        return tuple(
            code
            for code, overlap in overlaps.items()
            if overlap > 0 and overlap >= min(min_overlap, _MIN_UNIT_SHARE * sizes[code])
        )

    def _polygon_scanlines(self, n: int) -> scanline.Scanlines:
        if n not in self._scanlines:
            polygon = self._polygons[n]
            self._scanlines[n] = scanline.scan_rings(polygon.rings, polygon.box[1], polygon.box[3])
        return self._scanlines[n]


EMPTY_UNIT_INDEX = UnitIndex()


def _boxes_intersect(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _bounding_box(ring: Ring) -> Box:
    lons, lats = [point[0] for point in ring], [point[1] for point in ring]
    return min(lons), min(lats), max(lons), max(lats)


def _box_ring(points: Ring) -> Ring:
    west, south, east, north = _bounding_box(points)
    return (west, south), (east, south), (east, north), (west, north), (west, south)


def _contains_point(rings: Sequence[Ring], lon: float, lat: float) -> bool:
    """Ray casting: a ray to the east from a point inside crosses the rings an odd number of times."""
    is_inside = False
    for ring in rings:
        for (x, y, *_), (x_next, y_next, *_) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (y > lat) != (y_next > lat) and lon < (x_next - x) * (lat - y) / (y_next - y) + x:
                is_inside = not is_inside
    return is_inside
