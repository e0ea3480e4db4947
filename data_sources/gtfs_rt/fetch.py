"""Fetching of the feed and, when it is due, of the static timetable with the names of routes and stops."""

import asyncio
from datetime import timedelta
from urllib.parse import urljoin

import orjson

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.validators import forget, hold
from data_sources._mapping import options_of
from data_sources.gtfs_rt.names import NAMES_PAGE, read_names
from data_sources.gtfs_rt.options import Options
from ioc.domain.base.clock_set_back import is_within
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_NAMES_KEY, _LAST_FETCH_KEY, _FAILURE_KEY = "names", "last_fetch", "names_failure"
_DEADLINE_SHARE = 0.7  # of the deadline, until which the timetable must have come
_RETRY_PAUSE = timedelta(minutes=5)  # after a timetable that could not be fetched, or read: it may have megabytes


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The feed, and the names as a second page. Raises SourceError only for the feed, not for the timetable."""
    options, begun = options_of(source, Options), asyncio.get_running_loop().time()
    payload = await options.get(source, context)
    if payload.is_unchanged or not options.static:
        return payload
    return Payload((*payload.pages, await _fetch_names(source, context, options, begun)))


async def _fetch_names(source: Source, context: FetchContext, options: Options, begun: float) -> ResponsePage:
    memory, now = context.memory, context.now()
    pause = _RETRY_PAUSE if memory.get(_FAILURE_KEY) else timedelta(hours=options.static_hours)
    last_fetch = memory.get(_LAST_FETCH_KEY)
    if last_fetch is None or not is_within(pause, last_fetch, now):
        memory[_FAILURE_KEY] = await _update_names(source, context, options, begun)
        memory[_LAST_FETCH_KEY] = now
    failure, names = memory[_FAILURE_KEY], _cached_names(context)
    # Names of an earlier timetable are better than ids.
    return await read_in_thread(source, _with_failure, names, failure) if failure else names


async def _update_names(
    source: Source, context: FetchContext, options: Options, begun: float
) -> Failure | None:  # fmt: skip
    """Keeps the names of the timetable where it has changed; why it could not be read, None when it could."""
    address, seconds = urljoin(source.address, options.static), source.deadline.total_seconds() * _DEADLINE_SHARE
    try:
        async with asyncio.timeout_at(begun + seconds):  # one that hangs must not take the feed along
            page = await context.get(source, address, headers=options.headers)
        names = await read_in_thread(source, _read_names_page, page) if page else None
    except TimeoutError:
        forget(context.memory, address)
        return Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": seconds})
    except SourceError as error:
        forget(context.memory, address)
        return error.failure.map_text(context.mask_secrets)
    if names:
        context.memory[_NAMES_KEY] = names
        hold(context.memory, address)
    return None


def _read_names_page(page: ResponsePage) -> ResponsePage | None:
    """The names of a timetable as a page; None when it has none. Raises SourceError."""
    names = read_names(page)
    return ResponsePage(orjson.dumps(names), NAMES_PAGE) if names else None


def _with_failure(names: ResponsePage, failure: Failure) -> ResponsePage:
    return ResponsePage(orjson.dumps({**orjson.loads(names.body), "failure": failure.to_json()}), NAMES_PAGE)


def _cached_names(context: FetchContext) -> ResponsePage:
    """The names that were read last, {} before any were."""
    page: ResponsePage = context.memory.get(_NAMES_KEY, ResponsePage(b"{}", NAMES_PAGE))
    return page
