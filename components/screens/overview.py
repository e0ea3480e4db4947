"""The overview shared by wall and desk: tiles, map, directives, attention strip; on paper a table of stations too."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.directives.progress_bars import agency_bars, directive_bars
from components.events.attention_list import attention_strip
from components.kpi.tile import tile
from components.map.detail import notable_station_table
from components.screens.header_parts import HeaderView
from components.screens.shell import Frame
from components.ui.panel import Panel

TILE_COUNT = 8


def overview_layout(prefix: str, map_children: Sequence[Any], *, wall: bool = False) -> Component:
    """The layout, empty. `prefix` makes its ids unique; `map_children` is the content of the map's box."""
    tiles = [Panel(id=f"{prefix}-tile-{n}", className="scene-tile") for n in range(1, TILE_COUNT + 1)]
    duties = [Panel(id=f"{prefix}-{name}", className="box", tag="section") for name in ("directives", "agencies")]
    parts: list[Component] = [
        html.Div(tiles, className="scene-tiles"),
        html.Div(list(map_children), className="box scene-map"),
        html.Div(duties, className="scene-directives"),
        Panel(id=f"{prefix}-strip", className="scene-strip", tag="section"),
        Panel(id=f"{prefix}-stations", className="box scene-stations", tag="section"),
    ]
    return html.Div(parts, className="scene wall" if wall else "scene")


def overview_frame(view: HeaderView, prefix: str) -> Frame:
    """The content of tiles, directives and strip; a tile without a KPI is empty and takes no room.

    On paper (`giay`) also the stations that the map marks, since nobody can tap them there.
    """
    snapshot, lang = view.snapshot, view.lang
    keys = [key for key in snapshot.overview_kpis if key in snapshot.figures][:TILE_COUNT]
    marks = [str(tile(snapshot.figures[key], snapshot, lang)) for key in keys] + [""] * (TILE_COUNT - len(keys))
    frame: Frame = {f"{prefix}-tile-{n}": {"markup": markup} for n, markup in enumerate(marks, 1)}
    frame[f"{prefix}-directives"] = {"markup": str(directive_bars(snapshot, lang))}
    frame[f"{prefix}-agencies"] = {"markup": str(agency_bars(snapshot, lang))}
    frame[f"{prefix}-strip"] = {"markup": str(attention_strip(snapshot, lang))}
    on_paper = view.params.get("giay") == "1"
    frame[f"{prefix}-stations"] = {"markup": str(notable_station_table(snapshot, lang)) if on_paper else ""}
    return frame
