"""The process that queries a PostgreSQL database: one read-only transaction, through a server-side cursor.

postgresql_process.py starts it. A hostile server may end it, or hold it up.
"""

import asyncio
import json
from datetime import datetime
from time import monotonic
from typing import Any

import psycopg
from psycopg import errors

from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import SINCE
from data_sources.sql_view.postgresql_process import QueryRequest
from data_sources.sql_view.postgresql_types import OUTPUT_SETTINGS, register_loaders
from data_sources.sql_view.query_process import answer_with
from data_sources.sql_view.relay import LOOPBACK, Relay, open_relay
from data_sources.sql_view.rows import FETCH_SIZE, SIZE_LIMIT, RowBuffer, column_names
from data_sources.sql_view.statement import with_numbered_parameters
from ioc.domain.base.text import shorten
from ioc.domain.ingest.protocol import SourceError

# Of SQLSTATE: no connection, too many of them, start: the query never ran. Then the state of an object, which the query
# seldom causes. Then what it may well cause: end of the connection by a pooler or an operator, rollback, resources.
_BUSY_STATES, _LOCKED_CLASS = ("08001", "08004", "53300", "57P03"), "55"
_OVERLOADED_CLASSES = ("08", "40", "53", "57")
_INSUFFICIENT_PRIVILEGE = "42501"
# Of the time that is left. The server ends a statement first, so that the connection stays in order and the error is
# the server's own; then the driver tells the server to end the query; then the process is killed.
_STATEMENT_SHARE, _QUERY_SHARE = 0.9, 0.95
_WIRE_LIMIT = 2 * SIZE_LIMIT  # bytes that the server sends; columns that are not read (pictures) are among them
_MAX_QUOTED = 160  # characters of a message of the server


def answer(request: bytes) -> bytes:
    """What the process answers to a QueryRequest: the rows as a JSON list, or a failure as an object."""
    return answer_with(lambda: asyncio.run(_select(QueryRequest(**json.loads(request)))))


async def _select(request: QueryRequest) -> RowBuffer:
    """The rows of the query. Raises SourceError."""
    host, rows = request.host, RowBuffer(request.decimal)
    relay = Relay(request.addresses, request.connect["port"], _WIRE_LIMIT)
    timeout = max(2, round(request.ends - monotonic()))
    try:
        async with (
            open_relay(relay) as own_port,
            # The server's name for its certificate, the relay's address: libpq resolves no name.
            await psycopg.AsyncConnection.connect(
                **request.connect | {"hostaddr": LOOPBACK, "port": own_port, "connect_timeout": timeout},
                client_encoding="UTF8",
            ) as connection,
            asyncio.timeout(_QUERY_SHARE * (request.ends - monotonic())),
        ):
            await _read_rows(connection, request, rows)
    except psycopg.Error as error:
        raise _relay_error(relay, host) or _source_error(error, host) from None
    except TimeoutError:
        raise SourceError(SqlViewCode.QUERY_TOO_SLOW) from None
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 — what a server sends decides what is raised; a log would quote it
        raise SourceError(SqlViewCode.QUERY_FAILED, kind=type(error).__name__) from None
    return rows


async def _read_rows(connection: psycopg.AsyncConnection[Any], request: QueryRequest, rows: RowBuffer) -> None:
    """Add the rows of the query to `rows`. Raises SourceError, psycopg.Error."""
    await connection.set_read_only(True)
    await _set_limits(connection, request)
    await register_loaders(connection)
    query, names = with_numbered_parameters(request.query)
    parameters = request.parameters | ({SINCE: datetime.fromisoformat(request.since)} if request.since else {})
    cursor = psycopg.AsyncRawCursor(connection, row_factory=psycopg.rows.dict_row)
    # DECLARE takes one SELECT and nothing else, and the rows come in pieces. binary: one statement alone.
    await cursor.execute(
        b"DECLARE ioc NO SCROLL CURSOR FOR " + query.encode(), [parameters[name] for name in names],
        prepare=False, binary=True,
    )  # fmt: skip
    while rows.add(await _next_rows(cursor)):
        pass


