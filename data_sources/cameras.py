"""Cameras: an event and the last image of each, fetched by the server; nothing is recorded."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urljoin, urlsplit

import orjson
from pydantic import Field, model_validator

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.errors import HttpCode
from data_sources._mapping import (
    EventOptions,
    Expression,
    RequestOptions,
    RowOptions,
    UnreadTime,
    check_not_failed,
    event_of,
    items_of,
    options_of,
    page_time,
    rejected_event,
    text_at,
    without_ignored,
)
from ioc.domain.base.failure import ErrorCode, Failure, FailureError
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.base.times import later_by
from ioc.domain.events.event import Event
from ioc.domain.ingest.camera_image import CONNECTION_LOST, CameraImage, detect_media_type
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

MAX_CAMERAS = 300
_MAX_IMAGE_BYTES = 16 * 1_048_576  # of all images of a poll
_CONCURRENCY = 4
_DEADLINE_SHARE = 0.8  # of the deadline: images that came by then are used
# Media types of the pages after the list. Their address is the camera's key; the body of a failed one is its failure.
_IMAGE, _FAILED = "picture", "failed"


class CamerasCode(ErrorCode):
    """Why a camera gave no image. Texts: components/messages/errors/cameras.toml."""

    NO_IMAGE_IN_TIME = "cameras.no_image_in_time"
    IMAGES_TOO_LARGE = "cameras.images_too_large"


class CameraOptions(RowOptions):
    """A camera of the row. Its addresses may be relative to that of the row: /cam/1.jpg."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")]
    name: Annotated[str, Field(min_length=1)]
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    snapshot: str = ""
    hls: str = ""


class CameraEvents(EventOptions):
    """The mapping of a list; `snapshot` and `hls`: where an item has the addresses of the image and the stream."""

    kind: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "camera"
    snapshot: Expression = ""
    hls: Expression = ""

    single_paths: ClassVar[tuple[str, ...]] = (*EventOptions.single_paths, "snapshot", "hls")


_CONFIGURED_CAMERAS = CameraEvents(
    key="{key}", title="{name}", lon="lon", lat="lat", place="place", snapshot="snapshot", hls="hls", complete=True
)


