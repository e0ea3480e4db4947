"""A gunicorn worker that protects its threads from slow clients, with deadlines for requests and responses.

A thread serves one connection at a time, so as many unfinished requests as there are threads would block every display
before authentication. So a request gets a thread only once it is complete, or MAX_PEEK_BYTES of it have arrived; and
the number of connections per address is limited.
"""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, partial
from ipaddress import ip_address, ip_network
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from ioc.web.errors.codes import RequestCode
from ioc.web.server.request_peek import peek_request

READ_SECONDS = 5.0  # from when a thread takes the connection until its request is complete
SEND_SECONDS = 20.0  # without a byte of the response being taken
# A hundred walls behind one address open six connections each when they restart.
MAX_PER_ADDRESS, MAX_CONNECTIONS = 800, 2000
MAX_LARGE_PER_ADDRESS = 2  # requests of one address that are incomplete when a thread takes them
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2"
_REST = (
    b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n%b"
)


@cache
def _error_response(head: bytes, code: RequestCode) -> bytes:
    """A complete response. Its modules are imported in workers alone, not in gunicorn's main process as well."""
    from ioc.web.errors.json_errors import failure_body

    body = failure_body(code)
    return head + b"\r\n" + _REST % (len(body), body)


def max_large_requests(threads: int) -> int:
    """How many incomplete requests may occupy a thread each; the other threads serve displays."""
    return max(1, threads * 3 // 8)


class ConnectionLimiter:
    """Limits the connections per address. Thread-safe. `trusted`: networks of proxies, which have no limit."""

    def __init__(self, trusted: Iterable[str] = (), max_per_address: int = MAX_PER_ADDRESS) -> None:
        self._trusted = tuple(ip_network(network, strict=False) for network in trusted)
        self._max_per_address = max_per_address
        self._open: dict[str, int] = {}
        self._lock = threading.Lock()

    def acquire(self, address: str) -> bool:
        """Counts one more connection of `address`; False when it has reached its limit."""
        with self._lock:
            count = self._open.get(address, 0)
            if count >= self._max_per_address and not self.is_unlimited(address):
                return False
            self._open[address] = count + 1
        return True

    def release(self, address: str) -> None:
        """One connection of `address` is closed."""
        with self._lock:
            count = self._open.get(address, 1) - 1
            if count > 0:
                self._open[address] = count
            else:
                self._open.pop(address, None)

    def is_unlimited(self, address: str) -> bool:
        """Whether it has no limit: a trusted proxy, this machine."""
        try:
            ip = ip_address(address)
        except ValueError:  # a Unix socket has no address
            return True
        return ip.is_loopback or any(ip in network for network in self._trusted)


class _DeadlineSocket:
    """A socket whose reads end at a deadline; everything else is the socket's. `on_close` is called once."""

    def __init__(self, inner: socket.socket, on_close: Callable[[], None]) -> None:
        self._inner, self._on_close = inner, on_close
        self._deadline: float | None = None
        self.is_large = self.is_continued = False

    def close(self) -> None:
        """Closes the socket; calls `on_close` the first time."""
        on_close, self._on_close = self._on_close, lambda: None
        on_close()
        self._inner.close()

    def start_deadline(self, seconds: float) -> None:
        """The next request must be complete in so many seconds."""
        self.is_continued = False
        self._deadline = time.monotonic() + seconds

    def clear_deadline(self) -> None:
        """No request is being read: reads return at once.

        gunicorn closes connections in the thread that accepts all of them, and would wait there for the client.
        """
        self._deadline = None

    def recv(self, *args: Any) -> bytes:
        if self._deadline is None:
            self._inner.setblocking(False)
            return self._inner.recv(*args)
        remaining = self._deadline - time.monotonic()
        try:
            if remaining <= 0:
                raise TimeoutError
            self._inner.settimeout(remaining)
            return self._inner.recv(*args)
        except TimeoutError:
            # As a reset by the client: gunicorn closes the connection without a log entry.
            raise OSError(errno.ECONNRESET, "the request was not complete in time") from None
        finally:
            self._inner.settimeout(SEND_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _LocalisedErrorSocket:
    """The socket to which gunicorn sends an error page: its status is kept, the body is ours."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner

    def sendall(self, response: bytes) -> None:
        status = response.partition(b"\r\n")[0]
        code = RequestCode.INTERNAL_ERROR if status.split()[1:2] == [b"500"] else RequestCode.MALFORMED
        self._inner.sendall(_error_response(status, code))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class SlowClientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's gthread worker; a connection gets a thread only when its request has arrived."""

    connection_limiter = ConnectionLimiter()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._large: list[str] = []  # addresses of the large requests that threads read now
        self._large_lock = threading.Lock()

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, _DeadlineSocket):
            address = _peer_address(conn)
            if not self.connection_limiter.acquire(address):
                self.nr_conns -= 1
                conn.close()
                return
            conn.sock = _DeadlineSocket(conn.sock, partial(self.connection_limiter.release, address))
            if self._is_incomplete(conn):
                self._park(conn)
                return
        if conn.sock.is_large and not self._admit_large(conn):
            self._reject(conn)
            return
        conn.data_ready = True
        super().enqueue_req(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, _LocalisedErrorSocket(client), addr, exc)

    def _is_incomplete(self, conn: TConn) -> bool:
        """Whether it must wait. Sends "100 Continue" where the client waits for it, once."""
        peeked = peek_request(conn.sock)
        conn.sock.is_large = peeked.is_large
        if peeked.is_continue_expected and not conn.sock.is_continued:
            conn.sock.is_continued = True
            with suppress(OSError):
                conn.sock.send(_CONTINUE, socket.MSG_DONTWAIT)
        return peeked.is_incomplete

    def _admit_large(self, conn: TConn) -> bool:
        address = _peer_address(conn)
        with self._large_lock:
            limit = max_large_requests(self.cfg.threads)
            own = limit if self.connection_limiter.is_unlimited(address) else min(MAX_LARGE_PER_ADDRESS, limit)
            is_admitted = len(self._large) < limit and self._large.count(address) < own
            if is_admitted:
                self._large.append(address)
        return is_admitted

    def _reject(self, conn: TConn) -> None:
        """503 without reading the request: the client may repeat it."""
        self.nr_conns -= 1
        with suppress(OSError):
            conn.sock.send(_error_response(_FULL, RequestCode.BUSY), socket.MSG_DONTWAIT)
            conn.sock.shutdown(socket.SHUT_WR)
        conn.close()

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        if not self._is_incomplete(conn):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._park(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        if not self._is_incomplete(conn):
            super().on_pending_socket_readable(conn, client)

    def _park(self, conn: TConn) -> None:
        """Waits for the request without a thread; closed when that takes longer than READ_SECONDS."""
        conn.timeout = time.monotonic() + READ_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: TConn) -> Any:
        conn.sock.start_deadline(READ_SECONDS)
        try:
            # Bytes of a next request that were read with this one are out of reach of the peek: the connection ends.
            # No browser sends a request before the response to the previous one (pipelining).
            return super().handle(conn) and not conn.parser.unreader.buf.getvalue()
        finally:
            conn.sock.clear_deadline()
            if conn.sock.is_large:
                conn.sock.is_large = False
                with self._large_lock:
                    self._large.remove(_peer_address(conn))


def _peer_address(conn: TConn) -> str:
    """Address of the client; "" for a Unix socket."""
    return str(conn.client[0]) if isinstance(conn.client, tuple) else ""
