"""The map's figure, legend, tooltips and side panel for every city."""

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
from ioc.domain.kpis.kpi import FigureState, Severity, SuppressionReason
from ioc.domain.snapshot import Snapshot
from tests.city import empty_city, full_city, old_city
from tests.components.map.cells import crowded, schematic

CITIES = {"full": full_city, "empty": empty_city, "old": old_city}
GROUPS = ("off", "no_data", "stale", "error", "normal", "attention", "critical")


def traces(figure: dict[str, Any]) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure["data"]}


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def view(city: Snapshot, lang: str = "vi", **params: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in params.items()}
    return SimpleNamespace(snapshot=city, lang=lang, params=named, layers=schematic(), unchanged=())


def carried(markup: object) -> Any:
    return json.loads(re.sub(r"</?data[^>]*>", "", str(markup)))


@pytest.mark.parametrize("city", CITIES.values(), ids=CITIES)
@pytest.mark.parametrize("layers", [schematic(), EMPTY_MAP_LAYERS], ids=["schematic", "bare"])
def test_figure_is_valid_for_every_city(city: Callable[[], Snapshot], layers: Any) -> None:
    figure = map_figure(city(), "vi", layers)
    assert {"units"} <= set(traces(figure)) <= {"units", *GROUPS}
    assert all(trace["uid"] == trace["name"] for trace in figure["data"])
    assert all(trace["lon"] for trace in figure["data"] if trace["type"] == "scattermap")
    assert json.loads(json.dumps(figure)) == figure
    colours = [text for text in strings(figure) if text.startswith("@")]
    assert colours and {colour[1:] for colour in colours} <= set(TOKENS)
    assert not re.search(r"#[0-9a-f]{3,8}\b|https?:", json.dumps(figure))
    assert "glyphs" not in figure["layout"]["map"]["style"] and "sprite" not in figure["layout"]["map"]["style"]
    assert figure["layout"]["uirevision"] == "map"
    below = [trace["below"] for trace in figure["data"]]
    assert set(below) - {""} <= {layer["id"] for layer in figure["layout"]["map"]["style"]["layers"]}
    assert len(set(below)) == len(below), "Plotly removes and adds again the layers of traces that share one"


def test_points_are_grouped_by_mark() -> None:
    by_name = traces(map_figure(full_city(), "vi", schematic()))
    standing = {name: trace["customdata"] for name, trace in by_name.items() if name in GROUPS}
    assert standing == {"stale": [1], "attention": [0]}
    assert (by_name["attention"]["lon"], by_name["attention"]["lat"]) == ([105.79], [10.04])
    assert by_name["attention"]["marker"]["symbol"] == "ioc-attention"


def test_stale_city_has_no_severities() -> None:
    by_name = traces(map_figure(old_city(), "vi", schematic()))
    assert set(by_name["units"]["z"]) == {0}


def test_unit_beyond_a_limit_is_coloured() -> None:
    tinted = traces(map_figure(full_city(), "vi", schematic()))["units"]
    levels = dict(zip(tinted["locations"], tinted["z"], strict=True))
    assert levels == {"31135": 1, "31207": 0, "31507": 0}
    assert [opacity > 0 for opacity in tinted["marker"]["opacity"]] == [True, False, False]
    assert tinted["geojson"] == schematic().by_role("units")[0].href


def test_kpi_colours_units_by_opacity_of_one_hue() -> None:
    city = full_city()
    level = city.figures["water-level"]
    places = {code: replace(level.value, place=code, value=value) for code, value in (("31135", 1.0), ("31207", 2.0))}
    city = replace(city, figures={**city.figures, "water-level": replace(level, values_by_place=places)})
    coloured = traces(map_figure(city, "vi", schematic(), "water-level"))["units"]
    assert coloured["marker"]["opacity"] == [OPACITY_STEPS[0], OPACITY_STEPS[-1], 0.0]
    assert "1,00" in map_frame(view(city, chi_so="water-level"), "map")["map-legend"]["markup"]  # type: ignore[operator]
    assert value_opacity(1.0, (1.0, 1.0)) == OPACITY_STEPS[-1] and value_opacity(0.0, (0.0, 0.0)) == OPACITY_STEPS[0]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_suppressed_count_differs_from_values_and_from_missing_ones(lang: str) -> None:
    city = full_city()
    level = city.figures["water-level"]
    value = replace(level.values_by_place["31135"], value=3.0)
    reason = SuppressionReason.SMALL_COUNT
    suppressed = replace(value, place="31207", value=None, state=FigureState.NO_DATA, reason=reason)
    units = {**city.units, "31999": replace(city.units["31207"], code="31999")}
    figure = replace(level, values_by_place={"31135": value, "31207": suppressed})
    city = replace(city, units=units, figures={**city.figures, "water-level": figure})
    trace = traces(map_figure(city, lang, schematic(), "water-level"))["units"]
    look = {code: (trace["z"][n], trace["marker"]["opacity"][n]) for n, code in enumerate(trace["locations"])}
    assert len({look["31135"], look["31207"], look["31999"]}) == 3
    legend = str(map_frame(view(city, lang, chi_so="water-level"), "map")["map-legend"]["markup"])
    assert "map-hidden" in legend and "map-empty" in legend
    plain = replace(figure, values_by_place={"31135": value, "31207": replace(value, place="31207"), "31999": value})
    city_without_values = replace(
        city, figures={**city.figures, "water-level": plain}, units={"31135": city.units["31135"]}
    )
    legend = str(map_frame(view(city_without_values, lang, chi_so="water-level"), "map")["map-legend"]["markup"])
    assert "map-hidden" not in legend and "map-empty" not in legend


