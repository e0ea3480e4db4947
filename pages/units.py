"""Phường, xã: all units beside each other."""

import dash
from dash import html
from dash.development.base_component import Component

from components.panel import Panel
from components.shell import title
from components.text import say
from components.unit_table import unit_table
from operations.view import Frame, View
from security.permission import Action


def layout(**params: str) -> Component:
    """The table, empty."""
    return html.Div(Panel(id="units-table"), className="list")


def frame(view: View) -> Frame:
    """What it holds now; `xep` is the KPI by whose value the units stand."""
    snapshot, lang = view.snapshot, view.lang
    return {
        "shell-title": {"markup": title(snapshot, lang, say("communes.compare", lang))},
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
