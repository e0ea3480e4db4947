"""Phường, xã: all units compared in one table."""

import dash
from dash import html
from dash.development.base_component import Component

from components.districts.unit_grid import unit_columns, unit_rows, unit_sorts
from components.districts.unit_table import legend, unit_table
from components.screens.shell import header_title
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, draws_table, live_table, table_frame
from components.ui.panel import Panel
from ioc.dash_kit.context import lang
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import TABLE_PARAMS, shows_drawn_table, sort_param
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The table, empty."""
    if shows_drawn_table(params):
        return html.Div(Panel(id="units-table"), className="list")
    now = lang()
    table = live_table("units", t("admin_units.compare", now), now, t("admin_units.none", now))
    return html.Div([*table, Panel(id="units-legend")], className="list")


def frame(view: View) -> Frame:
    """The panels' current content; the drawn table is sorted and searched by the parameters."""
    snapshot, params, now = view.snapshot, view.params, view.lang
    title: Frame = {"shell-title": {"markup": header_title(snapshot, now, t("admin_units.compare", now))}}
    if draws_table(params):
        table = unit_table(snapshot, now, params.get(SORT, ""), params.get(SEARCH, ""))
        return {**title, "units-table": {"markup": str(table)}}
    rows = table_frame("units", unit_columns(snapshot, now), unit_rows(snapshot, now), params, now)
    return {**title, **rows, "units-legend": {"markup": str(legend(now))}}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/don-vi",
    name="units",
    title="Phường, xã",
    order=46,
    frame=frame,
    action=Action.VIEW,
    params={**TABLE_PARAMS, SORT: sort_param(unit_sorts)},
    suites=(GRID,),
    pace={"units-table": 5.0, "units-rows": 5.0},
)
