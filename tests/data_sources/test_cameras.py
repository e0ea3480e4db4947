"""Cameras: lists and rows, pictures by our own door, cameras that fail beside good ones, what is no picture."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources import cameras
from data_sources._mapping import options_of
from data_sources.cameras import MAX_CAMERAS, Options, fetch, parse
from ioc.domain.events.event import Area
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.camera_image import MAX_IMAGE_BYTES, CameraImage, detect_media_type
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, door, fixture, row, serving

JPEG, PNG = b"\xff\xd8\xff\xe0" + b"j" * 50, b"\x89PNG\r\n\x1a\n" + b"p" * 50
LISTED = {
    "items": "cameras", "key": "{id}", "title": "{name}", "lon": "x", "lat": "y", "snapshot": "jpg", "hls": "m3u8",
    "whole": True,
}  # fmt: skip
ROWS = [
    {"key": "cam-1", "name": "Cầu Quang Trung", "lon": 105.79, "lat": 10.02, "snapshot": "/1.jpg"},
    {"key": "cam-2", "name": "Bến Ninh Kiều", "lon": 105.788, "lat": 10.033, "snapshot": "/2.jpg"},
]


class Street:
    """Cameras at /<name>.jpg: bytes or a status."""

    def __init__(self, given: dict[str, bytes | int]) -> None:
        self.given, self.keys = given, dict[str, str | None]()

    async def answer(self, request: web.Request) -> web.Response:
        name = request.path.strip("/").removesuffix(".jpg")
        self.keys[name] = request.headers.get("X-Key")
        found = self.given.get(name, 404)
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="text/html", headers={"ETag": "same"})
        return web.Response(status=found)


class Hanging:
    """A world in which the second camera answers at once and the first one never does."""

    def __init__(self) -> None:
        self.memory: dict[str, Any] = {}

    def now(self) -> datetime:
        return NOW

    async def get(self, source: Source, address: str, **_: Any) -> ResponsePage:
        if address.endswith("/1.jpg"):
            await asyncio.Event().wait()
        return ResponsePage(JPEG)


async def polled(street: Street, options: dict[str, Any], **changes: Any) -> Batch:
    async with serving(street.answer) as base, door() as way:
        source = row(f"{base}/list", options, **changes)
        payload = await fetch(source, way.context_for(source))
        return parse(source, payload, NOW)


async def test_each_camera_of_the_row_is_an_event_with_its_last_picture() -> None:
    street = Street({"1": JPEG, "2": PNG})
    batch = await polled(street, {"cameras": ROWS})
    assert [(one.key, one.title, one.area, dict(one.facts), one.source_status) for one in batch.events] == [
        ("cam-1", "Cầu Quang Trung", Area(105.79, 10.02), {"picture": "image/jpeg"}, ""),
        ("cam-2", "Bến Ninh Kiều", Area(105.788, 10.033), {"picture": "image/png"}, ""),
    ]
    assert batch.camera_images == (
        CameraImage("cam-1", NOW, "image/jpeg", JPEG), CameraImage("cam-2", NOW, "image/png", PNG)
    )  # fmt: skip
    assert batch.rejected_items == ()
    assert batch.complete_kinds == {"camera"}


async def test_a_list_tells_its_cameras_and_streams_are_shown_without_their_keys() -> None:
    street = Street({"list": fixture("cameras.json").body, "1": JPEG, "2": JPEG})
    batch = await polled(street, {"events": LISTED})
    assert [(one.key, one.facts.get("hls")) for one in batch.events] == [
        ("c-1", "https://cam.example.org:8443/1/index.m3u8"), ("c-2", None), ("c-3", "rtsp://10.0.0.3/live"),
    ]  # fmt: skip
    assert [one.failure for one in batch.rejected_items] == [
        "longitude and latitude are swapped: 10, 105.7", "id is missing",
    ]  # fmt: skip
    assert set(street.keys) == {"list", "1", "2"}, "what is refused is not asked for"
    assert batch.complete_kinds == frozenset()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (404, "answered 404"),
        (b"", "the picture is empty"),
        (b"<html>login</html>", "neither JPEG nor PNG"),
        (b"<svg onload='alert(1)'/>", "neither JPEG nor PNG"),
        (JPEG + b"x" * MAX_IMAGE_BYTES, "larger than 512 KiB"),
    ],
    ids=["gone", "empty", "html", "svg", "large"],
)
async def test_a_camera_that_fails_is_lost_and_costs_no_other(given: Any, reason: str) -> None:
    batch = await polled(Street({"1": given, "2": JPEG}), {"cameras": ROWS})
    assert [(one.key, one.source_status) for one in batch.events] == [("cam-1", "mất kết nối"), ("cam-2", "")]
    assert [one.key for one in batch.camera_images] == ["cam-2"]
    assert batch.rejected_items[0].location == "cam-1"
    assert reason in batch.rejected_items[0].failure
    assert batch.complete_kinds == {"camera"}, "a lost camera still stands"


@pytest.mark.parametrize(("wait", "deadline"), [(0.1, 60), (60, 0.2)])
async def test_a_camera_that_hangs_is_left_and_what_has_been_taken_is_kept(wait: float, deadline: float) -> None:
    source = row("http://a", {"cameras": ROWS, "wait": wait}, deadline=timedelta(seconds=deadline))
    batch = parse(source, await fetch(source, cast(FetchContext, Hanging())), NOW)
    assert [one.key for one in batch.camera_images] == ["cam-2"]
    assert "in time" in batch.rejected_items[0].failure


@pytest.mark.parametrize(("first", "second", "refused"), [(401, 403, True), (401, 500, False), (404, 404, False)])
async def test_no_picture_at_all_is_a_fault_of_the_source(first: int, second: int, refused: bool) -> None:
    with pytest.raises(SourceError, match=f"answered {first}|refuses us") as caught:
        await polled(Street({"1": first, "2": second}), {"cameras": ROWS})
    assert caught.value.is_refused is refused


async def test_a_picture_from_a_foreign_host_is_not_asked_for() -> None:
    rows = [{**ROWS[0], "snapshot": "http://169.254.169.254/latest/meta-data"}, ROWS[1]]
    batch = await polled(Street({"2": JPEG}), {"cameras": rows})
    assert "169.254.169.254 is not a host of this source" in batch.rejected_items[0].failure


async def test_the_rows_headers_go_to_its_own_host_only() -> None:
    street, other = Street({"1": JPEG}), Street({"2": JPEG})
    async with serving(street.answer) as base, serving(other.answer) as away, door() as way:
        rows = [ROWS[0], {**ROWS[1], "snapshot": f"{away}/2.jpg"}]
        hosts = (away.removeprefix("http://"),)
        source = row(base, {"cameras": rows, "headers": {"X-Key": "k"}}, allowed_hosts=hosts)
        assert len(parse(source, await fetch(source, way.context_for(source)), NOW).camera_images) == 2
        assert (street.keys, other.keys) == ({"1": "k"}, {"2": None})


async def test_pictures_are_taken_again_whatever_the_server_marks() -> None:
    street = Street({"1": JPEG, "2": JPEG})
    async with serving(street.answer) as base, door() as way:
        source = row(base, {"cameras": ROWS})
        for _ in range(2):
            assert len(parse(source, await fetch(source, way.context_for(source)), NOW).camera_images) == 2
        assert not way.context_for(source).memory


async def test_pictures_of_one_poll_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "_MAX_IMAGE_BYTES", 60)
    batch = await polled(Street({"1": JPEG, "2": JPEG}), {"cameras": ROWS})
    assert [one.key for one in batch.camera_images] == ["cam-1"]
    assert "too large" in batch.rejected_items[0].failure


async def test_a_list_that_cannot_be_read_is_a_fault() -> None:
    with pytest.raises(SourceError, match="HTML"):
        await polled(Street({"list": b"<html>"}), {"events": LISTED})


async def test_a_flood_of_cameras_is_asked_in_part() -> None:
    many = {"cameras": [{"id": str(n), "name": "c", "jpg": "/1.jpg"} for n in range(MAX_CAMERAS + 5)]}
    street = Street({"list": json.dumps(many).encode(), "1": JPEG})
    batch = await polled(street, {"events": LISTED}, deadline=timedelta(seconds=30))
    assert (len(batch.events), len(batch.camera_images)) == (MAX_CAMERAS + 5, MAX_CAMERAS)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cameras": ROWS, "events": LISTED},
        {"cameras": [{"key": "Cầu", "name": "x"}]},
        {"cameras": [{"key": "a", "name": "x", "password": "y"}]},
        {"cameras": ROWS, "wait": 0},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@given(st.binary(max_size=300), st.lists(st.binary(max_size=40), max_size=3))
def test_any_bytes_give_a_batch_or_a_reason(listed: bytes, others: list[bytes]) -> None:
    pages = [ResponsePage(one, "picture", "", f"c-{n}") for n, one in enumerate(others)]
    for body in (listed, fixture("cameras.json").body):
        try:
            batch = parse(row(options={"events": LISTED}), Payload((ResponsePage(body), *pages)), NOW)
        except SourceError as error:
            assert error.failure
        else:
            assert len(batch.camera_images) + len(batch.rejected_items) >= len(others)


@given(st.dictionaries(st.from_regex(r"[a-z0-9-]{1,9}", fullmatch=True), st.sampled_from([JPEG, PNG]), max_size=5))
def test_good_lists_give_exactly_their_cameras(given: dict[str, bytes]) -> None:
    listed = ResponsePage(json.dumps({"cameras": [{"id": key, "name": key} for key in given]}).encode())
    pages = [ResponsePage(body, "picture", "", key) for key, body in given.items()]
    batch = parse(row(options={"events": LISTED}), Payload((listed, *pages)), NOW)
    assert {one.key: one.facts["picture"] for one in batch.events} == {
        key: detect_media_type(one) for key, one in given.items()
    }
    assert {one.key: one.body for one in batch.camera_images} == given
    assert batch.rejected_items == ()


def test_the_row_of_the_page_is_read_as_it_stands(tmp_path: Path) -> None:
    source = documented("cameras", tmp_path)
    options = options_of(source, Options)
    listed = ResponsePage(json.dumps([one.model_dump() for one in options.cameras]).encode())
    pictures = (
        ResponsePage(JPEG, "picture", "", "cau-quang-trung"),
        ResponsePage(b"gone", "failed", "", "ben-ninh-kieu"),
    )
    batch = parse(source, Payload((listed, *pictures)), NOW)
    good, _ = admit_events(batch.events, {one.key for one in source.events}, NOW)
    assert [(one.key, one.source_status) for one in good] == [
        ("cau-quang-trung", ""),
        ("ben-ninh-kieu", "mất kết nối"),
        ("cai-rang", ""),
    ]
    assert good[2].facts == {"hls": "https://vms.example.org/3/index.m3u8"}
