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
from ioc.domain.events.event import Event
from ioc.domain.ingest.camera_image import LOST, Picture, kind_of
from ioc.domain.ingest.decoding import json_of
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Refused
from ioc.domain.ingest.source import Source

MOST_CAMERAS = 300
_MOST_BYTES = 16 * 1_048_576  # of one poll's pictures
_AT_ONCE = 4
_SHARE = 0.8  # of the row's deadline: what has been taken by then is kept
_PICTURE, _FAILED = "picture", "failed"  # kinds of the pages after the list; their address is the camera's key


class Camera(RowOptions):
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


_ROWS = CameraEvents(
    key="{key}", title="{name}", lon="lon", lat="lat", place="place", snapshot="snapshot", hls="hls", whole=True
)


class Options(RequestOptions):
    """Either `cameras`, as they stand in the row, or `events`: how the list at the row's address tells them.

    `wait`: seconds that one camera may take.
    """

    cameras: tuple[Camera, ...] = Field((), max_length=MOST_CAMERAS)
    events: CameraEvents | None = None
    wait: float = Field(5, gt=0, le=60)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.cameras) == (self.events is not None):
            raise ValueError("give either cameras, or events that say how the list tells them")
        return self

    @property
    def told(self) -> CameraEvents:
        """How the list is read."""
        return self.events or _ROWS


async def fetch(source: Source, world: World) -> Payload:
    """The list, then each picture, a few at once; a camera that fails costs no other. SourceError: none gave any."""
    options, loop = options_of(source, Options), asyncio.get_running_loop()
    until = loop.time() + source.deadline.total_seconds() * _SHARE
    listed = await _listed(source, world, options)
    gate = asyncio.Semaphore(_AT_ONCE)
    tasks = {
        key: asyncio.create_task(_taken(source, world, options, gate, key, address))
        for key, address in _snapshots(options, listed, world.now()).items()
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
    return Payload((listed, *_bounded(_settled(tuple(tasks), outcomes))))


async def _listed(source: Source, world: World, options: Options) -> Page:
    if options.cameras:
        return Page(orjson.dumps([one.model_dump() for one in options.cameras]))
    page = await world.get(source, source.address, params=options.params, headers=options.headers)
    if page is None:
        raise SourceError("the list is said to be unchanged, but none is held")
    return page


def _snapshots(options: Options, listed: Page, now: datetime) -> dict[str, str]:
    """The address of each camera's picture, by its key. Empty when the list cannot be read: parse says why."""
    try:
        cameras = list(_cameras(options, json_of(listed, orjson.loads), now, []))
    except SourceError:
        return {}
    return dict([(event.key, snapshot) for event, snapshot, _ in cameras if snapshot][:MOST_CAMERAS])


async def _taken(
    source: Source, world: World, options: Options, gate: asyncio.Semaphore, key: str, address: str
) -> Page:
    url = urljoin(source.address, address)
    own = urlsplit(url)[:2] == urlsplit(source.address)[:2]  # the row's headers may carry its key
    async with gate, asyncio.timeout(options.wait):
        page = await world.get(source, url, headers=options.headers if own else {})
    if page is None:
        raise SourceError("the camera says that nothing moved, but nothing is held")
    kind_of(page.body)
    return replace(page, kind=_PICTURE, address=key)


def _settled(keys: tuple[str, ...], outcomes: list[Page | BaseException]) -> Iterator[Page]:
    """A page for each camera: its picture, or why there is none. SourceError when none gave any."""
    failed = [one for one in outcomes if not isinstance(one, Page)]
    if failed and len(failed) == len(outcomes):
        refused = all(isinstance(one, SourceError) and one.refused for one in failed)
        raise SourceError(_reason(failed[0]), refused=refused)
    for key, one in zip(keys, outcomes, strict=True):
        yield one if isinstance(one, Page) else Page(_reason(one).encode(), _FAILED, "", key)


def _reason(error: BaseException) -> str:
    if isinstance(error, SourceError):
        return error.reason
    if isinstance(error, ValueError):
        return str(error)[:200]
    return "the camera gave no picture in time"


def _bounded(pages: Iterable[Page]) -> Iterator[Page]:
    size = 0
    for page in pages:
        size += len(page.body)
        yield (
            page if size <= _MOST_BYTES else Page(b"the pictures of one poll are too large", _FAILED, "", page.address)
        )


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each camera as an event, and its picture. A camera that gave none has the word LOST; why, is told aside."""
    if not payload.pages:
        return Batch()
    options, refused = options_of(source, Options), list[Refused]()
    cameras = list(_cameras(options, json_of(payload.pages[0], orjson.loads), now, refused))
    whole = frozenset({options.told.kind} if options.told.whole and not refused else ())
    pictures: dict[str, Picture] = {}
    for page in payload.pages[1:]:
        try:
            if page.kind != _PICTURE:
                raise ValueError(page.body.decode("utf-8", "replace")[:200])
            pictures[page.address] = Picture(page.address, now, kind_of(page.body), page.body)
        except ValueError as error:
            refused.append(Refused(page.address[:120], str(error)))
    asked = {page.address for page in payload.pages[1:]}
    events = tuple(
        _seen(event, _shown(source.address, hls), event.key in asked, pictures.get(event.key))
        for event, _, hls in cameras
    )
    return Batch((), tuple(refused), events, whole, tuple(pictures.values()))


def _cameras(
    options: Options, document: Any, now: datetime, refused: list[Refused]
) -> Iterator[tuple[Event, str, str]]:
    """Each camera with the addresses of its picture and of its stream."""
    told = options.told
    for where, item in items_of(document, told, refused):
        try:
            yield event_of(told, item, now), text_at(item, told.snapshot), text_at(item, told.hls)
        except ValueError as error:
            refused.append(Refused(where, str(error)))


def _seen(event: Event, hls: str, asked: bool, picture: Picture | None) -> Event:
    facts = {"picture": picture.kind if picture else "", "hls": hls}
    word = LOST if asked and picture is None else event.word
    return replace(event, word=word, facts={**event.facts, **{name: one for name, one in facts.items() if one}})


def _shown(home: str, address: str) -> str:
    """A stream's address as text: without the password and the key that it may carry."""
    try:
        url = urlsplit(urljoin(home, address) if address else "")
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return ""
    return f"{url.scheme}://{url.hostname}{port}{url.path}" if url.scheme and url.hostname else ""
