"""Cameras: their points on the map and the last picture of each, taken through our own door; nothing is recorded."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self
from urllib.parse import urljoin, urlsplit

import orjson
from pydantic import Field, model_validator

from data_sources._mapping import (
    EventOptions,
    Expression,
    RequestOptions,
    RowOptions,
    event_of,
    items_of,
    options_of,
    text_at,
)
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.events.event import Event
from ioc.domain.ingest.camera_image import CONNECTION_LOST, CameraImage, detect_media_type
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

MAX_CAMERAS = 300
_MAX_IMAGE_BYTES = 16 * 1_048_576  # of one poll's pictures
_CONCURRENCY = 4
_DEADLINE_SHARE = 0.8  # of the row's deadline: what has been taken by then is kept
_IMAGE, _FAILED = "picture", "failed"  # kinds of the pages after the list; their address is the camera's key


class CameraOptions(RowOptions):
    """One camera of the row. Its addresses may begin at the row's own: /cam/1.jpg."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")]
    name: Annotated[str, Field(min_length=1)]
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    snapshot: str = ""
    hls: str = ""


class CameraEvents(EventOptions):
    """Which item of a list is which camera; `snapshot` and `hls` find its addresses."""

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "camera"
    snapshot: Expression = ""
    hls: Expression = ""


_CONFIGURED_CAMERAS = CameraEvents(
    key="{key}", title="{name}", lon="lon", lat="lat", place="place", snapshot="snapshot", hls="hls", whole=True
)


class Options(RequestOptions):
    """Either `cameras`, as they stand in the row, or `events`: how the list at the row's address tells them.

    `wait`: seconds that one camera may take.
    """

    cameras: tuple[CameraOptions, ...] = Field((), max_length=MAX_CAMERAS)
    events: CameraEvents | None = None
    wait: float = Field(5, gt=0, le=60)

    @model_validator(mode="after")
    def _validate_list(self) -> Self:
        if bool(self.cameras) == (self.events is not None):
            raise ConfigValueError(OptionCode.CAMERAS_OR_EVENTS)
        return self

    @property
    def list_mapping(self) -> CameraEvents:
        """How the list is read."""
        return self.events or _CONFIGURED_CAMERAS


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The list, then each picture, a few at once; a camera that fails costs no other. SourceError: none gave any."""
    options, loop = options_of(source, Options), asyncio.get_running_loop()
    until = loop.time() + source.deadline.total_seconds() * _DEADLINE_SHARE
    listed = await _fetch_list(source, world, options)
    gate = asyncio.Semaphore(_CONCURRENCY)
    tasks = {
        key: asyncio.create_task(_fetch_image(source, world, options, gate, key, address))
        for key, address in _snapshot_urls(options, listed, world.now()).items()
    }
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=max(0.0, until - loop.time()))
    finally:
        for task in tasks.values():
            task.cancel()
    outcomes = await asyncio.gather(*tasks.values(), return_exceptions=True)
    # The door notes a mark for each picture; one that did not move is asked for all the same.
    world.memory.clear()
    return Payload((listed, *_limit_size(_image_pages(tuple(tasks), outcomes))))


async def _fetch_list(source: Source, world: FetchContext, options: Options) -> ResponsePage:
    if options.cameras:
        return ResponsePage(orjson.dumps([one.model_dump() for one in options.cameras]))
    page = await world.get(source, source.address, params=options.params, headers=options.headers)
    if page is None:
        raise SourceError(untyped("the list is said to be unchanged, but none is held"))
    return page


def _snapshot_urls(options: Options, listed: ResponsePage, now: datetime) -> dict[str, str]:
    """The address of each camera's picture, by its key. Empty when the list cannot be read: parse says why."""
    try:
        cameras = list(_cameras(options, decode_json(listed, orjson.loads), now, []))
    except SourceError:
        return {}
    return dict([(event.key, snapshot) for event, snapshot, _ in cameras if snapshot][:MAX_CAMERAS])


