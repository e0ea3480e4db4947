"""The units' outlines of the official layer, for finding the place of an event."""

import json

from ioc.domain.geo.map_layers import MapLayers
from ioc.domain.geo.unit_index import EMPTY_UNIT_INDEX, UnitIndex


def unit_index(layers: MapLayers) -> UnitIndex:
    """The units of `layers`. A schematic says nowhere: its outlines are not where the units end."""
    if layers.is_schematic:
        return EMPTY_UNIT_INDEX
    features = [one for layer in layers.by_role("units") for one in json.loads(layer.body)["features"]]
    return UnitIndex((str(one["properties"]["code"]), _polygons(one["geometry"])) for one in features)


def _polygons(geometry: dict[str, object]) -> list[list[list[list[float]]]]:
    held = geometry["coordinates"]
    assert isinstance(held, list)
    return held if geometry["type"] == "MultiPolygon" else [held]
