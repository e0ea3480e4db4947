"""Geometries into areas: what lies where, and what is refused with its reason."""

from math import cos, isfinite, pi, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping.geometry import MAX_VERTICES, area_of, point_of, representative_point
from ioc.domain.events.event import Area

SQUARE = [[105.0, 10.0], [106.0, 10.0], [106.0, 11.0], [105.0, 11.0], [105.0, 10.0]]
HOLE = [[105.4, 10.4], [105.6, 10.4], [105.6, 10.6], [105.4, 10.4]]


def shape(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


def ring(corners: int, lon: float = 105.7, lat: float = 10.0, size: float = 0.1) -> list[list[float]]:
    """A circle with ripples, so that few corners lie on a straight line."""
    turns = [2 * pi * n / corners for n in range(corners)]
    wide = [size * (1 + 0.02 * sin(40 * turn)) for turn in turns]
    found = [[lon + w * cos(turn), lat + w * sin(turn)] for w, turn in zip(wide, turns, strict=True)]
    return [*found, found[0]]


@pytest.mark.parametrize(
    ("geometry", "lon", "lat", "corners"),
    [
        (shape("Point", [105.78, 10.03]), 105.78, 10.03, []),
        (shape("Point", [105.78, 10.03, 2.5]), 105.78, 10.03, []),
        (shape("MultiPoint", [[105, 10], [106, 11]]), 105.5, 10.5, []),
        (shape("LineString", [[105, 10], [105, 11], [105, 14]]), 105, 12, [3]),
        (shape("MultiLineString", [[[105, 10], [105, 11]], [[105, 10], [106, 10], [108, 10]]]), 106.5, 10, [2, 3]),
        (shape("Polygon", [SQUARE, HOLE]), 105.5, 10.5, [5]),
        (shape("MultiPolygon", [[HOLE], [SQUARE]]), 105.5, 10.5, [4, 5]),
        ({"type": "GeometryCollection", "geometries": [shape("Point", [1, 1]), shape("Polygon", [SQUARE])]},
         105.5, 10.5, [5]),
    ],
    ids=lambda one: one["type"] if isinstance(one, dict) else "",
)  # fmt: skip
def test_each_kind_has_its_middle_and_its_outlines(
    geometry: dict[str, Any], lon: float, lat: float, corners: list[int]
) -> None:
    area, simplified = area_of(geometry)
    assert area is not None
    assert (area.lon, area.lat) == pytest.approx((lon, lat))
    assert [len(one) for one in area.rings] == corners
    assert not simplified


@pytest.mark.parametrize(
    "nothing", [None, shape("Point", []), shape("Polygon", []), {"type": "GeometryCollection", "geometries": []}]
)
def test_an_empty_geometry_is_nowhere(nothing: Any) -> None:
    assert area_of(nothing) == (None, "")


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (shape("Point", [10.03, 105.78]), "swapped: 10.03, 105.78"),
        (shape("Polygon", [[y, x] for x, y in SQUARE]), "where a list is due"),
        (shape("Polygon", [[[y, x] for x, y in SQUARE]]), "swapped: 10, 105"),
        (shape("Polygon", [SQUARE[:-1]]), "a ring is not closed"),
        (shape("Polygon", [SQUARE, HOLE[:-1]]), "a ring is not closed"),
        (shape("Polygon", [[[105, 10], [106, 10], [105, 10]]]), "less than three corners"),
        (shape("Polygon", [[]]), "less than three corners"),
        (shape("LineString", [[105, 10]]), "less than two corners"),
        (shape("Point", [105.78, "10.03"]), "not two numbers"),
        (shape("Point", [105.78]), "not two numbers"),
        (shape("Point", [True, 10.0]), "not two numbers"),
        (shape("Point", "105,10"), "are a str where a list is due"),
        (shape("Point", None), "are a NoneType"),
        (shape("Point", [float("nan"), 10.0]), "not a finite number"),
        (shape("Point", [10**400, 10]), "too large"),
        (shape("Point", [586_000.0, 1_108_000.0]), "no degrees of WGS 84"),
        (shape("Circle", [105, 10]), "no known type: 'Circle'"),
        ({"coordinates": [105, 10]}, "no known type: 'None'"),
        ({"type": [], "coordinates": [105, 10]}, "no known type"),
        ([105, 10], "no known type"),
    ],
)
def test_what_is_none_is_refused_with_its_reason(geometry: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        area_of(geometry)


def test_collections_in_collections_have_an_end() -> None:
    deep: dict[str, Any] = shape("Point", [105, 10])
    for _ in range(9):
        deep = {"type": "GeometryCollection", "geometries": [deep]}
    with pytest.raises(ValueError, match="no known type"):
        area_of(deep)


def test_too_many_corners_are_simplified_and_it_is_said() -> None:
    area, simplified = area_of(shape("Polygon", [ring(9_999)]))
    assert area is not None
    (outline,) = area.rings
    assert outline[0] == outline[-1]
    assert 100 < len(outline) <= MAX_VERTICES
    assert simplified == f"10000 → {len(outline)}"
    assert (area.lon, area.lat) == pytest.approx((105.7, 10.0), abs=1e-3)


def test_outlines_made_to_take_for_ever_do_not() -> None:
    """Each corner far from the one before, in a comb and in circles: nothing can be left out by nearness."""
    comb = [[105 + n * 1e-5, 10 + (n % 2) * 2.0] for n in range(100_000)]
    around = [[105, 10], [105, 12], [107, 12]] * 30_000
    for corners in (comb, around):
        area, simplified = area_of(shape("Polygon", [[*corners, corners[0]]]))
        assert area is not None and 3 < len(area.rings[0]) <= MAX_VERTICES
        assert area.rings[0][0] == area.rings[0][-1] and simplified


def test_of_too_many_outlines_the_largest_stay() -> None:
    small = [[ring(8, lon=104 + n / 1000, size=1e-4)] for n in range(400)]
    area, simplified = area_of(shape("MultiPolygon", [*small, [ring(500)]]))
    assert area is not None
    assert sum(map(len, area.rings)) <= MAX_VERTICES
    assert area.lon == pytest.approx(105.7, abs=1e-3)
    assert simplified.startswith("4101 → ")


def test_a_flood_of_corners_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 200000 corners"):
        area_of(shape("LineString", [[105, 10]] * 200_001))


def test_the_middle_of_a_horseshoe_lies_inside_it() -> None:
    horseshoe = ((0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (1, 1), (1, 9), (0, 9), (0, 0))
    lon, lat = representative_point(tuple((float(x), float(y)) for x, y in horseshoe))
    assert 0 < lat < 9
    assert 0 < lon < 1 or 8 < lon < 9


def test_a_ring_without_ground_is_a_line() -> None:
    assert representative_point(((0, 0), (4, 0), (0, 0))) == (4, 0)
    assert representative_point(((3, 3), (3, 3))) == (3, 3)


def test_two_fields_are_a_point() -> None:
    assert point_of("105.78", 10.03) == Area(105.78, 10.03)
    assert point_of(0.0, "0") is None is point_of(105, None)
    assert point_of(0.0, 10.0) == Area(0.0, 10.0)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)
KINDS = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection", "x"]


@given(st.fixed_dictionaries({"type": st.sampled_from(KINDS), "coordinates": PLAIN, "geometries": PLAIN}))
def test_any_geometry_is_an_area_nothing_or_a_reason(geometry: dict[str, Any]) -> None:
    try:
        area, _ = area_of(geometry)
    except ValueError as error:
        assert 0 < len(str(error)) < 200
    else:
        assert area is None or (isfinite(area.lon) and isfinite(area.lat))


@given(st.lists(st.tuples(st.floats(102, 118), st.floats(6, 24)), min_size=3, max_size=30, unique=True))
def test_the_middle_of_any_ring_lies_among_its_corners(corners: list[tuple[float, float]]) -> None:
    area, _ = area_of(shape("Polygon", [[[x, y] for x, y in (*corners, corners[0])]]))
    assert area is not None
    assert isfinite(area.lon) and isfinite(area.lat)
