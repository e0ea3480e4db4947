"""What a poll asks: all entities, page by page; or the notifications that wait."""

import orjson

from data_sources._mapping import options_of
from data_sources._mapping.webhook import letters
from data_sources.ngsi.options import Options
from ioc.domain.ingest.decoding import json_of
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.source import Source

_HELD = "pages"
_PATHS = {"ld": "/ngsi-ld/v1/entities", "v2": "/v2/entities"}


async def fetch(source: Source, world: World) -> Payload:
    """All pages up to the row's bound. Of several pages one that says 304 stands for the one that is held."""
    options = options_of(source, Options)
    if options.push:
        return await letters(source, world)
    held: dict[int, Page] = world.memory.get(_HELD, {})
    pages: dict[int, Page] = {}
    moved, offset, more = False, 0, True
    while more and len(pages) < options.pages:
        page = await _asked(source, world, options, offset)
        if page is None and not pages and offset not in held:
            return Payload(unchanged=True)
        moved = moved or page is not None
        page = page or held.get(offset)
        if page is None:
            raise SourceError("a page is unchanged but not held any more")
        pages[offset] = page
        offset += options.limit
        more = _more(page, offset, options.limit)
    world.memory[_HELD] = pages if len(pages) > 1 else {}
    return Payload(tuple(pages.values())) if moved else Payload(unchanged=True)


async def _asked(source: Source, world: World, options: Options, offset: int) -> Page | None:
    count = {"count": "true"} if options.version == "ld" else {"options": "count"}
    kinds = {"type": options.type} if options.type else {}
    params = {"limit": str(options.limit), "offset": str(offset), **count, **kinds, **options.params}
    address = source.address.rstrip("/") + _PATHS[options.version]
    headers = {"Accept": "application/json", **options.headers}
    return await world.get(source, address, params=params, headers=headers)


def _more(page: Page, offset: int, limit: int) -> bool:
    """The count tells; without one a full page does."""
    if page.total is not None:
        return offset < page.total
    try:
        document = json_of(page, orjson.loads)
    except SourceError:
        return False  # parse says what stands there
    return isinstance(document, list) and len(document) >= limit
