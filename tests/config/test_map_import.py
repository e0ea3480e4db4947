"""The city's own layers: what is refused, what is noted, what is used, and the way back."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.ui.error_messages import describe
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.layer_errors import LayerCode
from ioc.config.layers import load
from ioc.config.map_import import CURRENT, NoMapSetError, current_folder, install, roll_back
from ioc.domain.geo.place import AdminUnit
from tests.config.folders import assert_worded
from tests.data_sources.server import shared

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
SIDE = 0.1  # degrees: about 11 km, 120 km² at this latitude
UNITS = {
    code: AdminUnit(code, name, "xã", 121.25, 105.05 + SIDE * n, 10.05)
    for n, (code, name) in enumerate((("31120", "Một"), ("31135", "Hai")))
}
LATER = NOW + timedelta(minutes=1)
CROSSED = [[105.1, 10], [105.2, 10.1], [105.2, 10], [105.1, 10.1], [105.1, 10]]


def square(n: int, code: str, size: float = SIDE) -> dict[str, Any]:
    x, y = 105.0 + SIDE * n, 10.0
    ring = [[x, y], [x + size, y], [x + size, y + SIDE], [x, y + SIDE], [x, y]]
    properties = {"code": code, "name": UNITS[code].name if code in UNITS else code}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def with_ring(feature: dict[str, Any], ring: list[list[float]]) -> dict[str, Any]:
    return {**feature, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write_layer(folder: Path, *features: dict[str, Any], name: str = "units.geojson", **more: Any) -> Path:
    path = folder / name
    body = {"type": "FeatureCollection", "attribution": "Sở X", "features": list(features), **more}
    path.write_text(json.dumps(body), "utf-8")
    return path


def install_faults(map_dir: Path, *paths: Path) -> tuple[ConfigFault, ...]:
    with pytest.raises(ConfigError) as caught:
        install(map_dir, paths, UNITS, LATER)
    return caught.value.faults


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_layer(tmp_path, square(0, "31120"), square(1, "31135"))


def test_a_good_layer_is_used_with_its_attribution_and_rolled_back(tmp_path: Path, good: Path) -> None:
    map_dir = tmp_path / "map"
    assert current_folder(map_dir) is None
    first = install(map_dir, [good], UNITS, NOW)
    assert current_folder(map_dir) == first.folder
    assert load(first.folder, UNITS).layers[0].credit == "Sở X"
    line = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[105, 10], [105.2, 10.1]]},
    }
    second = install(map_dir, [write_layer(tmp_path, line, name="roads-main.geojson")], UNITS, LATER)
    assert {path.name for path in second.folder.iterdir()} == {"units.geojson", "roads-main.geojson"}
    assert roll_back(map_dir) == first.folder and roll_back(map_dir) is None
    with pytest.raises(NoMapSetError) as caught:
        roll_back(map_dir)
    assert caught.value.failure.code == LayerCode.NO_SET_IN_USE


def test_set_that_a_power_cut_took_is_told(tmp_path: Path, good: Path) -> None:
    map_dir = tmp_path / "map"
    folder = install(map_dir, [good], UNITS, NOW).folder
    name = (map_dir / CURRENT).read_text()
    for damage in (lambda: (map_dir / CURRENT).write_text(""), lambda: shutil.rmtree(folder)):
        (map_dir / CURRENT).write_text(name)
        damage()
        with pytest.raises(ConfigError) as caught:
            current_folder(map_dir)
        assert [fault.failure.code for fault in caught.value.faults] == [LayerCode.SET_LOST]


@pytest.mark.parametrize(
    ("features", "code", "params"),
    [
        ([square(0, "31120")], LayerCode.UNITS_WITHOUT_SHAPE, {"codes": "31135"}),
        ([square(0, "31120"), square(1, "31135"), square(2, "99999")], LayerCode.SHAPES_WITHOUT_UNIT,
         {"codes": "99999"}),
        ([square(0, "31120"), square(1, "31120")], LayerCode.UNITS_WITH_SEVERAL_SHAPES, {"codes": "31120"}),
        ([square(0, "31120"), {**square(1, "31135"), "geometry": None}], LayerCode.NO_SHAPE, {"feature": 2}),
        ([square(0, "31120"), with_ring(square(1, "31135"), CROSSED)], LayerCode.SHAPE_CROSSES_ITSELF,
         {"feature": 2, "name": "Hai"}),
    ],
)  # fmt: skip
def test_a_layer_that_does_not_fit_is_refused_and_nothing_changes(
    tmp_path: Path, good: Path, features: list[dict[str, Any]], code: LayerCode, params: dict[str, Any]
) -> None:
    map_dir = tmp_path / "map"
    previous = install(map_dir, [good], UNITS, NOW).folder
    (tmp_path / "new").mkdir()
    faults = install_faults(map_dir, write_layer(tmp_path / "new", *features))
    matching = [fault.failure.params for fault in faults if fault.failure.code == code]
    assert any(params.items() <= fault_params.items() for fault_params in matching), faults
    assert current_folder(map_dir) == previous
    assert [path.name for path in (map_dir / "sets").iterdir()] == [previous.name]


def test_an_area_deviation_and_a_missing_attribution_are_noted(tmp_path: Path) -> None:
    path = write_layer(tmp_path, square(0, "31120", SIDE * 0.8), square(1, "31135"), attribution="")
    deviation, attribution, counts = install(tmp_path / "map", [path], UNITS, NOW).notes
    assert deviation.code == LayerCode.AREA_DEVIATION
    assert deviation.params.items() >= {"code": "31120", "name": "Một", "percent": -20}.items()
    assert attribution.code == LayerCode.NO_ATTRIBUTION and attribution.params == {"file": path.name}
    assert counts.code == LayerCode.SIMPLIFIED
    assert_worded(deviation, attribution, counts)
    assert "chính thức 121,25 km²" in describe(deviation, "vi") and "2 đối tượng, 10 đỉnh" in describe(counts, "vi")


def test_drawn_area_is_that_on_the_ellipsoid(tmp_path: Path) -> None:
    """121.25 km²: the zone of WGS 84 from 10.0° to 10.1° north, a tenth of a degree wide."""
    units = {"31120": AdminUnit("31120", "Một", "xã", 500.0, 105.05, 10.05)}
    notes = install(tmp_path / "map", [write_layer(tmp_path, square(0, "31120"))], units, NOW).notes
    (drawn,) = (note.params["drawn"] for note in notes if note.code == LayerCode.AREA_DEVIATION)
    assert drawn == pytest.approx(121.25, rel=1e-3)


def test_of_many_area_deviations_the_first_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    units = {str(n): AdminUnit(str(n), f"Xã {n}", "xã", 500.0, 105.0, 10.0) for n in range(12)}
    path = write_layer(tmp_path, *(square(n, str(n)) for n in range(12)))
    notes = install(tmp_path / "map", [path], units, NOW).notes
    assert [note.code for note in notes].count(LayerCode.AREA_DEVIATION) == 8
    assert [note.params for note in notes if note.code == LayerCode.MORE_AREA_DEVIATIONS] == [{"n": 4}]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"features": 3}', '{"features": [3]}', "[" * 100_000])
def test_any_other_file_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "units.geojson"
    path.write_text(body)
    faults = install_faults(tmp_path / "map", path)
    assert faults
    for fault in faults:
        assert_worded(fault.failure, fault.suggestion)


@pytest.mark.parametrize("name", ["units\u00a02026.geojson", "units\u200b.geojson", "units\\2026.geojson"])
def test_a_name_that_no_backup_takes_is_refused(tmp_path: Path, name: str) -> None:
    path = write_layer(tmp_path, square(0, "31120"), square(1, "31135"), name=name)
    assert LayerCode.UNKNOWN_ROLE in [fault.failure.code for fault in install_faults(tmp_path / "map", path)]


def test_json_that_is_cut_off_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "units.geojson"
    path.write_text('{"type": "FeatureCollection",\n "features": [')
    fault = install_faults(tmp_path / "map", path)[0]
    assert fault.failure.code == LayerCode.UNREADABLE
    assert describe(fault.failure, "vi").startswith("không đọc được: không phải JSON, dòng 2 cột 15: “")


def test_the_shared_layers_are_installed(tmp_path: Path) -> None:
    names = ("communes_cantho_2025.geojson", "province_cantho_2025.geojson", "roads_national.geojson")
    folder = shared(f"../geo/{names[0]}").parent
    features = [feature["properties"] for feature in json.loads((folder / names[0]).read_text("utf-8"))["features"]]
    units = {row["code"]: AdminUnit(row["code"], "", "xã", row["area_km2"], 105, 10) for row in features}
    installed = install(tmp_path / "map", [folder / name for name in names], units, NOW)
    assert len(load(installed.folder, units).layers) == 3


def test_all_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    far = square(1, "31120")
    far["geometry"]["coordinates"] = [[[x * 100, y] for x, y in far["geometry"]["coordinates"][0]]]
    crossed = with_ring(square(2, "99999"), CROSSED)
    units = write_layer(tmp_path, square(0, "31120"), far, crossed, {**square(3, "31120"), "geometry": None})
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [105, 10]}}
    roads = write_layer(tmp_path, point, point, name="roads.geojson")
    map_dir, missing = tmp_path / "map", tmp_path / "missing.geojson"
    faults = install_faults(map_dir, units, roads, missing, tmp_path / "x.geojson")
    reported = sorted((fault.file, fault.failure.code, str(fault.failure.params.get("feature"))) for fault in faults)
    assert reported == sorted([
        (str(missing), LayerCode.FILE_MISSING, "None"),
        (str(tmp_path / "x.geojson"), LayerCode.FILE_MISSING, "None"),
        ("roads.geojson", LayerCode.GEOMETRY_TYPE, "1"),
        ("roads.geojson", LayerCode.GEOMETRY_TYPE, "2"),
        ("units.geojson", LayerCode.OUTSIDE_VIETNAM, "2"),
        ("units.geojson", LayerCode.SHAPE_CROSSES_ITSELF, "3"),
        ("units.geojson", LayerCode.NO_SHAPE, "4"),
    ])  # fmt: skip
    assert not [*(map_dir / "sets").iterdir()]


def test_a_crossed_ring_hides_no_missing_code(tmp_path: Path) -> None:
    crossed = with_ring(square(1, "99999"), CROSSED)
    faults = install_faults(tmp_path / "map", write_layer(tmp_path, square(0, "31120"), crossed))
    assert {fault.failure.code for fault in faults} == {
        LayerCode.SHAPE_CROSSES_ITSELF, LayerCode.UNITS_WITHOUT_SHAPE, LayerCode.SHAPES_WITHOUT_UNIT,
    }  # fmt: skip
    for fault in faults:
        assert_worded(fault.failure, fault.suggestion)


def test_of_many_wrong_features_the_first_are_listed_and_all_counted(tmp_path: Path) -> None:
    far = [square(n, "31120") for n in range(50)]
    for feature in far:
        feature["geometry"]["coordinates"] = [[[x + 50, y] for x, y in feature["geometry"]["coordinates"][0]]]
    failures = [fault.failure for fault in install_faults(tmp_path / "map", write_layer(tmp_path, *far))]
    assert [failure.code for failure in failures].count(LayerCode.OUTSIDE_VIETNAM) == 20
    counts = [failure.params for failure in failures if failure.code == LayerCode.MORE_FEATURES_WRONG]
    assert counts == [{"n": 50, "shown": 20}]
