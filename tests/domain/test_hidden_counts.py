"""A total gives no hidden count away: looked at as somebody would who knows all that is told."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evaluation import few
from domain.kpi import FEW
from domain.small_cells import kept


def possible(hidden: int, small: int, others: int) -> set[int]:
    """What one of the small counts may be, for whoever knows their sum and how many are hidden for which reason."""
    found = set()
    for counts in product(range(1, FEW), repeat=small):
        left = hidden - sum(counts)
        if (others == 0 and left == 0) or (others and left >= FEW * others):
            found.add(counts[0])
    return found


def looked_at(counts: dict[str, int]) -> tuple[int, int, int]:
    small = {key for key, count in counts.items() if few(count)}
    told = {key: float(count) for key, count in counts.items() if key not in small}
    also = kept(sum(counts.values()), told, len(small))
    assert not also & small and all(counts[key] >= FEW for key in also)
    return sum(counts[key] for key in small | also), len(small), len(also)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=9), st.lists(st.integers(30, 90), min_size=2, max_size=3))
def test_no_small_count_is_found_from_the_total(counts: list[int], large: list[int]) -> None:
    hidden, small, others = looked_at({str(n): count for n, count in enumerate([*counts, *large])})
    if small and small <= 5:
        assert len(possible(hidden, small, others)) > 1


@pytest.mark.parametrize(
    ("counts", "also"),
    [
        ([0, 7, 9], set()),  # nothing is hidden
        ([3, 7, 9], {"1"}),  # one alone would be the difference
        ([3, 9, 0, 40], {"1"}),  # none is no count of people
        ([2, 3, 40], set()),  # either may be 1 to 4
        ([1, 1, 6, 40], {"2", "3"}),  # a sum of 2 gives both away, and with 6 it still does
        ([4, 4, 40], {"2"}),
        ([3, 0, 0], set()),  # nothing is left to hide behind
    ],
)
def test_the_smallest_that_is_told_is_kept_back(counts: list[int], also: set[str]) -> None:
    told = {str(n): float(count) for n, count in enumerate(counts) if not few(count)}
    assert kept(sum(counts), told, sum(map(few, counts))) == also
