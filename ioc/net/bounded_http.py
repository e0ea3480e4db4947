"""HTTP by requests that ends: one deadline for name, connection, TLS, head, body and trailers, and a size limit.

A timeout of requests counts from one received byte to the next: a server that sends byte by byte never reaches it. Here
a timer shuts the connections down. Names are resolved once, and the address that was checked is the one connected to.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from io import BufferedReader
from threading import Lock, Timer
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from ioc.net.name_lookup import look_up
from ioc.net.ssrf import filter_addresses

_CHUNK_BYTES = 65_536
# Each line of a response and each piece of its body costs work of the interpreter, which all threads share.
_MAX_LINES = 50_000  # of heads, chunk sizes and trailers
_MAX_PIECES, _PIECE_BYTES = 1_000, 128  # so many pieces of a body may be smaller: a packet of MPEG-TS has 188


class ExchangeTimeoutError(OSError):
    """The time of the exchange is over."""


class BodyTooLargeError(OSError):
    """The body of a response is larger than allowed, or comes in too many pieces."""


@contextmanager
def bounded_exchange(
    session: requests.Session, tls_context: ssl.SSLContext, seconds: float, max_bytes: int, *, allow_private: bool
) -> Iterator[None]:
    """All requests of `session` within the block end after `seconds`; then ExchangeTimeoutError, whatever else failed.

    `max_bytes`: of a body that requests reads by itself (BodyTooLargeError); a streamed one is read by `read_body`.
    `allow_private`: whether private addresses may be connected to; a proxy may always be private.
    """
    exchange = _Exchange(seconds)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _BoundedAdapter(exchange, tls_context, max_bytes, allow_private))
    timer = Timer(seconds, exchange.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        exchange.remaining_seconds()
        raise
    else:
        exchange.remaining_seconds()  # a body without a length looks complete when its connection is shut down
    finally:
        timer.cancel()
        exchange.close()


class KeptSession:
    """A session to one host whose connection stays open from one exchange to the next; one exchange at a time.

    `max_bytes`, `allow_private`: as of `bounded_exchange`.
    """

    def __init__(self, tls_context: ssl.SSLContext, max_bytes: int, *, allow_private: bool) -> None:
        self._bounds = tls_context, max_bytes, allow_private
        self._open: tuple[requests.Session, _Exchange] | None = None
        self._used_at = monotonic()

    @property
    def is_open(self) -> bool:
        """Whether the next exchange goes on with a connection."""
        return self._open is not None

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[requests.Session]:
        """The session, whose requests end after `seconds`; then ExchangeTimeoutError, whatever else failed.

        After an error, and where the host has closed its side, the next exchange connects anew.
        """
        session, exchange = self._open = self._open or self._new()
        exchange.renew(seconds)
        timer = Timer(seconds, exchange.close)
        timer.daemon = True
        timer.start()
        try:
            yield session
        except Exception:
            self.close()
            exchange.remaining_seconds()
            raise
        else:
            if exchange.connections > 1:
                self.close()
            exchange.remaining_seconds()
        finally:
            timer.cancel()
            self._used_at = monotonic()
            if exchange.is_over:
                self.close()

    def close(self) -> None:
        """Closes the connection; the next exchange opens another one."""
        if self._open:
            session, exchange = self._open
            self._open = None
            exchange.close()
            session.close()

    def close_idle(self, seconds: float) -> None:
        """Closes a connection that was not used for `seconds`."""
        if self._open and monotonic() - self._used_at >= seconds:
            self.close()

    def _new(self) -> tuple[requests.Session, "_Exchange"]:
        tls_context, max_bytes, allow_private = self._bounds
        session, exchange = requests.Session(), _Exchange(0)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # none are kept and sent back
        for scheme in ("http://", "https://"):
            session.mount(scheme, _BoundedAdapter(exchange, tls_context, max_bytes, allow_private))
        return session, exchange


def read_body(response: requests.Response, max_bytes: int) -> bytes:
    """The decompressed body of a streamed response. Raises BodyTooLargeError, requests.ConnectionError."""
    body, pieces = bytearray(), 0
    try:
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            pieces += 1
            if len(body) > max_bytes or pieces > _MAX_PIECES + len(body) // _PIECE_BYTES:
                raise BodyTooLargeError
    except HTTPError as error:
        raise requests.ConnectionError(error) from None
    return bytes(body)


class _Exchange:
    """The time that is left, and the open connections. Thread-safe."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = monotonic() + seconds
        self._lock = Lock()
        self._is_closed = False
        self._sockets: list[socket.socket] = []  # second descriptors of the connections: TLS takes over the first

    def renew(self, seconds: float) -> None:
        """Another exchange begins on what is open."""
        self._ends_at = monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether its connections were shut down, or its time has ended."""
        return self._is_closed or self._ends_at <= monotonic()

    @property
    def connections(self) -> int:
        """How many were opened; those that the other side has closed count too."""
        return len(self._sockets)

    def remaining_seconds(self) -> float:
        """Above 0; otherwise ExchangeTimeoutError."""
        left = self._ends_at - monotonic()
        if left <= 0:
            raise ExchangeTimeoutError
        return left

    def connect(
        self, connection: HTTPConnection, open_socket: Callable[[], socket.socket], allow_private: bool
    ) -> socket.socket:
        """A socket to the first address of the connection's host that answers. Raises OSError, HTTPError of urllib3."""
        name, timeout = connection.host, float(connection.timeout or self.remaining_seconds())
        failure: Exception = OSError("no address")
        try:
            for address in filter_addresses(
                look_up(name, connection.port).result(self.remaining_seconds()), allow_private
            ):
                connection.host, connection.timeout = address, min(timeout, self.remaining_seconds())
                try:
                    return self._registered(open_socket())
                except HTTPError as error:
                    failure = error
        finally:
            connection.host, connection.timeout = name, timeout  # TLS needs the name
        raise failure

    def close(self) -> None:
        """Shuts all connections down, so that whoever waits for one goes on."""
        with self._lock:
            self._is_closed, sockets, self._sockets = True, self._sockets, []
        for second in sockets:
            with suppress(OSError):  # the other side has closed it
                second.shutdown(socket.SHUT_RDWR)
            second.close()

    def _registered(self, opened: socket.socket) -> socket.socket:
        with self._lock:
            if not self._is_closed:
                self._sockets.append(opened.dup())
                return opened
        opened.close()
        raise ExchangeTimeoutError


