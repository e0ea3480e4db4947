"""The units' outlines of the official layer, for finding the place of an event."""

import json

from ioc.domain.geo.district_index import NOWHERE, Ground
from ioc.domain.geo.map_layers import MapLayers


def ground(layers: MapLayers) -> Ground:
    """The units of `layers`. A schematic says nowhere: its outlines are not where the units end."""
    if layers.schematic:
        return NOWHERE
    features = [one for layer in layers.of("units") for one in json.loads(layer.body)["features"]]
    return Ground((str(one["properties"]["code"]), _polygons(one["geometry"])) for one in features)


def _polygons(geometry: dict[str, object]) -> list[list[list[list[float]]]]:
    held = geometry["coordinates"]
    assert isinstance(held, list)
    return held if geometry["type"] == "MultiPolygon" else [held]
