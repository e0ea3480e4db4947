"""The overview as wall and desk share it: eight tiles, the map, the directives, what needs attention."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.attention import strip
from components.panel import Panel
from components.shell import Frame, Shown
from components.tile import tile

TILES = 8


def scene(prefix: str, map_parts: Sequence[Any], *, wall: bool = False) -> Component:
    """The composition, empty. `prefix` keeps its ids apart from the same scene on another page."""
    tiles = [Panel(id=f"{prefix}-tile-{n}", className="scene-tile") for n in range(1, TILES + 1)]
    duties = [Panel(id=f"{prefix}-{name}", className="box") for name in ("directives", "agencies")]
    return html.Div(
        className="scene wall" if wall else "scene",
        children=[
            html.Div(tiles, className="scene-tiles"),
            html.Div(list(map_parts), className="box scene-map"),
            html.Div(duties, className="scene-duties"),
            Panel(id=f"{prefix}-strip", className="scene-strip", tag="section"),
        ],
    )


def scene_frame(view: Shown, prefix: str) -> Frame:
    """What the scene's tiles and strip hold; a place without a KPI is empty and takes no room."""
    snapshot, lang = view.snapshot, view.lang
    keys = [key for key in snapshot.overview if key in snapshot.figures][:TILES]
    marks = [str(tile(snapshot.figures[key], lang, snapshot.at)) for key in keys] + [""] * (TILES - len(keys))
    frame: Frame = {f"{prefix}-tile-{n}": {"markup": markup} for n, markup in enumerate(marks, 1)}
    frame[f"{prefix}-strip"] = {"markup": str(strip(snapshot, lang))}
    return frame
