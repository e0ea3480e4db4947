"""Positions at longitude and latitude 0: the value of a field without a position, never a place of a city."""

from dataclasses import replace

from ioc.domain.events.event import Area

ZERO_POSITION = (0.0, 0.0)


def without_zero_positions(area: Area) -> Area | None:
    """`area` without points at (0, 0); None where nothing is left, or where an outline has such a vertex."""
    outlines = tuple(ring for ring in area.rings if len(ring) > 1)
    points = [point for point in area.points if point != ZERO_POSITION]
    if len(points) == len(area.points) and not any(ZERO_POSITION in outline for outline in outlines):
        return area
    if outlines:  # the marker lies on one of them
        is_broken = (area.lon, area.lat) == ZERO_POSITION or any(ZERO_POSITION in outline for outline in outlines)
        return None if is_broken else replace(area, rings=(*outlines, *((point,) for point in points[1:])))
    return Area(*points[0], tuple((point,) for point in points[1:])) if points else None