class Options(RequestOptions):
    """Either `cameras`, in the row itself, or `events`: the mapping of the list at the row's address.

    `page_time`: where the list says when it was made. `wait`: seconds that a camera may take.
    """

    cameras: tuple[CameraOptions, ...] = Field((), max_length=MAX_CAMERAS)
    events: CameraEvents | None = None
    page_time: Expression = ""
    wait: float = Field(5, gt=0, le=60)

    @model_validator(mode="after")
    def _validate_list(self) -> Self:
        if bool(self.cameras) == (self.events is not None):
            raise ConfigValueError(OptionCode.CAMERAS_OR_EVENTS)
        return self

    @property
    def list_mapping(self) -> CameraEvents:
        """The mapping of the list, that of `cameras` included."""
        return self.events or _CONFIGURED_CAMERAS

    @property
    def stated_kinds(self) -> Mapping[tuple[str, ...], str]:
        """That of the list."""
        return {("events", "kind"): self.list_mapping.kind}

    @property
    def stated_places(self) -> Mapping[tuple[str | int, ...], str]:
        """Those of `events`, and of each of `cameras`."""
        of_list = self.events.stated_places.items() if self.events else ()
        of_cameras = {("cameras", n, "place"): camera.place for n, camera in enumerate(self.cameras) if camera.place}
        return {("events", *path): code for path, code in of_list} | of_cameras

    @property
    def has_event_time(self) -> bool:
        """Whether the row names that of the items of a list."""
        return self.events is None or bool(self.events.time)

    @property
    def unread_event_time(self) -> UnreadTime | None:
        """That of `events`."""
        return self.events.unread_event_time if self.events else None

    @property
    def unmatched_paths(self) -> Sequence[Failure]:
        """Of the list at the row's address."""
        return self.events.path_use.failures if self.events else ()


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The list, then the image of each camera, a few at a time. Raises SourceError when every camera failed."""
    options, loop = options_of(source, Options), asyncio.get_running_loop()
    ends = loop.time() + source.deadline.total_seconds() * _DEADLINE_SHARE
    list_page = await _fetch_list(source, context, options)
    snapshots = await read_in_thread(source, _snapshot_urls, options, list_page, context.now())
    semaphore = asyncio.Semaphore(_CONCURRENCY)
    tasks = {
        key: asyncio.create_task(_fetch_image(source, context, options, semaphore, key, address))
        for key, address in snapshots.items()
    }
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=max(0.0, ends - loop.time()))
    finally:
        for task in tasks.values():
            task.cancel()
    outcomes = await asyncio.gather(*tasks.values(), return_exceptions=True)
    # Without the validators of the HTTP client: an image is needed even when it is unchanged.
    context.memory.clear()
    return Payload((list_page, *_limit_size(_image_pages(tuple(tasks), outcomes))))


async def _fetch_list(source: Source, context: FetchContext, options: Options) -> ResponsePage:
    if options.cameras:
        return ResponsePage(orjson.dumps([camera.model_dump() for camera in options.cameras]))
    page = await context.get(source, source.address, params=options.params, headers=options.headers)
    if page is None:
        raise SourceError(HttpCode.UNCHANGED_UNASKED)
    return page


def _snapshot_urls(options: Options, list_page: ResponsePage, now: datetime) -> dict[str, str]:
    """The address of the image by camera, {} when the list cannot be read: parse raises the error."""
    try:
        cameras = list(_cameras(options, decode_json(list_page, orjson.loads), now, []))
    except SourceError:
        return {}
    return dict([(event.key, snapshot) for event, snapshot, _ in cameras if snapshot][:MAX_CAMERAS])


async def _fetch_image(
    source: Source, context: FetchContext, options: Options, semaphore: asyncio.Semaphore, key: str, address: str
) -> ResponsePage:
    url = urljoin(source.address, address)
    async with semaphore, asyncio.timeout(options.wait):
        page = await context.get(source, url, headers=options.headers)
    if page is None:
        raise SourceError(HttpCode.UNCHANGED_UNASKED)
    detect_media_type(page.body)
    return replace(page, media_type=_IMAGE, address=key)


def _image_pages(keys: tuple[str, ...], outcomes: list[ResponsePage | BaseException]) -> Iterator[ResponsePage]:
    """A page for each camera: its image or its failure. Raises SourceError when every camera failed."""
    errors = [outcome for outcome in outcomes if not isinstance(outcome, ResponsePage)]
    if errors and len(errors) == len(outcomes):
        is_refused = all(isinstance(error, SourceError) and error.is_refused for error in errors)
        raise SourceError(_failure(errors[0]), is_refused=is_refused)
    for key, outcome in zip(keys, outcomes, strict=True):
        yield outcome if isinstance(outcome, ResponsePage) else _failed_page(key, _failure(outcome))


def _failure(error: BaseException) -> Failure:
    return error.failure if isinstance(error, FailureError) else Failure(CamerasCode.NO_IMAGE_IN_TIME)


def _failed_page(key: str, failure: Failure) -> ResponsePage:
    return ResponsePage(failure.to_text().encode(), _FAILED, "", key)


def _limit_size(pages: Iterable[ResponsePage]) -> Iterator[ResponsePage]:
    size = 0
    for page in pages:
        size += len(page.body)
        is_within_limit = size <= _MAX_IMAGE_BYTES
        yield page if is_within_limit else _failed_page(page.address, Failure(CamerasCode.IMAGES_TOO_LARGE))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """An event for each camera, and its image. A camera without an image has the status CONNECTION_LOST.

    The failures of such cameras and invalid items of the list are rejected items. Raises SourceError.
    """
    if not payload.pages:
        return Batch()
    options, rejected = options_of(source, Options), list[RejectedItem]()
    document = decode_json(payload.pages[0], orjson.loads)
    mapping = options.list_mapping
    (judged,), _ = without_ignored([document], (), [mapping])
    check_not_failed(judged, [mapping])
    cameras = list(_cameras(options, document, now, rejected))
    complete_kinds = frozenset({mapping.kind} if mapping.complete and not rejected else ())
    images: dict[str, CameraImage] = {}
    for page in payload.pages[1:]:
        if page.media_type == _FAILED:
            rejected.append(RejectedItem(shorten(page.address, 120), Failure.from_text(page.body.decode())))
            continue
        try:
            taken_at = later_by(now, -(page.age or timedelta(0)))
            images[page.address] = CameraImage(page.address, taken_at, detect_media_type(page.body), page.body)
        except ParseError as error:
            rejected.append(RejectedItem(shorten(page.address, 120), error.failure))
    requested = {page.address for page in payload.pages[1:]}
    events = tuple(
        _camera_event(event, _public_url(source.address, hls), event.key in requested, images.get(event.key))
        for event, _, hls in cameras
    )
    list_time = page_time(document, options.page_time, options.list_mapping)
    return Batch(
        (), tuple(rejected), events, complete_kinds, tuple(images.values()),
        source_time=list_time or _newest_image_time(payload.pages[1:], now), list_time=list_time,
    )  # fmt: skip


def _newest_image_time(pages: Iterable[ResponsePage], now: datetime) -> datetime | None:
    """When the newest image was taken; None unless the servers state the age of every one."""
    ages = [page.age for page in pages if page.media_type == _IMAGE]
    known = [age for age in ages if age is not None]
    return now - min(known) if known and len(known) == len(ages) else None


def _cameras(
    options: Options, document: Any, now: datetime, rejected: list[RejectedItem]
) -> Iterator[tuple[Event, str, str]]:
    """The event of each camera with the addresses of its image and of its stream."""
    mapping = options.list_mapping
    items = list(items_of(document, mapping, rejected))
    mapping.note_items([item for _, item in items], document)
    for location, item in items:
        try:
            yield event_of(mapping, item, now), text_at(item, mapping.snapshot), text_at(item, mapping.hls)
        except ParseError as error:
            rejected.append(rejected_event(mapping, item, location, error.failure, now))


def _camera_event(event: Event, hls: str, is_requested: bool, image: CameraImage | None) -> Event:
    added = {"picture": image.media_type if image else "", "hls": hls}
    facts = {**event.facts, **{name: text for name, text in added.items() if text}}
    status = CONNECTION_LOST if is_requested and image is None else event.source_status
    return replace(event, source_status=status, facts=facts)


def _public_url(home: str, address: str) -> str:
    """The address of a stream without the password and the query that it may have; "" when it is none."""
    try:
        url = urlsplit(urljoin(home, address) if address else "")
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return ""
    return f"{url.scheme}://{url.hostname}{port}{url.path}" if url.scheme and url.hostname else ""
