"""Beside the map: layer switches, the detail of the selected unit, and the table of all stations."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import htpy as h
from markupsafe import Markup

from components.kpi.limits import judgement_words
from components.kpi.redundancy import disagreement_badge, disagreement_text, value_sources
from components.kpi.tile import unit_text
from components.map.event_rows import unit_events
from components.map.figure import chosen_kpi, switch_label, switches, visible_switches
from components.map.kpi_layer import kpi_selector
from components.map.link import map_link
from components.map.points import value_text
from components.map.side_panel import whole_city
from components.sources.provenance import kpi_provenance
from components.ui.format import NO_VALUE, format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import badges, missing_value_text, severity_mark, state_label, state_mark
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity
from ioc.domain.snapshot import KpiFigure, MapPoint, SeriesView, Snapshot


def switch_row(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Fragment:
    """Controls: layers, the KPI that colours the units, and the table."""
    on, turned = visible_switches(snapshot, params), set(params.get("lop", "").split(".")) - {""}
    table = "" if params.get("bang") == "1" else "1"
    return h.fragment[
        h.details(".filter.map-layers")[
            h.summary(".chip")[t("map.layers", lang), " ", h.b[f"{len(on)}/{len(switches(snapshot))}"]],
            h.div(".chips", role="group", aria_label=t("map.layers", lang))[
                (_chip(switch, switch in on, turned, snapshot, lang, params) for switch in switches(snapshot))
            ],
        ],
        kpi_selector(snapshot, lang, chosen_kpi(snapshot, params) or ""),
        map_link("bang", table, params, class_="chip")[t("map.table" if table else "map.table_close", lang)],
    ]


def _chip(name: str, on: bool, turned: set[str], snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    valid = turned & set(switches(snapshot))
    chip = map_link(
        "lop", ".".join(sorted(valid ^ {name})), params, class_="chip", role="button", aria_pressed=str(on).lower()
    )
    return chip[mark("normal" if on else "none"), switch_label(name, snapshot, lang)]


def unit_detail(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """Events, KPIs and stations of the unit in parameter `don-vi`; the city's highlights if none is selected."""
    unit = snapshot.units.get(params.get("don-vi", ""))
    if unit is None:
        return whole_city(snapshot, lang, params)
    figures = [
        (figure, figure.values_by_place[unit.code])
        for figure in snapshot.figures.values()
        if unit.code in figure.values_by_place
    ]
    points = [point for point in snapshot.map_points if point.station.place == unit.code]
    return h.div[
        h.div(".detail-head")[
            h.div[
                h.h2(".box-title")[f"{unit.kind.capitalize()} {unit.name}"],
                h.p(".quiet")[t("map.area", lang, n=format_number(unit.area_km2, 2)), _former_province(unit, lang)],
            ],
            map_link("don-vi", "", params, class_="chip")[t("map.close", lang)],
        ],
        unit_events(snapshot, unit.code, lang, params),
        h.h3(".detail-part")[t("map.figures", lang)],
        h.ul(".detail-list")[(_figure_row(figure, value, snapshot, lang) for figure, value in figures)]
        if figures
        else h.p(".nothing")[t("map.no_figures", lang)],
        h.h3(".detail-part")[t("map.stations", lang)],
        h.ul(".detail-list")[
            (_series_row(point, series_view, snapshot, lang) for point in points for series_view in point.series)
        ]
        if points
        else h.p(".nothing")[t("map.no_stations", lang)],
    ]


def _former_province(unit: AdminUnit, lang: str) -> str:
    if not unit.former_province:
        return ""
    key = "map.former_city" if unit.former_province == "Cần Thơ" else "map.former_province"
    return " · " + t("map.former", lang, name=t(key, lang, name=unit.former_province))


def _figure_row(figure: KpiFigure, value: KpiValue, snapshot: Snapshot, lang: str) -> h.Element:
    kpi = figure.kpi
    ok = value.state is FigureState.OK
    sight = severity_mark(value.severity) if ok else None if value.suppression is not None else state_mark(value.state)
    text: h.Node = (
        f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}"
        if ok
        else missing_value_text(value, lang)
    )
    return h.li[
        h.a(href=f"/chi-so/{kpi.key}")[sight, " ", kpi.short_name.get(lang)],
        h.b[text],
        h.small[
            _age(value.data_time, snapshot),
            badges(lang, simulated=value.is_simulated, drill=figure.is_drill, phoned=value.is_phoned),
            kpi_provenance(kpi, snapshot, lang),
        ],
    ]  # fmt: skip


