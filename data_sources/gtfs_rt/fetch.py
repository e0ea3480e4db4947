"""What a poll asks: the feed, and now and then the timetable whose names are held."""

import asyncio
from datetime import timedelta
from urllib.parse import urljoin

import orjson

from data_sources._mapping import options_of
from data_sources.gtfs_rt.names import NAMES, names_of
from data_sources.gtfs_rt.options import Options
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.source import Source

_HELD, _ASKED = "names", "asked"


async def fetch(source: Source, world: World) -> Payload:
    """The feed, and the names as a page of their own. A timetable that cannot be had must not cost the feed."""
    options = options_of(source, Options)
    payload = await options.get(source, world)
    if payload.unchanged or not options.static:
        return payload
    return Payload((*payload.pages, await _names(source, world, options)))


async def _names(source: Source, world: World, options: Options) -> Page:
    now, asked = world.now(), world.memory.get(_ASKED)
    if asked is not None and timedelta(0) <= now - asked < timedelta(hours=options.static_hours):
        return _held(world)
    try:
        page = await world.get(source, urljoin(source.address, options.static), headers=options.headers)
        found = await asyncio.to_thread(names_of, page) if page else None
    except SourceError as error:
        # Better an older name than an id.
        return Page(orjson.dumps({**orjson.loads(_held(world).body), "fault": world.masked(error.reason)}), NAMES)
    if found:
        world.memory[_HELD] = Page(orjson.dumps(found), NAMES)
    world.memory[_ASKED] = now
    return _held(world)


def _held(world: World) -> Page:
    """The names that were read last; none, as long as none were."""
    found: Page = world.memory.get(_HELD, Page(b"{}", NAMES))
    return found
