"""Complete responses: of a WSGI application, and of requests that no application answered.

Slow clients of one owner hold a bounded number of bytes of files.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from werkzeug.wsgi import FileWrapper

from ioc.domain.base.failure import Failure
from ioc.web.errors.bilingual_page import bilingual_page
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.json_errors import CONTENT_TYPE, error_body, failure_detail, wants_json
from ioc.web.errors.request_error import RequestError
from ioc.web.server.pools import PoolFullError
from ioc.web.wsgi import Environ, WsgiApp

_MEMORY_BYTES = 1_048_576  # of a body; a larger one goes into a file
MAX_FILE_BYTES = 128 * 1_048_576  # that one owner is being sent
MAX_FILE_BYTES_PER_NETWORK = 512 * 1_048_576  # an address without a sign-in, which stands for many people
_TITLE = "IOC Cần Thơ"
_RELOAD_SECONDS = "5"  # until the page of a busy server asks again


@dataclass(frozen=True, slots=True)
class WsgiResponse:
    """A complete response. `body` is closed by whoever sends it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: IO[bytes]


def call_wsgi(app: WsgiApp, environ: Environ) -> WsgiResponse:
    """The response of `app`, its body complete: in memory, above 1 MB in a file."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks = app(environ, lambda status, headers, *_: started.append((status, headers)))
    if isinstance(chunks, FileWrapper):
        body: IO[bytes] = chunks.file
    else:
        try:
            body = _spool(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
    status, headers = started[-1]
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return WsgiResponse(int(status[:3]), encoded, body)


def _spool(chunks: Iterable[bytes]) -> IO[bytes]:
    if isinstance(chunks, tuple):
        return BytesIO(b"".join(chunks))
    body: IO[bytes] = BytesIO()
    with ExitStack() as stack:
        for chunk in chunks:
            if isinstance(body, BytesIO) and body.tell() + len(chunk) > _MEMORY_BYTES:
                head, body = body, stack.enter_context(TemporaryFile())
                body.write(head.getbuffer())
            body.write(chunk)
        body.seek(0)
        stack.pop_all()  # the file stays open until it is sent
    return body


class ResponseFiles:
    """How many bytes of files each owner is being sent. Used by one event loop alone."""

    def __init__(self) -> None:
        self._bytes: Counter[str] = Counter()

    @contextmanager
    def count_while_sent(self, body: IO[bytes], owner: str, *, is_network: bool) -> Iterator[None]:
        """Counts `body`, where it is a file, until the context ends. One alone may have any size.

        PoolFullError: `owner` is being sent too much already; `body` is closed.
        """
        size = 0 if isinstance(body, BytesIO) else os.fstat(body.fileno()).st_size
        others, limit = self._bytes[owner], MAX_FILE_BYTES_PER_NETWORK if is_network else MAX_FILE_BYTES
        if size and others and others + size > limit:
            body.close()
            raise PoolFullError
        self._bytes[owner] += size
        try:
            yield
        finally:
            self._bytes[owner] -= size
            if not self._bytes[owner]:
                del self._bytes[owner]


def wsgi_error(environ: Environ, code: RequestCode | Failure, *, close: bool = False) -> WsgiResponse:
    """JSON for a program, a page for a person, outside Flask. `close`: the rest of the request is not read."""
    error = RequestError(code)
    is_json = wants_json(environ["PATH_INFO"], environ.get("HTTP_ACCEPT", ""))
    body = error_body(error) if is_json else bilingual_page(failure_detail(error.failure), _TITLE).encode()
    headers = {
        "content-type": CONTENT_TYPE if is_json else "text/html; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'",
        "x-content-type-options": "nosniff",
        **{name.lower(): value for name, value in error.headers.items()},
    }
    if close:
        headers["connection"] = "close"
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE and environ["REQUEST_METHOD"] == "GET" and not is_json:
        headers["refresh"] = _RELOAD_SECONDS  # nobody presses a key at a wall
    return WsgiResponse(error.status, [(name.encode(), text.encode()) for name, text in headers.items()], BytesIO(body))
