"""Tổng quan: the state of the city on one screen."""

import dash
from dash.development.base_component import Component

from components.map.figure import city_map, overview_map_frame, pace
from components.screens.overview import scene, scene_frame
from ioc.auth.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The scene, empty."""
    return scene("overview", [city_map("overview-map")])


def frame(view: View) -> Frame:
    """What it holds now."""
    return {**scene_frame(view, "overview"), **overview_map_frame(view, "overview-map")}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/",
    name="overview",
    title="Tổng quan",
    order=0,
    frame=frame,
    action=Action.VIEW,
    pace=pace("overview-map"),
)
