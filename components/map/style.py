"""The base map: an inline MapLibre style whose layers fetch their geometry once, by immutable addresses."""

from collections.abc import Collection
from typing import Any

from components.ui.theme import token
from ioc.domain.geo.map_layers import MapLayer, MapLayers

Json = dict[str, Any]
FONT = "Be Vietnam Pro"
UNIT_BORDER_LAYER = "units-line"  # fills of units lie below it
NAME_LAYER = "names"  # points and normal events lie below it
TRACES_BELOW_NAMES = ("chosen", "off", "no_data", "stale", "error", "normal")  # lowest first
TRACES_ABOVE_NAMES = ("attention", "critical")
_NAME_OFFSET = 0.5  # em between a name and its place; farther off it would seem to name something else
_FIRST_NAME_OFFSET = 2.4  # em; the first name (the centre) must not be left out
# anchor of a name -> direction in which the name lies from its place
_ANCHOR_DIRECTIONS = {
    "bottom": (0.0, -1.0),
    "top": (0.0, 1.0),
    "left": (1.0, 0.0),
    "right": (-1.0, 0.0),
    "top-left": (0.7, 0.7),
    "bottom-left": (0.7, -0.7),
    "top-right": (-0.7, 0.7),
    "bottom-right": (-0.7, -0.7),
}


def visible_layers(layers: MapLayers, visible_switches: Collection[str]) -> list[MapLayer]:
    """The layers without a switch and those whose switch is on."""
    return [layer for layer in layers.layers if not _layer_switch(layer) or _layer_switch(layer) in visible_switches]


def attributions(layers: MapLayers, visible_switches: Collection[str]) -> list[str]:
    """Credits of the visible layers, each once."""
    credits = dict.fromkeys(
        [
            *(switch.credit for switch in visible_layers(layers, visible_switches)),
            *(layer.credit for layer in layers.names),
        ]
    )
    return [
        credit
        for credit in credits
        if credit and not any(other != credit and credit.startswith(other) for other in credits if other)
    ]


def style(layers: MapLayers, visible_switches: Collection[str]) -> Json:
    """The style, without tiles, sprites or glyphs: names use the page's own fonts."""
    shown_layers = visible_layers(layers, visible_switches)
    sources = {layer.name: {"type": "geojson", "data": layer.href} for layer in shown_layers}
    style_layers: list[Json] = [{"id": "ground", "type": "background", "paint": {"background-color": token("ground")}}]
    for role in ("context", "units"):
        style_layers += [
            style_layer for layer in shown_layers if layer.role == role for style_layer in _ROLE_LAYERS[role](layer)
        ]
    style_layers += [
        _line(UNIT_BORDER_LAYER, layer.name, "border", 0.7) for layer in shown_layers if layer.role == "units"
    ]
    for role in ("water", "rivers", "outline", "roads", "facilities"):
        style_layers += [
            style_layer for layer in shown_layers if layer.role == role for style_layer in _ROLE_LAYERS[role](layer)
        ]
    return {
        "version": 8,
        "sources": {**sources, "names": _names(layers)},
        "layers": [
            *style_layers,
            _place_layer(),
            *(_trace_anchor(name) for name in TRACES_BELOW_NAMES),
            _name_layer(),
            *(_trace_anchor(name) for name in TRACES_ABOVE_NAMES),
        ],
    }


def anchor_layer(trace_name: str) -> str:
    """Id of the empty layer below which the trace is drawn.

    Each trace needs one of its own, and points: Plotly removes and adds again, at every change, the layers of all
    traces that share one, and empty traces share none. MapLibre fails to draw data that arrived for a layer which was
    removed before its first frame.
    """
    return f"below-{trace_name}"


def _trace_anchor(trace_name: str) -> Json:
    return {"id": anchor_layer(trace_name), "type": "background", "layout": {"visibility": "none"}}


def _layer_switch(layer: MapLayer) -> str:
    """The switch of this layer; "" for one that is always visible."""
    return {"water": "water", "rivers": "water", "roads": "roads", "facilities": "facilities"}.get(layer.role, "")


def _fill(name: str, source: str, colour: str, **options: Any) -> Json:
    paint = {"fill-color": token(colour), "fill-antialias": True}
    return {"id": name, "type": "fill", "source": source, "paint": paint, **options}


def _line(name: str, source: str, colour: str, width: float, **options: Any) -> Json:
    paint = {"line-color": token(colour), "line-width": width}
    layout = {"line-join": "round", "line-cap": "round"}
    return {"id": name, "type": "line", "source": source, "paint": paint, "layout": layout, **options}


def _context(layer: MapLayer) -> list[Json]:
    """Only the sea; neighbouring provinces are background."""
    return [_fill(layer.name, layer.name, "water", filter=["==", ["get", "code"], "sea"])]


def _facilities(layer: MapLayer) -> list[Json]:
    paint = {"circle-color": token("muted"), "circle-radius": 2.6, "circle-opacity": 0.8}
    return [{"id": layer.name, "type": "circle", "source": layer.name, "paint": paint}]


# role -> style layers of one map layer, lowest first
_ROLE_LAYERS = {
    "context": _context,
    "units": lambda layer: [_fill(layer.name, layer.name, "land")],
    "water": lambda layer: [_fill(layer.name, layer.name, "water")],
    "rivers": lambda layer: [_line(layer.name, layer.name, "water", 1.6)],
    "outline": lambda layer: [_line(layer.name, layer.name, "faint", 1.2)],
    "roads": lambda layer: [_line(layer.name, layer.name, "faint", 1.1)],
    "facilities": _facilities,
}


def _names(layers: MapLayers) -> Json:
    features = [
        {
            "type": "Feature",
            "properties": {"name": layer.name, "order": n},
            "geometry": {"type": "Point", "coordinates": [layer.lon, layer.lat]},
        }
        for n, layer in enumerate(layers.names)
    ]
    return {"type": "geojson", "data": {"type": "FeatureCollection", "features": features}}


def _place_layer() -> Json:
    """A dot at each named place: its name may be hidden by a collision."""
    paint = {"circle-color": token("muted"), "circle-radius": 1.8}
    return {"id": "places", "type": "circle", "source": "names", "paint": paint}


def _anchor_offsets(distance: float) -> list[object]:
    """Allowed positions of a name, `distance` em from its place."""
    return [
        part
        for side, (x, y) in _ANCHOR_DIRECTIONS.items()
        for part in (side, [round(x * distance, 2), round(y * distance, 2)])
    ]


def _name_layer() -> Json:
    """Names yield to severe events; where two names collide, the more important one stays."""
    near, first = _anchor_offsets(_NAME_OFFSET), ["==", ["get", "order"], 0]
    return {
        "id": NAME_LAYER,
        "type": "symbol",
        "source": "names",
        "layout": {
            "text-field": ["get", "name"],
            "text-font": [FONT],
            "text-size": 17.5,
            "symbol-sort-key": ["get", "order"],
            "text-variable-anchor-offset": [
                "case",
                first,
                ["literal", [*near, *_anchor_offsets(_FIRST_NAME_OFFSET)]],
                ["literal", near],
            ],
            "text-padding": 4,
            "text-max-width": 12,
        },
        "paint": {"text-color": token("ink"), "text-halo-color": token("ground"), "text-halo-width": 2.2},
    }
