"""Geometries as areas, their representative points, and the failures of invalid ones."""

from math import cos, isfinite, pi, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.errors import GeometryCode
from data_sources._mapping.geometry import (
    HOLES_NOT_DRAWN,
    MAX_POINTS,
    MAX_VERTICES,
    SIMPLIFIED,
    area_of,
    point_of,
    representative_point,
)
from ioc.domain.base.failure import Failure
from ioc.domain.events.event import Area
from ioc.domain.events.validation import MAX_VERTICES as MAX_STORED_VERTICES
from ioc.domain.ingest.parsing import ParseCode, ParseError
from ioc.domain.ingest.value_types import TypeCode

SQUARE = [[105.0, 10.0], [106.0, 10.0], [106.0, 11.0], [105.0, 11.0], [105.0, 10.0]]
HOLE = [[105.4, 10.4], [105.6, 10.4], [105.6, 10.6], [105.4, 10.4]]


def geojson(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


def ring(vertices: int, lon: float = 105.7, lat: float = 10.0, size: float = 0.1) -> list[list[float]]:
    """A circle with a wavy edge, so that few vertices lie on a straight line."""
    angles = [2 * pi * n / vertices for n in range(vertices)]
    radii = [size * (1 + 0.02 * sin(40 * angle)) for angle in angles]
    points = [[lon + r * cos(angle), lat + r * sin(angle)] for r, angle in zip(radii, angles, strict=True)]
    return [*points, points[0]]


@pytest.mark.parametrize(
    ("geometry", "lon", "lat", "vertices"),
    [
        (geojson("Point", [105.78, 10.03]), 105.78, 10.03, []),
        (geojson("Point", [105.78, 10.03, 2.5]), 105.78, 10.03, []),
        (geojson("MultiPoint", [[105, 10], [106, 11], [105, 10], [107, 9]]), 105, 10, [1, 1]),
        (geojson("LineString", [[105, 10], [105, 11], [105, 14]]), 105, 12, [3]),
        (geojson("MultiLineString", [[[105, 10], [105, 11]], [[105, 10], [106, 10], [108, 10]]]), 106.5, 10, [2, 3]),
        (geojson("MultiPolygon", [[HOLE], [SQUARE]]), 105.5, 10.5, [4, 5]),
        ({"type": "GeometryCollection", "geometries": [geojson("Point", [1, 1]), geojson("Polygon", [SQUARE])]},
         105.5, 10.5, [5, 1]),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)  # fmt: skip
def test_geometry_becomes_a_point_and_outlines(
    geometry: dict[str, Any], lon: float, lat: float, vertices: list[int]
) -> None:
    area, facts = area_of(geometry)
    assert area is not None
    assert (area.lon, area.lat) == pytest.approx((lon, lat))
    assert [len(outline) for outline in area.rings] == vertices
    assert not facts


def test_each_point_of_a_geometry_is_kept() -> None:
    places = [[105.0, 10.0], [106.0, 11.0], [107.0, 9.0]]
    area, _ = area_of(geojson("MultiPoint", places))
    assert area is not None and area.points == tuple(map(tuple, places))
    members = [geojson("Polygon", [SQUARE]), geojson("MultiPoint", places)]
    area, _ = area_of({"type": "GeometryCollection", "geometries": members})
    assert area is not None and area.points == ((105.5, 10.5), *map(tuple, places))


def test_point_of_a_polygon_lies_in_none_of_its_holes() -> None:
    hole = [[105.3, 10.3], [105.8, 10.3], [105.8, 10.7], [105.3, 10.7], [105.3, 10.3]]
    area, facts = area_of(geojson("MultiPolygon", [[SQUARE, hole]]))
    assert area is not None and [len(outline) for outline in area.rings] == [5]
    assert (area.lon, area.lat) == pytest.approx((105.15, 10.5))
    assert facts == {HOLES_NOT_DRAWN: "1"}


def test_more_points_than_an_area_can_hold_are_rejected() -> None:
    points = [[105 + n / 1000, 10] for n in range(MAX_POINTS + 1)]
    assert failure_of(geojson("MultiPoint", points)) == Failure(GeometryCode.TOO_MANY_POINTS, {"limit": MAX_POINTS})
    members = [geojson("MultiPoint", points[1:]), geojson("Polygon", [ring(9_999)])]
    area, _ = area_of({"type": "GeometryCollection", "geometries": members})
    assert area is not None and len(area.points) == MAX_POINTS + 1
    assert 1 + sum(map(len, area.rings)) <= MAX_STORED_VERTICES


@pytest.mark.parametrize(
    "geometry", [None, geojson("Point", []), geojson("Polygon", []), {"type": "GeometryCollection", "geometries": []}]
)
def test_empty_geometry_is_no_area(geometry: Any) -> None:
    assert area_of(geometry) == (None, {})


def not_two_numbers(sample: str) -> Failure:
    return Failure(GeometryCode.NOT_TWO_NUMBERS, {"sample": sample})


def out_of_range(lon: float, lat: float) -> Failure:
    return Failure(GeometryCode.OUT_OF_RANGE, {"lon": lon, "lat": lat})


def unknown_type(kind: str) -> Failure:
    return Failure(GeometryCode.UNKNOWN_TYPE, {"kind": kind})


def no_type(fields: str) -> Failure:
    return Failure(GeometryCode.NO_TYPE, {"fields": fields})


def failure_of(geometry: Any) -> Failure:
    with pytest.raises(ParseError) as caught:
        area_of(geometry)
    return caught.value.failure


@pytest.mark.parametrize(
    ("geometry", "failure"),
    [
        ("POINT(106.78 10.76)", Failure(GeometryCode.IS_TEXT, {"text": "POINT(106.78 10.76)"})),
        (geojson("Point", [10.03, 105.78]), Failure(GeometryCode.SWAPPED, {"lon": 10.03, "lat": 105.78})),
        (
            geojson("Polygon", [[y, x] for x, y in SQUARE]),
            Failure(GeometryCode.NOT_A_LIST, {"kind": Failure(TypeCode.NUMBER)}),
        ),
        (geojson("Polygon", [[[y, x] for x, y in SQUARE]]), Failure(GeometryCode.SWAPPED, {"lon": 10.0, "lat": 105.0})),
        (geojson("Polygon", [SQUARE[:-1]]), Failure(GeometryCode.RING_OPEN)),
        (geojson("Polygon", [SQUARE, HOLE[:-1]]), Failure(GeometryCode.RING_OPEN)),
        (geojson("Polygon", [[[105, 10], [106, 10], [105, 10]]]), Failure(GeometryCode.RING_TOO_SHORT)),
        (geojson("Polygon", [[]]), Failure(GeometryCode.RING_TOO_SHORT)),
        (geojson("LineString", [[105, 10]]), Failure(GeometryCode.LINE_TOO_SHORT)),
        (geojson("LineString", [[177, 8], [-175, 8]]), Failure(GeometryCode.TOO_WIDE)),
        (geojson("Polygon", [[[177, 8], [177, 12], [-175, 12], [177, 8]]]), Failure(GeometryCode.TOO_WIDE)),
        (geojson("Point", [105.78, "10.03"]), not_two_numbers("[105.78, '10.03']")),
        (geojson("Point", [105.78]), not_two_numbers("[105.78]")),
        (geojson("Point", [True, 10.0]), not_two_numbers("[True, 10.0]")),
        (geojson("Point", "105,10"), Failure(GeometryCode.NOT_A_LIST, {"kind": Failure(TypeCode.TEXT)})),
        (geojson("Point", None), Failure(GeometryCode.NOT_A_LIST, {"kind": Failure(TypeCode.NOTHING)})),
        (geojson("Point", [float("nan"), 10.0]), Failure(ParseCode.NUMBER_NOT_FINITE)),
        (geojson("Point", [10**400, 10]), Failure(ParseCode.NUMBER_TOO_LARGE)),
        (
            geojson("Point", [586_000.0, 1_108_000.0]),
            Failure(GeometryCode.OUT_OF_RANGE, {"lon": 586_000, "lat": 1_108_000}),
        ),
        (geojson("Circle", [105, 10]), unknown_type("Circle")),
        ({"coordinates": [105, 10]}, no_type("coordinates")),
        ({"type": [], "coordinates": [105, 10]}, unknown_type("[]")),
        ([105, 10], no_type("[105, 10]")),
    ],
)
def test_invalid_geometry_raises_its_failure(geometry: Any, failure: Failure) -> None:
    assert failure_of(geometry) == failure


def test_deeply_nested_collection_is_rejected() -> None:
    deep: dict[str, Any] = geojson("Point", [105, 10])
    for _ in range(9):
        deep = {"type": "GeometryCollection", "geometries": [deep]}
    assert failure_of(deep) == unknown_type("GeometryCollection")


def test_outline_with_too_many_vertices_is_simplified_and_says_so() -> None:
    area, facts = area_of(geojson("Polygon", [ring(9_999)]))
    assert area is not None
    (outline,) = area.rings
    assert outline[0] == outline[-1]
    assert 100 < len(outline) <= MAX_VERTICES
    assert facts == {SIMPLIFIED: f"10000 → {len(outline)}"}
    assert (area.lon, area.lat) == pytest.approx((105.7, 10.0), abs=1e-3)


def test_malicious_outlines_are_simplified_quickly() -> None:
    """Each vertex is far from the previous one, in a comb and in circles: none can be left out by distance."""
    comb = [[105 + n * 1e-5, 10 + (n % 2) * 2.0] for n in range(100_000)]
    circles = [[105, 10], [105, 12], [107, 12]] * 30_000
    for vertices in (comb, circles):
        area, facts = area_of(geojson("Polygon", [[*vertices, vertices[0]]]))
        assert area is not None and 3 < len(area.rings[0]) <= MAX_VERTICES
        assert area.rings[0][0] == area.rings[0][-1] and facts


def test_of_too_many_outlines_the_largest_are_kept() -> None:
    small = [[ring(8, lon=104 + n / 1000, size=1e-4)] for n in range(400)]
    area, facts = area_of(geojson("MultiPolygon", [*small, [ring(500)]]))
    assert area is not None
    assert sum(map(len, area.rings)) <= MAX_VERTICES
    assert area.lon == pytest.approx(105.7, abs=1e-3)
    assert facts[SIMPLIFIED].startswith("4101 → ")


def test_geometry_with_far_too_many_vertices_is_rejected() -> None:
    failure = failure_of(geojson("LineString", [[105, 10]] * 200_001))
    assert failure == Failure(GeometryCode.TOO_MANY_VERTICES, {"limit": 200_000})


def test_representative_point_of_a_horseshoe_lies_inside_it() -> None:
    horseshoe = ((0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (1, 1), (1, 9), (0, 9), (0, 0))
    lon, lat = representative_point(tuple((float(x), float(y)) for x, y in horseshoe))
    assert 0 < lat < 9
    assert 0 < lon < 1 or 8 < lon < 9


def test_ring_without_an_area_is_treated_as_a_line() -> None:
    assert representative_point(((0, 0), (4, 0), (0, 0))) == (4, 0)
    assert representative_point(((3, 3), (3, 3))) == (3, 3)


def test_two_fields_make_a_point() -> None:
    assert point_of("105.78", 10.03) == Area(105.78, 10.03)
    assert point_of(105, None) is None
    assert point_of(0.0, 10.0) == Area(0.0, 10.0)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)
KINDS = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection", "x"]


@given(st.fixed_dictionaries({"type": st.sampled_from(KINDS), "coordinates": PLAIN, "geometries": PLAIN}))
def test_any_geometry_is_an_area_none_or_a_parse_error(geometry: dict[str, Any]) -> None:
    try:
        area, _ = area_of(geometry)
    except ParseError as error:
        assert error.failure.code.startswith(("geometry.", "parsing.")) and len(str(error)) < 200
    else:
        assert area is None or (isfinite(area.lon) and isfinite(area.lat))


@given(st.lists(st.tuples(st.floats(102, 118), st.floats(6, 24)), min_size=3, max_size=30, unique=True))
def test_representative_point_of_any_ring_is_finite(vertices: list[tuple[float, float]]) -> None:
    area, _ = area_of(geojson("Polygon", [[[x, y] for x, y in (*vertices, vertices[0])]]))
    assert area is not None
    assert isfinite(area.lon) and isfinite(area.lat)


@pytest.mark.parametrize(
    ("geometry", "fields"),
    [({"x": 105.78, "y": 10.03}, "x, y"), ({"hello": "Feature"}, "hello"), ([10.03, 105.78], "[10.03, 105.78]")],
)
def test_geometry_without_a_type_is_told_with_what_it_has(geometry: Any, fields: str) -> None:
    failure = failure_of(geometry)
    assert failure.code == GeometryCode.NO_TYPE and str(failure.params["fields"]).replace(" ", "") == fields.replace(
        " ", ""
    )