def _series_row(point: MapPoint, view: SeriesView, snapshot: Snapshot, lang: str) -> h.Element:
    return h.li[
        h.span[_series_mark(view), " ", view.series.name.get(lang)],
        h.b[value_text(view, lang)],
        h.small[
            point.station.name.get(lang),
            " · ",
            _age(view.data_time, snapshot),
            " · ",
            value_sources(view, snapshot, lang),
            badges(lang, simulated=view.is_simulated, drill=view.is_drill, phoned=view.is_phoned),
            view.disagreement is not None and h.span(".disagreement")["≠ ", disagreement_text(view, snapshot, lang)],
        ],
    ]


def _series_mark(view: SeriesView) -> Markup | None:
    return severity_mark(view.severity) if view.state is FigureState.OK else state_mark(view.state)


def _age(at: datetime | None, snapshot: Snapshot) -> h.Node:
    """An age that the client counts, and the time for paper."""
    if at is None:
        return NO_VALUE
    return h.fragment[h.time(".age", data_age=at.isoformat()), h.span(".age-at")[format_datetime(at, snapshot.at)]]


def station_table(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """Every series of every station shown on the map, as a table."""
    on = visible_switches(snapshot, params)
    points = [point for point in snapshot.map_points if f"kind-{point.station.kind}" in on]
    if not points:
        return h.p(".nothing")[t("map.no_points", lang)]
    views = [(point, series_view) for point in points for series_view in point.series]
    return h.div[h.h2(".box-title.on-paper")[t("map.table", lang)], _table(views, snapshot, lang)]


def notable_station_table(snapshot: Snapshot, lang: str) -> h.Element:
    """The series of stations beyond a limit, without a value or with a disagreement: what a printed map cannot tell."""
    views = [
        (point, view)
        for point in snapshot.map_points
        for view in point.series
        if (view.state, view.severity) != (FigureState.OK, Severity.NORMAL) or view.disagreement
    ]
    return h.div[
        h.h2(".box-title")[t("map.notable", lang), h.small[t("map.notable_note", lang)]],
        _table(views, snapshot, lang) if views else h.p(".nothing")[_no_notable(snapshot, lang)],
    ]


def _no_notable(snapshot: Snapshot, lang: str) -> h.Node:
    if not snapshot.map_points:
        return t("map.no_points", lang)
    return h.fragment[mark("normal"), " ", t("map.notable_none", lang)]


def _table(views: Iterable[tuple[MapPoint, SeriesView]], snapshot: Snapshot, lang: str) -> h.Element:
    heads = ("station", "unit", "series", "value", "state", "data_time", "source")
    head = h.tr[(h.th(class_="n" if column == "value" else None)[t(f"map.{column}", lang)] for column in heads)]
    rows = (_row(point, view, snapshot, lang) for point, view in views)
    return h.div(".wide")[h.table(".stations")[h.thead[head], h.tbody[rows]]]


def _row(point: MapPoint, view: SeriesView, snapshot: Snapshot, lang: str) -> h.Element:
    place = snapshot.units.get(point.station.place)
    ok = view.state is FigureState.OK
    word = judgement_words(view.severity, view.is_target_met, lang) if ok else state_label(view.state, lang)
    return h.tr[
        h.td[point.station.name.get(lang)],
        h.td[f"{place.kind.capitalize()} {place.name}" if place else NO_VALUE],
        h.td[
            view.series.name.get(lang),
            badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True, phoned=view.is_phoned),
            " ",
            disagreement_badge([view], snapshot, lang),
        ],
        h.td(".n")[value_text(view, lang) if ok else NO_VALUE],
        h.td[mark(view.severity.value) if ok else state_mark(view.state), " ", word],
        h.td[format_datetime(view.data_time, snapshot.at) if view.data_time else NO_VALUE],
        h.td[
            value_sources(view, snapshot, lang),
            view.disagreement is not None and h.span(".disagreement")["≠ ", disagreement_text(view, snapshot, lang)],
        ],
    ]


def zoom_buttons(id: str, lang: str) -> h.Fragment:
    """Buttons: zoom in, zoom out, whole city."""
    directions = (("in", "+"), ("out", "−"), ("all", "⤢"))
    return h.fragment[
        (
            h.button(type="button", data_map_zoom=direction, data_map_for=id, title=t(f"map.zoom_{direction}", lang))[
                sign
            ]
            for direction, sign in directions
        )
    ]
