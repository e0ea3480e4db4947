"""Loading of map layers: the schematic, a city's own folder, and invalid files."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from components.map.style import attributions
from ioc.config.errors import ConfigError
from ioc.config.layer_errors import LayerCode
from ioc.config.layers import load
from ioc.domain.base.failure import Failure
from ioc.web.app_factory import map_layer_blueprint
from tests.components.map.cells import ROOT, schematic, units

SQUARE = [[105.0, 9.0], [106.0, 9.0], [106.0, 10.0], [105.0, 10.0], [105.0, 9.0]]
CODES = ("1", "2")
SHARED = Path(os.environ.get("TESTS_SHARED", ROOT.parent / "shared")) / "geo"


def feature(kind: str, coordinates: Any, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def write(folder: Path, name: str, features: list[dict[str, Any]], **top: object) -> None:
    body = {"type": "FeatureCollection", "features": features, **top}
    (folder / f"{name}.geojson").write_text(json.dumps(body), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "communes", [feature("Polygon", [SQUARE], code=code, population=1) for code in CODES],
          attribution="Sở A")  # fmt: skip
    return tmp_path


def fault_failures(folder: Path) -> list[Failure]:
    with pytest.raises(ConfigError) as caught:
        load(folder, CODES)
    return [fault.failure for fault in caught.value.faults]


def test_shipped_layers_are_a_schematic() -> None:
    layers = schematic()
    assert layers.is_schematic
    assert [layer.role for layer in layers.layers] == ["context", "units", "outline", "water"]
    assert 8 <= len(layers.names) <= 12
    assert sum(len(layer.body) for layer in layers.layers) < 40_000


def test_own_layers_replace_the_schematic(folder: Path) -> None:
    write(folder, "water", [feature("Polygon", [SQUARE], name="Sông Hậu")], attribution="Sở B")
    write(folder, "roads_1", [feature("LineString", SQUARE, name="QL1")], attribution="Sở C")
    write(folder, "places_x", [feature("Point", [105.1, 9.1], name=f"Nơi {n}", rank=n) for n in range(30, 0, -1)])
    (folder / "trạm.geojson").write_text("{", "utf-8")
    layers = load(folder, CODES)
    assert not layers.is_schematic
    assert layers.unused_files == ("trạm.geojson",)
    assert layers.bounds == (105.0, 9.0, 106.0, 10.0)
    assert [layer.name for layer in layers.names] == [f"Nơi {n}" for n in range(1, 13)]
    assert b"population" not in layers.by_role("units")[0].body
    assert attributions(layers, {"water"}) == ["Sở A", "Sở B"]
    assert attributions(layers, {"water", "roads"}) == ["Sở A", "Sở B", "Sở C"]


def test_layer_address_changes_with_its_content(folder: Path) -> None:
    first = load(folder, CODES).by_role("units")[0].href
    assert load(folder, CODES).by_role("units")[0].href == first
    write(folder, "communes", [feature("MultiPolygon", [[SQUARE]], code=code) for code in CODES])
    assert load(folder, CODES).by_role("units")[0].href != first


def _text(text: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        (path / "water.geojson").write_text(text, "utf-8")

    return spoil


def _water(kind: str, coordinates: Any) -> Callable[[Path], None]:
    return lambda path: write(path, "water", [feature(kind, coordinates)])


@pytest.mark.parametrize(
    ("spoil", "code", "params"),
    [
        (_text("{"), LayerCode.UNREADABLE, {}),
        (_text("[]"), LayerCode.NOT_A_COLLECTION, {}),
        (_text('{"type": "FeatureCollection", "features": []}'), LayerCode.NO_FEATURES, {}),
        (_text('{"type": "FeatureCollection", "features": [7]}'), LayerCode.GEOMETRY_TYPE, {"type": "None"}),
        (_text("[" * 100_000), LayerCode.UNREADABLE, {}),
        (_water("Point", [105.0, 9.0]), LayerCode.GEOMETRY_TYPE, {"feature": 1, "type": "Point"}),
        (_water("Polygon", []), LayerCode.NO_COORDINATES, {"feature": 1}),
        (_water("Polygon", [[["a", "b"]]]), LayerCode.COORDINATES_NOT_NUMBERS, {"feature": 1}),
        (_water("Polygon", [[[y, x] for x, y in SQUARE]]), LayerCode.OUTSIDE_VIETNAM, {"lon": 9.0, "lat": 105.0}),
        (_water("Polygon", [[[590_000, 1_100_000]] * 4]), LayerCode.OUTSIDE_VIETNAM, {"lon": 590_000.0}),
        (_water("Polygon", [SQUARE[:4]]), LayerCode.RING_NOT_CLOSED, {"feature": 1}),
        (lambda path: (path / "water.geojson").write_bytes(b"\xff\xfe\x00"), LayerCode.UNREADABLE, {}),
        (lambda path: write(path, "communes", [feature("Polygon", [SQUARE], code="1")]),
         LayerCode.UNITS_WITHOUT_SHAPE, {"n": 1, "codes": "2"}),
        (lambda path: write(path, "units", [feature("Polygon", [SQUARE], code="9")]),
         LayerCode.SHAPES_WITHOUT_UNIT, {"codes": "9"}),
        (lambda path: write(path, "units", [feature("Polygon", [SQUARE], code="1")]),
         LayerCode.UNITS_WITH_SEVERAL_SHAPES, {"codes": "1"}),
        (lambda path: (path / "communes.geojson").unlink(), LayerCode.NO_UNITS_LAYER, {}),
    ],
)  # fmt: skip
def test_a_wrong_layer_is_a_fault_with_its_code(
    folder: Path, spoil: Callable[[Path], object], code: LayerCode, params: dict[str, Any]
) -> None:
    spoil(folder)
    (failure,) = fault_failures(folder)
    assert failure.code == code and params.items() <= failure.params.items()


def test_all_faults_are_reported_at_once(folder: Path) -> None:
    write(folder, "roads", [feature("Point", [105.0, 9.0])])
    write(folder, "rivers", [feature("Polygon", [SQUARE])])
    assert len(fault_failures(folder)) == 2


def test_outer_edges_of_the_context_layer_are_moved_out(folder: Path) -> None:
    coast = [[105.0, 9.0], [106.0, 9.0], [106.0, 9.5], [105.5, 9.4], [105.0, 9.5], [105.0, 9.0]]
    land = [[105.0, 9.5], [105.5, 9.4], [106.0, 9.5], [106.0, 10.0], [105.0, 10.0], [105.0, 9.5]]
    write(folder, "context", [feature("Polygon", [coast], code="sea"), feature("Polygon", [land], code="1")])
    sea = json.loads(load(folder, CODES).by_role("context")[0].body)["features"][0]["geometry"]["coordinates"][0]
    assert [105.5, 9.4] in sea, "the coast stays"
    assert [110.0, 9.5] in sea and [110.0, 5.0] in sea and [101.0, 5.0] in sea
    assert [106.0, 9.0] not in sea
    assert sea[0] == sea[-1]


def test_layer_route_is_cached_immutably() -> None:
    app = Flask("geo")
    app.register_blueprint(map_layer_blueprint(schematic()))
    client = app.test_client()
    for layer in schematic().layers:
        answer = client.get(layer.href)
        assert (answer.status_code, answer.data) == (200, layer.body)
        assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/geo/units.v1m000000000000.geojson").status_code == 404


@pytest.mark.skipif(not SHARED.is_dir(), reason="the set of a city's layers is not here")
def test_shared_layers_of_the_city_load() -> None:
    layers = load(SHARED, units())
    assert not layers.is_schematic
    assert {layer.role for layer in layers.layers} == {
        "context",
        "units",
        "outline",
        "water",
        "rivers",
        "roads",
        "facilities",
    }
    assert {"bus_routes.geojson", "stations.geojson"} < set(layers.unused_files)
    assert "© OpenStreetMap contributors" in attributions(layers, {"water"})
