"""Which counts by unit are kept back besides those of too few people, so that a total gives no hidden one away."""

from collections.abc import Mapping

from domain.kpi import FEW


def kept(total: float, told: Mapping[str, float], small: int) -> frozenset[str]:
    """The smallest of `told` (by unit) that must be hidden too; `small`: how many are hidden for counting too few.

    Whoever knows `total` and what is still told then finds no hidden small count: each may be anything below FEW.
    """
    hidden, also = total - sum(told.values()), list[str]()
    for count, key in sorted((count, key) for key, count in told.items() if count > 0):
        if not small or _safe(hidden, small, len(also)):
            break
        also.append(key)
        hidden += count
    return frozenset(also)


def _safe(hidden: float, small: int, others: int) -> bool:
    """Whether the sum of what is hidden tells nothing of one of the `small`; the `others` are FEW or more each."""
    if others:
        return hidden >= FEW * others + small + FEW - 2
    return small > 1 and small < hidden < (FEW - 1) * small
