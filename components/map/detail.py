"""Beside the map: its switches, what a tapped unit holds, and the table of all stations."""

from collections.abc import Mapping
from datetime import datetime

import htpy as h

from components.kpi.redundancy import apart_badge, apart_words, tellers
from components.kpi.tile import unit as unit_of
from components.map.event_rows import of_unit
from components.map.figure import chosen_kpi, shown, switch_word, switches
from components.map.kpi_layer import chooser
from components.map.link import go
from components.map.points import value_text
from components.map.side_panel import whole_city
from components.sources.provenance import kpi_origin
from components.ui.format import NONE, moment, number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import marks, severity_mark, state_mark, state_word, without
from ioc.domain.geo.place import Unit
from ioc.domain.kpis.kpi import UNTOLD, KpiValue, State
from ioc.domain.snapshot import Figure, MapPoint, SeriesView, Snapshot


def switch_row(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Fragment:
    """Layers on and off, the KPI that colours the units, and the table."""
    on, turned = shown(snapshot, params), set(params.get("lop", "").split(".")) - {""}
    table = "" if params.get("bang") == "1" else "1"
    return h.fragment[
        h.details(".filter.map-layers")[
            h.summary(".chip")[say("map.layers", lang), " ", h.b[f"{len(on)}/{len(switches(snapshot))}"]],
            h.div(".chips", role="group", aria_label=say("map.layers", lang))[
                (_chip(one, one in on, turned, snapshot, lang, params) for one in switches(snapshot))
            ],
        ],
        chooser(snapshot, lang, chosen_kpi(snapshot, params) or ""),
        go("bang", table, params, class_="chip")[say("map.table" if table else "map.table_close", lang)],
    ]


def _chip(name: str, on: bool, turned: set[str], snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    known = turned & set(switches(snapshot))
    chip = go(
        "lop", ".".join(sorted(known ^ {name})), params, class_="chip", role="button", aria_pressed=str(on).lower()
    )
    return chip[mark("normal" if on else "none"), switch_word(name, snapshot, lang)]


def unit_detail(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """The figures and stations of the unit `don-vi`; where none is chosen, what stands out in the whole city."""
    unit = snapshot.units.get(params.get("don-vi", ""))
    if unit is None:
        return whole_city(snapshot, lang, params)
    figures = [(one, one.places[unit.code]) for one in snapshot.figures.values() if unit.code in one.places]
    points = [one for one in snapshot.points if one.station.place == unit.code]
    return h.div[
        h.div(".detail-head")[
            h.div[
                h.h2(".box-title")[f"{unit.kind.capitalize()} {unit.name}"],
                h.p(".quiet")[say("map.area", lang, n=number(unit.area_km2, 2)), _former(unit, lang)],
            ],
            go("don-vi", "", params, class_="chip")[say("map.close", lang)],
        ],
        of_unit(snapshot, unit.code, lang, params),
        h.h3(".detail-part")[say("map.figures", lang)],
        h.ul(".detail-list")[(_figure_row(one, value, snapshot, lang) for one, value in figures)]
        if figures
        else h.p(".nothing")[say("map.no_figures", lang)],
        h.h3(".detail-part")[say("map.stations", lang)],
        h.ul(".detail-list")[(_series_row(one, seen, snapshot, lang) for one in points for seen in one.series)]
        if points
        else h.p(".nothing")[say("map.no_stations", lang)],
    ]


def _former(unit: Unit, lang: str) -> str:
    if not unit.former:
        return ""
    key = "map.former_city" if unit.former == "Cần Thơ" else "map.former_province"
    return " · " + say("map.former", lang, name=say(key, lang, name=unit.former))


def _figure_row(figure: Figure, value: KpiValue, snapshot: Snapshot, lang: str) -> h.Element:
    kpi = figure.kpi
    ok = value.state is State.OK
    sight = severity_mark(value.severity) if ok else None if value.reason in UNTOLD else state_mark(value.state)
    text: h.Node = (
        f"{number(value.value, kpi.decimals)} {unit_of(kpi, lang, value.value)}" if ok else without(value, lang)
    )
    return h.li[
        h.a(href=f"/chi-so/{kpi.key}")[sight, " ", kpi.short.said(lang)],
        h.b[text],
        h.small[
            _age(value.data_time, snapshot),
            marks(lang, simulated=value.simulated, drill=figure.drill, phoned=value.phoned),
            kpi_origin(kpi, snapshot, lang),
        ],
    ]  # fmt: skip


def _series_row(point: MapPoint, seen: SeriesView, snapshot: Snapshot, lang: str) -> h.Element:
    return h.li[
        h.span[_seen_mark(seen), " ", seen.series.name.said(lang)],
        h.b[value_text(seen, lang)],
        h.small[
            point.station.name.said(lang),
            " · ",
            _age(seen.data_time, snapshot),
            " · ",
            tellers(seen, snapshot, lang),
            marks(lang, simulated=seen.simulated, drill=seen.drill, phoned=seen.phoned),
            seen.apart is not None and h.span(".apart")["≠ ", apart_words(seen, snapshot, lang)],
        ],
    ]


def _seen_mark(seen: SeriesView) -> h.Element | None:
    return severity_mark(seen.severity) if seen.state is State.OK else state_mark(seen.state)


def _age(at: datetime | None, snapshot: Snapshot) -> h.Node:
    """Counted on the screen, told as a time on paper."""
    if at is None:
        return NONE
    return h.fragment[h.time(".age", data_age=at.isoformat()), h.span(".age-at")[moment(at, snapshot.at)]]


def station_table(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """Every series of every station that the picture shows, as text."""
    on = shown(snapshot, params)
    points = [one for one in snapshot.points if f"kind-{one.station.kind}" in on]
    if not points:
        return h.p(".nothing")[say("map.no_points", lang)]
    heads = ("station", "unit", "series", "value", "state", "data_time", "source")
    head = h.tr[(h.th(class_="n" if one == "value" else None)[say(f"map.{one}", lang)] for one in heads)]
    rows = (_row(point, seen, snapshot, lang) for point in points for seen in point.series)
    return h.div[
        h.h2(".box-title.on-paper")[say("map.table", lang)],
        h.div(".wide")[h.table(".stations")[h.thead[head], h.tbody[rows]]],
    ]


def _row(point: MapPoint, seen: SeriesView, snapshot: Snapshot, lang: str) -> h.Element:
    place = snapshot.units.get(point.station.place)
    ok = seen.state is State.OK
    word = say(f"common.{seen.severity.value}", lang) if ok else state_word(seen.state, lang)
    return h.tr[
        h.td[point.station.name.said(lang)],
        h.td[f"{place.kind.capitalize()} {place.name}" if place else NONE],
        h.td[
            seen.series.name.said(lang),
            marks(lang, simulated=seen.simulated, drill=seen.drill, short=True, phoned=seen.phoned),
            " ",
            apart_badge([seen], snapshot, lang),
        ],
        h.td(".n")[value_text(seen, lang) if ok else NONE],
        h.td[mark(seen.severity.value) if ok else state_mark(seen.state), " ", word],
        h.td[moment(seen.data_time, snapshot.at) if seen.data_time else NONE],
        h.td[
            tellers(seen, snapshot, lang),
            seen.apart is not None and h.span(".apart")["≠ ", apart_words(seen, snapshot, lang)],
        ],
    ]


def zoom_buttons(id: str, lang: str) -> h.Fragment:
    """Nearer, farther, the whole city: for a thumb or a mouse without a wheel."""
    told = (("in", "+"), ("out", "−"), ("all", "⤢"))
    return h.fragment[
        (
            h.button(type="button", data_map_zoom=one, data_map_for=id, title=say(f"map.zoom_{one}", lang))[sign]
            for one, sign in told
        )
    ]
