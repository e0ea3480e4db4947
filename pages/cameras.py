"""Camera: the last picture of every camera, with its age and its state."""

import dash
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.events.camera import camera_grid
from components.screens.shell import header_title
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The page, empty."""
    return html.Div([Panel(id="cameras-past"), Panel(id="cameras-wall")], className="list")


def frame(view: View) -> Frame:
    """The panels' current content. A past moment has no images: none is recorded."""
    snapshot, lang = view.snapshot, view.lang
    past = "" if snapshot.is_live else str(h.p(".nothing")[t("camera.past", lang)])
    return {
        "shell-title": {"markup": header_title(snapshot, lang, t("camera.title", lang))},
        "cameras-past": {"markup": past},
        "cameras-wall": {"markup": str(camera_grid(snapshot, lang))},
    }


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/camera", name="cameras", title="Camera", order=48, frame=frame, action=Action.VIEW
)
