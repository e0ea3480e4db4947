"""Secondary suppression: which other counts by unit must be withheld so that a total discloses no small count."""

from collections.abc import Collection, Mapping
from math import inf

from ioc.domain.kpis.kpi import SMALL_CELL_LIMIT

# Units withheld besides those with small counts: with only one, a tie of the smallest would leave nothing ambiguous.
_SECONDARY_CELLS = 2


def suppressed_units(total: float, counts: Mapping[str, float], small_units: Collection[str]) -> frozenset[str]:
    """The units to withhold besides `small_units`: the smallest of `counts`, or all units where that is not enough.

    Whoever knows `total`, the published counts and this rule can then still assign at least two values to each hidden
    small count. Where units are published, everything that decided which ones is published with them: the decision
    itself discloses nothing.
    """
    if not small_units:
        return frozenset()
    ranked = sorted((count, key) for key, count in counts.items() if count > 0)
    withheld, published = {key: count for count, key in ranked[:_SECONDARY_CELLS]}, ranked[_SECONDARY_CELLS:]
    hidden = round(total - sum(counts.values()) + sum(withheld.values()))
    smallest, smallest_key = published[0] if published else (inf, "")
    most = sum(smallest - (key > smallest_key) for key in withheld)  # equal counts are ranked by their keys
    if _is_ambiguous(len(small_units), hidden - most, hidden - SMALL_CELL_LIMIT * len(withheld)):
        return frozenset(withheld)
    return frozenset((*counts, *small_units))


def _is_ambiguous(small_units: int, least: float, most: float) -> bool:
    """Whether each small count, 1 to SMALL_CELL_LIMIT - 1, may have several values; their sum is `least` to `most`."""
    high = min(most, (SMALL_CELL_LIMIT - 1) * small_units)
    low = max(least, small_units) if least <= high else small_units  # more than they can be lies in no unit
    return low < high or (small_units > 1 and small_units < low == high < (SMALL_CELL_LIMIT - 1) * small_units)
