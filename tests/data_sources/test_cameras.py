"""Cameras: lists and rows, images, cameras that fail beside good ones, what is no image."""

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
from data_sources._http.errors import HttpCode
from data_sources._mapping import options_of
from data_sources._mapping.errors import GeometryCode, MappingCode
from data_sources.cameras import MAX_CAMERAS, CamerasCode, Options, fetch, parse
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.events.event import Area
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.camera_image import MAX_IMAGE_BYTES, CameraImage, CameraImageCode, detect_media_type
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving

JPEG, PNG = b"\xff\xd8\xff\xe0" + b"j" * 50, b"\x89PNG\r\n\x1a\n" + b"p" * 50
LISTED = {
    "items": "cameras", "key": "{id}", "title": "{name}", "lon": "x", "lat": "y", "snapshot": "jpg", "hls": "m3u8",
    "complete": True,
}  # fmt: skip
ROWS = [
    {"key": "cam-1", "name": "Cầu Quang Trung", "lon": 105.79, "lat": 10.02, "snapshot": "/1.jpg"},
    {"key": "cam-2", "name": "Bến Ninh Kiều", "lon": 105.788, "lat": 10.033, "snapshot": "/2.jpg"},
]


class Street:
    """Cameras at /<name>.jpg: bytes or a status."""

    def __init__(self, answers: dict[str, bytes | int]) -> None:
        self.answers, self.keys = answers, dict[str, str | None]()

    async def answer(self, request: web.Request) -> web.Response:
        name = request.path.strip("/").removesuffix(".jpg")
        self.keys[name] = request.headers.get("X-Key")
        answer = self.answers.get(name, 404)
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="text/html", headers={"ETag": "same"})
        return web.Response(status=answer)


class Hanging:
    """A FetchContext in which the second camera answers at once and the first one never."""

    def __init__(self) -> None:
        self.memory: dict[str, Any] = {}

    def now(self) -> datetime:
        return NOW

    async def get(self, source: Source, address: str, **_: Any) -> ResponsePage:
        if address.endswith("/1.jpg"):
            await asyncio.Event().wait()
        return ResponsePage(JPEG)


async def poll(street: Street, options: dict[str, Any], **changes: Any) -> Batch:
    async with serving(street.answer) as base, client_factory() as clients:
        source = row(f"{base}/list", options, **changes)
        payload = await fetch(source, clients.context_for(source))
        return parse(source, payload, NOW)


async def test_each_camera_of_the_row_is_an_event_with_its_last_image() -> None:
    street = Street({"1": JPEG, "2": PNG})
    batch = await poll(street, {"cameras": ROWS})
    assert [(one.key, one.title, one.area, dict(one.facts), one.source_status) for one in batch.events] == [
        ("cam-1", "Cầu Quang Trung", Area(105.79, 10.02), {"picture": "image/jpeg"}, ""),
        ("cam-2", "Bến Ninh Kiều", Area(105.788, 10.033), {"picture": "image/png"}, ""),
    ]
    assert batch.camera_images == (
        CameraImage("cam-1", NOW, "image/jpeg", JPEG), CameraImage("cam-2", NOW, "image/png", PNG)
    )  # fmt: skip
    assert batch.rejected_items == ()
    assert batch.complete_kinds == {"camera"}


async def test_cameras_of_a_list_have_streams_without_keys() -> None:
    street = Street({"list": fixture("cameras.json").body, "1": JPEG, "2": JPEG})
    batch = await poll(street, {"events": LISTED})
    assert [(one.key, one.facts.get("hls")) for one in batch.events] == [
        ("c-1", "https://cam.example.org:8443/1/index.m3u8"), ("c-2", None), ("c-3", "rtsp://10.0.0.3/live"),
    ]  # fmt: skip
    assert codes(batch) == [GeometryCode.FIELDS_SWAPPED, MappingCode.FIELD_MISSING]
    assert set(street.keys) == {"list", "1", "2"}, "no image of a rejected camera is requested"
    assert batch.complete_kinds == frozenset()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (404, HttpCode.NOT_FOUND),
        (b"", CameraImageCode.EMPTY),
        (b"<html>login</html>", CameraImageCode.NOT_AN_IMAGE),
        (b"<svg onload='alert(1)'/>", CameraImageCode.NOT_AN_IMAGE),
        (JPEG + b"x" * MAX_IMAGE_BYTES, CameraImageCode.TOO_LARGE),
    ],
    ids=["gone", "empty", "html", "svg", "large"],
)
async def test_a_camera_that_fails_has_lost_its_connection_alone(answer: Any, code: ErrorCode) -> None:
    batch = await poll(Street({"1": answer, "2": JPEG}), {"cameras": ROWS})
    assert [(one.key, one.source_status) for one in batch.events] == [("cam-1", "mất kết nối"), ("cam-2", "")]
    assert [one.key for one in batch.camera_images] == ["cam-2"]
    assert batch.rejected_items[0].location == "cam-1"
    assert codes(batch) == [code]
    assert batch.complete_kinds == {"camera"}, "a camera without an image is still in the list"


@pytest.mark.parametrize(("wait", "deadline"), [(0.1, 60), (60, 0.2)])
async def test_a_camera_that_hangs_does_not_cost_the_other_images(wait: float, deadline: float) -> None:
    source = row("http://a", {"cameras": ROWS, "wait": wait}, deadline=timedelta(seconds=deadline))
    batch = parse(source, await fetch(source, cast(FetchContext, Hanging())), NOW)
    assert [one.key for one in batch.camera_images] == ["cam-2"]
    assert codes(batch) == [CamerasCode.NO_IMAGE_IN_TIME]


