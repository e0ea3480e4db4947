"""The same quantity from two sources: shown once, by the telling that can be believed most, with all source tags."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from domain.kpi import State
from domain.snapshot import SeriesView
from domain.units import convert

_NEVER = datetime.min.replace(tzinfo=UTC)


def paired(seen: Mapping[str, SeriesView]) -> list[SeriesView]:
    """One view for each quantity of `seen`, which is by series key. Views without twins stay as they are."""
    groups: dict[str, list[SeriesView]] = {}
    for key, one in seen.items():
        first = one.series.same_as if one.series.same_as in seen else key
        groups.setdefault(first, []).append(one)
    return [tellings[0] if len(tellings) == 1 else _one(tellings) for tellings in groups.values()]


def _one(tellings: Sequence[SeriesView]) -> SeriesView:
    """The one that is ok, among these the newest; how far the others that are ok lie from it."""
    best = max(tellings, key=lambda one: (one.state is State.OK, one.data_time or _NEVER))
    others = [one for one in tellings if one is not best]
    gaps = [gap for one in others if (gap := _gap(best, one)) is not None]
    return replace(
        best,
        also=tuple(one.source for one in others),
        apart=max(gaps, default=None),
        simulated=any(one.simulated for one in tellings),
        drill=any(one.drill for one in tellings),
    )


def _gap(one: SeriesView, other: SeriesView) -> float | None:
    if one.value is None or other.value is None:
        return None
    tolerance = max(one.series.tolerance, convert(other.series.tolerance, other.series.unit, one.series.unit))
    gap = abs(one.value - convert(other.value, other.series.unit, one.series.unit))
    return gap if gap > tolerance else None
