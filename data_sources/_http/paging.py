"""Answers of several pages, of which some may be unchanged."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.errors import too_large
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage
from ioc.domain.ingest.source import Source

POLL_LIMIT = 32 * 1_048_576  # bytes of all answers of one poll, as of the files of one
_CACHE_KEY = "pages"
PageKey = TypeVar("PageKey", str, int)  # what a page is requested by: its address or its offset


async def fetch_pages(
    source: Source,
    context: FetchContext,
    first: PageKey,
    limit: int,
    fetch_page: Callable[[PageKey], Awaitable[ResponsePage | None]],
    next_key: Callable[[PageKey, ResponsePage], PageKey | None],
) -> Payload:
    """The pages from `first` on, at most `limit`, until `next_key` gives None or a page that was fetched already.

    `next_key` decodes the page: it is called in a thread.

    A page that is unchanged (304) among several comes from the memory of the source. Raises SourceError.
    """
    cached: dict[PageKey, ResponsePage] = context.memory.get(_CACHE_KEY, {})
    pages: dict[PageKey, ResponsePage] = {}
    key: PageKey | None = first
    has_changed = False
    while key is not None and key not in pages and len(pages) < limit:
        page = await fetch_page(key)
        if page is None and not pages and key not in cached:
            return Payload(is_unchanged=True)
        has_changed = has_changed or page is not None
        pages[key] = page = page or cached[key]
        if sum(len(each.body) for each in pages.values()) > POLL_LIMIT:  # those of the memory too
            raise too_large(POLL_LIMIT)
        key = await read_in_thread(source, next_key, key, page)
    context.memory[_CACHE_KEY] = pages if len(pages) > 1 else {}
    return Payload(tuple(pages.values())) if has_changed else Payload(is_unchanged=True)
