"""Cameras: five states, addresses of images and streams."""

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
from tests.city import NOW, empty_city, event_view, full_city

MINUTE = timedelta(minutes=1)


def test_missing_camera_list_is_not_shown_as_no_cameras() -> None:
    city = replace(full_city(), events=(), sources=full_city().sources[:1])
    assert "Chưa có camera nào" in str(camera_grid(city, "vi"))
    lost = replace(city.sources[0], health=replace(city.sources[0].health, state=SourceState.DOWN))
    markup = str(camera_grid(replace(city, sources=(lost,)), "vi"))
    assert "Chưa có camera nào" not in markup and "Chưa có số liệu" in markup and "mất kết nối" in markup


def city_with_camera(
    taken: timedelta | None = MINUTE, word: str = "", state: SourceState = SourceState.LIVE
) -> Snapshot:
    """A city with one camera whose picture is so old."""
    view = event_view("cam-1")
    view = replace(
        view, event=replace(view.event, kind="camera", source_status=word, facts={"picture": "image/jpeg", "hls": "x"})
    )
    city = full_city()
    sources = tuple(replace(view, health=replace(view.health, state=state)) for view in city.sources)
    pictures = {} if taken is None else {view.id: NOW - taken}
    return replace(city, events=(view,), sources=sources, camera_image_times=pictures)


@pytest.mark.parametrize(
    ("city", "state", "word", "image"),
    [
        (city_with_camera(), FigureState.OK, "đang có ảnh", True),
        (city_with_camera(11 * MINUTE), FigureState.STALE, "chưa cập nhật số liệu", True),
        (city_with_camera(None), FigureState.NO_DATA, "chưa có ảnh", False),
        (city_with_camera(word=CONNECTION_LOST), FigureState.ERROR, "không lấy được hình", True),
        (city_with_camera(None, state=SourceState.DOWN), FigureState.ERROR, "không lấy được hình", False),
        (city_with_camera(state=SourceState.OFF), FigureState.OFF, "ngừng cập nhật", False),
    ],
)
def test_each_image_state_is_rendered_differently(city: Snapshot, state: FigureState, word: str, image: bool) -> None:
    (view,) = cameras(city)
    markup = str(camera_image(view, city, "vi"))
    assert image_state(view, city) is state
    assert f"is-{state.value}" in markup and word in markup and ("<img" in markup) is image
    assert ("data-limit" in markup) is (state is FigureState.OK), "only a good picture can grow too old on the screen"


def test_image_address_is_our_route_and_changes_with_its_time() -> None:
    first, same, next_one = (
        str(camera_grid(city, "vi")) for city in (city_with_camera(), city_with_camera(), city_with_camera(MINUTE / 2))
    )
    assert first == same != next_one
    moments = [re.findall(r'src="(/hinh/sim-tide/cam-1\?t=\d+)"', markup) for markup in (first, next_one)]
    assert all(len(matches) == 1 for matches in moments) and moments[0] != moments[1]
    assert 'loading="lazy"' in first and "không ghi hình" in first


def test_card_shows_age_source_place_and_badge() -> None:
    markup = str(camera_grid(city_with_camera(), "vi"))
    for part in ("ảnh lúc 16:17", "data-age", "Trạm thủy văn (mô phỏng)", "phường Ninh Kiều", "badge-simulated"):
        assert part in markup
    assert 'href="/ban-do?su-kien=sim-tide%2Fcam-1"' in markup


def test_map_detail_shows_the_image_and_no_list_shows_the_stream() -> None:
    detail = str(event_detail(city_with_camera(), "vi", {"su-kien": "sim-tide/cam-1"}))
    assert "/hinh/sim-tide/cam-1?t=" in detail and 'href="/camera"' in detail
    assert "hls" not in detail and "hls" not in str(event_list(city_with_camera(), "vi", ""))


def test_stream_uses_the_proxy_route_and_is_not_preloaded() -> None:
    city = city_with_camera()
    (view,) = cameras(city)
    facts = {**view.event.facts, "hls": "http://10.9.8.7/secret/index.m3u8"}
    markup = str(camera_grid(replace(city, events=(replace(view, event=replace(view.event, facts=facts)),)), "vi"))
    assert (
        'src="/hinh/sim-tide/cam-1/hls/index.m3u8"' in markup
        and 'preload="none"' in markup
        and "10.9.8.7" not in markup
    )
    assert re.findall(r'hidden data-why="(\w+)"', markup) == ["full", "lost", "unsupported"], (
        "nothing is said before it is so"
    )
    facts.pop("hls")
    assert "<video" not in str(
        camera_grid(replace(city, events=(replace(view, event=replace(view.event, facts=facts)),)), "vi")
    )


def test_no_cameras_is_said_only_if_known() -> None:
    assert "Chưa có camera nào" in str(camera_grid(replace(empty_city(), sources=()), "vi"))
    assert "Chưa có camera nào" not in str(camera_grid(empty_city(), "vi")), "its source has never answered"
