"""Events on the map: JSON panels, tooltips, legend, detail of a selected event."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from components.events.detail import event_detail
from components.map import events as map_events
from components.map.events import MAX_TOOLTIPS, events_on_map, outlines, static_events_json, tooltips_json
from components.map.figure import (
    OFF_ON_OVERVIEW,
    map_frame,
    min_intervals,
    overview_map_frame,
    switches,
    visible_switches,
)
from components.map.side_panel import whole_city
from components.ui.status_badges import state_label
from ioc.domain.events.deduplication import distance_metres
from ioc.domain.events.event import Area, EventStage
from ioc.domain.geo.circle import CORNERS, circle_ring
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from tests.city import HOUR, NOW, empty_city, event_view, full_city
from tests.components.map.cells import KINDS, eventful, schematic

ALL_SWITCHES = frozenset(f"event-{kind}" for kind in KINDS)


def view(city: Snapshot, **params: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in params.items()}
    return SimpleNamespace(snapshot=city, lang="vi", params=named, layers=schematic(), unchanged=())


def json_of(markup: object) -> Any:
    return json.loads(re.sub(r"</?data[^>]*>", "", str(markup))) if markup else {}


def markup(frame: Any, key: str) -> str:
    return str(frame[key]["markup"])


def test_each_point_of_an_event_has_a_marker_and_no_outline() -> None:
    shown = event_view("outage-1")
    shown = replace(shown, event=replace(shown.event, area=Area(105.7, 10.0, (((105.8, 10.1),),))))
    city = replace(empty_city(), events=(shown,))
    figure = json_of(static_events_json(city, "vi", {f"event-{shown.event.kind}"}, has_ids=True))
    assert [point[4:] for point in figure["points"]] == [[105.7, 10.0, shown.id], [105.8, 10.1, shown.id]]
    assert "areas" not in figure


@pytest.mark.parametrize("km", [0.2, 12.0, 150.0])
def test_circle_ring_has_the_true_radius(km: float) -> None:
    corners = circle_ring(105.78, 10.03, km)
    assert len(corners) == CORNERS + 1 and corners[0] == corners[-1]
    assert all(abs(distance_metres(105.78, 10.03, *corner) / 1000 - km) < km * 1e-6 for corner in corners)


def test_each_kind_has_a_switch_and_is_not_sent_when_off() -> None:
    city = eventful()
    assert set(switches(city)) >= ALL_SWITCHES
    frame = map_frame(view(city, lop=".".join(sorted(ALL_SWITCHES - {"event-press"}))), "map")
    assert (markup(frame, "map-events"), markup(frame, "map-moving"), markup(frame, "map-event-tooltips")) == (
        "",
        "",
        "",
    )
    on = map_frame(view(city), "map")
    assert {entry[0] for entry in json_of(markup(on, "map-events"))["kinds"]} == set(KINDS) - {"vehicle", "press"}
    assert on["map"] == frame["map"], "the figure itself knows nothing of events"


def test_wall_omits_noisy_kinds_and_ids() -> None:
    frame = overview_map_frame(view(eventful()), "wall-map", hover=False)
    sent = json_of(markup(frame, "wall-map-events"))
    assert {entry[0] for entry in sent["kinds"]} == {"report", "works", "incident", "alert", "closure"}
    assert markup(frame, "wall-map-moving") == "" and "wall-map-event-tooltips" not in frame
    assert all(len(entry) == 6 for entry in sent["points"]) and "sim-tide/" not in json.dumps(sent)
    assert "event-alert" in visible_switches(eventful(), {}, OFF_ON_OVERVIEW)


def test_points_carry_severity_exercise_and_place_sorted_by_severity() -> None:
    sent = json_of(static_events_json(eventful(), "vi", ALL_SWITCHES, has_ids=True))
    names = [entry[0] for entry in sent["kinds"]]
    points = {entry[6]: (names[entry[0]], *entry[1:6]) for entry in sent["points"]}
    assert points["sim-tide/alarm"] == ("alert", 2, 0, 0, 105.97, 9.6)
    assert points["sim-tide/drill"] == ("incident", 1, 1, 0, 105.47, 9.78)
    assert [entry[1] for entry in sent["points"]] == sorted(entry[1] for entry in sent["points"])
    assert sent["drill"] == "DIỄN TẬP"


def test_areas_circles_and_lines_become_outlines() -> None:
    areas = {
        entry[5]: entry[4]
        for entry in json_of(static_events_json(eventful(), "vi", ALL_SWITCHES, has_ids=True))["areas"]
    }
    assert [len(ring) for ring in areas["sim-tide/alarm"]] == [4, CORNERS + 1]
    line = areas["sim-tide/road"][0]
    assert line[0] != line[-1]
    assert outlines(Area(105, 10)) == []


def test_many_vertices_are_thinned_out_and_small_outlines_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a map draws grows with its vertices, and a source may have any number of them."""
    ring = [(105 + n / 1e4, 10 + n % 2 / 10) for n in range(999)]
    areas = {
        "many": Area(105, 10, ((*ring, ring[0]),)),
        "small": Area(105, 10, (((105, 10), (105.1, 10), (105.1, 10.1), (105, 10)),)),
        "islands": Area(105, 10, tuple((corner, ring[n - 1], ring[n - 2], corner) for n, corner in enumerate(ring))),
        "points": Area(105, 10, tuple((corner,) for corner in ring)),
    }
    views = [replace(view, event=replace(view.event, area=areas[view.event.key])) for view in map(event_view, areas)]
    city = replace(full_city(), events=tuple(views))

    def drawn() -> tuple[dict[str, list[Any]], int]:
        sent = json_of(static_events_json(city, "vi", ALL_SWITCHES, has_ids=True))
        outlines_by_key = {entry[5].split("/")[1]: entry[4] for entry in sent["areas"]}
        vertices = sum(len(ring) for rings in outlines_by_key.values() for ring in rings)
        return outlines_by_key, vertices + len(sent["points"]) - len(areas)

    whole, vertices = drawn()
    assert vertices == sum(len(ring) for area in areas.values() for ring in area.rings)
    monkeypatch.setattr(map_events, "MAX_VERTICES", 800)
    thinned, vertices = drawn()
    assert vertices <= 800 + len(areas)
    assert thinned["small"] == whole["small"] and 1 <= len(thinned["islands"]) < len(whole["islands"])
    (outline,) = thinned["many"]
    assert len(outline) > 100 and outline[0] == outline[-1]


