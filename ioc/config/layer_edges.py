"""What surrounds a city is cut off at the frame of its file: a wide screen must not show that cut as a coast."""

from itertools import pairwise
from typing import Any

FAR = 4.0  # degrees: beyond what any screen shows of a city
_NEAR = 1e-6

Pair = list[float]
Box = tuple[float, float, float, float]


def box_of(pairs: list[tuple[float, float]]) -> Box:
    """West, south, east, north."""
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    return min(xs), min(ys), max(xs), max(ys)


def widened(coordinates: Any, box: Box) -> Any:
    """Polygon or MultiPolygon coordinates whose edges on `box` were pushed outwards, straight."""
    if isinstance(coordinates[0][0], list):
        return [widened(one, box) for one in coordinates]
    ring: list[Pair] = []
    for a, b in pairwise(coordinates):
        cut = _side(a, box) & _side(b, box)
        if len(_side(a, box)) < 2:  # a corner moves away altogether
            ring.append(a)
        if cut:
            ring += [_out(a, box), _out(b, box)]
    return [*ring, ring[0]]


def _side(pair: Pair, box: Box) -> set[int]:
    """Which sides of the box the point lies on: 0 west, 1 south, 2 east, 3 north."""
    return {n for n, edge in enumerate(box) if abs(pair[n % 2] - edge) < _NEAR}


def _out(pair: Pair, box: Box) -> Pair:
    moved = list(pair)
    for n in _side(pair, box):
        moved[n % 2] = round(pair[n % 2] + (FAR if n > 1 else -FAR), 5)
    return moved
