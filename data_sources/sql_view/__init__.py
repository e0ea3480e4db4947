"""Views of another database: one read-only SELECT, each row an item of the mapping. PostgreSQL and SQLite files."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from data_sources._http.answer_threads import read_in_thread
from data_sources._mapping import MAX_ITEMS, options_of, read_documents
from data_sources.sql_view import postgresql_process, sqlite
from data_sources.sql_view.after_stop import (
    LEFT_OUT,
    OVERLOAD_SHARES,
    PollStart,
    begin_try,
    can_go_on,
    forget_try,
    note_refusal,
    poll_start,
)
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import SINCE, Options
from data_sources.sql_view.query_process import POSTGRESQL, SQLITE
from data_sources.sql_view.rows import with_failures
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["ADDRESSES", "Options", "fetch", "parse"]

ADDRESSES = ("postgresql://user:${NAME_PASSWORD}@host/name", "sqlite:////folder/file.db")
_UNREACHABLE = {
    SqlViewCode.NAME_NOT_FOUND, SqlViewCode.CONNECT_FAILED, SqlViewCode.DATABASE_BUSY, SqlViewCode.DATABASE_LOCKED,
    SqlViewCode.DATABASE_OVERLOADED, SqlViewCode.READER_NOT_STARTED,
}  # fmt: skip


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The rows of the query as one page of JSON. Raises SourceError, also when the deadline is over."""
    options, seconds = options_of(source, Options), source.deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            if options.is_incremental:
                return Payload(await _fetch_new(source, context, options), is_partial=True)
            return Payload((await _fetch_page(source, context, options),))
    except TimeoutError:
        raise SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=seconds) from None


async def _fetch_new(source: Source, context: FetchContext, options: Options) -> tuple[ResponsePage, ...]:
    """The rows since the last poll, and a page for the time after a long stop that is left out."""
    newest: datetime | None = context.memory.get(SINCE)
    if newest is not None:
        since = newest - timedelta(minutes=options.overlap_minutes)
        return (await _fetch_since(source, context, options, since),)
    start = poll_start(options, context)
    if start.first >= start.usual or not begin_try(source, context):
        return (await _fetch_since(source, context, options, start.usual), *start.left_out(start.usual))
    try:
        return await _fetch_after_stop(source, context, options, start)
    except SourceError as error:
        if error.failure.code in OVERLOAD_SHARES:
            note_refusal(source, error.failure.code)
        elif error.failure.code != SqlViewCode.QUERY_TOO_SLOW:
            forget_try(source)  # more time would not help the usual span
        raise


async def _fetch_after_stop(
    source: Source, context: FetchContext, options: Options, start: PollStart
) -> tuple[ResponsePage, ...]:
    """The rows since a time before the usual one; where half of the deadline does not bring them, since the usual."""
    loop, half = asyncio.get_running_loop(), replace(source, deadline=source.deadline / 2)
    ends = loop.time() + source.deadline.total_seconds()
    try:
        page = await _fetch_since(half, context, options, start.first, is_whole=True)
        return (page, *start.left_out(start.first))
    except SourceError as error:
        if error.is_refused or error.failure.code in _UNREACHABLE:
            raise
    rest = replace(source, deadline=timedelta(seconds=ends - loop.time()))
    return (await _fetch_since(rest, context, options, start.usual), *start.left_out(start.usual))


async def _fetch_since(
    source: Source, context: FetchContext, options: Options, since: datetime, *, is_whole: bool = False
) -> ResponsePage:
    """`is_whole`: SourceError (ITEMS_LEFT_OUT) where no later poll would bring what the limit of rows leaves out."""
    page = await _fetch_page(source, context, options, since)
    batch = await read_in_thread(source, _read, options, [page], context.now())
    if is_whole and not can_go_on(options, batch):
        raise SourceError(IngestCode.ITEMS_LEFT_OUT, limit=MAX_ITEMS)
    if newest := _newest_time(batch, context.now()):
        context.memory[SINCE] = newest
    return page


async def _fetch_page(
    source: Source, context: FetchContext, options: Options, since: datetime | None = None
) -> ResponsePage:
    parameters: dict[str, Any] = {
        name: context.expand_secrets(value) if isinstance(value, str) else value
        for name, value in options.parameters.items()
    }
    parameters |= {} if since is None else {SINCE: since}
    scheme = urlsplit(source.address).scheme
    if scheme == POSTGRESQL:
        return await postgresql_process.select(source, context, parameters)
    if scheme == SQLITE:
        return await sqlite.select(source, parameters)
    raise SourceError(SqlViewCode.NOT_A_DATABASE_ADDRESS, expected=", ".join(ADDRESSES))


def _newest_time(batch: Batch, now: datetime) -> datetime | None:
    """The newest time, at most now: a row of the future must not hide the rows that come before it."""
    times = [*(reading.observed for reading in batch.readings), *(event.observed for event in batch.events)]
    return min(max(times), now) if times else None


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values and events of each row; rows that cannot be read are rejected items. Raises SourceError."""
    batch = _read(options_of(source, Options), [page for page in payload.pages if page.media_type != LEFT_OUT], now)
    spans = [page.address for page in payload.pages if page.media_type == LEFT_OUT]
    left_out = tuple(RejectedItem(span, Failure(SqlViewCode.STOP_LEFT_OUT)) for span in spans)
    return replace(batch, rejected_items=(*left_out, *batch.rejected_items)) if left_out else batch


def _read(options: Options, pages: Iterable[ResponsePage], now: datetime) -> Batch:
    return read_documents(options, (with_failures(decode_json(page, orjson.loads)) for page in pages), now)
