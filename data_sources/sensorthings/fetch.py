"""Fetching of all pages by their next-links: those of the answer, and those of the Datastreams of its Things."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from data_sources._http.answer_threads import read_in_thread
from data_sources._mapping import options_of
from data_sources.sensorthings.errors import SensorThingsCode
from data_sources.sensorthings.options import Options
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source
from ioc.net.url_origin import is_allowed_origin, parse_origin

NEXT_LINK = "@iot.nextLink"
_LINKS_KEY = "next links"  # by address of the page


async def fetch(source: Source, context: FetchContext) -> Payload:
    """All pages, up to the limit of the row. An unchanged page (304) keeps its next-links and is left out."""
    options = options_of(source, Options)
    params = options.query()
    pages: list[ResponsePage] = []
    known: dict[str, list[str]] = context.memory.get(_LINKS_KEY, {})
    pending, visited = [f"{source.address.rstrip('/')}/{options.path.strip('/')}"], dict[str, list[str]]()
    while pending and len(visited) < options.pages:
        address = pending.pop(0)
        if address in visited:
            continue
        page = await context.get(source, address, params=params, headers=options.headers)
        visited[address] = known.get(address, [])
        if page is not None:
            pages.append(page)
            visited[address] = (await read_in_thread(source, _next_urls, source, page))[: options.pages]
        pending += visited[address]
        params = {}  # a next-link is opaque and complete
    context.memory[_LINKS_KEY] = visited  # of this poll only: a link may have a cursor, and be new each time
    return Payload(tuple(pages), is_partial=len(pages) < len(visited)) if pages else Payload(is_unchanged=True)


def _next_urls(source: Source, page: ResponsePage) -> list[str]:
    """The addresses of the next pages, without links that `parse` will reject."""
    urls = []
    try:
        for link in next_links(decode_json(page, orjson.loads)):
            try:
                urls.append(checked_link(source, page, link))
            except ParseError:
                continue
    except SourceError:
        return []  # parse raises it again
    return urls


def next_links(document: Any) -> Iterator[Any]:
    """The next-links of a page, as they stand: its own, and those of the Datastreams of each Thing.

    Those of Observations lead to older ones, which `newest` asks for.
    """
    if not isinstance(document, dict):
        return
    entities = document.get("value", [document])
    links = [document.get(NEXT_LINK)]
    links += [entity.get(f"Datastreams{NEXT_LINK}") for entity in _dicts(entities)]
    yield from (link for link in links if link is not None)


def _dicts(entities: Any) -> Iterator[dict[str, Any]]:
    return (entity for entity in entities if isinstance(entity, dict)) if isinstance(entities, list) else iter(())


def checked_link(source: Source, page: ResponsePage, link: Any) -> str:
    """`link` as an absolute URL. Raises ParseError when it is none, or leads to another server."""
    if not isinstance(link, str):
        raise ParseError(SensorThingsCode.NEXT_LINK_INVALID)
    try:
        address = urljoin(page.address or source.address, link)
        is_own = is_allowed_origin(parse_origin(address), parse_origin(source.address), source.allowed_hosts)
    except ValueError:
        raise ParseError(SensorThingsCode.NEXT_LINK_INVALID) from None
    if not is_own:
        raise ParseError(SensorThingsCode.NEXT_LINK_ELSEWHERE, host=urlsplit(address).netloc.rpartition("@")[2][:100])
    return address
