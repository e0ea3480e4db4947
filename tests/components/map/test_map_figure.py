"""The map's figure, legend, tips, and what stands beside it: the contract for every city."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from components.map.detail import station_table, switch_row, unit_detail
from components.map.figure import city_map, map_figure, map_frame, overview_map_frame, switches, visible_switches
from components.map.points import OPACITY_STEPS, tip_names, tip_values, value_opacity
from components.ui.theme import TOKENS
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS
from ioc.domain.kpis.kpi import PRIMARY_SUPPRESSION, FigureState, Severity
from ioc.domain.snapshot import Snapshot
from tests.city import empty_city, full_city, old_city
from tests.components.map.cells import crowded, schematic

CITIES = {"full": full_city, "empty": empty_city, "old": old_city}
GROUPS = ("off", "no_data", "stale", "error", "normal", "attention", "critical")


def traces(figure: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in figure["data"]}


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for one in value.values() for found in strings(one)]
    if isinstance(value, list):
        return [found for one in value for found in strings(one)]
    return [value] if isinstance(value, str) else []


def view(city: Snapshot, lang: str = "vi", **params: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in params.items()}
    return SimpleNamespace(snapshot=city, lang=lang, params=named, layers=schematic(), unchanged=())


def carried(markup: object) -> Any:
    return json.loads(re.sub(r"</?data[^>]*>", "", str(markup)))


@pytest.mark.parametrize("city", CITIES.values(), ids=CITIES)
@pytest.mark.parametrize("layers", [schematic(), EMPTY_MAP_LAYERS], ids=["schematic", "bare"])
def test_a_figure_of_every_city(city: Callable[[], Snapshot], layers: Any) -> None:
    figure = map_figure(city(), "vi", layers)
    assert set(traces(figure)) == {"units", "chosen", *GROUPS}
    assert json.loads(json.dumps(figure)) == figure
    colours = [one for one in strings(figure) if one.startswith("@")]
    assert colours and {one[1:] for one in colours} <= set(TOKENS)
    assert not re.search(r"#[0-9a-f]{3,8}\b|https?:", json.dumps(figure))
    assert "glyphs" not in figure["layout"]["map"]["style"] and "sprite" not in figure["layout"]["map"]["style"]
    assert figure["layout"]["uirevision"] == "map"
    below = {one.get("below") for one in figure["data"]} - {None, ""}
    assert below <= {one["id"] for one in figure["layout"]["map"]["style"]["layers"]}


def test_points_stand_under_their_marks() -> None:
    found = traces(map_figure(full_city(), "vi", schematic()))
    standing = {name: found[name]["customdata"] for name in GROUPS if found[name]["customdata"]}
    assert standing == {"stale": [1], "attention": [0]}
    assert (found["attention"]["lon"], found["attention"]["lat"]) == ([105.79], [10.04])
    assert found["attention"]["marker"]["symbol"] == "ioc-attention"


def test_in_an_old_city_nothing_alarms() -> None:
    found = traces(map_figure(old_city(), "vi", schematic()))
    assert set(found["units"]["z"]) == {0}


def test_a_unit_beyond_a_limit_is_tinted() -> None:
    tinted = traces(map_figure(full_city(), "vi", schematic()))["units"]
    levels = dict(zip(tinted["locations"], tinted["z"], strict=True))
    assert levels == {"31135": 1, "31207": 0, "31507": 0}
    assert [one > 0 for one in tinted["marker"]["opacity"]] == [True, False, False]
    assert tinted["geojson"] == schematic().by_role("units")[0].href


def test_a_kpi_colours_the_units_by_one_hue() -> None:
    city = full_city()
    level = city.figures["water-level"]
    places = {code: replace(level.value, place=code, value=value) for code, value in (("31135", 1.0), ("31207", 2.0))}
    city = replace(city, figures={**city.figures, "water-level": replace(level, values_by_place=places)})
    coloured = traces(map_figure(city, "vi", schematic(), "water-level"))["units"]
    assert coloured["marker"]["opacity"] == [OPACITY_STEPS[0], OPACITY_STEPS[-1], 0.0]
    assert "1,00" in map_frame(view(city, chi_so="water-level"), "map")["map-legend"]["markup"]  # type: ignore[operator]
    assert value_opacity(1.0, (1.0, 1.0)) == OPACITY_STEPS[-1] and value_opacity(0.0, (0.0, 0.0)) == OPACITY_STEPS[0]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_count_that_is_kept_back_looks_like_no_value_and_like_none_missing(lang: str) -> None:
    city = full_city()
    level = city.figures["water-level"]
    value = replace(level.values_by_place["31135"], value=3.0)
    kept = replace(value, place="31207", value=None, state=FigureState.NO_DATA, reason=PRIMARY_SUPPRESSION)
    units = {**city.units, "31999": replace(city.units["31207"], code="31999")}
    figure = replace(level, values_by_place={"31135": value, "31207": kept})
    city = replace(city, units=units, figures={**city.figures, "water-level": figure})
    drawn = traces(map_figure(city, lang, schematic(), "water-level"))["units"]
    look = {code: (drawn["z"][n], drawn["marker"]["opacity"][n]) for n, code in enumerate(drawn["locations"])}
    assert len({look["31135"], look["31207"], look["31999"]}) == 3
    legend = str(map_frame(view(city, lang, chi_so="water-level"), "map")["map-legend"]["markup"])
    assert "map-hidden" in legend and "map-empty" in legend
    plain = replace(figure, values_by_place={"31135": value, "31207": replace(value, place="31207"), "31999": value})
    whole = replace(city, figures={**city.figures, "water-level": plain}, units={"31135": city.units["31135"]})
    legend = str(map_frame(view(whole, lang, chi_so="water-level"), "map")["map-legend"]["markup"])
    assert "map-hidden" not in legend and "map-empty" not in legend


def test_the_names_of_places_stand_beside_them_and_the_first_one_is_never_without_room() -> None:
    style = map_figure(full_city(), "vi", schematic())["layout"]["map"]["style"]
    (names,) = [one for one in style["layers"] if one["id"] == "names"]
    assert "text-allow-overlap" not in names["layout"]
    _, _, (_, first), (_, near) = names["layout"]["text-variable-anchor-offset"]
    assert all(abs(x) <= 0.5 and abs(y) <= 0.5 for x, y in near[1::2])
    assert first[: len(near)] == near and len(first) > len(near)
    assert [one["source"] for one in style["layers"] if one["id"] == "places"] == ["names"]


def test_500_points_stay_small_and_move_only_with_their_marks() -> None:
    before, after = crowded(500, 1), crowded(500, 2)
    figure = map_figure(before, "vi", schematic())
    assert len(json.dumps(figure, ensure_ascii=False).encode()) < 30_000
    assert figure == map_figure(after, "vi", schematic())
    assert str(tip_names(before, "vi")) == str(tip_names(after, "vi"))
    assert str(tip_values(before, "vi")) != str(tip_values(after, "vi"))
    assert len(str(tip_values(before, "vi")).encode()) < 20_000


def test_tips_tell_value_unit_time_source_and_the_simulated_mark() -> None:
    names, values = carried(tip_names(full_city(), "vi")), carried(tip_values(full_city(), "vi"))
    assert names["points"][0] == [
        "Trạm Cần Thơ", "Mực nước Cần Thơ", "Trạm thủy văn (mô phỏng)", 1, "", "31135"]  # fmt: skip
    assert values == {"values": ["1,86 m", "chưa cập nhật số liệu"], "times": ["16:18", "16:18"]}
    assert names["words"]["simulated"] == "mô phỏng"


def test_a_name_cannot_become_markup() -> None:
    city = full_city()
    evil = replace(city.units["31135"], name="</data><script>&amp;")
    markup = str(tip_names(replace(city, units={"31135": evil}), "vi"))
    assert "<script" not in markup and "&" not in markup
    assert carried(markup)["units"]["31135"] == "Phường </data><script>&amp;"


def test_layers_are_switched_by_the_address() -> None:
    city = full_city()
    assert set(switches(city)) == {"water", "roads", "facilities", "kind-water", "event-report", "event-camera"}
    assert visible_switches(city, {}) == {"water", "kind-water", "event-report", "event-camera"}
    assert visible_switches(city, {"lop": "roads.kind-water.nonsense"}) == {
        "water",
        "roads",
        "event-report",
        "event-camera",
    }
    figure = map_frame(view(city, lop="water.kind-water"), "map")["map"]["figure"]
    assert isinstance(figure, dict)
    assert "water" not in figure["layout"]["map"]["style"]["sources"]
    assert all(traces(figure)[name]["lon"] == [] for name in GROUPS)


def test_the_frame_fits_the_layout() -> None:
    for hover in (True, False):
        frame = map_frame(view(full_city()), "map", hover=hover)
        made: Any = city_map("map", hover=hover)
        known = {one.id for one in made._traverse() if getattr(one, "id", None)}
        assert set(frame) == known
    assert set(overview_map_frame(view(full_city(), lop="water"))) >= {"overview-map", "overview-map-legend"}


def test_the_schematic_is_named_and_the_simulated_marked() -> None:
    frame = map_frame(view(full_city()), "map")
    assert "sơ đồ minh họa, không thể hiện địa giới chính thức" in str(frame["map-legend"]["markup"])
    assert "mô phỏng" in str(frame["map-head"]["markup"])


def test_a_tapped_unit_tells_its_figures_and_stations() -> None:
    text = re.sub(r"<[^>]+>", " ", str(unit_detail(full_city(), "vi", {"don-vi": "31135"})))
    for word in ("Phường Ninh Kiều", "1,86 m", "Trạm Cần Thơ", "Trạm thủy văn (mô phỏng)", "mô phỏng"):
        assert word in text
    chosen = traces(map_figure(full_city(), "vi", schematic(), selected="31135"))["chosen"]
    assert chosen["locations"] == ["31135"]
    assert "Chạm vào" in str(unit_detail(full_city(), "vi", {"don-vi": "<b>"}))


def test_switches_keep_the_other_parameters() -> None:
    row = str(switch_row(full_city(), "vi", {"don-vi": "31135", "lop": "roads"}))
    assert "don-vi=31135&amp;lop=" in row
    assert 'aria-pressed="true"' in row and 'aria-pressed="false"' in row


def test_the_table_holds_every_series_of_what_is_shown() -> None:
    city = crowded(40)
    table = str(station_table(city, "vi", {}))
    assert table.count("<tr") == 41
    kind = city.map_points[0].station.kind
    left = sum(one.station.kind != kind for one in city.map_points)
    assert str(station_table(city, "vi", {"lop": f"kind-{kind}"})).count("<tr") == (left + 1 if left else 0)
    assert "Chưa có điểm đo nào." in str(station_table(empty_city(), "vi", {}))


def test_severity_words_stand_beside_marks() -> None:
    city = crowded(60)
    assert {one.severity for one in city.map_points} == set(Severity)
    assert "nghiêm trọng" in str(station_table(city, "vi", {}))
