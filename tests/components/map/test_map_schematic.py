"""The facts of the 103 units, and the schematic map built from them."""

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest

from tests.components.map.cells import ROOT, schematic, units

FOLDER = ROOT / "config/cantho/map"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schematic", ROOT / "scripts/schematic.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cells() -> dict[str, list[list[tuple[float, float]]]]:
    """Code of a unit -> its rings."""
    features = json.loads((FOLDER / "units.geojson").read_text("utf-8"))["features"]
    return {
        feature["properties"]["code"]: [
            [(x, y) for x, y in polygon[0][:-1]] for polygon in feature["geometry"]["coordinates"]
        ]
        for feature in features
    }  # fmt: skip


def test_units_match_the_resolution() -> None:
    kinds = [unit.kind for unit in units().values()]
    assert (len(kinds), kinds.count("phường"), kinds.count("xã")) == (103, 31, 72)
    assert len({(unit.kind, unit.name) for unit in units().values()}) == 103
    assert sum(unit.area_km2 for unit in units().values()) == pytest.approx(6360.8, abs=1)
    former = [unit.former_province for unit in units().values()]
    assert {name: former.count(name) for name in former} == {"Cần Thơ": 32, "Hậu Giang": 28, "Sóc Trăng": 43}


def test_every_unit_has_one_cell_around_its_centre(maker: ModuleType, cells: dict[str, Any]) -> None:
    assert set(cells) == set(units())
    for code, rings in cells.items():
        centre = (units()[code].lon, units()[code].lat)
        assert [maker.holds(ring, centre) for ring in rings] == [True, *[False] * (len(rings) - 1)]
        others = (ring for other, rings_of_other in cells.items() if other != code for ring in rings_of_other)
        assert not any(maker.holds(ring, centre) for ring in others)


def test_cells_fill_the_outline_exactly(maker: ModuleType, cells: dict[str, Any]) -> None:
    total_area = sum(maker.area(ring) for rings in cells.values() for ring in rings)
    assert total_area == pytest.approx(maker.area(maker.OUTLINE), rel=1e-3)
    assert total_area * 111.2**2 == pytest.approx(6360.8, rel=0.03)
    west, south, east, north = schematic().bounds
    corners = [pair for rings in cells.values() for ring in rings for pair in ring]
    assert all(west <= x <= east and south <= y <= north for x, y in corners)
    middles = [(sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring))
               for rings in cells.values() for ring in rings]  # fmt: skip
    assert all(maker.holds(maker.OUTLINE, point) for point in middles)


def test_map_files_match_the_script(maker: ModuleType) -> None:
    rows = [{"code": unit.code, "name": unit.name, "lon": unit.lon, "lat": unit.lat} for unit in units().values()]
    for name, features in maker.layers(rows).items():
        written = json.loads((FOLDER / f"{name}.geojson").read_text("utf-8"))
        assert written["features"] == json.loads(json.dumps(features)), name
        assert written["note"] == "sơ đồ minh họa, không thể hiện địa giới chính thức"


def test_concave_ring_is_split_into_parts(maker: ModuleType) -> None:
    comb = [(0.0, 0.0), (5.0, 0.0), (5.0, 3.0), (4.0, 3.0), (4.0, 1.0), (1.0, 1.0), (1.0, 3.0), (0.0, 3.0)]
    upper = maker.halved(comb, 0, -1, -2)
    assert sorted(sorted(part) for part in upper) == [
        [(0.0, 2.0), (0.0, 3.0), (1.0, 2.0), (1.0, 3.0)],
        [(4.0, 2.0), (4.0, 3.0), (5.0, 2.0), (5.0, 3.0)],
    ]
    assert maker.halved(comb, 0, 1, 9) == [comb]
    assert maker.halved(comb, 0, 1, -1) == []
