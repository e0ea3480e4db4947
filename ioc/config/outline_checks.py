"""What the geometry of a layer must hold: rings that are none, areas that are not those of the law, fewer corners."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

from ioc.config.errors import Fault

TOLERANCE = 0.0003  # degrees, some thirty metres: finer than a wall shows of a city
OFF = 0.05  # areas further apart than this are told
_KM_PER_DEGREE = 111.32
_TOLD = 8

Feature = dict[str, Any]


def rings(name: str, features: Sequence[Feature]) -> list[Fault]:
    """What is wrong with the shapes, by feature."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    faults = []
    for n, one in enumerate(features, 1):
        try:
            found = shape(one["geometry"])
        except (ShapelyError, ValueError, TypeError, LookupError, AttributeError):
            faults.append(Fault(name, 0, f"feature {n} has no shape", "a closed ring of at least 4 points"))
            continue
        if found.is_empty or not found.is_valid:
            why = "it is empty" if found.is_empty else explain_validity(found)
            faults.append(
                Fault(name, 0, f"feature {n} ({_name(one)}) is not valid: {why}", "rings that do not cross themselves")
            )
    return faults


def areas(features: Sequence[Feature], official: Mapping[str, float]) -> list[str]:
    """The units whose shape is larger or smaller than their official area by more than 5 %."""
    from shapely.geometry import shape

    told = []
    for one in features:
        code = str(one["properties"].get("code", ""))
        should = official.get(code)
        drawn = _km2(shape(one["geometry"]))
        if should and abs(drawn - should) > OFF * should:
            told.append(
                f"{code} {_name(one)}: drawn {drawn:.2f} km², officially {should:.2f} km² ({drawn / should - 1:+.0%})"
            )
    more = [f"… and {len(told) - _TOLD} units more"] if len(told) > _TOLD else []
    return told[:_TOLD] + more


def simplified(features: Sequence[Feature], *, coverage: bool) -> tuple[int, int, list[Feature]]:
    """Corners before, corners after, and the features; `coverage`: neighbours keep one line between them."""
    import shapely
    from shapely.geometry import mapping, shape

    shapes = [shape(one["geometry"]) for one in features]
    if coverage:
        made = list(shapely.coverage_simplify(shapes, TOLERANCE))
    else:
        made = [one.simplify(TOLERANCE, preserve_topology=True) for one in shapes]
    kept = [{**one, "geometry": mapping(form)} for one, form in zip(features, made, strict=True)]
    return _corners(shapes), _corners(made), kept


def _corners(shapes: Sequence[Any]) -> int:
    import shapely

    return int(sum(shapely.get_num_coordinates(one) for one in shapes))


def _km2(shape: Any) -> float:
    """Its area on the ground: degrees of longitude are shorter by the cosine of the latitude."""
    return float(shape.area) * _KM_PER_DEGREE**2 * cos(radians(shape.centroid.y)) * 0.9983


def _name(feature: Feature) -> str:
    properties = feature.get("properties")
    named = properties if isinstance(properties, dict) else {}
    return str(named.get("name") or named.get("code") or "–")
