"""What a poll asks: the feed, and now and then the timetable whose names are held."""

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
    """The feed, and the names as a page of their own. A timetable that cannot be had must not cost the feed."""
    options = options_of(source, Options)
    payload = await options.get(source, world)
    if payload.is_unchanged or not options.static:
        return payload
    return Payload((*payload.pages, await _fetch_names(source, world, options)))


async def _fetch_names(source: Source, world: FetchContext, options: Options) -> ResponsePage:
    now, asked = world.now(), world.memory.get(_LAST_FETCH_KEY)
    if asked is not None and timedelta(0) <= now - asked < timedelta(hours=options.static_hours):
        return _cached_names(world)
    try:
        page = await world.get(source, urljoin(source.address, options.static), headers=options.headers)
        found = await asyncio.to_thread(read_names, page) if page else None
    except SourceError as error:
        # Better an older name than an id.
        return ResponsePage(
            orjson.dumps({**orjson.loads(_cached_names(world).body), "fault": world.mask_secrets(str(error.failure))}),
            NAMES_PAGE,
        )
    if found:
        world.memory[_NAMES_KEY] = ResponsePage(orjson.dumps(found), NAMES_PAGE)
    world.memory[_LAST_FETCH_KEY] = now
    return _cached_names(world)


def _cached_names(world: FetchContext) -> ResponsePage:
    """The names that were read last; none, as long as none were."""
    found: ResponsePage = world.memory.get(_NAMES_KEY, ResponsePage(b"{}", NAMES_PAGE))
    return found
