"""The ground of the map: an inline style whose layers fetch their geometry once, by addresses that never change."""

from collections.abc import Collection
from typing import Any

from components.ui.theme import token
from ioc.domain.geo.map_layers import MapLayer, MapLayers

Json = dict[str, Any]
FONT = "Be Vietnam Pro"
UNIT_BORDER_LAYER = "units-line"  # what colours a unit lies under its border
NAME_LAYER = "names"  # points and events in order lie under the names
_NAME_OFFSET = 0.5  # ems between a name and its place: further off it reads as the name of what lies there
_FIRST_NAME_OFFSET = 2.4  # the first name may stand further off: a map that does not name its centre is worse
# side of a name that points at its place -> where the name then lies
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
    """The layers that stand or that a switch shows."""
    return [one for one in layers.layers if not _layer_switch(one) or _layer_switch(one) in visible_switches]


def attributions(layers: MapLayers, visible_switches: Collection[str]) -> list[str]:
    """Whom that which is drawn is owed to, each once."""
    owed = dict.fromkeys(
        [*(one.credit for one in visible_layers(layers, visible_switches)), *(one.credit for one in layers.names)]
    )
    return [one for one in owed if one and not any(other != one and one.startswith(other) for other in owed if other)]


def style(layers: MapLayers, visible_switches: Collection[str]) -> Json:
    """No tiles, sprite or glyphs: names come from the page's own fonts. `shown`: keys of the switches that are on."""
    here = visible_layers(layers, visible_switches)
    sources = {one.name: {"type": "geojson", "data": one.href} for one in here}
    drawn: list[Json] = [{"id": "ground", "type": "background", "paint": {"background-color": token("ground")}}]
    for role in ("context", "units"):
        drawn += [made for one in here if one.role == role for made in _ROLE_LAYERS[role](one)]
    drawn += [_line(UNIT_BORDER_LAYER, one.name, "border", 0.7) for one in here if one.role == "units"]
    for role in ("water", "rivers", "outline", "roads", "facilities"):
        drawn += [made for one in here if one.role == role for made in _ROLE_LAYERS[role](one)]
    return {
        "version": 8,
        "sources": {**sources, "names": _names(layers)},
        "layers": [*drawn, _place_layer(), _name_layer()],
    }


def _layer_switch(layer: MapLayer) -> str:
    """The switch that shows this layer, "" for one that always stands."""
    return {"water": "water", "rivers": "water", "roads": "roads", "facilities": "facilities"}.get(layer.role, "")


def _fill(name: str, source: str, colour: str, **options: Any) -> Json:
    paint = {"fill-color": token(colour), "fill-antialias": True}
    return {"id": name, "type": "fill", "source": source, "paint": paint, **options}


def _line(name: str, source: str, colour: str, width: float, **options: Any) -> Json:
    paint = {"line-color": token(colour), "line-width": width}
    layout = {"line-join": "round", "line-cap": "round"}
    return {"id": name, "type": "line", "source": source, "paint": paint, "layout": layout, **options}


def _context(layer: MapLayer) -> list[Json]:
    """Only the sea: neighbours are the ground, for this is a map of one city."""
    return [_fill(layer.name, layer.name, "water", filter=["==", ["get", "code"], "sea"])]


def _facilities(layer: MapLayer) -> list[Json]:
    paint = {"circle-color": token("muted"), "circle-radius": 2.6, "circle-opacity": 0.8}
    return [{"id": layer.name, "type": "circle", "source": layer.name, "paint": paint}]


# role -> what is drawn of one of its layers, the deepest first
_ROLE_LAYERS = {
    "context": _context,
    "units": lambda one: [_fill(one.name, one.name, "land")],
    "water": lambda one: [_fill(one.name, one.name, "water")],
    "rivers": lambda one: [_line(one.name, one.name, "water", 1.6)],
    "outline": lambda one: [_line(one.name, one.name, "faint", 1.2)],
    "roads": lambda one: [_line(one.name, one.name, "faint", 1.1)],
    "facilities": _facilities,
}


def _names(layers: MapLayers) -> Json:
    features = [
        {
            "type": "Feature",
            "properties": {"name": one.name, "order": n},
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        }
        for n, one in enumerate(layers.names)
    ]
    return {"type": "geojson", "data": {"type": "FeatureCollection", "features": features}}


def _place_layer() -> Json:
    """Where each named place lies: its name makes way for others."""
    paint = {"circle-color": token("muted"), "circle-radius": 1.8}
    return {"id": "places", "type": "circle", "source": "names", "paint": paint}


def _anchor_offsets(distance: float) -> list[object]:
    """Where a name may stand, `far` ems from its place."""
    return [
        part
        for side, (x, y) in _ANCHOR_DIRECTIONS.items()
        for part in (side, [round(x * distance, 2), round(y * distance, 2)])
    ]


def _name_layer() -> Json:
    """Names make way for grave events; the most important one stays where two would collide."""
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
