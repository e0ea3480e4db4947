"""Phường, xã: all units compared in one table."""

import dash
from dash import html
from dash.development.base_component import Component

from components.districts.unit_table import unit_table
from components.screens.shell import header_title
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The table, empty."""
    return html.Div(Panel(id="units-table"), className="list")


def frame(view: View) -> Frame:
    """The panels' current content; parameter `xep` is the KPI that sorts the units."""
    snapshot, lang = view.snapshot, view.lang
    return {
        "shell-title": {"markup": header_title(snapshot, lang, t("admin_units.compare", lang))},
        "units-table": {"markup": str(unit_table(snapshot, lang, view.params.get("xep", "")))},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/don-vi",
    name="units",
    title="Phường, xã",
    order=46,
    frame=frame,
    action=Action.VIEW,
    params=("xep",),
    pace={"units-table": 5.0},
)
