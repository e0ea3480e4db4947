"""A map of any KPI: by unit, at the stations that it is worked out from, or plainly of the whole city only."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import htpy as h

from components.kpi.tile import unit_text
from components.map.points import json_element, value_text
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.status_badges import badges, severity_mark, state_mark, value_status
from ioc.domain.kpis.evaluation import active_limit
from ioc.domain.kpis.kpi import RANK, FigureState, Kpi, Severity
from ioc.domain.snapshot import KpiFigure, MapPoint, SeriesView, Snapshot

_SINGLE_SERIES_OPS = frozenset({"last", "mean", "max", "min"})  # of one series each its limits hold as they do for all


class MapCoverage(StrEnum):
    """What a map can show of a KPI."""

    UNITS = "units"
    STATIONS = "stations"
    CITY = "city"


def series_on_map(snapshot: Snapshot) -> frozenset[str]:
    """The series that stand at a point of the map."""
    return frozenset(seen.series.key for one in snapshot.map_points for seen in one.series)


def map_coverage(figure: KpiFigure, on_map: frozenset[str]) -> MapCoverage:
    """By unit where it is worked out so, else by station where any of its inputs has one."""
    if figure.values_by_place:
        return MapCoverage.UNITS
    formula = figure.kpi.formula
    return MapCoverage.STATIONS if on_map & {*formula.inputs, *formula.denominator} else MapCoverage.CITY


def kpi_points(snapshot: Snapshot, key: str | None) -> Mapping[int, MapPoint] | None:
    """The stations of the KPI by their place among all, judged by its limits; None where all stand as they are."""
    figure = snapshot.figures.get(key or "")
    if figure is None or figure.values_by_place:
        return None
    wanted = {*figure.kpi.formula.inputs, *figure.kpi.formula.denominator}
    found = {}
    for n, one in enumerate(snapshot.map_points):
        if series := tuple(_with_kpi_severity(seen, figure) for seen in one.series if seen.series.key in wanted):
            worst = max((seen.severity for seen in series), key=RANK.__getitem__)
            state = FigureState.OK if any(seen.state is FigureState.OK for seen in series) else series[0].state
            found[n] = replace(one, series=series, state=state, severity=worst)
    return found or None


def _with_kpi_severity(view: SeriesView, figure: KpiFigure) -> SeriesView:
    """By the limits of this KPI; one that reads this series alone is judged as its tile is."""
    kpi, value = figure.kpi, figure.value
    if view.value is None or not _limits_apply(kpi, view):
        return replace(view, severity=Severity.NORMAL)
    if len(kpi.formula.inputs) == 1:
        return replace(view, severity=value.severity if value.state is FigureState.OK else Severity.NORMAL)
    limit = active_limit(kpi.limits, view.value, "")
    return replace(view, severity=limit.severity if limit else Severity.NORMAL)


def _limits_apply(kpi: Kpi, view: SeriesView) -> bool:
    formula = kpi.formula
    own = (
        formula.window is None
        and formula.scale == 1
        and not formula.denominator
        and formula.op.value in _SINGLE_SERIES_OPS
    )
    return own and view.series.unit == kpi.unit


def station_values_json(snapshot: Snapshot, lang: str, key: str | None) -> str:
    """What stands beside each of its stations: the value in the series' own unit; read by assets/41-events.js."""
    told = [
        [round(one.station.lon, 4), round(one.station.lat, 4), value_text(seen, lang), RANK[seen.severity]]
        for one in (kpi_points(snapshot, key) or {}).values()
        for seen in [max(one.series, key=lambda each: (each.state is FigureState.OK, RANK[each.severity]))]
    ]
    return str(json_element({"numbers": told})) if told else ""


def kpi_selector(snapshot: Snapshot, lang: str, chosen: str) -> h.Element | None:
    """Every KPI, by what a map can show of it."""
    if not snapshot.figures:
        return None
    at_points = series_on_map(snapshot)
    groups: dict[MapCoverage, list[KpiFigure]] = {one: [] for one in MapCoverage}
    for figure in snapshot.figures.values():
        groups[map_coverage(figure, at_points)].append(figure)
    return h.label[
        h.span[t("map.colour_by", lang)],
        h.select(data_map_select="chi-so")[
            h.option(value="", selected=not chosen)[t("map.colour_none", lang)],
            (
                h.optgroup(label=t(f"map.reach_{name.value}", lang))[
                    (h.option(value=one.kpi.key, selected=one.kpi.key == chosen)[one.kpi.short_name.get(lang)]
                     for one in figures)
                ]
                for name, figures in groups.items()
                if figures
            ),
        ],
    ]  # fmt: skip


def kpi_detail(snapshot: Snapshot, lang: str, key: str) -> h.Element:
    """Beside the map: the KPI's own value, and that of each of its stations, or that there is none but the city's."""
    figure = snapshot.figures[key]
    kpi, value = figure.kpi, figure.value
    points = kpi_points(snapshot, key)
    shown = (
        f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}".strip()
        if value.state is FigureState.OK
        else ""
    )
    rows = sorted(
        ((one, seen) for one in (points or {}).values() for seen in one.series),
        key=lambda pair: (-RANK[pair[1].severity], pair[1].state is not FigureState.OK, pair[0].station.key),
    )
    return h.div[
        h.h2(".box-title")[
            h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.get(lang)],
            badges(lang, simulated=value.is_simulated, drill=figure.is_drill),
        ],
        h.p[t("map.whole_city", lang), " ", h.b[shown], " ", value_status(value, lang)],
        points is None and h.p(".quiet")[t("map.city_only", lang)],
        h.ul(".detail-list")[(_row(one, seen, lang) for one, seen in rows)],
    ]


def _row(point: MapPoint, view: SeriesView, lang: str) -> h.Element:
    sign = severity_mark(view.severity) if view.state is FigureState.OK else state_mark(view.state)
    return h.li[
        h.span[sign, " ", point.station.name.get(lang)],
        h.b[value_text(view, lang)],
        h.small[view.series.name.get(lang), badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True)],
    ]