def test_expired_closed_or_unplaced_events_are_not_on_the_map() -> None:
    gone = event_view("gone")
    gone = replace(gone, event=replace(gone.event, expires=NOW))
    nowhere = replace(event_view("nowhere"), event=replace(event_view("nowhere").event, area=None))
    over = replace(event_view("over"), event=replace(event_view("over").event, stage=EventStage.CLOSED))
    city = replace(full_city(), events=(event_view("here"), gone, nowhere, over))
    assert [view.event.key for view in events_on_map(city, ALL_SWITCHES)] == ["here"]


def test_moving_vehicle_changes_only_the_moving_panel() -> None:
    before, after = (map_frame(view(eventful(80, step)), "map") for step in (0, 1))
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"map-moving"}
    assert min_intervals("map")["map-moving"] == 5.0


def test_5000_events_stay_within_size_limits() -> None:
    city = eventful(5000)
    frame = map_frame(view(city), "map")
    assert (
        len(json_of(markup(frame, "map-events"))["points"]) + len(json_of(markup(frame, "map-moving"))["points"]) > 4000
    )
    assert len(json_of(markup(frame, "map-event-tooltips"))["events"]) == MAX_TOOLTIPS
    assert (
        len(markup(frame, "map-events").encode()) < 220_000
        and len(markup(frame, "map-event-tooltips").encode()) < 160_000
    )


def test_tooltip_shows_sources_times_stage_and_disagreement() -> None:
    tooltips = json_of(tooltips_json(eventful(), "vi", ALL_SWITCHES))["events"]
    lines, since, drill, simulated, sources = tooltips["sim-tide/road"]
    text = " ".join(lines)
    for word in ("Cấm đường", "Loại closure", "phường Ninh Kiều", "cần chú ý", "đang xử lý", "từ 15:18", "hạn 17:18"):
        assert word in text
    assert lines[-1].count("Trạm thủy văn") == 2 and "các nguồn báo khác nhau: hạn xử lý" in text
    assert (since, drill, simulated) == (round((NOW.timestamp()) - 3600), 0, 1)
    assert sources == ["sim-tide", "sim-beds"]
    assert tooltips["sim-tide/drill"][2] == 1
    assert "hiệu lực đến 19:18" in " ".join(tooltips["sim-tide/alarm"][0])


