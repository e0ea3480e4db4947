"""A circle on the ground as an outline of corners that all lie at its true radius."""

from math import asin, atan2, cos, degrees, pi, radians, sin

_EARTH_KM = 6_371.0
CORNERS = 48


def circle_ring(lon: float, lat: float, radius_km: float) -> tuple[tuple[float, float], ...]:
    """The closed outline of the circle of `km` around the point, as (lon, lat)."""
    east, up, far = radians(lon), radians(lat), radius_km / _EARTH_KM
    corners = []
    for n in range(CORNERS + 1):
        towards = 2 * pi * (n % CORNERS) / CORNERS
        there = asin(sin(up) * cos(far) + cos(up) * sin(far) * cos(towards))
        along = atan2(sin(towards) * sin(far) * cos(up), cos(far) - sin(up) * sin(there))
        corners.append((degrees(east + along), degrees(there)))
    return tuple(corners)
