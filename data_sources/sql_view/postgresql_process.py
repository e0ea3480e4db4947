"""A PostgreSQL database is queried by a process of its own, one for each poll: a hostile server may end or hang it.

The driver and libpq are C code. A server that breaks the protocol ends their process, or has them compute without end.
"""

import asyncio
import json
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit
from weakref import WeakKeyDictionary

from data_sources._mapping import options_of
from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.options import SINCE, Options
from data_sources.sql_view.query_process import POSTGRESQL, new_process, read_page
from ioc.domain.base.own_thread import ThreadStartError, start_in_own_thread
from ioc.domain.base.text import shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, ResponsePage, SourceError
from ioc.domain.ingest.source import Source
from ioc.net.name_lookup import addresses_of
from ioc.net.ssrf import PrivateAddressError, filter_addresses

MAX_PROCESSES = 8  # at once; other polls wait for their turn, within their deadlines
_ADDRESS_FORM = "postgresql://user:${NAME_PASSWORD}@host:5432/name"
_FILES = ("sslrootcert", "sslcert", "sslkey")
_ADDRESS_PARAMETERS = ("sslmode", *_FILES, "application_name")
_DEFAULT_PORT = 5432
_places_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class QueryRequest(NamedTuple):
    """What the process is told, as JSON through its connection: secrets are in no list of arguments.

    `connect`: the arguments of connect, with secrets. `addresses`: those of the host that are allowed. `host`: with its
    port, as failures name it. `since`: in ISO 8601, "" for none. `ends`: the deadline by the monotonic clock, which is
    one for all processes.
    """

    connect: dict[str, Any]
    addresses: list[str]
    host: str
    query: str
    parameters: dict[str, Any]
    since: str
    ends: float
    zone: str
    decimal: str | None


async def select(source: Source, context: FetchContext, parameters: dict[str, Any]) -> ResponsePage:
    """The rows of the query. Raises SourceError. The process ends with the task."""
    ends, options = monotonic() + source.deadline.total_seconds(), options_of(source, Options)
    connect, host = _connect_arguments(source, context)
    try:
        found = await addresses_of(connect["host"], connect["port"])
        addresses = filter_addresses(found, source.may_be_private)
    except PrivateAddressError:
        raise SourceError(IngestCode.PRIVATE_ADDRESS, host=host) from None
    except OSError:
        raise SourceError(SqlViewCode.NAME_NOT_FOUND, host=host) from None
    since = parameters[SINCE].isoformat() if SINCE in parameters else ""
    others = {name: value for name, value in parameters.items() if name != SINCE}
    request = QueryRequest(
        connect, addresses, host, options.query, others, since, ends, options.zone, options.decimal
    )  # fmt: skip
    async with _places_by_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MAX_PROCESSES)):
        return await _page(json.dumps(request._asdict()).encode(), ends)


async def _page(request: bytes, ends: float) -> ResponsePage:
    """The answer of a process to `request`. Raises SourceError."""
    process = new_process(POSTGRESQL, ends - monotonic())
    try:
        work = asyncio.wrap_future(start_in_own_thread(partial(read_page, process, request, POSTGRESQL)))
    except ThreadStartError:
        raise SourceError(SqlViewCode.READER_NOT_STARTED) from None
    try:
        await asyncio.wait({work})
    except asyncio.CancelledError:
        process.kill()
        while not work.done():  # a place is free once its process has ended
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        work.exception()  # nobody else asks for it
        raise
    return work.result()


def _connect_arguments(source: Source, context: FetchContext) -> tuple[dict[str, Any], str]:
    """The arguments of connect but its time, and the host with its port as a failure may name it."""
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
        **{name: _absolute(value) if name in _FILES else value for name, value in query_parameters.items()},
        "host": url.hostname,
        "port": port,
        "dbname": unquote(url.path.strip("/")),
        "user": context.expand_secrets(unquote(url.username)),
        "password": context.expand_secrets(url.password or ""),
    }
    return arguments, f"{url.hostname}:{port}"


def _absolute(path: str) -> str:
    """The path of a file as the process has it, whose folder is another one. `system` is a word of libpq."""
    return path if path == "system" else str(Path(path).absolute())