class _BoundedLines(BufferedReader):
    """What a server sends, with a limit of its lines."""

    _lines = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self._lines += 1
        if self._lines > _MAX_LINES:
            raise BodyTooLargeError
        return super().readline(size)


class _BoundedResponse(HTTPResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fp = _BoundedLines(self.fp.detach())

    def begin(self) -> None:
        """Reads the head of the answer, after interim responses; http.client passes over "100 Continue" alone."""
        super().begin()
        while HTTPStatus.SWITCHING_PROTOCOLS < self.status < HTTPStatus.OK:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


class _HttpConnection(HTTPConnection):
    response_class = _BoundedResponse

    def __init__(self, *args: Any, exchange: _Exchange, allow_private: bool, **kwargs: Any) -> None:
        self._exchange, self._allow_private = exchange, allow_private
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        return self._exchange.connect(self, super()._new_conn, self._allow_private)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    pass


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, exchange: _Exchange, tls_context: ssl.SSLContext, max_bytes: int, allow_private: bool) -> None:
        self._exchange, self._tls_context = exchange, tls_context
        self._max_bytes, self._allow_private = max_bytes, allow_private
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        # requests would otherwise trust only the list of certificates that it ships.
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls_context)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes(self._allow_private)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._tls_context)
        manager.pool_classes_by_scheme = self._pool_classes(allow_private=True)
        return manager

    def send(self, request: requests.PreparedRequest, stream: bool = False, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        response = super().send(request, stream=True, **kwargs)
        if response.is_redirect or not stream:  # requests reads the body of each redirect, whatever its size
            with response:
                response._content = b"" if response.is_redirect else read_body(response, self._max_bytes)
        return response

    def _pool_classes(self, allow_private: bool) -> dict[str, Any]:
        bounds: dict[str, Any] = {"exchange": self._exchange, "allow_private": allow_private}
        return {
            "http": partial(_bounded_pool, HTTPConnectionPool, partial(_HttpConnection, **bounds)),
            "https": partial(_bounded_pool, HTTPSConnectionPool, partial(_HttpsConnection, **bounds)),
        }


def _bounded_pool(pool_class: Any, connection_class: Any, *args: Any, **kwargs: Any) -> Any:
    pool = pool_class(*args, **kwargs)
    pool.ConnectionCls = connection_class
    return pool
