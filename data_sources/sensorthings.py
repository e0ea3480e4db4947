"""OGC SensorThings 1.1: the newest observations of each Datastream, page by page through @iot.nextLink."""

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
    Zone,
    find,
    options_of,
    sample,
)
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json, decode_text
from ioc.domain.ingest.parsing import parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_NEXT_LINK = "@iot.nextLink"


class Options(NumberOptions, NameOptions, RequestOptions):
    """`series`: template whose holes are JMESPath on the Datastream; {id} is its @iot.id. `units` translates theirs.

    `order`: by what the newest come first; some servers cannot order by phenomenonTime, which may be an interval.
    """

    series: Template = "{name}"
    path: str = "Datastreams"
    filter: str = ""
    newest: int = Field(1, ge=1, le=1000)
    order: Literal["phenomenonTime desc", "resultTime desc"] = "phenomenonTime desc"
    pages: int = Field(20, ge=1, le=200)
    unit: UnitName = ""
    units: dict[str, UnitName] = {}
    zone: Zone = "UTC"

    def query(self) -> dict[str, str]:
        """What the first page is asked with."""
        newest = {"$top": str(self.newest), "$orderby": self.order}
        chosen = {"$filter": self.filter} if self.filter else {}
        if self.path.rstrip("/").endswith("Observations"):
            return {**newest, **chosen, **self.params}
        inner = ";".join(f"{name}={value}" for name, value in newest.items())
        return {"$expand": f"Observations({inner})", "$count": "true", **chosen, **self.params}


async def fetch(source: Source, world: FetchContext) -> Payload:
    """All pages, up to the row's bound. A page that says 304 keeps the next-link that it had."""
    options = options_of(source, Options)
    address: str | None = f"{source.address.rstrip('/')}/{options.path.strip('/')}"
    params = options.query()
    pages: list[ResponsePage] = []
    seen: set[str] = set()
    while address and address not in seen and len(seen) < options.pages:
        seen.add(address)
        page = await world.get(source, address, params=params, headers=options.headers)
        if page is not None:
            pages.append(page)
            world.memory[f"next {address}"] = _next_url(source, page)
        address = world.memory.get(f"next {address}")
        params = {}  # a next-link is opaque and complete
    return Payload(tuple(pages)) if pages else Payload(is_unchanged=True)


def _next_url(source: Source, page: ResponsePage) -> str | None:
    """The next page's address, None at the end or where it must not be followed (parse says so)."""
    try:
        document = decode_json(page, orjson.loads)
        link = document.get(_NEXT_LINK) if isinstance(document, dict) else None
        return None if link is None else _checked_link(source, page, link)
    except (SourceError, ValueError):
        return None


def _checked_link(source: Source, page: ResponsePage, link: Any) -> str:
    """`link` in full. ValueError when it is not one of this source's own."""
    if not isinstance(link, str):
        raise ValueError("the next-link is no text")
    target = urlsplit(urljoin(page.address or source.address, link))
    home = urlsplit(source.address)
    if (target.scheme, target.netloc) != (home.scheme, home.netloc) and target.hostname not in source.allowed_hosts:
        raise ValueError("the next-link leads to another origin")
    return target.geturl()


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The observations of all pages. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    zone = ZoneInfo(options.zone)
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    for n, page in enumerate(payload.pages):
        document = _document(page)
        if n == len(payload.pages) - 1:
            refused += _truncation_notices(source, page, document, n + 1 >= options.pages)
        for where, stream, observation in _observations(document, f"page {n + 1}"):
            try:
                readings.append(_reading(options, zone, stream, observation))
            except ValueError as error:
                refused.append(RejectedItem(where, untyped(str(error)), sample(observation)))
    return Batch(tuple(readings), tuple(refused))


def _document(page: ResponsePage) -> Any:
    """The page's JSON; several lines of it, as some servers stream, count as a list."""
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
        said = document.get("message") or document.get("error")
        raise SourceError(untyped(f"the service says: {str(said)[:120]}"))
    return document


def _truncation_notices(source: Source, page: ResponsePage, document: Any, full: bool) -> Iterator[RejectedItem]:
    link = document.get(_NEXT_LINK) if isinstance(document, dict) else None
    if link is None:
        return
    try:
        _checked_link(source, page, link)
        if full:
            yield RejectedItem(_NEXT_LINK, untyped("there are more pages than the row allows: the rest was left out"))
    except ValueError as error:
        yield RejectedItem(_NEXT_LINK, untyped(str(error)), str(link).partition("?")[0][:120])


def _observations(document: Any, page: str) -> Iterator[tuple[str, Any, Any]]:
    """Where each observation stands, its Datastream, itself."""
    entities = document.get("value", [document]) if isinstance(document, dict) else document
    if not isinstance(entities, list):
        raise SourceError(untyped("value is not a list of entities"))
    for n, entity in enumerate(entities):
        where = f"{page}, value[{n}]"
        if not isinstance(entity, dict):
            yield where, {}, entity
        elif _is_observation(entity):
            stream = entity.get("Datastream")
            yield where, stream if isinstance(stream, dict) else {}, entity
        else:
            inner = entity.get("Observations", [])
            for k, observation in enumerate(inner if isinstance(inner, list) else [inner]):
                yield f"{where}.Observations[{k}]", entity, observation


def _is_observation(entity: dict[str, Any]) -> bool:
    """Datastreams have a phenomenonTime too, but also a name."""
    return "result" in entity or ("phenomenonTime" in entity and not {"Observations", "name"} & entity.keys())


def _reading(options: Options, zone: ZoneInfo, stream: dict[str, Any], observation: Any) -> Reading:
    if not isinstance(observation, dict):
        raise ValueError("the observation is no object")
    series = options.series_key(
        options.series, partial(find, {**stream, "id": stream.get("@iot.id", stream.get("id"))})
    )
    observed = _time(observation.get("phenomenonTime") or observation.get("resultTime"), zone)
    return Reading(series, observed, options.number(observation.get("result")), _unit(options, stream))


def _time(value: Any, zone: ZoneInfo) -> datetime:
    """An instant, or the end of an interval; its start while the end is open."""
    if not isinstance(value, str):
        raise ValueError("phenomenonTime is missing")
    start, _, end = value.partition("/")
    return parse_timestamp(end if end.strip(" .") else start, "iso", zone)


def _unit(options: Options, stream: dict[str, Any]) -> str:
    if options.unit:
        return options.unit
    unit = stream.get("unitOfMeasurement")
    given = (unit.get("symbol") or unit.get("name")) if isinstance(unit, dict) else None
    return options.units.get(given, given)[:40] if isinstance(given, str) else ""
