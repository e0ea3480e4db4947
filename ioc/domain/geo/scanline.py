"""Overlap of polygons by scanlines: each is cut into spans on lines of equal latitude, and the spans are compared."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor

Ring = Sequence[Sequence[float]]
Spans = Sequence[tuple[float, float]]
Scanlines = dict[int, Spans]  # number of the line -> the spans of it that lie inside, as (west, east)

_LINE_SPACING = 0.002  # degrees of latitude between two lines: some 220 m


def scan_rings(rings: Iterable[Ring], south: float, north: float) -> Scanlines:
    """What lies inside `rings` (the first an outline, the others holes in it) on the lines from `south` to `north`."""
    crossings: dict[int, list[float]] = {}
    first, last = ceil(south / _LINE_SPACING - 0.5), floor(north / _LINE_SPACING - 0.5)
    for ring in rings:
        for (x, y, *_), (x_next, y_next, *_) in pairwise((*ring, ring[0])):
            low, high = min(y, y_next), max(y, y_next)
            lowest = max(first, ceil(low / _LINE_SPACING - 0.5))
            highest = min(last, floor(high / _LINE_SPACING - 0.5))
            for n in range(lowest, highest + 1):
                latitude = (n + 0.5) * _LINE_SPACING
                if low <= latitude < high:  # a corner on a line belongs to one of its edges only
                    crossings.setdefault(n, []).append(x + (x_next - x) * (latitude - y) / (y_next - y))
    return {n: _pair_crossings(sorted(longitudes)) for n, longitudes in crossings.items()}


def count_crossings(rings: Iterable[Ring], south: float, north: float) -> float:
    """About how often `rings` cross the lines from `south` to `north`: the work that `scan_rings` has with them."""
    heights = (
        abs(min(max(y_next, south), north) - min(max(y, south), north))
        for ring in rings
        for (_, y, *_), (_, y_next, *_) in pairwise(ring)
    )
    return sum(heights) / _LINE_SPACING


def _pair_crossings(longitudes: Sequence[float]) -> Spans:
    return tuple(zip(longitudes[::2], longitudes[1::2], strict=False))


def union(parts: Sequence[Scanlines]) -> Scanlines:
    """What lies inside any of `parts`."""
    if len(parts) == 1:
        return parts[0]
    lines = {n for part in parts for n in part}
    return {n: _merge_spans([span for part in parts for span in part.get(n, ())]) for n in lines}


def _merge_spans(spans: Iterable[tuple[float, float]]) -> Spans:
    merged: list[tuple[float, float]] = []
    for west, east in sorted(spans):
        if merged and west <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(east, merged[-1][1]))
        else:
            merged.append((west, east))
    return merged


def total_length(lines: Scanlines) -> float:
    """The size: degrees of longitude summed over all lines, to be compared with other such sums only."""
    return sum(east - west for spans in lines.values() for west, east in spans)


def overlap_length(first: Scanlines, other: Scanlines) -> float:
    """The size of the part of `first` that lies in `other`, in the measure of `total_length`."""
    return sum(_span_overlap(spans, other[n]) for n, spans in first.items() if n in other)


def _span_overlap(spans: Spans, others: Spans) -> float:
    return sum(
        max(0.0, min(east, other_east) - max(west, other_west))
        for west, east in spans
        for other_west, other_east in others
    )