async def _fetch_image(
    source: Source, world: FetchContext, options: Options, gate: asyncio.Semaphore, key: str, address: str
) -> ResponsePage:
    url = urljoin(source.address, address)
    own = urlsplit(url)[:2] == urlsplit(source.address)[:2]  # the row's headers may carry its key
    async with gate, asyncio.timeout(options.wait):
        page = await world.get(source, url, headers=options.headers if own else {})
    if page is None:
        raise SourceError(untyped("the camera says that nothing moved, but nothing is held"))
    detect_media_type(page.body)
    return replace(page, media_type=_IMAGE, address=key)


def _image_pages(keys: tuple[str, ...], outcomes: list[ResponsePage | BaseException]) -> Iterator[ResponsePage]:
    """A page for each camera: its picture, or why there is none. SourceError when none gave any."""
    failed = [one for one in outcomes if not isinstance(one, ResponsePage)]
    if failed and len(failed) == len(outcomes):
        refused = all(isinstance(one, SourceError) and one.is_refused for one in failed)
        raise SourceError(untyped(_reason(failed[0])), is_refused=refused)
    for key, one in zip(keys, outcomes, strict=True):
        yield one if isinstance(one, ResponsePage) else ResponsePage(_reason(one).encode(), _FAILED, "", key)


def _reason(error: BaseException) -> str:
    if isinstance(error, SourceError):
        return str(error.failure)
    if isinstance(error, ValueError):
        return str(error)[:200]
    return "the camera gave no picture in time"


def _limit_size(pages: Iterable[ResponsePage]) -> Iterator[ResponsePage]:
    size = 0
    for page in pages:
        size += len(page.body)
        yield (
            page
            if size <= _MAX_IMAGE_BYTES
            else ResponsePage(b"the pictures of one poll are too large", _FAILED, "", page.address)
        )


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each camera as an event, and its picture. A camera that gave none has the word LOST; why, is told aside."""
    if not payload.pages:
        return Batch()
    options, refused = options_of(source, Options), list[RejectedItem]()
    cameras = list(_cameras(options, decode_json(payload.pages[0], orjson.loads), now, refused))
    whole = frozenset({options.list_mapping.kind} if options.list_mapping.whole and not refused else ())
    pictures: dict[str, CameraImage] = {}
    for page in payload.pages[1:]:
        try:
            if page.media_type != _IMAGE:
                raise ValueError(page.body.decode("utf-8", "replace")[:200])
            pictures[page.address] = CameraImage(page.address, now, detect_media_type(page.body), page.body)
        except ValueError as error:
            refused.append(RejectedItem(page.address[:120], untyped(str(error))))
    asked = {page.address for page in payload.pages[1:]}
    events = tuple(
        _camera_event(event, _public_url(source.address, hls), event.key in asked, pictures.get(event.key))
        for event, _, hls in cameras
    )
    return Batch((), tuple(refused), events, whole, tuple(pictures.values()))


def _cameras(
    options: Options, document: Any, now: datetime, refused: list[RejectedItem]
) -> Iterator[tuple[Event, str, str]]:
    """Each camera with the addresses of its picture and of its stream."""
    told = options.list_mapping
    for where, item in items_of(document, told, refused):
        try:
            yield event_of(told, item, now), text_at(item, told.snapshot), text_at(item, told.hls)
        except ValueError as error:
            refused.append(RejectedItem(where, untyped(str(error))))


def _camera_event(event: Event, hls: str, asked: bool, picture: CameraImage | None) -> Event:
    facts = {"picture": picture.media_type if picture else "", "hls": hls}
    word = CONNECTION_LOST if asked and picture is None else event.source_status
    return replace(
        event, source_status=word, facts={**event.facts, **{name: one for name, one in facts.items() if one}}
    )


def _public_url(home: str, address: str) -> str:
    """A stream's address as text: without the password and the key that it may carry."""
    try:
        url = urlsplit(urljoin(home, address) if address else "")
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return ""
    return f"{url.scheme}://{url.hostname}{port}{url.path}" if url.scheme and url.hostname else ""
