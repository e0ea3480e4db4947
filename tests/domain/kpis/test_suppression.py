"""Suppression: a total reveals no small count, even to a reader who knows the rule and every published count."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.suppression import suppressed_units

Counts = tuple[int, ...]
# Cities of equal counts that their total reveals: no other city of that total has all suppressed (docs/security.md).
ALIKE = {(4, 4), (4, 4, 4), (1, 1, 1, 1, 1)}


def published(counts: Sequence[int]) -> tuple[int | str, ...]:
    """What is published for each unit beside the total: its count, "few" or "withheld"."""
    small = {str(n) for n, count in enumerate(counts) if is_small_cell(count)}
    large = {str(n): float(count) for n, count in enumerate(counts) if not is_small_cell(count)}
    words = {**dict.fromkeys(small, "few"), **dict.fromkeys(suppressed_units(sum(counts), large, small), "withheld")}
    return tuple(words.get(str(n), count) for n, count in enumerate(counts))


def cities(total: int, units: int) -> Iterator[Counts]:
    if units == 1:
        yield (total,)
    else:
        yield from ((count, *rest) for count in range(total + 1) for rest in cities(total - count, units - 1))


@pytest.mark.parametrize(("units", "largest"), [(2, 50), (3, 40), (4, 26), (5, 21)])
def test_no_small_count_is_revealed_by_the_published_values_of_a_small_city(units: int, largest: int) -> None:
    for total in range(largest + 1):
        alike: dict[tuple[int | str, ...], list[Counts]] = defaultdict(list)
        for counts in cities(total, units):
            alike[published(counts)].append(counts)
        revealed = {
            all_such[0]
            for all_such in alike.values()
            if any(is_small_cell(at[0]) and len(set(at)) == 1 for at in zip(*all_such, strict=True))
        }
        assert revealed == {counts for counts in ALIKE if (len(counts), sum(counts)) == (units, total)}


@given(st.lists(st.integers(0, 40), min_size=6, max_size=40))
def test_each_small_count_of_a_large_city_has_an_alternative(counts: list[int]) -> None:
    shown_counts = published(counts)
    hidden = [n for n, word in enumerate(shown_counts) if word in ("few", "withheld")]

    def moved(n: int, other: int, by: int) -> list[int]:
        return [count + by * (at == n) - by * (at == other) for at, count in enumerate(counts)]

    for n in hidden:
        if shown_counts[n] == "few":
            others = [other for other in hidden if other != n]
            assert any(
                published(moved(n, other, by)) == shown_counts for other in others for by in (1, -1, 2, -2, 3, -3)
            )


@pytest.mark.parametrize(
    ("counts", "also"),
    [
        ([0, 7, 9], ""),  # nothing is hidden
        ([3, 7, 9], "12"),  # one alone would be the difference
        ([3, 9, 0, 40, 8], "14"),  # none is no count of people
        ([2, 3, 40, 9, 8], "34"),
        ([2, 3, 0], ""),  # either may be 1 to 4
        ([4, 6, 6, 7], "12"),  # the small one may be 2 to 4
        ([4, 6, 6, 6], "0123"),  # with 6 as the largest withheld count, it could only be 4
        ([1, 5, 5, 9], "0123"),  # with 5 as the least, only 1
        ([1, 1, 0], "012"),
        ([3, 0, 0], "012"),  # nothing is left to hide behind
    ],
)  # fmt: skip
def test_two_smallest_other_counts_are_withheld_or_all(counts: list[int], also: str) -> None:
    assert "".join(str(n) for n, word in enumerate(published(counts)) if word == "withheld") == also


def test_total_beyond_the_units_withholds_two_counts_only() -> None:
    large = {"b": 6.0, "c": 7.0, "d": 8.0}
    assert suppressed_units(3 + 21 + 500, large, {"a"}) == {"b", "c"}
