"""Cần chú ý: the whole attention list, and the health of the host."""

import dash
from dash import html
from dash.development.base_component import Component

from components.events.attention_list import attention_list
from components.sources.host_health import host_health_section
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The list, empty."""
    return html.Div([Panel(id="attention-list"), Panel(id="attention-host")], className="list")


def frame(view: View) -> Frame:
    """The panels' current content."""
    given = view.instructions_on(*{item.link for item in view.snapshot.attention})
    return {
        "attention-list": {"markup": str(attention_list(view.snapshot, view.lang, given))},
        "attention-host": {"markup": str(host_health_section(view.snapshot, view.lang))},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/can-chu-y", name="attention", title="Cần chú ý", order=60, frame=frame, action=Action.VIEW
)
