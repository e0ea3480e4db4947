"""Tổng quan: the state of the city on one screen."""

import dash
from dash.development.base_component import Component

from components.map.figure import city_map, min_intervals, overview_map_frame
from components.screens.overview import overview_frame, overview_layout
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**params: str) -> Component:
    """The scene, empty."""
    return overview_layout("overview", [city_map("overview-map")])


def frame(view: View) -> Frame:
    """The panels' current content."""
    return {**overview_frame(view, "overview"), **overview_map_frame(view, "overview-map")}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__,
    path="/",
    name="overview",
    title="Tổng quan",
    order=0,
    frame=frame,
    action=Action.VIEW,
    pace=min_intervals("overview-map"),
)
