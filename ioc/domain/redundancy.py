"""Series that several sources bring: shown once, from the main source while it is good, with all source tags."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ioc.domain.base.units import convert
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Disagreement, SeriesView


def select_active(states: Sequence[FigureState]) -> int:
    """The index of the series to show: the first good one of `states`, which begin with the main series; else 0.

    Maps, tables and KPIs all choose by this function, so that they show the same number at the same moment.
    """
    return next((n for n, state in enumerate(states) if state is FigureState.OK), 0)


def merge_redundant(views: Mapping[str, SeriesView]) -> list[SeriesView]:
    """One view for each quantity of `views`, which are by series key; values are in the unit of the main series.

    Drill data and real data are never redundant with each other.
    """
    groups: dict[str, list[SeriesView]] = {}
    for key, view in views.items():
        main = views.get(view.series.redundant_with)
        is_redundant = main is not None and main.is_drill is view.is_drill
        group = groups.setdefault(main.series.key if main and is_redundant else key, [])
        if view.series.key == key and view.series.redundant_with == "":
            group.insert(0, view)
        else:
            group.append(view)
    return [group[0] if len(group) == 1 else _merge_group(group) for group in groups.values()]


def _merge_group(views: Sequence[SeriesView]) -> SeriesView:
    """The active view as the main series, the first of `views`, with the largest disagreement of the others."""
    main, active = views[0], views[select_active([view.state for view in views])]
    others = [view for view in views if view is not active]
    disagreements = [_disagreement(active, other, main.series.unit) for other in others]
    return replace(
        active,
        series=main.series,
        redundant_sources=tuple(other.source for other in others),
        disagreement=max(filter(None, disagreements), key=lambda disagreement: disagreement.gap, default=None),
        failover_for="" if active is main else main.source,
        is_simulated=any(view.is_simulated for view in views),
    )


def _disagreement(active: SeriesView, other: SeriesView, unit: str) -> Disagreement | None:
    if active.value is None or other.value is None or other.data_time is None:
        return None
    tolerance = max(_convert_difference(state.series.tolerance, state.series.unit, unit) for state in (active, other))
    gap = abs(active.value - other.value)
    return Disagreement(gap, other.value, other.source, other.data_time) if gap > tolerance + 1e-9 else None


def _convert_difference(difference: float, unit: str, target: str) -> float:
    """A difference is converted without the offset between the zero points, which temperatures have."""
    return convert(difference, unit, target) - convert(0.0, unit, target)
