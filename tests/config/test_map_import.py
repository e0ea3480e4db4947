"""The city's own layers: what is refused, what is noted, what is used, and that it can be undone."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.ui.error_messages import config_error_text, source_error_text
from ioc.config.errors import ConfigError
from ioc.config.layers import load
from ioc.config.map_import import current_folder, install, roll_back
from ioc.domain.geo.place import AdminUnit
from tests.data_sources.server import shared

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
SIDE = 0.1  # degrees: about 11 km, 120 km² at this latitude
UNITS = {
    code: AdminUnit(code, name, "xã", 121.8, 105.05 + SIDE * n, 10.05)
    for n, (code, name) in enumerate((("31120", "Một"), ("31135", "Hai")))
}


def square(n: int, code: str, size: float = SIDE) -> dict[str, Any]:
    x, y = 105.0 + SIDE * n, 10.0
    ring = [[x, y], [x + size, y], [x + size, y + SIDE], [x, y + SIDE], [x, y]]
    properties = {"code": code, "name": UNITS[code].name if code in UNITS else code}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def written(folder: Path, *features: dict[str, Any], name: str = "units.geojson", **more: Any) -> Path:
    path = folder / name
    body = {"type": "FeatureCollection", "attribution": "Sở X", "features": list(features), **more}
    path.write_text(json.dumps(body), "utf-8")
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path, square(0, "31120"), square(1, "31135"))


def test_a_good_layer_is_used_with_its_attribution_and_undone(tmp_path: Path, good: Path) -> None:
    home = tmp_path / "map"
    assert current_folder(home) is None
    first = install(home, [good], UNITS, NOW)
    assert current_folder(home) == first.folder
    assert load(first.folder, UNITS).layers[0].credit == "Sở X"
    line = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[105, 10], [105.2, 10.1]]},
    }
    second = install(home, [written(tmp_path, line, name="roads-main.geojson")], UNITS, NOW + timedelta(minutes=1))
    assert {one.name for one in second.folder.iterdir()} == {"units.geojson", "roads-main.geojson"}
    assert roll_back(home) == first.folder and roll_back(home) is None
    with pytest.raises(ValueError, match="no set"):
        roll_back(home)


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ([square(0, "31120")], "units without a shape: 31135"),
        ([square(0, "31120"), square(1, "31135"), square(2, "99999")], "shapes of no unit"),
        ([square(0, "31120"), square(1, "31120")], "several shapes"),
        ([square(0, "31120"), {**square(1, "31135"), "geometry": None}], "no shape"),
        (
            [square(0, "31120"), {**square(1, "31135"), "geometry": {"type": "Polygon", "coordinates": [
                [[105.1, 10], [105.2, 10.1], [105.2, 10], [105.1, 10.1], [105.1, 10]]]}}],
            "not valid: Self-intersection",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_and_nothing_has_changed(
    tmp_path: Path, good: Path, features: list[dict[str, Any]], reason: str
) -> None:
    home = tmp_path / "map"
    held = install(home, [good], UNITS, NOW).folder
    (tmp_path / "new").mkdir()
    with pytest.raises(ConfigError, match=reason):
        install(home, [written(tmp_path / "new", *features)], UNITS, NOW + timedelta(minutes=1))
    assert current_folder(home) == held and [one.name for one in (home / "sets").iterdir()] == [held.name]


def test_an_area_that_is_off_and_a_layer_that_is_owed_to_nobody_are_noted(tmp_path: Path) -> None:
    path = written(tmp_path, square(0, "31120", SIDE * 0.8), square(1, "31135"), attribution="")
    notes = "\n".join(install(tmp_path / "map", [path], UNITS, NOW).notes)
    assert "31120 Một: drawn" in notes and "-20%" in notes and "31135" not in notes and "attribution" in notes


@pytest.mark.parametrize("body", ["", "{", "[]", '{"features": 3}', '{"features": [3]}', "[" * 100_000])
def test_any_file_is_refused_with_a_reason(tmp_path: Path, body: str) -> None:
    path = tmp_path / "units.geojson"
    path.write_text(body)
    with pytest.raises(ConfigError):
        install(tmp_path / "map", [path], UNITS, NOW)


def test_the_shared_layers_are_laid(tmp_path: Path) -> None:
    names = ("communes_cantho_2025.geojson", "province_cantho_2025.geojson", "roads_national.geojson")
    layers = shared(f"../geo/{names[0]}").parent
    units = {
        one["properties"]["code"]: AdminUnit(
            one["properties"]["code"], "", "xã", one["properties"]["area_km2"], 105, 10
        )
        for one in json.loads((layers / names[0]).read_text("utf-8"))["features"]
    }
    laid = install(tmp_path / "map", [layers / name for name in names], units, NOW)
    assert len(load(laid.folder, units).layers) == 3


def test_all_that_is_wrong_with_all_files_is_told_at_once(tmp_path: Path) -> None:
    crossed = [[105.1, 10], [105.2, 10.1], [105.2, 10], [105.1, 10.1], [105.1, 10]]
    far = square(1, "31120")
    far["geometry"]["coordinates"] = [[[x * 100, y] for x, y in far["geometry"]["coordinates"][0]]]
    cross = {**square(2, "99999"), "geometry": {"type": "Polygon", "coordinates": [crossed]}}
    units = written(tmp_path, square(0, "31120"), far, cross, {**square(3, "31120"), "geometry": None})
    line = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [105, 10]}}
    roads = written(tmp_path, line, line, name="roads.geojson")
    with pytest.raises(ConfigError) as caught:
        install(tmp_path / "map", [units, roads, tmp_path / "gone.geojson", tmp_path / "x.geojson"], UNITS, NOW)
    told = "\n".join(str(one) for one in caught.value.faults)
    for what in (
        "units.geojson: feature 2 lies at 10510", "feature 3 (99999) is not valid", "feature 4 has no shape",
        "roads.geojson: feature 1 is a Point", "roads.geojson: feature 2 is a Point", "gone.geojson: there is no such",
        "x.geojson: there is no such",
    ):  # fmt: skip
        assert told.count(what) == 1, told
    assert "feature 4 is a" not in told and ".2026" not in told
    assert not (tmp_path / "map" / "sets").exists() or not [*(tmp_path / "map" / "sets").iterdir()]


def test_a_crossed_ring_hides_no_missing_code(tmp_path: Path) -> None:
    crossed = [[105.1, 10], [105.2, 10.1], [105.2, 10], [105.1, 10.1], [105.1, 10]]
    odd = {**square(1, "99999"), "geometry": {"type": "Polygon", "coordinates": [crossed]}}
    with pytest.raises(ConfigError) as caught:
        install(tmp_path / "map", [written(tmp_path, square(0, "31120"), odd)], UNITS, NOW)
    assert {one.message.split(":")[0] for one in caught.value.faults} == {
        "feature 2 (99999) is not valid", "units without a shape", "shapes of no unit of units.yaml",
    }  # fmt: skip


def test_of_many_features_that_are_wrong_the_first_are_told_and_how_many_there_are(tmp_path: Path) -> None:
    far = [square(n, "31120") for n in range(50)]
    for one in far:
        one["geometry"]["coordinates"] = [[[x + 50, y] for x, y in one["geometry"]["coordinates"][0]]]
    with pytest.raises(ConfigError) as caught:
        install(tmp_path / "map", [written(tmp_path, *far)], UNITS, NOW)
    told = [one.message for one in caught.value.faults if one.message.startswith(("feature", "50 features"))]
    assert len(told) == 21 and "50 features are wrong: the first 20 are told" in told


def test_whatever_is_wrong_with_a_layer_is_said_in_vietnamese(tmp_path: Path) -> None:
    crossed = [[105.1, 10], [105.2, 10.1], [105.2, 10], [105.1, 10.1], [105.1, 10]]
    odd = {**square(1, "99999"), "geometry": {"type": "Polygon", "coordinates": [crossed]}}
    path = written(tmp_path, square(0, "31120"), odd, {**square(2, "x"), "geometry": None}, attribution="")
    with pytest.raises(ConfigError) as caught:
        install(tmp_path / "map", [path, tmp_path / "gone.geojson"], UNITS, NOW)
    for one in caught.value.faults:
        for kept in filter(None, (one.message, one.suggestion)):
            assert config_error_text(kept, "vi") != kept and not re.search(
                "elf-inter|object", config_error_text(kept, "vi")
            )
    notes = install(
        tmp_path / "map", [written(tmp_path, square(0, "31120", SIDE * 0.8), square(1, "31135"))], UNITS, NOW
    ).notes
    assert "hình vẽ 97," in source_error_text(notes[0], "vi") and "2 đối tượng, 10 đỉnh" in source_error_text(
        notes[-1], "vi"
    )
