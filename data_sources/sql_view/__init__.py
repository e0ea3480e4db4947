"""Views of another database: one read-only SELECT, each row an item of the mapping. PostgreSQL and SQLite files."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from data_sources._http.answer_threads import read_in_thread
from data_sources._mapping import options_of, read_documents
from data_sources.sql_view import postgresql, sqlite
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import SINCE, Options
from data_sources.sql_view.rows import with_failures
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source

__all__ = ["ADDRESSES", "Options", "fetch", "parse"]

ADDRESSES = ("postgresql://user:${NAME_PASSWORD}@host/name", "sqlite:////folder/file.db")


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The rows of the query as one page of JSON. Raises SourceError, also when the deadline is over."""
    options, seconds = options_of(source, Options), source.deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            page = await _fetch_page(source, context, _query_parameters(options, context))
            if options.is_incremental:
                newest = await read_in_thread(source, _newest_time, options, page, context.now())
                context.memory.update({SINCE: newest} if newest else {})
    except TimeoutError:
        raise SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=seconds) from None
    return Payload((page,), is_partial=options.is_incremental)


def _query_parameters(options: Options, context: FetchContext) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        name: context.expand_secrets(value) if isinstance(value, str) else value
        for name, value in options.parameters.items()
    }
    if options.is_incremental:
        newest = context.memory.get(SINCE)
        if newest is None:
            parameters[SINCE] = context.now() - timedelta(hours=options.first_hours)
        else:
            parameters[SINCE] = newest - timedelta(minutes=options.overlap_minutes)
    return parameters


async def _fetch_page(source: Source, context: FetchContext, parameters: dict[str, Any]) -> ResponsePage:
    scheme = urlsplit(source.address).scheme
    if scheme == "postgresql":
        rows = await postgresql.select(source, context, parameters)
    elif scheme == "sqlite":
        rows = await sqlite.select(source, parameters)
    else:
        raise SourceError(SqlViewCode.NOT_A_DATABASE_ADDRESS, expected=", ".join(ADDRESSES))
    return rows.page(scheme)


def _newest_time(options: Options, page: ResponsePage, now: datetime) -> datetime | None:
    """The newest time, at most now: a row of the future must not hide the rows that come before it."""
    batch = _read(options, [page], now)
    times = [*(reading.observed for reading in batch.readings), *(event.observed for event in batch.events)]
    return min(max(times), now) if times else None


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values and events of each row; rows that cannot be read are rejected items. Raises SourceError."""
    return _read(options_of(source, Options), payload.pages, now)


def _read(options: Options, pages: Iterable[ResponsePage], now: datetime) -> Batch:
    return read_documents(options, (with_failures(decode_json(page, orjson.loads)) for page in pages), now)