def test_head_and_legend_count_events_and_mark_exercises() -> None:
    frame = map_frame(view(eventful()), "map")
    assert "DIỄN TẬP" in markup(frame, "map-head") and "sự việc" in markup(frame, "map-head")
    legend = markup(frame, "map-legend")
    assert "Loại report" in legend and "badge-drill" in legend and "Loại press" not in legend
    assert "badge-drill" not in json.dumps(map_frame(view(full_city()), "map"))


def city_in_state(city: Snapshot, state: FigureState, health: SourceState) -> Snapshot:
    return replace(city, events=tuple(replace(view, state=state, source_state=health) for view in city.events))


STATES = (
    (FigureState.NO_DATA, SourceState.LATE), (FigureState.STALE, SourceState.STALE),
    (FigureState.ERROR, SourceState.DOWN), (FigureState.OFF, SourceState.OFF),
)  # fmt: skip


@pytest.mark.parametrize(("state", "health"), STATES)
def test_unavailable_event_is_marked_on_map_side_panel_and_legend(state: FigureState, health: SourceState) -> None:
    city = city_in_state(eventful(), state, health)
    sent = json_of(static_events_json(city, "vi", ALL_SWITCHES, has_ids=True))
    assert (
        {entry[3] for entry in sent["points"]}
        == {entry[3] for entry in sent["areas"]}
        == {list(FigureState).index(state)}
    )
    word = state_label(state, "vi")
    assert word in str(whole_city(city, "vi", {})) and word in markup(map_frame(view(city), "map"), "map-legend")
    assert word not in str(whole_city(eventful(), "vi", {})).split("Điểm đo theo loại")[0]


def test_source_contacts_are_a_panel_separate_from_tooltips() -> None:
    city = eventful()
    later = replace(
        city,
        sources=tuple(replace(view, health=replace(view.health, data_time=NOW + HOUR)) for view in city.sources),
        at=NOW + HOUR,
    )
    before, after = (map_frame(view(snapshot), "map") for snapshot in (city, later))
    assert (
        before["map-event-tooltips"] == after["map-event-tooltips"]
        and before["map-source-contacts"] != after["map-source-contacts"]
    )
    contacts = json_of(markup(before, "map-source-contacts"))["sources"]
    assert contacts == {
        "sim-tide": ["", round(NOW.timestamp())],
        "sim-beds": ["mất kết nối", round(NOW.timestamp()) - 3600],
    }


def test_legend_counts_events_with_stations_and_exercises_separately() -> None:
    city = replace(eventful(0), map_points=())
    frame = markup(map_frame(view(city), "map"), "map-legend")
    legend = re.sub(r"<[^>]+>", " ", frame)
    for said_so in ("nghiêm trọng   1", "cần chú ý   1", "vùng, tuyến của sự việc   2", "DIỄN TẬP   1"):
        assert re.search(said_so.replace("   ", r"\s+"), legend), said_so
    assert "Loại incident" not in legend, "an exercise is counted with nothing that is real"


def test_selected_event_shows_all_facts() -> None:
    words = re.sub(r"<[^>]+>", " ", str(event_detail(eventful(), "vi", {"su-kien": "sim-tide/road"})))
    for word in (
        "Cấm đường",
        "đang xử lý",
        "17:18",
        "hạn xử lý",
        "Trạm thủy văn (mô phỏng)",
        "mất kết nối",
    ):
        assert word in words
    assert "không còn hiệu lực" in str(event_detail(empty_city(), "vi", {"su-kien": "x"}))
    assert "DIỄN TẬP" in str(event_detail(eventful(), "vi", {"su-kien": "sim-tide/drill"}))


def test_title_of_a_source_is_escaped() -> None:
    bad = replace(event_view("x"), event=replace(event_view("x").event, title="</data><script>alert(1)</script>"))
    city = replace(full_city(), events=(bad,))
    assert "<script" not in tooltips_json(city, "vi", ALL_SWITCHES)
    assert "<script" not in str(event_detail(city, "vi", {"su-kien": "sim-tide/x"}))
