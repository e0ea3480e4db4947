"""What surrounds a city is cut off at the frame of its file: a wide screen must not show that cut as a coast."""

from itertools import pairwise
from typing import Any

PUSH_DEGREES = 4.0  # degrees: beyond what any screen shows of a city
_TOLERANCE = 1e-6

Pair = list[float]
BoundingBox = tuple[float, float, float, float]


def bounding_box(pairs: list[tuple[float, float]]) -> BoundingBox:
    """West, south, east, north."""
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    return min(xs), min(ys), max(xs), max(ys)


def push_edges_out(coordinates: Any, box: BoundingBox) -> Any:
    """Polygon or MultiPolygon coordinates whose edges on `box` were pushed outwards, straight."""
    if isinstance(coordinates[0][0], list):
        return [push_edges_out(one, box) for one in coordinates]
    ring: list[Pair] = []
    for a, b in pairwise(coordinates):
        cut = _box_sides(a, box) & _box_sides(b, box)
        if len(_box_sides(a, box)) < 2:  # a corner moves away altogether
            ring.append(a)
        if cut:
            ring += [_push_out(a, box), _push_out(b, box)]
    return [*ring, ring[0]]


def _box_sides(pair: Pair, box: BoundingBox) -> set[int]:
    """Which sides of the box the point lies on: 0 west, 1 south, 2 east, 3 north."""
    return {n for n, edge in enumerate(box) if abs(pair[n % 2] - edge) < _TOLERANCE}


def _push_out(pair: Pair, box: BoundingBox) -> Pair:
    moved = list(pair)
    for n in _box_sides(pair, box):
        moved[n % 2] = round(pair[n % 2] + (PUSH_DEGREES if n > 1 else -PUSH_DEGREES), 5)
    return moved
