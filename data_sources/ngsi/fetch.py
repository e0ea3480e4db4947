"""What a poll asks: all entities, page by page; or the notifications that wait."""

import orjson

from data_sources._mapping import options_of
from data_sources._mapping.webhook import fetch_messages
from data_sources.ngsi.options import Options
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_CACHED_PAGES = "pages"
_PATHS = {"ld": "/ngsi-ld/v1/entities", "v2": "/v2/entities"}


async def fetch(source: Source, world: FetchContext) -> Payload:
    """All pages up to the row's bound. Of several pages one that says 304 stands for the one that is held."""
    options = options_of(source, Options)
    if options.push:
        return await fetch_messages(source, world)
    held: dict[int, ResponsePage] = world.memory.get(_CACHED_PAGES, {})
    pages: dict[int, ResponsePage] = {}
    moved, offset, more = False, 0, True
    while more and len(pages) < options.pages:
        page = await _fetch_page(source, world, options, offset)
        if page is None and not pages and offset not in held:
            return Payload(is_unchanged=True)
        moved = moved or page is not None
        page = page or held.get(offset)
        if page is None:
            raise SourceError(untyped("a page is unchanged but not held any more"))
        pages[offset] = page
        offset += options.limit
        more = _has_more(page, offset, options.limit)
    world.memory[_CACHED_PAGES] = pages if len(pages) > 1 else {}
    return Payload(tuple(pages.values())) if moved else Payload(is_unchanged=True)


async def _fetch_page(source: Source, world: FetchContext, options: Options, offset: int) -> ResponsePage | None:
    count = {"count": "true"} if options.version == "ld" else {"options": "count"}
    kinds = {"type": options.type} if options.type else {}
    params = {"limit": str(options.limit), "offset": str(offset), **count, **kinds, **options.params}
    address = source.address.rstrip("/") + _PATHS[options.version]
    headers = {"Accept": "application/json", **options.headers}
    return await world.get(source, address, params=params, headers=headers)


def _has_more(page: ResponsePage, offset: int, limit: int) -> bool:
    """The count tells; without one a full page does."""
    if page.total_items is not None:
        return offset < page.total_items
    try:
        document = decode_json(page, orjson.loads)
    except SourceError:
        return False  # parse says what stands there
    return isinstance(document, list) and len(document) >= limit
