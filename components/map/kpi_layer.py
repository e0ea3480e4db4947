"""A KPI on the map: by unit, at the stations of its inputs, or for the whole city only."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import htpy as h

from components.kpi.limits import value_status
from components.kpi.tile import unit_text
from components.map.points import json_element, value_text
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.status_badges import badges, severity_mark, state_mark
from ioc.domain.kpis.judgement import judge, judgement_of
from ioc.domain.kpis.kpi import RANK, FigureState, Kpi, Severity
from ioc.domain.snapshot import KpiFigure, MapPoint, SeriesView, Snapshot

_SINGLE_SERIES_OPS = frozenset({"last", "mean", "max", "min"})  # whose limits apply to each input, too


class MapCoverage(StrEnum):
    """What a map can show of a KPI."""

    UNITS = "units"
    STATIONS = "stations"
    CITY = "city"


def series_on_map(snapshot: Snapshot) -> frozenset[str]:
    """Keys of the series at map points."""
    return frozenset(series_view.series.key for point in snapshot.map_points for series_view in point.series)


def map_coverage(figure: KpiFigure, on_map: frozenset[str]) -> MapCoverage:
    """UNITS if it has values by unit, else STATIONS if any input is at a station, else CITY."""
    if figure.values_by_place:
        return MapCoverage.UNITS
    formula = figure.kpi.formula
    return MapCoverage.STATIONS if on_map & {*formula.inputs, *formula.denominator} else MapCoverage.CITY


def kpi_points(snapshot: Snapshot, key: str | None) -> Mapping[int, MapPoint] | None:
    """Index among all map points -> point of the KPI's stations, judged by its limits; None if there are none."""
    figure = snapshot.figures.get(key or "")
    if figure is None or figure.values_by_place:
        return None
    inputs = {*figure.kpi.formula.inputs, *figure.kpi.formula.denominator}
    selected = {}
    for n, point in enumerate(snapshot.map_points):
        if series := tuple(
            _with_kpi_severity(series_view, figure) for series_view in point.series if series_view.series.key in inputs
        ):
            worst = max((series_view.severity for series_view in series), key=RANK.__getitem__)
            state = (
                FigureState.OK
                if any(series_view.state is FigureState.OK for series_view in series)
                else series[0].state
            )
            selected[n] = replace(point, series=series, state=state, severity=worst)
    return selected or None


def _with_kpi_severity(view: SeriesView, figure: KpiFigure) -> SeriesView:
    """Severity by the limits and the target of this KPI; if the series is its only input, the severity of its tile."""
    kpi, value = figure.kpi, figure.value
    if view.value is None or not _limits_apply(kpi, view):
        return replace(view, severity=Severity.NORMAL, is_target_met=None)
    judgement = judgement_of(value) if len(kpi.formula.inputs) == 1 else judge(kpi, view.value)
    return replace(view, severity=judgement.severity, is_target_met=judgement.is_target_met)


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
    """JSON of the value at each of the KPI's stations, in the series' own unit; read by assets/41-map-events.js."""
    rows = [
        [
            round(point.station.lon, 4),
            round(point.station.lat, 4),
            value_text(series_view, lang),
            RANK[series_view.severity],
        ]
        for point in (kpi_points(snapshot, key) or {}).values()
        for series_view in [max(point.series, key=lambda each: (each.state is FigureState.OK, RANK[each.severity]))]
    ]
    return str(json_element({"values": rows})) if rows else ""


def kpi_selector(snapshot: Snapshot, lang: str, chosen: str) -> h.Element | None:
    """A select with every KPI, grouped by coverage; None without KPIs."""
    if not snapshot.figures:
        return None
    at_points = series_on_map(snapshot)
    groups: dict[MapCoverage, list[KpiFigure]] = {coverage: [] for coverage in MapCoverage}
    for figure in snapshot.figures.values():
        groups[map_coverage(figure, at_points)].append(figure)
    return h.label[
        h.span[t("map.colour_by", lang)],
        h.select(data_map_select="chi-so")[
            h.option(value="", selected=not chosen)[t("map.colour_none", lang)],
            (
                h.optgroup(label=t(f"map.coverage_{name.value}", lang))[
                    (h.option(value=entry.kpi.key, selected=entry.kpi.key == chosen)[entry.kpi.short_name.get(lang)]
                     for entry in figures)
                ]
                for name, figures in groups.items()
                if figures
            ),
        ],
    ]  # fmt: skip


def kpi_detail(snapshot: Snapshot, lang: str, key: str) -> h.Element:
    """Beside the map: the KPI's value for the city, and those of its stations."""
    figure = snapshot.figures[key]
    kpi, value = figure.kpi, figure.value
    points = kpi_points(snapshot, key)
    value_label = (
        f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}".strip()
        if value.state is FigureState.OK
        else ""
    )
    rows = sorted(
        ((point, series_view) for point in (points or {}).values() for series_view in point.series),
        key=lambda pair: (-RANK[pair[1].severity], pair[1].state is not FigureState.OK, pair[0].station.key),
    )
    return h.div[
        h.h2(".box-title")[
            h.a(".row-link", href=f"/chi-so/{kpi.key}")[kpi.name.get(lang)],
            badges(lang, simulated=value.is_simulated, drill=figure.is_drill),
        ],
        h.p[t("map.whole_city", lang), " ", h.b[value_label], " ", value_status(kpi, value, lang)],
        points is None and h.p(".quiet")[t("map.city_only", lang)],
        h.ul(".detail-list")[(_row(point, series_view, lang) for point, series_view in rows)],
    ]


def _row(point: MapPoint, view: SeriesView, lang: str) -> h.Element:
    sign = severity_mark(view.severity) if view.state is FigureState.OK else state_mark(view.state)
    return h.li[
        h.span[sign, " ", point.station.name.get(lang)],
        h.b[value_text(view, lang)],
        h.small[view.series.name.get(lang), badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True)],
    ]
