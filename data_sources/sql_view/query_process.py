"""Databases of others are queried by processes of their own: a hostile one may end its process, or hold it."""

import json
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.rows import SIZE_LIMIT, RowBuffer
from ioc.domain.base import reader_server
from ioc.domain.base.failure import Failure
from ioc.domain.base.reader_process import ReaderError, ReaderFault, ReaderProcess
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.ingest.source import Source

# Schemes of addresses, and the names of their readers in ioc/worker/read_file.py.
POSTGRESQL, SQLITE = "postgresql", "sqlite"
_MAX_BYTES = SIZE_LIMIT + 1_048_576  # of the answer: the process checks the limit itself
_GRACE_SECONDS = 2.0  # beyond the deadline, for the process to say itself that it is over
_IS_REFUSED = "is_refused"  # in the answer, beside a failure
_CODES = {
    ReaderFault.TOO_SLOW: SqlViewCode.QUERY_TOO_SLOW, ReaderFault.NOT_STARTED: SqlViewCode.READER_NOT_STARTED,
}  # fmt: skip


def prepare(sources: Iterable[Source]) -> None:
    """Has the servers of the processes start that `sources` need: their first polls do not wait for that."""
    schemes = {urlsplit(source.address).scheme for source in sources if source.is_enabled}
    for reader in sorted(schemes & {POSTGRESQL, SQLITE}):
        reader_server.prepare(reader)


def new_process(reader: str, seconds: float) -> ReaderProcess:
    """A process for a query that has so long."""
    return ReaderProcess(reader, max(0.0, seconds) + _GRACE_SECONDS, _MAX_BYTES)


def read_page(process: ReaderProcess, request: bytes, address: str) -> ResponsePage:
    """The rows that the process answers; it has ended then. Raises SourceError."""
    try:
        with process:
            answer = process.read(request)
    except ReaderError as error:
        raise SourceError(_CODES.get(error.fault, SqlViewCode.READER_ENDED)) from None
    if answer.startswith(b"{"):
        body = json.loads(answer)
        raise SourceError(Failure.from_json(body), is_refused=body[_IS_REFUSED])
    return ResponsePage(answer, "application/json", "utf-8", address)


def answer_with(select: Callable[[], RowBuffer]) -> bytes:
    """In the process: the rows of `select` as a JSON list, or its SourceError as an object."""
    try:
        return select().page("").body
    except SourceError as error:
        return json.dumps(error.failure.to_json() | {_IS_REFUSED: error.is_refused}).encode()
