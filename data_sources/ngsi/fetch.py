"""Fetching of entities page by page, or of the notifications that wait."""

import orjson

from data_sources._http.paging import fetch_pages
from data_sources._mapping import options_of
from data_sources._mapping.webhook import fetch_messages
from data_sources.ngsi.options import Options
from data_sources.ngsi.representations import list_length
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_PATHS = {"ld": "/ngsi-ld/v1/entities", "v2": "/v2/entities"}


async def fetch(source: Source, context: FetchContext) -> Payload:
    """All pages up to the limit of the row."""
    options = options_of(source, Options)
    if options.push:
        return await fetch_messages(source, context)

    async def fetch_page(offset: int) -> ResponsePage | None:
        return await _fetch_page(source, context, options, offset)

    def next_offset(offset: int, page: ResponsePage) -> int | None:
        following = offset + options.limit
        return following if _has_more(page, following, options.limit) else None

    return await fetch_pages(source, context, 0, options.pages, fetch_page, next_offset)


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
