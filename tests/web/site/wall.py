"""A test wall: no navigation, one panel with a minimum interval of five seconds."""

import dash
from dash import html
from dash.development.base_component import Component

from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**_params: str) -> Component:
    """Two panels."""
    return html.Div([Panel(id="quick"), Panel(id="slow")])


def frame(view: View) -> Frame:
    """Both follow the version."""
    panel: dict[str, object] = {"markup": f"<p>{view.snapshot.version}</p>"}
    return {"quick": panel, "slow": panel}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/tuong", name="wall", frame=frame, action=Action.VIEW, title="Tường", kiosk=True, pace={"slow": 5.0}
)
