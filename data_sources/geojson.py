"""GeoJSON: features as events (works, closures, flooded places) or readings, by the mapping of the row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any
from urllib.parse import urljoin

import orjson
from pydantic import Field

from data_sources._http.paging import fetch_pages
from data_sources._mapping import (
    EventOptions,
    Expression,
    MappingOptions,
    RequestOptions,
    asks_for_beginning,
    check_fields,
    cut_list_notices,
    find,
    next_link,
    options_of,
    page_time,
    read_documents,
    without_ignored,
)
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.text import shorten
from ioc.domain.events.event import Event
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.value_types import type_of

_GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
_WGS_84 = ("CRS84", "EPSG::4326", "EPSG:4326")
# Where a document says when it was made, in any of these formats: OGC API Features, USGS, and portals.
PAGE_TIMES = ("timeStamp", "metadata.generated", "generated", "timestamp")
_TIME_FORMATS = ("iso", "unix_ms", "unix")


class GeoJsonCode(ErrorCode):
    """Why an answer or a feature of it cannot be read. Texts: components/messages/errors/geojson.toml."""

    NOT_GEOJSON = "geojson.not_geojson"
    ESRI_JSON = "geojson.esri_json"
    FEATURES_NOT_A_LIST = "geojson.features_not_a_list"
    NOT_A_FEATURE = "geojson.not_a_feature"  # kind
    GEOMETRY_ALONE = "geojson.geometry_alone"  # kind: of the geometry
    WRONG_CRS = "geojson.wrong_crs"  # crs: its name


class FeatureEvents(EventOptions):
    """Events whose items are features, located by their geometry."""

    geometry: Expression = "geometry"


class Options(MappingOptions, RequestOptions):
    """The mapping of the list of features. `pages`: how many pages of OGC API Features are fetched at most."""

    events: FeatureEvents | None = None
    pages: int = Field(10, ge=1, le=200)

    @property
    def has_own_time(self) -> bool:
        """Most documents say when they were made."""
        return True

    @property
    def may_lack_time(self) -> bool:
        """Whether the row relies on that."""
        return not super().has_own_time


async def fetch(source: Source, context: FetchContext) -> Payload:
    """All pages, up to the limit of the row."""
    options = options_of(source, Options)

    async def fetch_page(address: str) -> ResponsePage | None:
        params = options.params if address == source.address else {}  # a next-link is opaque and complete
        return await context.get(source, address, params=params, headers=options.headers)

    return await fetch_pages(source, context, source.address, options.pages, fetch_page, _next_url)


def _next_url(_address: str, page: ResponsePage) -> str | None:
    try:
        link = next_link(decode_json(page, orjson.loads))
    except SourceError:
        return None  # parse raises it again
    return urljoin(page.address, link) if link else None


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values and events of each feature; invalid features are rejected items. Raises SourceError."""
    options = options_of(source, Options)
    documents = [decode_json(page, orjson.loads) for page in payload.pages]
    rejected: list[RejectedItem] = []
    readers = [options] * bool(options.value_mappings) + [one for one in (options.event_options,) if one]
    judged, judged_pages = without_ignored(documents, payload.pages, readers)
    for document in judged:
        if isinstance(document, dict):
            check_fields(document, bool(document.get("features")))
    features = [list(_features(document, rejected)) for document in documents]
    if not all(asks_for_beginning(reader.items) for reader in readers):
        rejected += _truncation_notices(judged, judged_pages)
    batch = read_documents(options, features, now, page_times=[_page_time(document, options) for document in documents])
    if not (batch.readings or batch.events) and (kind := next(filter(None, map(_geometry_kind, documents)), None)):
        raise SourceError(GeoJsonCode.GEOMETRY_ALONE, kind=kind)
    events = _deduplicate(batch.events)
    return replace(
        batch,
        rejected_items=(*rejected, *batch.rejected_items),
        events=events,
        complete_kinds=frozenset() if rejected else batch.complete_kinds,
        duplicate_count=batch.duplicate_count + len(batch.events) - len(events),
    )


def _page_time(document: Any, options: Options) -> datetime | None:
    """When the document was made: where the row says, else in one of the usual members; None when it does not say."""
    if options.page_time:
        return page_time(document, options.page_time, options.page_options)
    for path, form in product(PAGE_TIMES, _TIME_FORMATS):
        try:
            return parse_timestamp(find(document, path), form, options.page_options.zone_info)
        except ParseError:
            continue
    return None


def _deduplicate(events: Sequence[Event]) -> tuple[Event, ...]:
    """Of outlines that differ in key and link only, which portals list again under another number, the one with the
    first key.
    """
    unique: dict[str, Event] = {}
    for n, event in enumerate(events):
        has_outline = event.area is not None and any(len(ring) > 1 for ring in event.area.rings)
        identity = repr(replace(event, key="", link="")) if has_outline else f"event {n}"
        unique[identity] = min(unique.get(identity, event), event, key=lambda candidate: candidate.key)
    return tuple(unique.values())


def _features(document: Any, rejected: list[RejectedItem]) -> Iterator[dict[str, Any]]:
    """The features of a document. Raises SourceError when it is no GeoJSON, or not in WGS 84."""
    kind = _kind(document)
    if kind == "FeatureCollection":
        items = document.get("features")
    elif kind == "Feature":
        items = [document]
    elif _geometry_kind(document):
        items = [{"type": "Feature", "properties": {}, "geometry": document}]
    else:
        is_esri = isinstance(document, dict) and "spatialReference" in document
        raise SourceError(GeoJsonCode.ESRI_JSON if is_esri else GeoJsonCode.NOT_GEOJSON)
    if not isinstance(items, list):
        raise SourceError(GeoJsonCode.FEATURES_NOT_A_LIST)
    _check_crs(document)
    for n, item in enumerate(items):
        if isinstance(item, dict) and item.get("type") == "Feature":
            yield item
        else:
            kind = item.get("type") if isinstance(item, dict) else None
            stated = shorten(kind, 40) if isinstance(kind, str) else type_of(item)
            failure = Failure(GeoJsonCode.NOT_A_FEATURE, {"kind": stated})
            rejected.append(RejectedItem(f"features[{n}]", failure))


def _kind(document: Any) -> Any:
    return document.get("type") if isinstance(document, dict) else None


def _geometry_kind(document: Any) -> str | None:
    """The type of a document that is a geometry, None for any other."""
    kind = _kind(document)
    return kind if isinstance(kind, str) and kind in _GEOMETRIES else None


def _check_crs(document: dict[str, Any]) -> None:
    """Raises SourceError for another coordinate system, which GeoJSON of 2008 may name: VN-2000 counts in metres."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and not any(known in name.upper() for known in _WGS_84):
        raise SourceError(GeoJsonCode.WRONG_CRS, crs=shorten(name, 60))


def _truncation_notices(documents: Sequence[Any], pages: Sequence[ResponsePage]) -> list[RejectedItem]:
    """A rejected item for what the limit of pages, or the server, left out."""
    if documents and next_link(documents[-1]):
        return [RejectedItem("links", Failure(IngestCode.MORE_PAGES))]
    return cut_list_notices(documents, "features", pages)
