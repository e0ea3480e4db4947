"""Chỉ số: all KPIs by field, each with its state."""

import dash
from dash import html
from dash.development.base_component import Component

from components.kpi.kpi_list import KPI_SORTS, kpi_columns, kpi_list, kpi_rows
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, drawn_rows, draws_table, live_table, table_frame
from components.ui.panel import Panel
from ioc.dash_kit.context import lang
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import TABLE_PARAMS, shows_drawn_table, sort_param
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The list, empty."""
    if shows_drawn_table(params):
        return html.Div(Panel(id="kpis-list"), className="list")
    now = lang()
    return html.Div(live_table("kpis", t("shell.kpis", now), now, t("kpi.none", now)), className="list")


def frame(view: View) -> Frame:
    """The panels' current content."""
    snapshot, params, now = view.snapshot, view.params, view.lang
    if draws_table(params):
        words, sort = params.get(SEARCH, ""), params.get(SORT, "")
        ordered = drawn_rows(kpi_columns(now), kpi_rows(snapshot, now), words, sort, now) if sort else None
        return {"kpis-list": {"markup": str(ordered or kpi_list(snapshot, now, words))}}
    return table_frame("kpis", kpi_columns(now), kpi_rows(snapshot, now), params, now)


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/chi-so",
    name="kpis",
    title="Chỉ số",
    order=40,
    frame=frame,
    action=Action.VIEW,
    params={**TABLE_PARAMS, SORT: sort_param(lambda _: KPI_SORTS)},
    suites=(GRID,),
)