def test_place_names_have_anchors_and_the_first_more_room() -> None:
    style = map_figure(full_city(), "vi", schematic())["layout"]["map"]["style"]
    (names,) = [layer for layer in style["layers"] if layer["id"] == "names"]
    assert "text-allow-overlap" not in names["layout"]
    _, _, (_, first), (_, near) = names["layout"]["text-variable-anchor-offset"]
    assert all(abs(x) <= 0.5 and abs(y) <= 0.5 for x, y in near[1::2])
    assert first[: len(near)] == near and len(first) > len(near)
    assert [layer["source"] for layer in style["layers"] if layer["id"] == "places"] == ["names"]


def test_500_points_stay_small_and_figure_changes_only_with_marks() -> None:
    before, after = crowded(500, 1), crowded(500, 2)
    figure = map_figure(before, "vi", schematic())
    assert len(json.dumps(figure, ensure_ascii=False).encode()) < 30_000
    assert figure == map_figure(after, "vi", schematic())
    assert str(tip_names(before, "vi")) == str(tip_names(after, "vi"))
    assert str(tip_values(before, "vi")) != str(tip_values(after, "vi"))
    assert len(str(tip_values(before, "vi")).encode()) < 20_000


def test_tooltips_contain_value_unit_time_source_and_simulated_mark() -> None:
    names, values = carried(tip_names(full_city(), "vi")), carried(tip_values(full_city(), "vi"))
    assert names["points"][0] == [
        "Trạm Cần Thơ", "Mực nước Cần Thơ", "Trạm thủy văn (mô phỏng)", 1, "", "31135"]  # fmt: skip
    assert values == {"values": ["1,86 m", "chưa cập nhật số liệu"], "times": ["16:18", "16:18"]}
    assert names["labels"]["simulated"] == "mô phỏng"


def test_name_cannot_become_markup() -> None:
    city = full_city()
    evil = replace(city.units["31135"], name="</data><script>&amp;")
    markup = str(tip_names(replace(city, units={"31135": evil}), "vi"))
    assert "<script" not in markup and "&" not in markup
    assert carried(markup)["units"]["31135"] == "Phường </data><script>&amp;"


def test_layers_are_toggled_by_the_address() -> None:
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
    assert set(traces(figure)) == {"units"}


def test_frame_sets_exactly_the_panels_of_the_layout() -> None:
    for hover in (True, False):
        frame = map_frame(view(full_city()), "map", hover=hover)
        layout: Any = city_map("map", hover=hover)
        ids = {component.id for component in layout._traverse() if getattr(component, "id", None)}
        assert set(frame) == ids
    assert set(overview_map_frame(view(full_city(), lop="water"))) >= {"overview-map", "overview-map-legend"}


def test_schematic_notice_and_simulated_badge_are_shown() -> None:
    frame = map_frame(view(full_city()), "map")
    assert "sơ đồ minh họa, không thể hiện địa giới chính thức" in str(frame["map-legend"]["markup"])
    assert "mô phỏng" in str(frame["map-head"]["markup"])


def test_selected_unit_shows_kpis_and_stations() -> None:
    text = re.sub(r"<[^>]+>", " ", str(unit_detail(full_city(), "vi", {"don-vi": "31135"})))
    for word in ("Phường Ninh Kiều", "1,86 m", "Trạm Cần Thơ", "Trạm thủy văn (mô phỏng)", "mô phỏng"):
        assert word in text
    outline = traces(map_figure(full_city(), "vi", schematic(), selected="31135"))["chosen"]
    assert outline["locations"] == ["31135"]
    assert "Chạm vào" in str(unit_detail(full_city(), "vi", {"don-vi": "<b>"}))


def test_switch_links_keep_other_parameters() -> None:
    row = str(switch_row(full_city(), "vi", {"don-vi": "31135", "lop": "roads"}))
    assert "don-vi=31135&amp;lop=" in row
    assert 'aria-pressed="true"' in row and 'aria-pressed="false"' in row


def test_station_table_lists_every_visible_series() -> None:
    city = crowded(40)
    table = str(station_table(city, "vi", {}))
    assert table.count("<tr") == 41
    kind = city.map_points[0].station.kind
    left = sum(point.station.kind != kind for point in city.map_points)
    assert str(station_table(city, "vi", {"lop": f"kind-{kind}"})).count("<tr") == (left + 1 if left else 0)
    assert "Chưa có điểm đo nào." in str(station_table(empty_city(), "vi", {}))


def test_severity_labels_accompany_marks() -> None:
    city = crowded(60)
    assert {point.severity for point in city.map_points} == set(Severity)
    assert "nghiêm trọng" in str(station_table(city, "vi", {}))
