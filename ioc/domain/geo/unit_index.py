"""In which commune-level units something lies, by the outlines of the official layer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ioc.domain.events.event import Area
from ioc.domain.geo import scanline
from ioc.domain.geo.circle import circle_ring as circle
from ioc.domain.geo.scanline import Ring

# An area concerns a unit of which it covers this part, or which covers that part of it: outlines that were drawn by
# different hands never meet exactly, and a neighbour along whose border an alert ends is not meant.
_MIN_UNIT_SHARE, _MIN_AREA_SHARE = 0.02, 0.05
_CACHE_SIZE = 1_000  # areas whose units are known already


class _UnitPolygon(NamedTuple):
    code: str
    box: tuple[float, float, float, float]
    rings: tuple[Ring, ...]  # the first is the outline, the others are holes


class UnitIndex:
    """The units' outlines, asked for a point. Made from (code, polygons), each polygon its rings of (lon, lat)."""

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
        """The code of the unit that holds the point; "" outside all of them."""
        for piece in self._polygons:
            west, south, east, north = piece.box
            if west <= lon <= east and south <= lat <= north and _contains_point(piece.rings, lon, lat):
                return piece.code
        return ""

    def units_overlapping(self, area: Area) -> tuple[str, ...]:
        """The codes of all units that `area` covers a good part of; of a point or a line the one of its middle."""
        if area not in self._units_by_area:
            if len(self._units_by_area) >= _CACHE_SIZE:
                self._units_by_area.clear()
            middle = self.unit_at(area.lon, area.lat)
            self._units_by_area[area] = self._overlapping_units(area) or ((middle,) if middle else ())
        return self._units_by_area[area]

    def _overlapping_units(self, area: Area) -> tuple[str, ...]:
        rings = [one for one in area.rings if len(one) > 3 and one[0] == one[-1]]
        if area.radius_km > 0:
            rings.append(tuple(circle(area.lon, area.lat, area.radius_km)))
        boxes = [_bounding_box(one) for one in rings]
        shared, whole = dict[str, float](), dict[str, float]()
        if not rings or not self._polygons:
            return ()
        south, north = min(one.box[1] for one in self._polygons), max(one.box[3] for one in self._polygons)
        lines = scanline.union([scanline.scan_rings([one], south, north) for one in rings])
        for n, piece in enumerate(self._polygons):
            own = self._polygon_scanlines(n)
            whole[piece.code] = whole.get(piece.code, 0.0) + scanline.total_length(own)
            if any(_boxes_intersect(piece.box, box) for box in boxes):
                shared[piece.code] = shared.get(piece.code, 0.0) + scanline.overlap_length(own, lines)
        least = _MIN_AREA_SHARE * scanline.total_length(lines)
        return tuple(
            code for code, size in shared.items() if size > 0 and size >= min(least, _MIN_UNIT_SHARE * whole[code])
        )

    def _polygon_scanlines(self, n: int) -> scanline.Scanlines:
        if n not in self._scanlines:
            piece = self._polygons[n]
            self._scanlines[n] = scanline.scan_rings(piece.rings, piece.box[1], piece.box[3])
        return self._scanlines[n]


EMPTY_UNIT_INDEX = UnitIndex()


def _boxes_intersect(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _bounding_box(ring: Ring) -> tuple[float, float, float, float]:
    lons, lats = [one[0] for one in ring], [one[1] for one in ring]
    return min(lons), min(lats), max(lons), max(lats)


def _contains_point(rings: Sequence[Ring], lon: float, lat: float) -> bool:
    """A ray to the east crosses the outlines an odd number of times from inside."""
    inside = False
    for ring in rings:
        for (x, y, *_), (x_next, y_next, *_) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (y > lat) != (y_next > lat) and lon < (x_next - x) * (lat - y) / (y_next - y) + x:
                inside = not inside
    return inside
