"""Outlines of an event that are thinned out."""

import pytest

from ioc.domain.events.event import Area

LIMITS = (1, 3, 7, 29, 234, 2_000)


def area(*sizes: int) -> Area:
    rings = (tuple((105 + n / 1000, 10 + n % 7 / 1000) for n in range(size - 1)) for size in sizes)
    return Area(105.0, 10.0, tuple((*ring, ring[0]) for ring in rings))


@pytest.mark.parametrize("sizes", [(500,), (250, 250), (167, 166, 166), (100,) * 5, (50,) * 10, (4,) * 125])
@pytest.mark.parametrize("limit", LIMITS)
def test_outlines_are_thinned_to_the_limit_whatever_their_sizes(sizes: tuple[int, ...], limit: int) -> None:
    whole = area(*sizes)
    thinned = whole.thinned_out(limit)
    assert thinned.rings
    assert sum(map(len, thinned.rings)) <= max(6, limit + 1)
    assert all(len(ring) >= 4 and ring[0] == ring[-1] for ring in thinned.rings)
    assert thinned is whole or limit < sum(sizes)


def test_line_of_few_vertices_keeps_its_ends() -> None:
    line = ((105.0, 10.0), (105.1, 10.1))
    assert Area(105.0, 10.0, (line, line)).thinned_out(1).rings == (line,)
