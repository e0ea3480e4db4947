"""Chỉ số: all KPIs by field, each with its state."""

import dash
from dash import html
from dash.development.base_component import Component

from components.kpi.kpi_list import kpi_list
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The list, empty."""
    return html.Div(Panel(id="kpis-list"), className="list")


def frame(view: View) -> Frame:
    """The panels' current content."""
    return {"kpis-list": {"markup": str(kpi_list(view.snapshot, view.lang))}}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/chi-so", name="kpis", title="Chỉ số", order=40, frame=frame, action=Action.VIEW
)
