"""Fetching of entities page by page, or of the notifications that wait."""

import orjson

from data_sources._mapping import options_of
from data_sources._mapping.webhook import fetch_messages
from data_sources.ngsi.options import Options
from data_sources.ngsi.representations import list_length
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_CACHED_PAGES = "pages"
_PATHS = {"ld": "/ngsi-ld/v1/entities", "v2": "/v2/entities"}


async def fetch(source: Source, context: FetchContext) -> Payload:
    """All pages up to the limit of the row. An unchanged page (304) is taken from the cache."""
    options = options_of(source, Options)
    if options.push:
        return await fetch_messages(source, context)
    cached: dict[int, ResponsePage] = context.memory.get(_CACHED_PAGES, {})
    pages: dict[int, ResponsePage] = {}
    has_changed, offset, has_more = False, 0, True
    while has_more and len(pages) < options.pages:
        page = await _fetch_page(source, context, options, offset)
        if page is None and not pages and offset not in cached:
            return Payload(is_unchanged=True)
        has_changed = has_changed or page is not None
        page = page or cached.get(offset)
        if page is None:
            raise SourceError(IngestCode.UNCHANGED_NOT_CACHED)
        pages[offset] = page
        offset += options.limit
        has_more = _has_more(page, offset, options.limit)
    context.memory[_CACHED_PAGES] = pages if len(pages) > 1 else {}
    return Payload(tuple(pages.values())) if has_changed else Payload(is_unchanged=True)


async def _fetch_page(source: Source, context: FetchContext, options: Options, offset: int) -> ResponsePage | None:
    count = {"count": "true"} if options.version == "ld" else {"options": "count"}
    kinds = {"type": options.type} if options.type else {}
    params = {"limit": str(options.limit), "offset": str(offset), **count, **kinds, **options.params}
    address = f"{source.address.rstrip('/')}/{(options.path or _PATHS[options.version]).lstrip('/')}"
    headers = {"Accept": "application/json", **options.headers}
    return await context.get(source, address, params=params, headers=headers)


def _has_more(page: ResponsePage, offset: int, limit: int) -> bool:
    """By the total count where there is one; otherwise a full page means that there may be more."""
    if page.total_items is not None:
        return offset < page.total_items
    try:
        return list_length(decode_json(page, orjson.loads)) >= limit
    except SourceError:
        return False  # parse will raise for this page
