"""Outlines of the official layer give a place its unit; a schematic gives none."""

import json
from dataclasses import replace

from ioc.config.layers import unit_index
from ioc.domain.geo.map_layers import MapLayer, MapLayers

SQUARE = [[[105.7, 10.0], [105.9, 10.0], [105.9, 10.1], [105.7, 10.1], [105.7, 10.0]]]


def layers(kind: str, coordinates: object) -> MapLayers:
    feature = {"properties": {"code": "31135"}, "geometry": {"type": kind, "coordinates": coordinates}}
    body = json.dumps({"features": [feature]}).encode()
    return MapLayers((MapLayer("units", "units", "area", "/geo/u", body),), is_schematic=False)


def test_a_point_in_a_unit_of_the_official_layer_is_placed() -> None:
    for official in (layers("Polygon", SQUARE), layers("MultiPolygon", [SQUARE])):
        assert unit_index(official).unit_at(105.8, 10.05) == "31135"
        assert unit_index(replace(official, is_schematic=True)).unit_at(105.8, 10.05) == ""
