"""Cameras: five states that look different, an address that names the picture's moment, nothing that jumps."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from components.events.camera import camera_grid, camera_image, cameras, image_state
from components.events.detail import event_detail
from components.events.event_table import event_list
from ioc.domain.ingest.camera_image import CONNECTION_LOST
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from tests.city import NOW, empty_city, full_city, told

MINUTE = timedelta(minutes=1)


def test_none_is_not_said_of_cameras_whose_list_does_not_come() -> None:
    city = replace(full_city(), events=(), sources=full_city().sources[:1])
    assert "Chưa có camera nào" in str(camera_grid(city, "vi"))
    lost = replace(city.sources[0], health=replace(city.sources[0].health, state=SourceState.DOWN))
    said = str(camera_grid(replace(city, sources=(lost,)), "vi"))
    assert "Chưa có camera nào" not in said and "Không có số liệu" in said and "mất kết nối" in said


def seen(taken: timedelta | None = MINUTE, word: str = "", state: SourceState = SourceState.LIVE) -> Snapshot:
    """A city with one camera whose picture is so old."""
    view = told("cam-1")
    view = replace(
        view, event=replace(view.event, kind="camera", source_status=word, facts={"picture": "image/jpeg", "hls": "x"})
    )
    city = full_city()
    sources = tuple(replace(one, health=replace(one.health, state=state)) for one in city.sources)
    pictures = {} if taken is None else {view.id: NOW - taken}
    return replace(city, events=(view,), sources=sources, camera_image_times=pictures)


@pytest.mark.parametrize(
    ("city", "state", "word", "image"),
    [
        (seen(), FigureState.OK, "đang có ảnh", True),
        (seen(11 * MINUTE), FigureState.STALE, "chưa cập nhật số liệu", True),
        (seen(None), FigureState.NO_DATA, "chưa có ảnh", False),
        (seen(word=CONNECTION_LOST), FigureState.ERROR, "không lấy được hình", True),
        (seen(None, state=SourceState.DOWN), FigureState.ERROR, "không lấy được hình", False),
        (seen(state=SourceState.OFF), FigureState.OFF, "tắt", False),
    ],
)
def test_each_state_has_its_own_sight(city: Snapshot, state: FigureState, word: str, image: bool) -> None:
    (view,) = cameras(city)
    drawn = str(camera_image(view, city, "vi"))
    assert image_state(view, city) is state
    assert f"is-{state.value}" in drawn and word in drawn and ("<img" in drawn) is image
    assert ("data-limit" in drawn) is (state is FigureState.OK), "only a good picture can grow too old on the screen"


def test_a_picture_is_asked_for_through_our_own_route_once_per_moment() -> None:
    first, same, next_one = (str(camera_grid(city, "vi")) for city in (seen(), seen(), seen(MINUTE / 2)))
    assert first == same != next_one
    moments = [re.findall(r'src="(/hinh/sim-tide/cam-1\?t=\d+)"', one) for one in (first, next_one)]
    assert all(len(one) == 1 for one in moments) and moments[0] != moments[1]
    assert 'loading="lazy"' in first and "không ghi hình" in first


def test_age_source_place_and_mark_stand_beside_it() -> None:
    said = str(camera_grid(seen(), "vi"))
    for part in ("ảnh lúc 16:17", "data-age", "Trạm thủy văn (mô phỏng)", "phường Ninh Kiều", "badge-simulated"):
        assert part in said
    assert 'href="/ban-do?su-kien=sim-tide%2Fcam-1"' in said


def test_the_map_shows_the_picture_and_no_list_shows_a_stream() -> None:
    detail = str(event_detail(seen(), "vi", {"su-kien": "sim-tide/cam-1"}))
    assert "/hinh/sim-tide/cam-1?t=" in detail and 'href="/camera"' in detail
    assert "hls" not in detail and "hls" not in str(event_list(seen(), "vi", ""))


def test_a_stream_is_watched_through_our_own_route_and_begins_when_it_is_asked_for() -> None:
    city = seen()
    (view,) = cameras(city)
    facts = {**view.event.facts, "hls": "http://10.9.8.7/secret/index.m3u8"}
    said = str(camera_grid(replace(city, events=(replace(view, event=replace(view.event, facts=facts)),)), "vi"))
    assert 'src="/hinh/sim-tide/cam-1/hls/index.m3u8"' in said and 'preload="none"' in said and "10.9.8.7" not in said
    assert re.findall(r'hidden data-why="(\w+)"', said) == ["full", "lost", "unread"], "nothing is said before it is so"
    facts.pop("hls")
    assert "<video" not in str(
        camera_grid(replace(city, events=(replace(view, event=replace(view.event, facts=facts)),)), "vi")
    )


def test_a_city_without_cameras_says_so() -> None:
    assert "Chưa có camera nào" in str(camera_grid(replace(empty_city(), sources=()), "vi"))
    assert "Chưa có camera nào" not in str(camera_grid(empty_city(), "vi")), "its source has never answered"
