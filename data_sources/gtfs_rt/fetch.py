"""Fetching of the feed and, when it is due, of the static timetable with the names of routes and stops."""

import asyncio
from datetime import timedelta
from urllib.parse import urljoin

import orjson

from data_sources._mapping import options_of
from data_sources.gtfs_rt.names import NAMES_PAGE, read_names
from data_sources.gtfs_rt.options import Options
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_NAMES_KEY, _LAST_FETCH_KEY = "names", "asked"


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The feed, and the names as a second page. Raises SourceError only for the feed, not for the timetable."""
    options = options_of(source, Options)
    payload = await options.get(source, world)
    if payload.is_unchanged or not options.static:
        return payload
    return Payload((*payload.pages, await _fetch_names(source, world, options)))


async def _fetch_names(source: Source, world: FetchContext, options: Options) -> ResponsePage:
    now, last_fetch = world.now(), world.memory.get(_LAST_FETCH_KEY)
    if last_fetch is not None and timedelta(0) <= now - last_fetch < timedelta(hours=options.static_hours):
        return _cached_names(world)
    try:
        page = await world.get(source, urljoin(source.address, options.static), headers=options.headers)
        names = await asyncio.to_thread(read_names, page) if page else None
    except SourceError as error:
        # Names of an earlier timetable are better than ids.
        failure = error.failure.map_text(world.mask_secrets)
        names_and_failure = {**orjson.loads(_cached_names(world).body), "failure": failure.to_json()}
        return ResponsePage(orjson.dumps(names_and_failure), NAMES_PAGE)
    if names:
        world.memory[_NAMES_KEY] = ResponsePage(orjson.dumps(names), NAMES_PAGE)
    world.memory[_LAST_FETCH_KEY] = now
    return _cached_names(world)


def _cached_names(world: FetchContext) -> ResponsePage:
    """The names that were read last, {} before any were."""
    page: ResponsePage = world.memory.get(_NAMES_KEY, ResponsePage(b"{}", NAMES_PAGE))
    return page
