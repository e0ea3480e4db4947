"""Sự việc: open events by kind."""

import dash
from dash import html
from dash.development.base_component import Component

from components.events.event_kinds import chips
from components.events.event_table import event_list
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """Chips and list, empty."""
    return html.Div([Panel(id="events-chips"), Panel(id="events-list")], className="list")


def frame(view: View) -> Frame:
    """The panels' current content; parameter `loai` selects a kind."""
    chosen = view.params.get("loai", "")
    return {
        "events-chips": {"markup": str(chips(view.snapshot, view.lang, chosen))},
        "events-list": {"markup": str(event_list(view.snapshot, view.lang, chosen))},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/su-kien",
    name="events",
    title="Sự việc",
    order=45,
    frame=frame,
    action=Action.VIEW,
    params=("loai",),
    pace={"events-list": 5.0},
)
