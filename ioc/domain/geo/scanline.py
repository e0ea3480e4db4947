"""Ground as lines of equal latitude: how much of one lies in another, whatever their outlines look like."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor

Ring = Sequence[Sequence[float]]
Spans = Sequence[tuple[float, float]]
Scanlines = dict[int, Spans]  # number of the line -> what of it lies inside, from west to east

_LINE_SPACING = 0.002  # degrees of latitude between two lines: some 220 m


def scan_rings(rings: Iterable[Ring], south: float, north: float) -> Scanlines:
    """What lies inside `rings` (the first an outline, the others holes in it) on the lines from `south` to `north`."""
    crossed: dict[int, list[float]] = {}
    first, last = ceil(south / _LINE_SPACING - 0.5), floor(north / _LINE_SPACING - 0.5)
    for ring in rings:
        for (x, y, *_), (x_next, y_next, *_) in pairwise((*ring, ring[0])):
            low, high = min(y, y_next), max(y, y_next)
            for n in range(
                max(first, ceil(low / _LINE_SPACING - 0.5)), min(last, floor(high / _LINE_SPACING - 0.5)) + 1
            ):
                at = (n + 0.5) * _LINE_SPACING
                if low <= at < high:  # a corner on a line belongs to one of its edges only
                    crossed.setdefault(n, []).append(x + (x_next - x) * (at - y) / (y_next - y))
    return {n: _pair_crossings(sorted(found)) for n, found in crossed.items()}


def _pair_crossings(found: Sequence[float]) -> Spans:
    return tuple(zip(found[::2], found[1::2], strict=False))


def union(parts: Sequence[Scanlines]) -> Scanlines:
    """What lies inside any of `parts`."""
    if len(parts) == 1:
        return parts[0]
    return {
        n: _merge_spans([span for one in parts for span in one.get(n, ())]) for n in {n for one in parts for n in one}
    }


def _merge_spans(spans: Iterable[tuple[float, float]]) -> Spans:
    found: list[tuple[float, float]] = []
    for west, east in sorted(spans):
        if found and west <= found[-1][1]:
            found[-1] = (found[-1][0], max(east, found[-1][1]))
        else:
            found.append((west, east))
    return found


def total_length(lines: Scanlines) -> float:
    """How much it is: degrees of longitude over all lines, to be held against another's only."""
    return sum(east - west for spans in lines.values() for west, east in spans)


def overlap_length(one: Scanlines, other: Scanlines) -> float:
    """How much of `one` lies in `other`."""
    return sum(_span_overlap(spans, other[n]) for n, spans in one.items() if n in other)


def _span_overlap(some: Spans, others: Spans) -> float:
    return sum(max(0.0, min(east, e) - max(west, w)) for west, east in some for w, e in others)
