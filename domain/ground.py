"""In which commune-level unit a point lies, by the outlines of the official layer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Ring = Sequence[Sequence[float]]


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

    def unit(self, lon: float, lat: float) -> str:
        """The code of the unit that holds the point; "" outside all of them."""
        for piece in self._pieces:
            west, south, east, north = piece.box
            if west <= lon <= east and south <= lat <= north and _holds(piece.rings, lon, lat):
                return piece.code
        return ""


NOWHERE = Ground()


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
