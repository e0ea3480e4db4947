"""In which commune-level units something lies, by the outlines of the official layer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ioc.domain.events.event import Area
from ioc.domain.geo import scanline
from ioc.domain.geo.circle import ring as circle
from ioc.domain.geo.scanline import Ring

# An area concerns a unit of which it covers this part, or which covers that part of it: outlines that were drawn by
# different hands never meet exactly, and a neighbour along whose border an alert ends is not meant.
_OF_UNIT, _OF_AREA = 0.02, 0.05
_HELD = 1_000  # areas whose units are known already


class _Piece(NamedTuple):
    code: str
    box: tuple[float, float, float, float]
    rings: tuple[Ring, ...]  # the first is the outline, the others are holes


class Ground:
    """The units' outlines, asked for a point. Made from (code, polygons), each polygon its rings of (lon, lat)."""

    def __init__(self, units: Iterable[tuple[str, Iterable[Sequence[Ring]]]] = ()) -> None:
        self._pieces = [
            _Piece(code, _box(rings[0]), tuple(rings)) for code, polygons in units for rings in polygons if rings
        ]
        self._lines: dict[int, scanline.Lines] = {}
        self._known: dict[Area, tuple[str, ...]] = {}

    def unit(self, lon: float, lat: float) -> str:
        """The code of the unit that holds the point; "" outside all of them."""
        for piece in self._pieces:
            west, south, east, north = piece.box
            if west <= lon <= east and south <= lat <= north and _holds(piece.rings, lon, lat):
                return piece.code
        return ""

    def units(self, area: Area) -> tuple[str, ...]:
        """The codes of all units that `area` covers a good part of; of a point or a line the one of its middle."""
        if area not in self._known:
            if len(self._known) >= _HELD:
                self._known.clear()
            middle = self.unit(area.lon, area.lat)
            self._known[area] = self._covered(area) or ((middle,) if middle else ())
        return self._known[area]

    def _covered(self, area: Area) -> tuple[str, ...]:
        rings = [one for one in area.rings if len(one) > 3 and one[0] == one[-1]]
        if area.radius_km > 0:
            rings.append(tuple(circle(area.lon, area.lat, area.radius_km)))
        boxes = [_box(one) for one in rings]
        shared, whole = dict[str, float](), dict[str, float]()
        if not rings or not self._pieces:
            return ()
        south, north = min(one.box[1] for one in self._pieces), max(one.box[3] for one in self._pieces)
        lines = scanline.united([scanline.lines([one], south, north) for one in rings])
        for n, piece in enumerate(self._pieces):
            own = self._of(n)
            whole[piece.code] = whole.get(piece.code, 0.0) + scanline.size(own)
            if any(_meet(piece.box, box) for box in boxes):
                shared[piece.code] = shared.get(piece.code, 0.0) + scanline.shared(own, lines)
        least = _OF_AREA * scanline.size(lines)
        return tuple(code for code, size in shared.items() if size > 0 and size >= min(least, _OF_UNIT * whole[code]))

    def _of(self, n: int) -> scanline.Lines:
        if n not in self._lines:
            piece = self._pieces[n]
            self._lines[n] = scanline.lines(piece.rings, piece.box[1], piece.box[3])
        return self._lines[n]


NOWHERE = Ground()


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _box(ring: Ring) -> tuple[float, float, float, float]:
    lons, lats = [one[0] for one in ring], [one[1] for one in ring]
    return min(lons), min(lats), max(lons), max(lats)


def _holds(rings: Sequence[Ring], lon: float, lat: float) -> bool:
    """A ray to the east crosses the outlines an odd number of times from inside."""
    inside = False
    for ring in rings:
        for (x, y, *_), (x_next, y_next, *_) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (y > lat) != (y_next > lat) and lon < (x_next - x) * (lat - y) / (y_next - y) + x:
                inside = not inside
    return inside
