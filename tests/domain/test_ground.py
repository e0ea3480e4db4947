"""Which unit a point lies in."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ground import Ground

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0), (1.0, 1.0)]
GROUND = Ground([("31135", [[SQUARE, HOLE]]), ("31150", [[[(x + 4, y) for x, y in SQUARE]], [HOLE]])])


def test_holes_belong_to_whom_they_are_and_outside_is_nobody() -> None:
    assert GROUND.unit(0.5, 0.5) == "31135"
    assert GROUND.unit(1.5, 1.5) == "31150"
    assert GROUND.unit(5, 1) == "31150"
    assert GROUND.unit(9, 9) == GROUND.unit(-1, 2) == Ground().unit(1, 1) == ""


inner = st.floats(0.001, 3.999)


@given(inner, inner)
def test_every_point_of_a_square_cut_in_two_is_in_one_half(x: float, y: float) -> None:
    left = [(0.0, 0.0), (2.5, 0.0), (1.5, 4.0), (0.0, 4.0)]
    right = [(2.5, 0.0), (4.0, 0.0), (4.0, 4.0), (1.5, 4.0)]
    both = [Ground([("a", [[left]])]).unit(x, y), Ground([("b", [[right]])]).unit(x, y)]
    assert len([one for one in both if one]) == 1