async def _next_rows(cursor: psycopg.AsyncRawCursor[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next rows of the server's cursor. Raises SourceError, psycopg.Error.

    The driver's own server cursors read rows by the columns that were described before: where the server sends others,
    they end the process.
    """
    await cursor.execute(f"FETCH FORWARD {FETCH_SIZE} FROM ioc".encode(), prepare=False)
    column_names(cursor.description or ())
    if cursor.pgresult is not None and cursor.pgresult.ntuples > FETCH_SIZE:
        raise SourceError(SqlViewCode.QUERY_FAILED, kind="FETCH")
    return await cursor.fetchall()


def _relay_error(relay: Relay, host: str) -> SourceError | None:
    """Why the relay ended a connection; None when it did not."""
    if relay.is_exceeded:
        return SourceError(SqlViewCode.ROWS_TOO_LARGE, mebibytes=_WIRE_LIMIT // 1_048_576)
    if relay.connect_error:
        reason = _one_line(relay.connect_error.strerror or str(relay.connect_error))
        return SourceError(SqlViewCode.CONNECT_FAILED, host=host, external=reason)
    return None


async def _set_limits(connection: psycopg.AsyncConnection[Any], request: QueryRequest) -> None:
    """Limit this transaction to the rest of the deadline, and set the zone of times without one and what values are.

    A pooler passes them on, unlike those of the start of a connection: they end with the transaction.
    """
    milliseconds = str(max(1, round((request.ends - monotonic()) * 1000 * _STATEMENT_SHARE)))
    settings = {
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,
        "TimeZone": request.zone,
        **OUTPUT_SETTINGS,
    }
    # In one statement: repeated ones the driver prepares, under names that outlive the transaction in a pooler.
    query = f"SELECT {', '.join(['set_config(%s, %s, true)'] * len(settings))}"
    await connection.execute(query.encode(), [text for setting in settings.items() for text in setting])


def _source_error(error: psycopg.Error, host: str) -> SourceError:
    """The error by its SQLSTATE. Of data errors only the class is named: the server's message may hold data."""
    state, message = error.sqlstate or "", _one_line(error.diag.message_primary or "")
    if isinstance(error, errors.QueryCanceled):
        return SourceError(SqlViewCode.QUERY_TOO_SLOW)
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return SourceError(SqlViewCode.QUERY_WRITES)
    if state.startswith("28") or _is_failed_login(error):
        return SourceError(SqlViewCode.LOGIN_REFUSED, is_refused=True, host=host)
    if state == _INSUFFICIENT_PRIVILEGE:
        return SourceError(SqlViewCode.PERMISSION_DENIED, is_refused=True, external=message)
    if state.startswith(_BUSY_STATES):
        return SourceError(SqlViewCode.DATABASE_BUSY)
    if state.startswith(_LOCKED_CLASS):
        return SourceError(SqlViewCode.DATABASE_LOCKED)
    if state.startswith(_OVERLOADED_CLASSES):
        return SourceError(SqlViewCode.DATABASE_OVERLOADED)
    if state.startswith(("42", "0A")):
        return SourceError(SqlViewCode.QUERY_INVALID, external=message)
    if not state and isinstance(error, errors.OperationalError):
        driver_message = _one_line(str(error).rpartition("failed: ")[2])
        return SourceError(SqlViewCode.CONNECT_FAILED, host=host, external=driver_message)
    return SourceError(SqlViewCode.QUERY_FAILED, kind=type(error).__name__)


def _is_failed_login(error: psycopg.Error) -> bool:
    """Whether a connection failed at its login. libpq has no SQLSTATE for that, only these words of its own."""
    return any(words in str(error) for words in ("authentication failed", "no password supplied"))


def _one_line(text: str) -> str:
    return shorten(" ".join(text.split()), _MAX_QUOTED)
