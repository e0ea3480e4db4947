"""Answers of several pages, of which some may be unchanged."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Generic, TypeVar

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.errors import too_large
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage
from ioc.domain.ingest.source import Source

POLL_LIMIT = 32 * 1_048_576  # bytes of all answers of one poll, as of the files of one
_CACHE_KEY = "pages"
PageKey = TypeVar("PageKey", str, int)  # what a page is requested by: its address or its offset


class PageCache(Generic[PageKey]):
    """The pages of one poll. One that is unchanged (304) comes from the memory of the source."""

    def __init__(self, memory: MutableMapping[str, Any]) -> None:
        self._memory = memory
        self.earlier: dict[PageKey, ResponsePage] = memory.get(_CACHE_KEY, {})
        self.pages: dict[PageKey, ResponsePage] = {}
        self.has_changed = False

    def add(self, key: PageKey, page: ResponsePage | None) -> ResponsePage:
        """`page`, or the earlier one where it is None. Raises SourceError when all are too large together."""
        self.has_changed = self.has_changed or page is not None
        self.pages[key] = page = page or self.earlier[key]
        if sum(len(each.body) for each in self.pages.values()) > POLL_LIMIT:  # those of the memory too
            raise too_large(POLL_LIMIT)
        return page

    def keep(self, *, is_needed: bool = True) -> None:
        """Keep the pages for the next poll; none where a single one is all of the answer."""
        self._memory[_CACHE_KEY] = self.pages if is_needed else {}


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
    cache = PageCache[PageKey](context.memory)
    key: PageKey | None = first
    while key is not None and key not in cache.pages and len(cache.pages) < limit:
        page = await fetch_page(key)
        if page is None and not cache.pages and key not in cache.earlier:
            return Payload(is_unchanged=True)
        key = await read_in_thread(source, next_key, key, cache.add(key, page))
    is_paged = len(cache.pages) > 1
    cache.keep(is_needed=is_paged)
    pages = tuple(cache.pages.values())
    return Payload(pages, is_paged=is_paged) if cache.has_changed else Payload(is_unchanged=True)
