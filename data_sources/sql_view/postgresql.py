"""A PostgreSQL database, read in one read-only transaction through a cursor of the server."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from data_sources._mapping import options_of
from data_sources.sql_view.options import Options
from data_sources.sql_view.rows import FETCH_SIZE, RowBuffer
from data_sources.sql_view.statement import with_numbered_parameters
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import FetchContext, SourceError
from ioc.domain.ingest.source import Source
from ioc.net.ssrf import PRIVATE_ADDRESS_REASON, PrivateAddressError

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Error

_ADDRESS_PARAMETERS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "application_name")
# The server gives up first, so that the connection is left in order and the reason is its own.
_DEADLINE_SHARE = 0.9


async def select(source: Source, world: FetchContext, values: dict[str, Any]) -> RowBuffer:
    """The rows of the row's query. The task's timeout cancels it in the server too."""
    import psycopg

    ends = asyncio.get_running_loop().time() + source.deadline.total_seconds()
    given, where = _connection_parameters(source, world)
    found = RowBuffer()
    try:
        given |= await asyncio.to_thread(_resolve_host, world.address_resolver(source), given["host"], given["port"])
        async with await psycopg.AsyncConnection.connect(**given, client_encoding="UTF8") as connection:
            await connection.set_read_only(True)
            await _set_limits(connection, ends, options_of(source, Options).zone)
            query, order = with_numbered_parameters(options_of(source, Options).query)
            # DECLARE takes one SELECT and nothing else, and the rows come piece by piece.
            async with psycopg.AsyncRawServerCursor(connection, "ioc", row_factory=psycopg.rows.dict_row) as cursor:
                await cursor.execute(query.encode(), [values[name] for name in order])
                while found.add(await cursor.fetchmany(FETCH_SIZE)):
                    pass
    except psycopg.Error as error:
        raise _to_source_error(error, where) from None
    except PrivateAddressError:
        raise SourceError(untyped(PRIVATE_ADDRESS_REASON.format(where=where))) from None
    except OSError:
        raise SourceError(untyped(f"the name of {where} cannot be found")) from None
    return found


def _resolve_host(resolve: Callable[[str, int], list[str]], host: str, port: int) -> dict[str, str]:
    """The host with each of its addresses: the name is what a certificate is held against, and asked for no more."""
    addresses = resolve(host, port)
    return {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}


def _connection_parameters(source: Source, world: FetchContext) -> tuple[dict[str, Any], str]:
    """What the connection is made with, and how a reason may name the server."""
    at = urlsplit(source.address)
    if at.password and not (at.password.startswith("${") and at.password.endswith("}")):
        raise SourceError(
            untyped("the address holds a password: right would be postgresql://user:${NAME_PASSWORD}@host/name")
        )
    if not (at.hostname and at.username and at.path.strip("/")):
        raise SourceError(
            untyped(
                "the address is none of a database: right would be postgresql://user:${NAME_PASSWORD}@host:5432/name"
            )
        )
    more = dict(parse_qsl(at.query))
    if unknown := sorted(set(more) - set(_ADDRESS_PARAMETERS)):
        raise SourceError(
            untyped(f"{unknown[0][:40]!r} is not known in the address; known are {', '.join(_ADDRESS_PARAMETERS)}")
        )
    given = {
        **more,
        "host": at.hostname,
        "port": at.port or 5432,
        "dbname": unquote(at.path.strip("/")),
        "user": world.expand_secrets(unquote(at.username)),
        "password": world.expand_secrets(at.password or ""),
        "connect_timeout": max(2, round(source.deadline.total_seconds())),
    }
    return given, f"{at.hostname}:{at.port or 5432}"


async def _set_limits(connection: "AsyncConnection[Any]", ends: float, zone: str) -> None:
    """What is left of the deadline, and the zone of zone-less times, for this transaction."""
    left = ends - asyncio.get_running_loop().time()
    limit = str(max(1, round(left * 1000 * _DEADLINE_SHARE)))
    settings = {"statement_timeout": limit, "idle_in_transaction_session_timeout": limit, "TimeZone": zone}
    for name, value in settings.items():
        await connection.execute("SELECT set_config(%s, %s, true)", (name, value))


def _to_source_error(error: "Error", where: str) -> SourceError:
    """Why, in one sentence that holds none of the data: the server's own words may."""
    from psycopg import errors

    state, said = error.sqlstate or "", error.diag.message_primary or ""
    if isinstance(error, errors.QueryCanceled):
        return SourceError(untyped("the query took longer than the deadline allows"))
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return SourceError(untyped("the query would write: only reading is allowed"))
    if state.startswith("28") or "authentication failed" in str(error) or "no password supplied" in str(error):
        return SourceError(untyped(f"{where} refuses our user or password"), is_refused=True)
    if state == "42501":
        return SourceError(untyped(f"our user may not read that: {_one_line(said)}"), is_refused=True)
    if state.startswith(("42", "0A")):
        return SourceError(untyped(f"the query does not fit the database: {_one_line(said)}"))
    if not state and isinstance(error, errors.OperationalError):
        return SourceError(untyped(f"cannot connect to {where}: {_one_line(str(error).rpartition('failed: ')[2])}"))
    return SourceError(untyped(f"the query failed: {type(error).__name__}"))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:160]
