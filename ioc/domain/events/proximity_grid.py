"""Items by place and time, in cells: what is near one of them is in its cell or in one beside it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from math import cos, floor, radians, sin
from typing import Generic, TypeVar

from ioc.domain.events.deduplication import EARTH_RADIUS_METRES

_MARGIN_METRES = 0.001  # above the rounding of distances
_Cell = tuple[int, int, int, int]
T = TypeVar("T")


class ProximityGrid(Generic[T]):
    """Finds items within `max_metres` and `max_time_apart`, and some that are a little farther away.

    Cells are cubes through which the earth's surface goes: unlike those of degrees they have no pole and no date line.
    No edge of a cube is longer than the way over the surface.
    """

    def __init__(self, max_metres: float, max_time_apart: timedelta) -> None:
        self._metres = max_metres + _MARGIN_METRES
        self._span_ms = floor(max_time_apart / timedelta(milliseconds=1)) + 1
        self._cells: dict[_Cell, list[T]] = {}

    def add(self, lon: float, lat: float, at_ms: int, item: T) -> None:
        """Adds an item at a place in degrees and a time in ms."""
        self._cells.setdefault(self._cell(lon, lat, at_ms), []).append(item)

    def near(self, lon: float, lat: float, at_ms: int) -> Iterator[list[T]]:
        """The items of each cell that may hold near ones, in the order in which they were added."""
        cell = self._cell(lon, lat, at_ms)
        for beside in product(*((number - 1, number, number + 1) for number in cell)):
            if beside in self._cells:
                yield self._cells[beside]

    def time_cells(self, at_ms: int) -> tuple[int, int, int]:
        """The numbers of the time cells that may hold items near a time."""
        number = self.time_cell(at_ms)
        return number - 1, number, number + 1

    def time_cell(self, at_ms: int) -> int:
        """The number of the time cell."""
        return at_ms // self._span_ms

    def _cell(self, lon: float, lat: float, at_ms: int) -> _Cell:
        phi, theta = radians(lat), radians(lon)
        scale = EARTH_RADIUS_METRES / self._metres
        return (
            self.time_cell(at_ms),
            floor(scale * cos(phi) * cos(theta)),
            floor(scale * cos(phi) * sin(theta)),
            floor(scale * sin(phi)),
        )
