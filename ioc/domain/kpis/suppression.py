"""Which counts by unit are kept back besides those of too few people, so that a total gives no hidden one away."""

from collections.abc import Collection, Mapping
from math import inf

from ioc.domain.kpis.kpi import SMALL_CELL_LIMIT

_SECONDARY_CELLS = (
    2  # units that are kept back beside those of too few: with one a tie of the smallest leaves nothing open
)


def suppressed_units(total: float, counts: Mapping[str, float], small_units: Collection[str]) -> frozenset[str]:
    """The units of which nothing is told: the smallest of `told`; all, where that leaves a count of `small` alone.

    Whoever knows `total`, what is still told and this rule then finds two counts at least that each hidden small one
    may be. Where units are told, all that decided so is told with them: nothing follows from the decision itself.
    """
    if not small_units:
        return frozenset()
    ranked = sorted((count, key) for key, count in counts.items() if count > 0)
    also, rest = {key: count for count, key in ranked[:_SECONDARY_CELLS]}, ranked[_SECONDARY_CELLS:]
    hidden = round(total - sum(counts.values()) + sum(also.values()))
    smallest, at = rest[0] if rest else (inf, "")
    most = sum(smallest - (key > at) for key in also)  # equal ones are ranked by their keys
    return (
        frozenset(also)
        if _is_ambiguous(len(small_units), hidden - most, hidden - SMALL_CELL_LIMIT * len(also))
        else frozenset((*counts, *small_units))
    )


def _is_ambiguous(small: int, least: float, most: float) -> bool:
    """Whether each of the `small`, together `least` to `most` and 1 to FEW - 1 each, may be more than one count."""
    high = min(most, (SMALL_CELL_LIMIT - 1) * small)
    low = max(least, small) if least <= high else small  # more than they can be lies in no unit
    return low < high or (small > 1 and small < low == high < (SMALL_CELL_LIMIT - 1) * small)
