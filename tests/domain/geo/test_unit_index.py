"""Which unit a point lies in, and which units an area concerns."""

import cProfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.event import Area
from ioc.domain.geo.unit_index import UnitIndex

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0), (1.0, 1.0)]
GROUND = UnitIndex([("31135", [[SQUARE, HOLE]]), ("31150", [[[(x + 4, y) for x, y in SQUARE]], [HOLE]])])


def test_holes_belong_to_whom_they_are_and_outside_is_nobody() -> None:
    assert GROUND.unit_at(0.5, 0.5) == "31135"
    assert GROUND.unit_at(1.5, 1.5) == "31150"
    assert GROUND.unit_at(5, 1) == "31150"
    assert GROUND.unit_at(9, 9) == GROUND.unit_at(-1, 2) == UnitIndex().unit_at(1, 1) == ""


inner = st.floats(0.001, 3.999)


@given(inner, inner)
def test_every_point_of_a_square_cut_in_two_is_in_one_half(x: float, y: float) -> None:
    left = [(0.0, 0.0), (2.5, 0.0), (1.5, 4.0), (0.0, 4.0)]
    right = [(2.5, 0.0), (4.0, 0.0), (4.0, 4.0), (1.5, 4.0)]
    both = [UnitIndex([("a", [[left]])]).unit_at(x, y), UnitIndex([("b", [[right]])]).unit_at(x, y)]
    assert len([one for one in both if one]) == 1


def square(west: float, south: float, side: float) -> tuple[tuple[float, float], ...]:
    corners = ((0.0, 0.0), (side, 0.0), (side, side), (0.0, side), (0.0, 0.0))
    return tuple((west + x, south + y) for x, y in corners)


# Nine units in three rows, each a tenth of a degree wide: a to c in the south, g to i in the north.
SQUARES = [(code, square(105 + 0.1 * (n % 3), 10 + 0.1 * (n // 3), 0.1)) for n, code in enumerate("abcdefghi")]
NINE = UnitIndex((code, [[ring]]) for code, ring in SQUARES)


@pytest.mark.parametrize(
    ("area", "codes"),
    [
        (Area(105.05, 10.05), "a"),  # a point
        (Area(105.15, 10.15, (((105.01, 10.15), (105.15, 10.15), (105.29, 10.15)),)), "e"),  # a line: its middle
        (Area(105.15, 10.05, (square(105.05, 10.02, 0.07),)), "ab"),
        (Area(105.05, 10.05, (square(105.0, 10.0, 0.1),)), "a"),  # ends along the borders of b, d and e
        (Area(105.05, 10.05, (square(105.0, 10.0, 0.1005),)), "a"),  # drawn by another hand, a little over them
        (Area(105.15, 10.15, (square(104.0, 9.0, 3),)), "abcdefghi"),
        (Area(105.15, 10.15, (), 20), "abcdefghi"),
        (Area(105.15, 10.15, (), 4), "e"),
        (Area(105.1, 10.1, (), 3), "abde"),
        (Area(105.05, 10.05, (), 0.05), "a"),  # too small for any line: its middle
        (Area(105.05, 10.05, (square(105.02, 10.02, 0.05), square(105.22, 10.22, 0.05))), "ai"),
        (Area(106.0, 11.0, (square(106.0, 11.0, 0.1),), 5), ""),
        (Area(105.05, 10.05, (((105.25, 10.25),), ((108.0, 10.0),))), "ai"),  # several points, one outside
        (Area(105.05, 10.05, (square(105.0, 10.0, 0.1), ((105.25, 10.25),))), "ai"),  # an area and a point
    ],
)  # fmt: skip
def test_an_area_concerns_the_units_of_which_it_covers_a_good_part(area: Area, codes: str) -> None:
    assert "".join(sorted(NINE.units_overlapping(area))) == codes == "".join(sorted(NINE.units_overlapping(area)))
    assert UnitIndex().units_overlapping(area) == ()


def test_an_area_drawn_to_and_fro_costs_little_more_than_its_box_and_concerns_the_same_units() -> None:
    points = [(105 + 0.2 * (n % 2) + n * 1e-5, 10 + 0.2 * (n % 2)) for n in range(1_989)]
    zigzag = Area(105.05, 10.05, ((*points, points[0]),))
    box = Area(105.05, 10.05, (((105.0, 10.0), (105.2199, 10.0), (105.2199, 10.2), (105.0, 10.2), (105.0, 10.0)),))
    found = []
    for area in (box, zigzag):
        index, profile = UnitIndex((code, [[ring]]) for code, ring in SQUARES), cProfile.Profile()
        codes = profile.runcall(index.units_overlapping, area)
        found.append((codes, sum(entry.callcount for entry in profile.getstats())))
    (box_codes, box_calls), (codes, calls) = found
    assert codes == box_codes and calls < box_calls + 20_000


def test_a_hole_in_a_unit_is_none_of_it() -> None:
    around = UnitIndex(
        [("out", [[square(105, 10, 0.3), square(105.1, 10.1, 0.1)]]), ("in", [[square(105.1, 10.1, 0.1)]])]
    )
    assert around.units_overlapping(Area(105.15, 10.15, (square(105.1, 10.1, 0.1),))) == ("in",)
