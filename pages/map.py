"""Bản đồ: the city's map with its layers, the detail of a selected unit or event, and all stations as a table."""

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.events.detail import event_detail
from components.kpi.card import values_by_unit
from components.map.detail import station_table, switch_row, unit_detail, zoom_buttons
from components.map.figure import chosen_kpi, city_map, map_frame, min_intervals
from components.map.kpi_layer import kpi_detail
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The page, empty."""
    side = [Panel("map-detail", className="box map-detail"), Panel("map-places", className="box map-places")]
    zoom = Panel("map-zoom", className="map-zoom")
    return html.Div(
        [
            Panel("map-switches", className="map-switches"),
            html.Section(city_map("map", "here", overlays=[zoom]), className="box map-main"),
            html.Aside(side, className="map-side"),
            Panel("map-table", className="box map-table", tag="section"),
        ],
        className="map-page",
    )


def frame(view: View) -> Frame:
    """The panels' current content.

    Parameters: `lop` toggled layers, `chi-so` the KPI that colours units, `don-vi` the selected unit, `su-kien` the
    selected event, `bang` the table; on paper (`giay`) the table is always shown.
    """
    snapshot, lang, params = view.snapshot, view.lang, view.params
    kpi, table = chosen_kpi(snapshot, params), "1" in (params.get("bang"), params.get("giay"))
    detail = event_detail if params.get("su-kien") else unit_detail
    return {
        **map_frame(view, "map"),
        "map-switches": {"markup": str(switch_row(snapshot, lang, params))},
        "map-zoom": {"markup": str(zoom_buttons("map", lang))},
        "map-detail": {"markup": str(detail(snapshot, lang, params))},
        "map-places": {"markup": str(_kpi_places(snapshot, kpi, lang)) if kpi else ""},
        "map-table": {"markup": str(station_table(snapshot, lang, params)) if table else ""},
    }


def _kpi_places(snapshot: Snapshot, kpi: str, lang: str) -> h.Element:
    figure = snapshot.figures[kpi]
    return values_by_unit(figure, snapshot, lang) if figure.values_by_place else kpi_detail(snapshot, lang, kpi)


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/ban-do",
    name="map",
    title="Bản đồ",
    order=10,
    frame=frame,
    action=Action.VIEW,
    pace=min_intervals("map"),
    params=("lop", "chi-so", "don-vi", "su-kien", "bang"),
)
