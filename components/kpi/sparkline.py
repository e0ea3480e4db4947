"""The line of the last 24 hours as inline SVG: ends in a dot, gaps stay gaps, one dashed limit."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import htpy as h
from markupsafe import Markup

from ioc.domain.snapshot import Line

WIDTH, HEIGHT, MARGIN = 480, 100, 8
# A limit farther from the data than this multiple of its range is left out: it would flatten the line.
_MAX_LIMIT_DISTANCE = 4.0


@lru_cache(maxsize=256)
def sparkline(line: Line, limit: float | None = None) -> Markup | None:
    """The SVG, stretched by CSS to its box; None with fewer than two values.

    Cached: a line is unchanged through many renderings of its tile.
    """
    values = [value for _, value in line if value is not None]
    if len(values) < 2:
        return None
    low, high = _range(values, limit)
    start, end = line[0][0], line[-1][0]
    strokes = list(_path_segments(line, start, end, low, high))
    dashed = limit is not None and low <= limit <= high
    drawing = h.svg(".spark", viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none", aria_hidden="true")[
        dashed and h.path(".spark-limit", d=f"M0 {_y(limit or 0.0, low, high)}H{WIDTH}"),
        h.path(".spark-line", d="".join(strokes)),
        h.path(".spark-last", d=f"{strokes[-1].split('h')[0].replace('L', 'M')}h0"),
    ]
    return Markup(drawing)  # htpy has escaped it # nosec B704


def _range(values: list[float], limit: float | None) -> tuple[float, float]:
    low, high = min(values), max(values)
    swing = (high - low) or abs(high) * 0.1 or 1.0
    if limit is not None and low - _MAX_LIMIT_DISTANCE * swing <= limit <= high + _MAX_LIMIT_DISTANCE * swing:
        low, high = min(low, limit), max(high, limit)
    return (low, high) if high > low else (low - swing, high + swing)


def _y(value: float, low: float, high: float) -> int:
    return round(HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN))


def _path_segments(line: Line, start: datetime, end: datetime, low: float, high: float) -> Iterable[str]:
    whole_span = (end - start).total_seconds() or 1.0
    pen_down = False
    for at, value in line:
        if value is None:
            pen_down = False
            continue
        x = round((at - start).total_seconds() / whole_span * WIDTH)
        yield f"{'L' if pen_down else 'M'}{x} {_y(value, low, high)}{'' if pen_down else 'h0'}"
        pen_down = True
