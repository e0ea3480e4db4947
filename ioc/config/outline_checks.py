"""Geometry of a layer: invalid shapes, areas that differ from the official ones, simplification."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

from ioc.config.errors import ConfigFault
from ioc.config.layer_errors import LayerCode
from ioc.domain.base.failure import Failure, Parameter

TOLERANCE = 0.0003  # degrees, some thirty metres: finer than a wall shows of a city
MAX_AREA_DEVIATION = 0.05  # share of the official area; larger deviations are noted
# On the WGS 84 ellipsoid at 10° north, the latitude of the city. Of longitude: times the cosine of the latitude.
_KM_PER_DEGREE_OF_LATITUDE, _KM_PER_DEGREE_OF_LONGITUDE = 110.61, 111.33
_MAX_REPORTED = 8

Feature = dict[str, Any]


def check_geometries(name: str, features: Sequence[Feature]) -> list[ConfigFault]:
    """What is wrong with the shapes of the file `name`, by feature."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    faults = []
    for n, feature in enumerate(features, 1):
        try:
            outline = shape(feature["geometry"])
        except (ShapelyError, ValueError, TypeError, LookupError, AttributeError):
            failure = Failure(LayerCode.NO_SHAPE, {"feature": n})
            faults.append(ConfigFault(name, 0, failure, Failure(LayerCode.RING_OF_FOUR_POINTS)))
            continue
        if outline.is_empty or not outline.is_valid:
            failure = _shape_failure(outline, n, _name(feature))
            faults.append(ConfigFault(name, 0, failure, Failure(LayerCode.RINGS_WITHOUT_CROSSING)))
    return faults


def _shape_failure(outline: Any, n: int, name: str) -> Failure:
    from shapely.validation import explain_validity

    params: dict[str, Parameter] = {"feature": n, "name": name}
    if outline.is_empty:
        return Failure(LayerCode.SHAPE_EMPTY, params)
    polygons = [part for part in getattr(outline, "geoms", [outline]) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    is_crossing = not all(ring.is_simple for ring in rings)
    code = LayerCode.SHAPE_CROSSES_ITSELF if is_crossing else LayerCode.SHAPE_INVALID
    return Failure(code, params, external=explain_validity(outline))


def area_deviations(features: Sequence[Feature], official_areas: Mapping[str, float]) -> list[Failure]:
    """Notes about units whose shape differs from their official area (km², by code) by more than 5 %."""
    from shapely.geometry import shape

    notes = []
    for feature in features:
        code = str(feature["properties"].get("code", ""))
        official = official_areas.get(code)
        drawn = _area_km2(shape(feature["geometry"]))
        if official and abs(drawn - official) > MAX_AREA_DEVIATION * official:
            params: dict[str, Parameter] = {
                "code": code, "name": _name(feature), "drawn": round(drawn, 2), "official": round(official, 2),
                "percent": round((drawn / official - 1) * 100),
            }  # fmt: skip
            notes.append(Failure(LayerCode.AREA_DEVIATION, params))
    n_more = len(notes) - _MAX_REPORTED
    return notes[:_MAX_REPORTED] + ([Failure(LayerCode.MORE_AREA_DEVIATIONS, {"n": n_more})] if n_more > 0 else [])


def simplify(features: Sequence[Feature], *, is_coverage: bool) -> tuple[int, int, list[Feature]]:
    """Number of vertices before and after, and the simplified features.

    `is_coverage`: neighbours share their borders and go on sharing them.
    """
    import shapely
    from shapely.geometry import mapping, shape

    shapes = [shape(feature["geometry"]) for feature in features]
    if is_coverage:
        simplified = list(shapely.coverage_simplify(shapes, TOLERANCE))
    else:
        simplified = [outline.simplify(TOLERANCE, preserve_topology=True) for outline in shapes]
    result = [{**feature, "geometry": mapping(outline)} for feature, outline in zip(features, simplified, strict=True)]
    return _count_vertices(shapes), _count_vertices(simplified), result


def _count_vertices(shapes: Sequence[Any]) -> int:
    import shapely

    return int(sum(shapely.get_num_coordinates(outline) for outline in shapes))


def _area_km2(shape: Any) -> float:
    """Its area on the ground; right to 0.1 % between 9° and 11° north."""
    km2_per_square_degree = _KM_PER_DEGREE_OF_LATITUDE * _KM_PER_DEGREE_OF_LONGITUDE * cos(radians(shape.centroid.y))
    return float(shape.area) * km2_per_square_degree


def _name(feature: Feature) -> str:
    properties = feature.get("properties")
    values = properties if isinstance(properties, dict) else {}
    return str(values.get("name") or values.get("code") or "–")
