"""A PostgreSQL database, read in one read-only transaction through a server-side cursor."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from data_sources._mapping import options_of
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import Options
from data_sources.sql_view.relay import LOOPBACK, Relay, open_relay
from data_sources.sql_view.rows import FETCH_SIZE, SIZE_LIMIT, RowBuffer, column_names
from data_sources.sql_view.statement import with_numbered_parameters
from ioc.domain.base.own_loop import run_in_own_loop
from ioc.domain.base.text import shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, SourceError
from ioc.domain.ingest.source import Source
from ioc.net.name_lookup import addresses_of
from ioc.net.ssrf import PrivateAddressError, filter_addresses

if TYPE_CHECKING:
    from psycopg import AsyncConnection, AsyncRawCursor, Error

_ADDRESS_FORM = "postgresql://user:${NAME_PASSWORD}@host:5432/name"
_ADDRESS_PARAMETERS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "application_name")
_DEFAULT_PORT = 5432
# Of SQLSTATE: no connection, too many of them, start: the query never ran. Then the state of an object, which the query
# seldom causes. Then what it may well cause: end of the connection by a pooler or an operator, rollback, resources.
_BUSY_STATES, _LOCKED_CLASS = ("08001", "08004", "53300", "57P03"), "55"
_OVERLOADED_CLASSES = ("08", "40", "53", "57")
_INSUFFICIENT_PRIVILEGE = "42501"
# The server ends the query first, so that the connection stays in order and the error is the server's own.
_DEADLINE_SHARE = 0.9
_WIRE_LIMIT = 2 * SIZE_LIMIT  # bytes that the server sends; columns that are not read (pictures) are among them
_MAX_QUOTED = 160  # characters of a message of the server


async def select(source: Source, context: FetchContext, parameters: dict[str, Any]) -> RowBuffer:
    """The rows of the query. Raises SourceError. When the task is cancelled, the query ends in the server too.

    On a loop of its own: what a server sends is decoded in single calls.
    """
    return await run_in_own_loop(partial(_select, source, context, parameters))


async def _select(source: Source, context: FetchContext, parameters: dict[str, Any]) -> RowBuffer:
    import psycopg

    from data_sources.sql_view.postgresql_types import register_loaders  # it imports the driver

    ends = asyncio.get_running_loop().time() + source.deadline.total_seconds()
    connect_arguments, host = _connect_arguments(source, context)
    options = options_of(source, Options)
    rows, relay = RowBuffer(options.decimal), Relay((), connect_arguments["port"], _WIRE_LIMIT)
    try:
        relay.addresses = filter_addresses(
            await addresses_of(connect_arguments["host"], relay.port), source.may_be_private
        )
        async with (
            open_relay(relay) as own_port,
            # The server's name for its certificate, the relay's address: libpq resolves no name.
            await psycopg.AsyncConnection.connect(
                **connect_arguments | {"hostaddr": LOOPBACK, "port": own_port}, client_encoding="UTF8"
            ) as connection,
        ):
            await connection.set_read_only(True)
            await _set_limits(connection, ends, options.zone)
            await register_loaders(connection)
            query, names = with_numbered_parameters(options.query)
            cursor = psycopg.AsyncRawCursor(connection, row_factory=psycopg.rows.dict_row)
            # DECLARE takes one SELECT and nothing else, and the rows come in pieces. binary: one statement alone.
            await cursor.execute(
                b"DECLARE ioc NO SCROLL CURSOR FOR " + query.encode(), [parameters[name] for name in names],
                prepare=False, binary=True,
            )  # fmt: skip
            while rows.add(await _next_rows(cursor)):
                pass
    except psycopg.Error as error:
        raise _relay_error(relay, host) or _source_error(error, host) from None
    except PrivateAddressError:
        raise SourceError(IngestCode.PRIVATE_ADDRESS, host=host) from None
    except OSError:
        raise SourceError(SqlViewCode.NAME_NOT_FOUND, host=host) from None
    return rows


async def _next_rows(cursor: "AsyncRawCursor[dict[str, Any]]") -> list[dict[str, Any]]:
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


def _connect_arguments(source: Source, context: FetchContext) -> tuple[dict[str, Any], str]:
    """The arguments of connect, and the host with its port as a failure may name it."""
    url = urlsplit(source.address)
    if url.password and not (url.password.startswith("${") and url.password.endswith("}")):
        raise SourceError(SqlViewCode.PASSWORD_IN_ADDRESS, expected=_ADDRESS_FORM)
    if not (url.hostname and url.username and url.path.strip("/")):
        raise SourceError(SqlViewCode.NOT_A_DATABASE_ADDRESS, expected=_ADDRESS_FORM)
    query_parameters = dict(parse_qsl(url.query))
    if unknown := sorted(set(query_parameters) - set(_ADDRESS_PARAMETERS)):
        known = ", ".join(_ADDRESS_PARAMETERS)
        raise SourceError(SqlViewCode.UNKNOWN_ADDRESS_PARAMETER, parameter=shorten(unknown[0], 40), known=known)
    port = url.port or _DEFAULT_PORT
    arguments = {
        **query_parameters,
        "host": url.hostname,
        "port": port,
        "dbname": unquote(url.path.strip("/")),
        "user": context.expand_secrets(unquote(url.username)),
        "password": context.expand_secrets(url.password or ""),
        "connect_timeout": max(2, round(source.deadline.total_seconds())),
    }
    return arguments, f"{url.hostname}:{port}"


async def _set_limits(connection: "AsyncConnection[Any]", ends: float, zone: str) -> None:
    """Limit this transaction to the rest of the deadline, and set the zone of times without one and what values are.

    A pooler passes them on, unlike those of the start of a connection: they end with the transaction.
    """
    from data_sources.sql_view.postgresql_types import OUTPUT_SETTINGS

    seconds_left = ends - asyncio.get_running_loop().time()
    milliseconds = str(max(1, round(seconds_left * 1000 * _DEADLINE_SHARE)))
    settings = {
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,
        "TimeZone": zone,
        **OUTPUT_SETTINGS,
    }
    # In one statement: repeated ones the driver prepares, under names that outlive the transaction in a pooler.
    query = f"SELECT {', '.join(['set_config(%s, %s, true)'] * len(settings))}"
    await connection.execute(query.encode(), [text for setting in settings.items() for text in setting])


def _source_error(error: "Error", host: str) -> SourceError:
    """The error by its SQLSTATE. Of data errors only the class is named: the server's message may hold data."""
    from psycopg import errors

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


def _is_failed_login(error: "Error") -> bool:
    """Whether a connection failed at its login. libpq has no SQLSTATE for that, only these words of its own."""
    return any(words in str(error) for words in ("authentication failed", "no password supplied"))


def _one_line(text: str) -> str:
    return shorten(" ".join(text.split()), _MAX_QUOTED)
