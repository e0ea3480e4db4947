"""What the geometry of a layer must hold: rings that are none, areas that are not those of the law, fewer corners."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

from ioc.config.errors import ConfigFault

TOLERANCE = 0.0003  # degrees, some thirty metres: finer than a wall shows of a city
MAX_AREA_DEVIATION = 0.05  # areas further apart than this are told
_KM_PER_DEGREE = 111.32
_MAX_REPORTED = 8

Feature = dict[str, Any]


def check_geometries(name: str, features: Sequence[Feature]) -> list[ConfigFault]:
    """What is wrong with the shapes, by feature."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    faults = []
    for n, one in enumerate(features, 1):
        try:
            found = shape(one["geometry"])
        except (ShapelyError, ValueError, TypeError, LookupError, AttributeError):
            faults.append(ConfigFault(name, 0, f"feature {n} has no shape", "a closed ring of at least 4 points"))
            continue
        if found.is_empty or not found.is_valid:
            why = "it is empty" if found.is_empty else explain_validity(found)
            faults.append(
                ConfigFault(
                    name, 0, f"feature {n} ({_name(one)}) is not valid: {why}", "rings that do not cross themselves"
                )
            )
    return faults


def area_deviations(features: Sequence[Feature], official_areas: Mapping[str, float]) -> list[str]:
    """The units whose shape is larger or smaller than their official area by more than 5 %."""
    from shapely.geometry import shape

    told = []
    for one in features:
        code = str(one["properties"].get("code", ""))
        should = official_areas.get(code)
        drawn = _area_km2(shape(one["geometry"]))
        if should and abs(drawn - should) > MAX_AREA_DEVIATION * should:
            told.append(
                f"{code} {_name(one)}: drawn {drawn:.2f} km², officially {should:.2f} km² ({drawn / should - 1:+.0%})"
            )
    more = [f"… and {len(told) - _MAX_REPORTED} units more"] if len(told) > _MAX_REPORTED else []
    return told[:_MAX_REPORTED] + more


def simplify(features: Sequence[Feature], *, is_coverage: bool) -> tuple[int, int, list[Feature]]:
    """Corners before, corners after, and the features; `coverage`: neighbours keep one line between them."""
    import shapely
    from shapely.geometry import mapping, shape

    shapes = [shape(one["geometry"]) for one in features]
    if is_coverage:
        made = list(shapely.coverage_simplify(shapes, TOLERANCE))
    else:
        made = [one.simplify(TOLERANCE, preserve_topology=True) for one in shapes]
    kept = [{**one, "geometry": mapping(form)} for one, form in zip(features, made, strict=True)]
    return _count_vertices(shapes), _count_vertices(made), kept


def _count_vertices(shapes: Sequence[Any]) -> int:
    import shapely

    return int(sum(shapely.get_num_coordinates(one) for one in shapes))


def _area_km2(shape: Any) -> float:
    """Its area on the ground: degrees of longitude are shorter by the cosine of the latitude."""
    return float(shape.area) * _KM_PER_DEGREE**2 * cos(radians(shape.centroid.y)) * 0.9983


def _name(feature: Feature) -> str:
    properties = feature.get("properties")
    named = properties if isinstance(properties, dict) else {}
    return str(named.get("name") or named.get("code") or "–")
