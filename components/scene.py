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


def scene(prefix: str, middle: Sequence[Any] = (), right: Sequence[Any] = (), *, wall: bool = False) -> Component:
    """The composition, empty. `prefix` keeps its ids apart from the same scene on another page.

    `middle`: what stands in the map's box. `right`: the boxes beside it, the first takes the height that is left.
    Without them the tiles take the whole width.
    """
    tiles = [Panel(id=f"{prefix}-tile-{n}", className="scene-tile") for n in range(1, TILES + 1)]
    parts: list[Component] = [html.Div(tiles, className="scene-tiles")]
    if middle:
        parts.append(html.Div(list(middle), className="box scene-map"))
    if right:
        parts.append(html.Div(list(right), className="scene-duties"))
    parts.append(Panel(id=f"{prefix}-strip", className="scene-strip", tag="section"))
    return html.Div(parts, className="scene wall" if wall else "scene")


def scene_frame(view: Shown, prefix: str) -> Frame:
    """What the scene's tiles and strip hold; a place without a KPI is empty and takes no room."""
    snapshot, lang = view.snapshot, view.lang
    keys = [key for key in snapshot.overview if key in snapshot.figures][:TILES]
    marks = [str(tile(snapshot.figures[key], lang, snapshot.at)) for key in keys] + [""] * (TILES - len(keys))
    frame: Frame = {f"{prefix}-tile-{n}": {"markup": markup} for n, markup in enumerate(marks, 1)}
    frame[f"{prefix}-strip"] = {"markup": str(strip(snapshot, lang))}
    return frame
