"""GeoJSON: features become events (works, closures, flooded places) or readings, as the row's mapping says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import orjson
from pydantic import Field

from data_sources._mapping import EventOptions, Expression, MappingOptions, RequestOptions, options_of, read_documents
from ioc.domain.base.failure import untyped
from ioc.domain.events.event import Event
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

_GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
_CACHED_PAGES = "pages"


class FeatureEvents(EventOptions):
    """Events whose items are features: each lies where its geometry does."""

    geometry: Expression = "geometry"


class Options(MappingOptions, RequestOptions):
    """The mapping over the list of features; `pages`: how many next-links of OGC API Features are followed at most."""

    events: FeatureEvents | None = None
    pages: int = Field(10, ge=1, le=200)


async def fetch(source: Source, world: FetchContext) -> Payload:
    """All pages, up to the row's bound. Of several pages one that says 304 stands for the one that is held."""
    options = options_of(source, Options)
    held: dict[str, ResponsePage] = world.memory.get(_CACHED_PAGES, {})
    pages: dict[str, ResponsePage] = {}
    address, params, moved = source.address, options.params, False
    while address and address not in pages and len(pages) < options.pages:
        page = await world.get(source, address, params=params, headers=options.headers)
        if page is None and not pages and address not in held:
            return Payload(is_unchanged=True)
        moved = moved or page is not None
        page = page or held.get(address)
        if page is None:
            raise SourceError(untyped("a page is unchanged but not held any more"))
        pages[address] = page
        address, params = _next_url(page), {}  # a next-link is opaque and complete
    world.memory[_CACHED_PAGES] = pages if len(pages) > 1 else {}
    return Payload(tuple(pages.values())) if moved else Payload(is_unchanged=True)


def _next_url(page: ResponsePage) -> str:
    try:
        link = _next_link(decode_json(page, orjson.loads))
    except SourceError:
        return ""  # parse says what stands there
    return urljoin(page.address, link) if link else ""


def _next_link(document: Any) -> str:
    """The address of the next page, "" at the end."""
    links = document.get("links") if isinstance(document, dict) else None
    for one in links if isinstance(links, list) else []:
        if isinstance(one, dict) and one.get("rel") == "next" and isinstance(one.get("href"), str):
            return str(one["href"])
    return ""


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each feature's values and events. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    documents = [decode_json(page, orjson.loads) for page in payload.pages]
    refused: list[RejectedItem] = []
    features = [list(_features(document, refused)) for document in documents]
    if documents:
        refused += _truncation_notices(documents[-1])
    batch = read_documents(options, features, now)
    whole = frozenset() if refused else batch.complete_kinds
    once = _deduplicate(batch.events)
    repeated = batch.duplicate_count + len(batch.events) - len(once)
    return Batch(batch.readings, (*refused, *batch.rejected_items), once, whole, duplicate_count=repeated)


def _deduplicate(events: Sequence[Event]) -> tuple[Event, ...]:
    """Each thing once: of one key what was told last; and of outlines with the same words, which portals list again
    under another number, the one with the first key.
    """
    newest: dict[str, Event] = {}
    for one in events:
        held = newest.get(one.key)
        if held is None or one.observed >= held.observed:
            newest[one.key] = one
    alike: dict[str, Event] = {}
    for one in newest.values():
        drawn = one.area is not None and bool(one.area.rings)
        same = repr(replace(one, key="", link="")) if drawn else f"key {one.key}"
        alike[same] = min(alike.get(same, one), one, key=lambda each: each.key)
    return tuple(alike.values())


def _features(document: Any, refused: list[RejectedItem]) -> Iterator[dict[str, Any]]:
    """The features of one document. SourceError when it is no GeoJSON, or not in degrees of WGS 84."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        given = document.get("features")
    elif kind == "Feature":
        given = [document]
    elif isinstance(kind, str) and kind in _GEOMETRIES:
        given = [{"type": "Feature", "properties": {}, "geometry": document}]
    else:
        esri = isinstance(document, dict) and "spatialReference" in document
        raise SourceError(
            untyped("the answer is Esri JSON: ask with f=geojson" if esri else "the answer has no GeoJSON type")
        )
    if not isinstance(given, list):
        raise SourceError(untyped("features is not a list"))
    _check_crs(document)
    for n, one in enumerate(given):
        if isinstance(one, dict) and one.get("type") == "Feature":
            yield one
        else:
            said = one.get("type") if isinstance(one, dict) else type(one).__name__
            refused.append(RejectedItem(f"features[{n}]", untyped(f"this is no Feature but {str(said)[:40]!r}")))


def _check_crs(document: dict[str, Any]) -> None:
    """Older writers name another system of coordinates; VN-2000 counts in metres."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and not any(known in name.upper() for known in ("CRS84", "EPSG::4326", "EPSG:4326")):
        raise SourceError(untyped(f"the coordinates are in {name[:60]}: right would be WGS 84"))


def _truncation_notices(document: Any) -> Iterator[RejectedItem]:
    """What the last page says that it, or our bound, left out."""
    if _next_link(document):
        yield RejectedItem("links", untyped("there are more pages than the row allows: the rest was left out"))
    properties = document.get("properties") if isinstance(document, dict) else None
    told = properties if isinstance(properties, dict) else {}
    if document.get("exceededTransferLimit") is True or told.get("exceededTransferLimit") is True:
        yield RejectedItem(
            "exceededTransferLimit", untyped("the server left features out: ask for less, or page by page")
        )
