"""A test page with tiles, a <details>, and a graph."""

from collections.abc import Mapping

import dash
from dash import dcc, html
from dash.development.base_component import Component

from components.ui.panel import Panel
from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**_params: str) -> Component:
    """Two tiles and a graph."""
    graph = dcc.Graph(id="chart", style={"height": "220px"}, config={"displayModeBar": False})
    return html.Div([Panel(id="tile-a"), Panel(id="tile-b"), graph], className="home")


def frame(view: View) -> Frame:
    """Tile a follows the store's version, tile b never changes."""
    now = view.snapshot.at.isoformat()
    value = f'<b id="value">{view.snapshot.version}</b> <time data-age="{now}"></time>'
    more = f"<details><summary>thêm</summary><p>{view.snapshot.version}</p></details>"
    bar = f'<i class="bar" data-since="{now}" data-limit="600"></i>'
    return {
        "tile-a": {"markup": f'<section class="tile">{value}{more}{bar}</section>'},
        "tile-b": {"markup": '<section class="tile">không đổi</section>'},
        "chart": {"figure": _figure(view.params)},
    }


def _figure(params: Mapping[str, str]) -> dict[str, object]:
    line = {"type": "scatter", "x": [1, 2, 3], "y": [2, 1, len(params)], "line": {"color": "@data"}}
    axis = {"color": "@ink"}
    paper = {"paper_bgcolor": "@panel", "plot_bgcolor": "@panel", "margin": {"t": 10, "b": 20, "l": 20, "r": 10}}
    return {"data": [line], "layout": {**paper, "xaxis": axis, "yaxis": axis}}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/", name="home", frame=frame, action=Action.VIEW, title="Trang đầu", order=0
)
