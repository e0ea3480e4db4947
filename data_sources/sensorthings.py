"""OGC SensorThings 1.1: the newest observations of each Datastream, page by page by @iot.nextLink."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import orjson
from pydantic import Field

from data_sources._mapping import (
    NameOptions,
    NumberOptions,
    RequestOptions,
    Template,
    UnitName,
    UnitOptions,
    Zone,
    find,
    options_of,
    sample,
)
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.decoding import decode_json, decode_text
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_NEXT_LINK = "@iot.nextLink"


class SensorThingsCode(ErrorCode):
    """Why an answer cannot be read. Texts: components/messages/errors/sensorthings.toml."""

    NOT_A_LIST = "sensorthings.not_a_list"
    NOT_AN_OBSERVATION = "sensorthings.not_an_observation"
    NEXT_LINK_INVALID = "sensorthings.next_link_invalid"
    NEXT_LINK_ELSEWHERE = "sensorthings.next_link_elsewhere"


class Options(NumberOptions, NameOptions, UnitOptions, RequestOptions):
    """`series`: template with JMESPath on the Datastream; {id} is its @iot.id.

    `order`: what the newest observations are found by; some servers cannot order by phenomenonTime, as it may be an
    interval.
    """

    series: Template = "{name}"
    path: str = "Datastreams"
    filter: str = ""
    newest: int = Field(1, ge=1, le=1000)
    order: Literal["phenomenonTime desc", "resultTime desc"] = "phenomenonTime desc"
    pages: int = Field(20, ge=1, le=200)
    unit: UnitName = ""
    zone: Zone = "UTC"

    def query(self) -> dict[str, str]:
        """The query parameters of the first page."""
        newest = {"$top": str(self.newest), "$orderby": self.order}
        filtered = {"$filter": self.filter} if self.filter else {}
        if self.path.rstrip("/").endswith("Observations"):
            return {**newest, **filtered, **self.params}
        inner = ";".join(f"{name}={value}" for name, value in newest.items())
        return {"$expand": f"Observations({inner})", "$count": "true", **filtered, **self.params}


async def fetch(source: Source, context: FetchContext) -> Payload:
    """All pages, up to the limit of the row. An unchanged page (304) keeps its next-link."""
    options = options_of(source, Options)
    address: str | None = f"{source.address.rstrip('/')}/{options.path.strip('/')}"
    params = options.query()
    pages: list[ResponsePage] = []
    visited: set[str] = set()
    while address and address not in visited and len(visited) < options.pages:
        visited.add(address)
        page = await context.get(source, address, params=params, headers=options.headers)
        if page is not None:
            pages.append(page)
            context.memory[f"next {address}"] = _next_url(source, page)
        address = context.memory.get(f"next {address}")
        params = {}  # a next-link is opaque and complete
    return Payload(tuple(pages)) if pages else Payload(is_unchanged=True)


def _next_url(source: Source, page: ResponsePage) -> str | None:
    """The address of the next page; None at the end, and for a link that `parse` will reject."""
    try:
        document = decode_json(page, orjson.loads)
        link = document.get(_NEXT_LINK) if isinstance(document, dict) else None
        return None if link is None else _checked_link(source, page, link)
    except (SourceError, ParseError):
        return None


def _checked_link(source: Source, page: ResponsePage, link: Any) -> str:
    """`link` as an absolute URL. Raises ParseError when it is none, or leads to another server."""
    if not isinstance(link, str):
        raise ParseError(SensorThingsCode.NEXT_LINK_INVALID)
    try:
        target = urlsplit(urljoin(page.address or source.address, link))
        home = urlsplit(source.address)
        is_own = (target.scheme, target.netloc) == (home.scheme, home.netloc) or target.hostname in source.allowed_hosts
    except ValueError:
        raise ParseError(SensorThingsCode.NEXT_LINK_INVALID) from None
    if not is_own:
        raise ParseError(SensorThingsCode.NEXT_LINK_ELSEWHERE)
    return target.geturl()


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The observations of all pages. One that cannot be read is rejected; the others are read."""
    options = options_of(source, Options)
    zone = ZoneInfo(options.zone)
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    for n, page in enumerate(payload.pages):
        document = _document(page)
        if n == len(payload.pages) - 1:
            rejected += _truncation_notices(source, page, document, n + 1 >= options.pages)
        for location, stream, observation in _observations(document, f"page {n + 1}"):
            try:
                readings.append(_reading(options, zone, stream, observation))
            except ParseError as error:
                rejected.append(RejectedItem(location, error.failure, sample(observation)))
    return Batch(tuple(readings), tuple(rejected))


