"""An SQLite file of another system, opened for reading only, in a process of its own: a hostile file may hold it."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from data_sources._http.answer_threads import read_in_thread
from data_sources._mapping import options_of
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import Options
from data_sources.sql_view.query_process import SQLITE, answer_with, new_process, read_page
from data_sources.sql_view.rows import FETCH_SIZE, RowBuffer, column_names
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_PROGRESS_STEPS = 10_000  # instructions of SQLite's virtual machine between two checks of the deadline
_READ_ACTIONS = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE),
)
_MAX_VALUE_BYTES = 1_000_000  # of a row too: no deadline interrupts a function, and some take its square in steps
_LOCK_SHARE = 0.8  # of the deadline, so that a locked file is told from a slow query
_MAX_QUOTED = 160  # characters of a message of SQLite


class _ReadOnlyAuthorizer:
    """Allows what only reads. `has_denied`: whether anything else was attempted; the error alone does not show it."""

    def __init__(self) -> None:
        self.has_denied = False

    def __call__(self, action: int, _first: str | None, function: str | None, *_: object) -> int:
        if action in _READ_ACTIONS and function != "load_extension":
            return sqlite3.SQLITE_OK
        self.has_denied = True
        return sqlite3.SQLITE_DENY


class _QueryRequest(NamedTuple):
    """What the process is told, as JSON. `ends`: the deadline by the monotonic clock, which is one for all processes.

    `lock_seconds`: for which another program may hold the file.
    """

    path: str
    query: str
    parameters: dict[str, Any]
    ends: float
    lock_seconds: float
    decimal: str | None


async def select(source: Source, parameters: dict[str, Any]) -> ResponsePage:
    """The rows of the query. Raises SourceError. It runs in a process of its own, awaited by a thread of the source."""
    options, seconds, path = options_of(source, Options), source.deadline.total_seconds(), _path(source)
    values, wait = _bind_times(parameters, options), _LOCK_SHARE * seconds
    request = _QueryRequest(path, options.query, values, monotonic() + seconds, wait, options.decimal)
    process = new_process(SQLITE, seconds)
    return await read_in_thread(source, read_page, process, json.dumps(request._asdict()).encode(), SQLITE)


def _path(source: Source) -> str:
    path = unquote(urlsplit(source.address).path)[1:]
    if not path.startswith("/"):
        raise SourceError(SqlViewCode.SQLITE_PATH_NOT_ABSOLUTE)
    return path


def answer(request: bytes) -> bytes:
    """What the process answers to a _QueryRequest: the rows as a JSON list, or a failure as an object."""
    return answer_with(lambda: _select(_QueryRequest(**json.loads(request))))


def _select(request: _QueryRequest) -> RowBuffer:
    authorizer, rows = _ReadOnlyAuthorizer(), RowBuffer(request.decimal)
    try:
        if Path(request.path).exists() and not Path(request.path).is_file():  # opening a named pipe would never return
            raise SourceError(SqlViewCode.SQLITE_ERROR, external="not a regular file")
        address = f"file:{quote(request.path)}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=request.lock_seconds)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
            connection.set_authorizer(authorizer)
            connection.set_progress_handler(lambda: monotonic() > request.ends, _PROGRESS_STEPS)
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            cursor = connection.execute(request.query, request.parameters)
            columns = column_names(cursor.description)
            while rows.add([dict(zip(columns, row, strict=True)) for row in cursor.fetchmany(FETCH_SIZE)]):
                pass
    except (sqlite3.Error, ValueError, OverflowError, OSError) as error:
        raise _source_error(error, authorizer.has_denied) from None
    return rows


def _bind_times(parameters: dict[str, Any], options: Options) -> dict[str, Any]:
    """The parameters with times as local text: SQLite has no type for them."""
    return {
        name: value.astimezone(options.zone_info).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, datetime)
        else value
        for name, value in parameters.items()
    }


def _source_error(error: Exception, has_denied: bool) -> SourceError:
    if has_denied:
        return SourceError(SqlViewCode.QUERY_WRITES)
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_INTERRUPT:
        return SourceError(SqlViewCode.QUERY_TOO_SLOW)
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):  # of an extended code too
        return SourceError(SqlViewCode.DATABASE_LOCKED)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):  # of its temporary files: the process has a bound
        return SourceError(SqlViewCode.DATABASE_OVERLOADED)
    text = (error.strerror or "") if isinstance(error, OSError) else str(error)  # without the path of the file
    return SourceError(SqlViewCode.SQLITE_ERROR, external=shorten(" ".join(text.split()), _MAX_QUOTED))
