"""Màn hình tường: the overview for a wall, without navigation, with text sized by the screen's height."""

import dash
from dash.development.base_component import Component

from components.map.figure import city_map, min_intervals, overview_map_frame
from components.screens.overview import overview_frame, overview_layout
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The scene, empty."""
    return overview_layout("wall", [city_map("wall-map", "", hover=False)], wall=True)


def frame(view: View) -> Frame:
    """The panels' current content."""
    return {**overview_frame(view, "wall"), **overview_map_frame(view, "wall-map", hover=False)}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/tuong",
    name="wall",
    title="Tổng quan",
    order=90,
    kiosk=True,
    frame=frame,
    action=Action.VIEW,
    pace=min_intervals("wall-map"),
)