def _document(page: ResponsePage) -> Any:
    """The JSON of the page. Lines of JSON, as some servers stream them, become a list."""
    try:
        document = decode_json(page, orjson.loads)
    except SourceError as error:
        lines = decode_text(page).splitlines() if b"\n" in page.body else []
        try:
            document = [orjson.loads(line) for line in lines if line.strip()]
        except ValueError:
            raise error from None
        if not document:
            raise
    if isinstance(document, dict) and "value" not in document and ("error" in document or "code" in document):
        message = document.get("message") or document.get("error")
        raise SourceError(IngestCode.SERVICE_MESSAGE, external=str(message)[:120])
    return document


def _truncation_notices(
    source: Source, page: ResponsePage, document: Any, is_limit_reached: bool
) -> Iterator[RejectedItem]:
    link = document.get(_NEXT_LINK) if isinstance(document, dict) else None
    if link is None:
        return
    try:
        _checked_link(source, page, link)
        if is_limit_reached:
            yield RejectedItem(_NEXT_LINK, Failure(IngestCode.MORE_PAGES))
    except ParseError as error:
        yield RejectedItem(_NEXT_LINK, error.failure, str(link).partition("?")[0][:120])


def _observations(document: Any, page: str) -> Iterator[tuple[str, Any, Any]]:
    """The location of each observation, its Datastream, and the observation."""
    entities = document.get("value", [document]) if isinstance(document, dict) else document
    if not isinstance(entities, list):
        raise SourceError(SensorThingsCode.NOT_A_LIST)
    for n, entity in enumerate(entities):
        location = f"{page}, value[{n}]"
        if not isinstance(entity, dict):
            yield location, {}, entity
        elif _is_observation(entity):
            stream = entity.get("Datastream")
            yield location, stream if isinstance(stream, dict) else {}, entity
        else:
            observations = entity.get("Observations", [])
            for k, observation in enumerate(observations if isinstance(observations, list) else [observations]):
                yield f"{location}.Observations[{k}]", entity, observation


def _is_observation(entity: dict[str, Any]) -> bool:
    """A Datastream may have a phenomenonTime too, but then it has a name."""
    return "result" in entity or ("phenomenonTime" in entity and not {"Observations", "name"} & entity.keys())


def _reading(options: Options, zone: ZoneInfo, stream: dict[str, Any], observation: Any) -> Reading:
    if not isinstance(observation, dict):
        raise ParseError(SensorThingsCode.NOT_AN_OBSERVATION)
    series = options.series_key(
        options.series, partial(find, {**stream, "id": stream.get("@iot.id", stream.get("id"))})
    )
    observed = _time(observation.get("phenomenonTime") or observation.get("resultTime"), zone)
    return Reading(series, observed, options.number(observation.get("result")), _unit(options, stream))


def _time(value: Any, zone: ZoneInfo) -> datetime:
    """An instant, or the end of an interval; the start while the end is open."""
    if not isinstance(value, str):
        raise ParseError(ParseCode.TIME_MISSING)
    start, _, end = value.partition("/")
    return parse_timestamp(end if end.strip(" .") else start, "iso", zone)


def _unit(options: Options, stream: dict[str, Any]) -> str:
    if options.unit:
        return options.unit
    unit = stream.get("unitOfMeasurement")
    if not isinstance(unit, dict):
        return ""
    # Services copy the definition of one unit to another, so that it counts only where nothing else is there.
    return options.unit_of(unit.get("symbol"), unit.get("name")) or options.unit_of(unit.get("definition"))
