"""Views of another database: one SELECT, read-only, each row an item of the mapping. PostgreSQL and SQLite files."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from data_sources._mapping import options_of, read_documents
from data_sources.sql_view import postgresql, sqlite
from data_sources.sql_view.options import SINCE, Options
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

__all__ = ["ADDRESSES", "Options", "fetch", "parse"]

ADDRESSES = ("postgresql://user:${NAME_PASSWORD}@host/name", "sqlite:////folder/file.db")


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The rows of the query within the deadline, as one page of JSON."""
    options, limit = options_of(source, Options), source.deadline.total_seconds()
    try:
        async with asyncio.timeout(limit):
            page = await _fetch_page(source, world, _query_parameters(options, world))
            if options.is_incremental:
                await asyncio.to_thread(_remember_newest, options, world, page)
    except TimeoutError:
        raise SourceError(untyped(f"the database gave no answer within {limit:g} s")) from None
    return Payload((page,), is_partial=options.is_incremental)


def _query_parameters(options: Options, world: FetchContext) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: world.expand_secrets(one) if isinstance(one, str) else one for name, one in options.parameters.items()
    }
    if options.is_incremental:
        first = world.now() - timedelta(hours=options.first_hours)
        seen = world.memory.get(SINCE)
        values[SINCE] = first if seen is None else seen - timedelta(minutes=options.overlap_minutes)
    return values


async def _fetch_page(source: Source, world: FetchContext, values: dict[str, Any]) -> ResponsePage:
    scheme = urlsplit(source.address).scheme
    if scheme == "postgresql":
        found = await postgresql.select(source, world, values)
    elif scheme == "sqlite":
        found = await sqlite.select(source, values)
    else:
        raise SourceError(untyped(f"the address is none of a database: right would be {' or '.join(ADDRESSES)}"))
    return found.page(scheme)


def _remember_newest(options: Options, world: FetchContext, page: ResponsePage) -> None:
    """Remember the newest time that came; a row that lies ahead must not hide those that come before it."""
    came = _read(options, [page], world.now())
    seen = max((*(one.observed for one in came.readings), *(one.observed for one in came.events)), default=None)
    if seen is not None:
        world.memory[SINCE] = min(seen, world.now())


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """Each row's values and events. A row that cannot be read is refused; the others go on."""
    return _read(options_of(source, Options), payload.pages, now)


def _read(options: Options, pages: Iterable[ResponsePage], now: datetime) -> Batch:
    return read_documents(options, (decode_json(page, orjson.loads) for page in pages), now)