@pytest.mark.parametrize(
    ("first", "second", "code", "is_refused"),
    [
        (401, 403, HttpCode.ACCESS_REFUSED, True),
        (401, 500, HttpCode.ACCESS_REFUSED, False),
        (404, 404, HttpCode.NOT_FOUND, False),
    ],
)
async def test_no_image_of_any_camera_is_an_error(first: int, second: int, code: HttpCode, is_refused: bool) -> None:
    with pytest.raises(SourceError) as caught:
        await poll(Street({"1": first, "2": second}), {"cameras": ROWS})
    assert (caught.value.failure.code, caught.value.is_refused) == (code, is_refused)


async def test_an_image_of_a_foreign_host_is_not_fetched() -> None:
    rows = [{**ROWS[0], "snapshot": "http://169.254.169.254/latest/meta-data"}, ROWS[1]]
    batch = await poll(Street({"2": JPEG}), {"cameras": rows})
    assert failures(batch) == [Failure(HttpCode.HOST_NOT_ALLOWED, {"host": "169.254.169.254"})]


async def test_the_rows_headers_go_to_its_own_host_only() -> None:
    street, other = Street({"1": JPEG}), Street({"2": JPEG})
    async with serving(street.answer) as base, serving(other.answer) as away, client_factory() as clients:
        rows = [ROWS[0], {**ROWS[1], "snapshot": f"{away}/2.jpg"}]
        hosts = (away.removeprefix("http://"),)
        source = row(base, {"cameras": rows, "headers": {"X-Key": "k"}}, allowed_hosts=hosts)
        assert len(parse(source, await fetch(source, clients.context_for(source)), NOW).camera_images) == 2
        assert (street.keys, other.keys) == ({"1": "k"}, {"2": None})


async def test_images_are_fetched_again_whatever_their_etag() -> None:
    street = Street({"1": JPEG, "2": JPEG})
    async with serving(street.answer) as base, client_factory() as clients:
        source = row(base, {"cameras": ROWS})
        for _ in range(2):
            assert len(parse(source, await fetch(source, clients.context_for(source)), NOW).camera_images) == 2
        assert not clients.context_for(source).memory


async def test_the_images_of_one_poll_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "_MAX_IMAGE_BYTES", 60)
    batch = await poll(Street({"1": JPEG, "2": JPEG}), {"cameras": ROWS})
    assert [one.key for one in batch.camera_images] == ["cam-1"]
    assert codes(batch) == [CamerasCode.IMAGES_TOO_LARGE]


async def test_a_list_that_cannot_be_read_is_an_error() -> None:
    with raises_failure(DecodingCode.HTML):
        await poll(Street({"list": b"<html>"}), {"events": LISTED})


async def test_images_of_cameras_beyond_the_limit_are_not_fetched() -> None:
    many = {"cameras": [{"id": str(n), "name": "c", "jpg": "/1.jpg"} for n in range(MAX_CAMERAS + 5)]}
    street = Street({"list": json.dumps(many).encode(), "1": JPEG})
    batch = await poll(street, {"events": LISTED}, deadline=timedelta(seconds=30))
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
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@given(st.binary(max_size=300), st.lists(st.binary(max_size=40), max_size=3))
def test_any_bytes_give_a_batch_or_a_source_error(listed: bytes, others: list[bytes]) -> None:
    pages = [ResponsePage(one, "picture", "", f"c-{n}") for n, one in enumerate(others)]
    for body in (listed, fixture("cameras.json").body):
        try:
            batch = parse(row(options={"events": LISTED}), Payload((ResponsePage(body), *pages)), NOW)
        except SourceError as error:
            assert error.failure.code
        else:
            assert len(batch.camera_images) + len(batch.rejected_items) >= len(others)


@given(st.dictionaries(st.from_regex(r"[a-z0-9-]{1,9}", fullmatch=True), st.sampled_from([JPEG, PNG]), max_size=5))
def test_good_lists_give_exactly_their_cameras(images: dict[str, bytes]) -> None:
    listed = ResponsePage(json.dumps({"cameras": [{"id": key, "name": key} for key in images]}).encode())
    pages = [ResponsePage(body, "picture", "", key) for key, body in images.items()]
    batch = parse(row(options={"events": LISTED}), Payload((listed, *pages)), NOW)
    assert {one.key: one.facts["picture"] for one in batch.events} == {
        key: detect_media_type(one) for key, one in images.items()
    }
    assert {one.key: one.body for one in batch.camera_images} == images
    assert batch.rejected_items == ()


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("cameras", tmp_path)
    options = options_of(source, Options)
    listed = ResponsePage(json.dumps([one.model_dump() for one in options.cameras]).encode())
    lost = Failure(CamerasCode.NO_IMAGE_IN_TIME)
    images = (
        ResponsePage(JPEG, "picture", "", "cau-quang-trung"),
        ResponsePage(lost.to_text().encode(), "failed", "", "ben-ninh-kieu"),
    )
    batch = parse(source, Payload((listed, *images)), NOW)
    good, _ = admit_events(batch.events, {one.key for one in source.events}, NOW, id_key=b"key")
    assert [(one.key, one.source_status) for one in good] == [
        ("cau-quang-trung", ""),
        ("ben-ninh-kieu", "mất kết nối"),
        ("cai-rang", ""),
    ]
    assert good[2].facts == {"hls": "https://vms.example.org/3/index.m3u8"}
