"""A test page with a map of one area and one point, over an inline style."""

import dash
from dash import dcc
from dash.development.base_component import Component

from ioc.domain.access.permissions import Action
from ioc.snapshot.view import Frame, View


def layout(**_params: str) -> Component:
    """The map alone."""
    return dcc.Graph(id="map", style={"height": "300px"}, config={"displayModeBar": False})


def frame(view: View) -> Frame:
    """The point's size follows the version."""
    ring = [[105.7, 9.9], [105.9, 9.9], [105.9, 10.1], [105.7, 10.1], [105.7, 9.9]]
    area = {"type": "Feature", "id": "a", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    shape = {"type": "FeatureCollection", "features": [area]}
    colours = [[0, "@land"], [1, "@land"]]
    areas = {
        "type": "choroplethmap",
        "geojson": shape,
        "locations": ["a"],
        "z": [1],
        "colorscale": colours,
        "showscale": False,
    }
    point = {
        "type": "scattermap",
        "lon": [105.8],
        "lat": [10.0],
        "marker": {"size": view.snapshot.version, "color": "@data"},
    }
    background = {"id": "background", "type": "background", "paint": {"background-color": "@water"}}
    # plotly prunes what is empty: a style whose sources are {} breaks at its second drawing.
    style = {"version": 8, "sources": {"area": {"type": "geojson", "data": shape}}, "layers": [background]}
    map_layout = {"style": style, "center": {"lon": 105.8, "lat": 10.0}, "zoom": 9}
    layout = {"map": map_layout, "margin": {"t": 0, "b": 0, "l": 0, "r": 0}, "paper_bgcolor": "@ground"}
    return {"map": {"figure": {"data": [areas, point], "layout": layout}}}


dash.register_page(  # type: ignore[no-untyped-call]
    __name__, path="/ban-do", name="map", frame=frame, action=Action.VIEW, title="Bản đồ", order=2
)
