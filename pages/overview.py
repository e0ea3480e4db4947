"""Tổng quan: the state of the city on one screen."""

import dash
from dash.development.base_component import Component

from components.scene import scene, scene_frame
from operations.view import Frame, View


def layout(**params: str) -> Component:
    """The scene, empty."""
    return scene("overview")


def frame(view: View) -> Frame:
    """What it holds now."""
    return scene_frame(view, "overview")


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/", name="overview", title="Tổng quan", order=0, frame=frame
)
