"""The surroundings of a city end at the frame of their file; a wide screen must not show that cut as a coast."""

from itertools import pairwise
from typing import Any

PUSH_DEGREES = 4.0  # beyond what any screen shows of a city
_TOLERANCE = 1e-6

Pair = list[float]
BoundingBox = tuple[float, float, float, float]


def bounding_box(pairs: list[tuple[float, float]]) -> BoundingBox:
    """West, south, east, north."""
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    return min(xs), min(ys), max(xs), max(ys)


def push_edges_out(coordinates: Any, box: BoundingBox) -> Any:
    """Coordinates of a Polygon or MultiPolygon whose edges on `box` are moved straight outwards."""
    if isinstance(coordinates[0][0], list):
        return [push_edges_out(part, box) for part in coordinates]
    ring: list[Pair] = []
    for start, end in pairwise(coordinates):
        common_sides = _box_sides(start, box) & _box_sides(end, box)
        if len(_box_sides(start, box)) < 2:  # a corner of the box moves away altogether
            ring.append(start)
        if common_sides:
            ring += [_push_out(start, box), _push_out(end, box)]
    return [*ring, ring[0]]


def _box_sides(pair: Pair, box: BoundingBox) -> set[int]:
    """Which sides of the box the point lies on: 0 west, 1 south, 2 east, 3 north."""
    return {n for n, edge in enumerate(box) if abs(pair[n % 2] - edge) < _TOLERANCE}


def _push_out(pair: Pair, box: BoundingBox) -> Pair:
    moved = list(pair)
    for n in _box_sides(pair, box):
        moved[n % 2] = round(pair[n % 2] + (PUSH_DEGREES if n > 1 else -PUSH_DEGREES), 5)
    return moved
