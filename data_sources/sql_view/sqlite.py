"""An SQLite file of somebody else, opened for reading only."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from data_sources._mapping import options_of
from data_sources.sql_view.options import Options
from data_sources.sql_view.rows import FETCH_SIZE, SIZE_LIMIT, RowBuffer
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.source import Source

_PROGRESS_STEPS = 10_000  # of the database's machine between two looks at the clock
_READ_ACTIONS = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE),
)


@cache
def _thread_pool() -> ThreadPoolExecutor:
    """Threads of our own: a network drive that hangs must not take those of the rest of the program."""
    return ThreadPoolExecutor(4, "sqlite")


async def select(source: Source, values: dict[str, Any]) -> RowBuffer:
    """The rows of the row's query."""
    ends = monotonic() + source.deadline.total_seconds()
    return await asyncio.get_running_loop().run_in_executor(_thread_pool(), _select, source, values, ends)


def _select(source: Source, values: dict[str, Any], ends: float) -> RowBuffer:
    options, path = options_of(source, Options), unquote(urlsplit(source.address).path)[1:]
    if not path.startswith("/"):
        raise SourceError(untyped("right would be sqlite:////folder/file.db: the whole path, after three slashes"))
    bound = {
        name: one.astimezone(options.zone_info).strftime("%Y-%m-%d %H:%M:%S") if isinstance(one, datetime) else one
        for name, one in values.items()
    }
    found = RowBuffer()
    try:
        address = f"file:{quote(path)}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=source.deadline.total_seconds())) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, SIZE_LIMIT)
            connection.set_authorizer(_authorize_read)
            connection.set_progress_handler(lambda: monotonic() > ends, _PROGRESS_STEPS)
            connection.text_factory = lambda one: one.decode("utf-8", "replace")
            cursor = connection.execute(options.query, bound)
            columns = [one[0] for one in cursor.description]
            while found.add([dict(zip(columns, row, strict=True)) for row in cursor.fetchmany(FETCH_SIZE)]):
                pass
    except (sqlite3.Error, ValueError) as error:
        raise SourceError(untyped(_error_message(str(error)))) from None
    return found


def _authorize_read(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READ_ACTIONS else sqlite3.SQLITE_DENY


def _error_message(said: str) -> str:
    if "interrupted" in said:
        return "the query took longer than the deadline allows"
    if "not authorized" in said or "prohibited" in said:
        return "the query would write or reach further: only reading is allowed"
    return f"the query cannot be answered: {' '.join(said.split())[:160]}"
