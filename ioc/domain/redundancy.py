"""The same quantity from two sources: shown once, by the main one while it is good, with all source tags."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ioc.domain.base.units import convert
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Disagreement, SeriesView


def select_active(states: Sequence[FigureState]) -> int:
    """Whose figure is shown: the first that is good of the main one and then its twins, as declared; else the main's.

    Maps, tables and KPIs ask this and nothing else, so that one moment has one number.
    """
    return next((n for n, state in enumerate(states) if state is FigureState.OK), 0)


def merge_redundant(views: Mapping[str, SeriesView]) -> list[SeriesView]:
    """One view for each quantity of `seen`, which is by series key. Views without twins stay as they are.

    Values of twins are in the unit of the main series. What is of an exercise is no twin of what is real.
    """
    groups: dict[str, list[SeriesView]] = {}
    for key, one in views.items():
        main = views.get(one.series.redundant_with)
        group = groups.setdefault(key if main is None or main.is_drill is not one.is_drill else main.series.key, [])
        if one.series.key == key and one.series.redundant_with == "":
            group.insert(0, one)
        else:
            group.append(one)
    return [tellings[0] if len(tellings) == 1 else _merge_group(tellings) for tellings in groups.values()]


def _merge_group(views: Sequence[SeriesView]) -> SeriesView:
    """The teller's value as the main series, which comes first; which of the others lies farthest from it."""
    main, best = views[0], views[select_active([one.state for one in views])]
    others = [one for one in views if one is not best]
    gaps = [gap for one in others if (gap := _disagreement(best, one, main.series.unit)) is not None]
    return replace(
        best,
        series=main.series,
        redundant_sources=tuple(one.source for one in others),
        disagreement=max(gaps, key=lambda one: one.gap, default=None),
        failover_for="" if best is main else main.source,
        is_simulated=any(one.is_simulated for one in views),
    )


def _disagreement(best: SeriesView, other: SeriesView, unit: str) -> Disagreement | None:
    if best.value is None or other.value is None or other.data_time is None:
        return None
    tolerance = max(_convert_difference(one.series.tolerance, one.series.unit, unit) for one in (best, other))
    gap = abs(best.value - other.value)
    return Disagreement(gap, other.value, other.source, other.data_time) if gap > tolerance + 1e-9 else None


def _convert_difference(width: float, unit: str, into: str) -> float:
    """A difference converts without the offset that a temperature has."""
    return convert(width, unit, into) - convert(0.0, unit, into)
