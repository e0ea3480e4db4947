"""A circle on the earth as a polygon whose corners all lie at its true radius."""

from math import asin, atan2, cos, degrees, pi, radians, sin

_EARTH_KM = 6_371.0
CORNERS = 48


def circle_ring(lon: float, lat: float, radius_km: float) -> tuple[tuple[float, float], ...]:
    """The closed ring of the circle of `radius_km` around the point, as (lon, lat) in degrees."""
    center_lon, center_lat, distance = radians(lon), radians(lat), radius_km / _EARTH_KM
    corners = []
    for n in range(CORNERS + 1):
        bearing = 2 * pi * (n % CORNERS) / CORNERS
        corner_lat = asin(sin(center_lat) * cos(distance) + cos(center_lat) * sin(distance) * cos(bearing))
        east = atan2(sin(bearing) * sin(distance) * cos(center_lat), cos(distance) - sin(center_lat) * sin(corner_lat))
        corners.append((degrees(center_lon + east), degrees(corner_lat)))
    return tuple(corners)
