"""Beside the map: its switches, what a tapped unit holds, and the table of all stations."""

from collections.abc import Mapping
from datetime import datetime

import htpy as h

from components.kpi.redundancy import disagreement_badge, disagreement_text, value_sources
from components.kpi.tile import unit_text as unit_of
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
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.domain.snapshot import KpiFigure, MapPoint, SeriesView, Snapshot


def switch_row(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Fragment:
    """Layers on and off, the KPI that colours the units, and the table."""
    on, turned = visible_switches(snapshot, params), set(params.get("lop", "").split(".")) - {""}
    table = "" if params.get("bang") == "1" else "1"
    return h.fragment[
        h.details(".filter.map-layers")[
            h.summary(".chip")[t("map.layers", lang), " ", h.b[f"{len(on)}/{len(switches(snapshot))}"]],
            h.div(".chips", role="group", aria_label=t("map.layers", lang))[
                (_chip(one, one in on, turned, snapshot, lang, params) for one in switches(snapshot))
            ],
        ],
        kpi_selector(snapshot, lang, chosen_kpi(snapshot, params) or ""),
        map_link("bang", table, params, class_="chip")[t("map.table" if table else "map.table_close", lang)],
    ]


def _chip(name: str, on: bool, turned: set[str], snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    known = turned & set(switches(snapshot))
    chip = map_link(
        "lop", ".".join(sorted(known ^ {name})), params, class_="chip", role="button", aria_pressed=str(on).lower()
    )
    return chip[mark("normal" if on else "none"), switch_label(name, snapshot, lang)]


def unit_detail(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """The figures and stations of the unit `don-vi`; where none is chosen, what stands out in the whole city."""
    unit = snapshot.units.get(params.get("don-vi", ""))
    if unit is None:
        return whole_city(snapshot, lang, params)
    figures = [
        (one, one.values_by_place[unit.code]) for one in snapshot.figures.values() if unit.code in one.values_by_place
    ]
    points = [one for one in snapshot.map_points if one.station.place == unit.code]
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
        h.ul(".detail-list")[(_figure_row(one, value, snapshot, lang) for one, value in figures)]
        if figures
        else h.p(".nothing")[t("map.no_figures", lang)],
        h.h3(".detail-part")[t("map.stations", lang)],
        h.ul(".detail-list")[(_series_row(one, seen, snapshot, lang) for one in points for seen in one.series)]
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
        f"{format_number(value.value, kpi.decimals)} {unit_of(kpi, lang, value.value)}"
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
            view.disagreement is not None and h.span(".apart")["≠ ", disagreement_text(view, snapshot, lang)],
        ],
    ]


def _series_mark(view: SeriesView) -> h.Element | None:
    return severity_mark(view.severity) if view.state is FigureState.OK else state_mark(view.state)


def _age(at: datetime | None, snapshot: Snapshot) -> h.Node:
    """Counted on the screen, told as a time on paper."""
    if at is None:
        return NO_VALUE
    return h.fragment[h.time(".age", data_age=at.isoformat()), h.span(".age-at")[format_datetime(at, snapshot.at)]]


def station_table(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """Every series of every station that the picture shows, as text."""
    on = visible_switches(snapshot, params)
    points = [one for one in snapshot.map_points if f"kind-{one.station.kind}" in on]
    if not points:
        return h.p(".nothing")[t("map.no_points", lang)]
    heads = ("station", "unit", "series", "value", "state", "data_time", "source")
    head = h.tr[(h.th(class_="n" if one == "value" else None)[t(f"map.{one}", lang)] for one in heads)]
    rows = (_row(point, seen, snapshot, lang) for point in points for seen in point.series)
    return h.div[
        h.h2(".box-title.on-paper")[t("map.table", lang)],
        h.div(".wide")[h.table(".stations")[h.thead[head], h.tbody[rows]]],
    ]


def _row(point: MapPoint, view: SeriesView, snapshot: Snapshot, lang: str) -> h.Element:
    place = snapshot.units.get(point.station.place)
    ok = view.state is FigureState.OK
    word = t(f"common.{view.severity.value}", lang) if ok else state_label(view.state, lang)
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
            view.disagreement is not None and h.span(".apart")["≠ ", disagreement_text(view, snapshot, lang)],
        ],
    ]


def zoom_buttons(id: str, lang: str) -> h.Fragment:
    """Nearer, farther, the whole city: for a thumb or a mouse without a wheel."""
    told = (("in", "+"), ("out", "−"), ("all", "⤢"))
    return h.fragment[
        (
            h.button(type="button", data_map_zoom=one, data_map_for=id, title=t(f"map.zoom_{one}", lang))[sign]
            for one, sign in told
        )
    ]
