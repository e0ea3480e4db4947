"""Events on the map: what is sent for them, what is not, tips, legend, the detail of one that was tapped."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from components.events.detail import event_detail
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
from tests.city import HOUR, NOW, empty_city, full_city, told
from tests.components.map.cells import KINDS, eventful, schematic

EVERY = frozenset(f"event-{kind}" for kind in KINDS)


def view(city: Snapshot, **params: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in params.items()}
    return SimpleNamespace(snapshot=city, lang="vi", params=named, layers=schematic(), unchanged=())


def said(markup: object) -> Any:
    return json.loads(re.sub(r"</?data[^>]*>", "", str(markup))) if markup else {}


def markup(frame: Any, key: str) -> str:
    return str(frame[key]["markup"])


@pytest.mark.parametrize("km", [0.2, 12.0, 150.0])
def test_a_circle_has_its_true_radius_on_the_ground(km: float) -> None:
    corners = circle_ring(105.78, 10.03, km)
    assert len(corners) == CORNERS + 1 and corners[0] == corners[-1]
    assert all(abs(distance_metres(105.78, 10.03, *one) / 1000 - km) < km * 1e-6 for one in corners)


def test_each_kind_has_a_switch_and_what_is_off_costs_nothing() -> None:
    city = eventful()
    assert set(switches(city)) >= EVERY
    frame = map_frame(view(city, lop=".".join(sorted(EVERY - {"event-press"}))), "map")
    assert (markup(frame, "map-events"), markup(frame, "map-moving"), markup(frame, "map-told")) == ("", "", "")
    on = map_frame(view(city), "map")
    assert {one[0] for one in said(markup(on, "map-events"))["kinds"]} == set(KINDS) - {"vehicle", "press"}
    assert on["map"] == frame["map"], "the figure itself knows nothing of events"


def test_the_wall_is_quiet_and_sends_no_ids() -> None:
    frame = overview_map_frame(view(eventful()), "wall-map", hover=False)
    sent = said(markup(frame, "wall-map-events"))
    assert {one[0] for one in sent["kinds"]} == {"report", "works", "incident", "alert", "closure"}
    assert markup(frame, "wall-map-moving") == "" and "wall-map-told" not in frame
    assert all(len(one) == 6 for one in sent["points"]) and "sim-tide/" not in json.dumps(sent)
    assert "event-alert" in visible_switches(eventful(), {}, OFF_ON_OVERVIEW)


def test_severity_drill_and_place_are_told_and_the_serious_lie_above() -> None:
    sent = said(static_events_json(eventful(), "vi", EVERY, has_ids=True))
    names = [one[0] for one in sent["kinds"]]
    found = {one[6]: (names[one[0]], *one[1:6]) for one in sent["points"]}
    assert found["sim-tide/alarm"] == ("alert", 2, 0, 0, 105.97, 9.6)
    assert found["sim-tide/drill"] == ("incident", 1, 1, 0, 105.47, 9.78)
    assert [one[1] for one in sent["points"]] == sorted(one[1] for one in sent["points"])
    assert sent["drill"] == "DIỄN TẬP"


def test_areas_circles_and_lines_are_outlines() -> None:
    areas = {one[5]: one[4] for one in said(static_events_json(eventful(), "vi", EVERY, has_ids=True))["areas"]}
    assert [len(one) for one in areas["sim-tide/alarm"]] == [4, CORNERS + 1]
    line = areas["sim-tide/road"][0]
    assert line[0] != line[-1]
    assert outlines(Area(105, 10)) == []


def test_what_has_expired_or_has_no_place_is_not_there() -> None:
    gone = told("gone")
    gone = replace(gone, event=replace(gone.event, expires=NOW))
    nowhere = replace(told("nowhere"), event=replace(told("nowhere").event, area=None))
    over = replace(told("over"), event=replace(told("over").event, stage=EventStage.CLOSED))
    city = replace(full_city(), events=(told("here"), gone, nowhere, over))
    assert [one.event.key for one in events_on_map(city, EVERY)] == ["here"]


def test_a_vehicle_that_moves_sends_nothing_but_itself() -> None:
    before, after = (map_frame(view(eventful(80, step)), "map") for step in (0, 1))
    moved = {key for key in before if before[key] != after[key]}
    assert moved == {"map-moving"}
    assert min_intervals("map")["map-moving"] == 5.0


def test_5000_events_stay_within_bounds() -> None:
    city = eventful(5000)
    frame = map_frame(view(city), "map")
    assert len(said(markup(frame, "map-events"))["points"]) + len(said(markup(frame, "map-moving"))["points"]) > 4000
    assert len(said(markup(frame, "map-told"))["told"]) == MAX_TOOLTIPS
    assert len(markup(frame, "map-events").encode()) < 220_000 and len(markup(frame, "map-told").encode()) < 160_000


def test_a_tip_tells_sources_times_stage_due_and_what_they_disagree_on() -> None:
    told_of = said(tooltips_json(eventful(), "vi", EVERY))["told"]
    lines, since, drill, simulated, sources = told_of["sim-tide/road"]
    text = " ".join(lines)
    for word in ("Cấm đường", "Loại closure", "phường Ninh Kiều", "cần chú ý", "đang xử lý", "từ 15:18", "hạn 17:18"):
        assert word in text
    assert lines[-1].count("Trạm thủy văn") == 2 and "các nguồn nói khác nhau: hạn xử lý" in text
    assert (since, drill, simulated) == (round((NOW.timestamp()) - 3600), 0, 1)
    assert sources == ["sim-tide", "sim-beds"]
    assert told_of["sim-tide/drill"][2] == 1
    assert "hiệu lực đến 19:18" in " ".join(told_of["sim-tide/alarm"][0])


def test_head_and_legend_count_the_events_and_name_the_exercise() -> None:
    frame = map_frame(view(eventful()), "map")
    assert "DIỄN TẬP" in markup(frame, "map-head") and "sự việc" in markup(frame, "map-head")
    legend = markup(frame, "map-legend")
    assert "Loại report" in legend and "badge-drill" in legend and "Loại press" not in legend
    assert "badge-drill" not in json.dumps(map_frame(view(full_city()), "map"))


def unheard(city: Snapshot, state: FigureState, health: SourceState) -> Snapshot:
    return replace(city, events=tuple(replace(one, state=state, source_state=health) for one in city.events))


SIGHTS = (
    (FigureState.NO_DATA, SourceState.LATE), (FigureState.STALE, SourceState.STALE),
    (FigureState.ERROR, SourceState.DOWN), (FigureState.OFF, SourceState.OFF),
)  # fmt: skip


@pytest.mark.parametrize(("state", "health"), SIGHTS)
def test_an_event_that_is_not_heard_is_marked_on_the_map_beside_it_and_in_its_legend(
    state: FigureState, health: SourceState
) -> None:
    city = unheard(eventful(), state, health)
    sent = said(static_events_json(city, "vi", EVERY, has_ids=True))
    assert {one[3] for one in sent["points"]} == {one[3] for one in sent["areas"]} == {list(FigureState).index(state)}
    word = state_label(state, "vi")
    assert word in str(whole_city(city, "vi", {})) and word in markup(map_frame(view(city), "map"), "map-legend")
    assert word not in str(whole_city(eventful(), "vi", {})).split("Điểm đo theo loại")[0]


def test_how_the_sources_of_events_are_travels_apart_from_the_tips() -> None:
    city = eventful()
    later = replace(
        city,
        sources=tuple(replace(one, health=replace(one.health, data_time=NOW + HOUR)) for one in city.sources),
        at=NOW + HOUR,
    )
    before, after = (map_frame(view(one), "map") for one in (city, later))
    assert before["map-told"] == after["map-told"] and before["map-heard"] != after["map-heard"]
    told_of = said(markup(before, "map-heard"))["sources"]
    assert told_of == {
        "sim-tide": ["", round(NOW.timestamp())],
        "sim-beds": ["mất kết nối", round(NOW.timestamp()) - 3600],
    }


def test_the_legend_counts_events_by_severity_with_the_stations_and_those_of_exercises_apart() -> None:
    city = replace(eventful(0), map_points=())
    frame = markup(map_frame(view(city), "map"), "map-legend")
    legend = re.sub(r"<[^>]+>", " ", frame)
    for said_so in ("nghiêm trọng   1", "cần chú ý   1", "vùng, tuyến của sự việc   2", "DIỄN TẬP   1"):
        assert re.search(said_so.replace("   ", r"\s+"), legend), said_so
    assert "Loại incident" not in legend, "an exercise is counted with nothing that is real"


def test_one_that_was_tapped_is_told_whole() -> None:
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


def test_a_strangers_title_stays_text() -> None:
    bad = replace(told("x"), event=replace(told("x").event, title="</data><script>alert(1)</script>"))
    city = replace(full_city(), events=(bad,))
    assert "<script" not in tooltips_json(city, "vi", EVERY)
    assert "<script" not in str(event_detail(city, "vi", {"su-kien": "sim-tide/x"}))
