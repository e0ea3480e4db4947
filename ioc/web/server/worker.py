"""Connections that dawdle: a request must have come within a time, and an answer must be taken within one.

A thread serves one connection at a time, so as many unfinished requests as there are threads would hold up every
screen, before anything asked them who they are: they get none until they have come, or a good part of them has. And no
address holds so many that others find none.
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

READ_SECONDS = 5.0  # from when a thread takes the connection until its request is whole
SEND_SECONDS = 20.0  # without a byte of the answer being taken
# A hundred walls behind one address open six each when they start anew.
MAX_PER_ADDRESS, MAX_CONNECTIONS = 800, 2000
MAX_LARGE_PER_ADDRESS = 2  # of one address, of the requests that are not whole when a thread takes them
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2"
_REST = (
    b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n%b"
)


@cache
def _error_response(head: bytes, code: RequestCode) -> bytes:
    """An answer in words. Its modules are a worker's alone: what gunicorn's own process loads is held twice."""
    from ioc.web.errors.json_errors import failure_body

    body = failure_body(code)
    return head + b"\r\n" + _REST % (len(body), body)


def max_large_requests(threads: int) -> int:
    """How many requests may take a thread each before they are whole; the other threads answer screens."""
    return max(1, threads * 3 // 8)


class ConnectionLimiter:
    """How many connections each address holds. `trusted`: proxies, behind which everybody stands."""

    def __init__(self, trusted: Iterable[str] = (), max_per_address: int = MAX_PER_ADDRESS) -> None:
        self._trusted, self._max_per_address = tuple(ip_network(one, strict=False) for one in trusted), max_per_address
        self._open: dict[str, int] = {}
        self._lock = threading.Lock()

    def acquire(self, address: str) -> bool:
        """Whether one more may be opened from there."""
        with self._lock:
            held = self._open.get(address, 0)
            if held >= self._max_per_address and not self.is_unlimited(address):
                return False
            self._open[address] = held + 1
        return True

    def release(self, address: str) -> None:
        """One of its connections is closed."""
        with self._lock:
            left = self._open.get(address, 1) - 1
            if left > 0:
                self._open[address] = left
            else:
                self._open.pop(address, None)

    def is_unlimited(self, address: str) -> bool:
        """Whether many may stand behind it: a proxy of ours, this machine."""
        try:
            found = ip_address(address)
        except ValueError:  # a socket of this machine's own
            return True
        return found.is_loopback or any(found in one for one in self._trusted)


class _DeadlineSocket:
    """A socket whose reads end at a deadline; all else is the socket's own. `closed` hears of its end, once."""

    def __init__(self, inner: socket.socket, closed: Callable[[], None]) -> None:
        self._inner, self._closed = inner, closed
        self._until: float | None = None
        self.large = self.told = False

    def close(self) -> None:
        """As the socket's."""
        closed, self._closed = self._closed, lambda: None
        closed()
        self._inner.close()

    def begin(self, seconds: float) -> None:
        """The time for the next request starts now."""
        self.told = False
        self._until = time.monotonic() + seconds

    def end(self) -> None:
        """No request is read any more: what is left is taken without waiting.

        gunicorn closes on the thread that takes all connections, and would wait there for the other side to close too.
        """
        self._until = None

    def recv(self, *given: Any) -> bytes:
        if self._until is None:
            self._inner.setblocking(False)
            return self._inner.recv(*given)
        left = self._until - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self._inner.settimeout(left)
            return self._inner.recv(*given)
        except TimeoutError:
            # As if the other side had gone: gunicorn closes without a word in the log.
            raise OSError(errno.ECONNRESET, "the request did not come in time") from None
        finally:
            self._inner.settimeout(SEND_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _LocalisedErrorSocket:
    """A socket by which gunicorn tells of a request that it cannot read: with its status, and in our words."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner

    def sendall(self, told: bytes) -> None:
        status = told.partition(b"\r\n")[0]
        code = RequestCode.INTERNAL_ERROR if status.split()[1:2] == [b"500"] else RequestCode.MALFORMED
        self._inner.sendall(_error_response(status, code))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class SlowClientWorker(ThreadWorker):  # type: ignore[misc]
    """gthread, with patience."""

    doors = ConnectionLimiter()

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._large: list[str] = []  # addresses whose large requests a thread reads now
        self._turn = threading.Lock()

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, _DeadlineSocket):
            address = _peer_address(conn)
            if not self.doors.acquire(address):
                self.nr_conns -= 1
                conn.close()
                return
            conn.sock = _DeadlineSocket(conn.sock, partial(self.doors.release, address))
            if self._is_incomplete(conn):
                self._park(conn)
                return
        if conn.sock.large and not self._admit_large(conn):
            self._reject(conn)
            return
        conn.data_ready = True
        super().enqueue_req(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, _LocalisedErrorSocket(client), addr, exc)

    def _is_incomplete(self, conn: TConn) -> bool:
        """Whether it is worth no thread yet. Who waits to be told to go on is told, once."""
        found = peek_request(conn.sock)
        conn.sock.large = found.is_large
        if found.is_continue_expected and not conn.sock.told:
            conn.sock.told = True
            with suppress(OSError):
                conn.sock.send(_CONTINUE, socket.MSG_DONTWAIT)
        return found.is_incomplete

    def _admit_large(self, conn: TConn) -> bool:
        address = _peer_address(conn)
        with self._turn:
            most = max_large_requests(self.cfg.threads)
            mine = most if self.doors.is_unlimited(address) else min(MAX_LARGE_PER_ADDRESS, most)
            fits = len(self._large) < most and self._large.count(address) < mine
            if fits:
                self._large.append(address)
        return fits

    def _reject(self, conn: TConn) -> None:
        """Nothing is read of it: whoever sends much at once comes again."""
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
        """No thread before its request has come; closed when that takes too long."""
        conn.timeout = time.monotonic() + READ_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: TConn) -> Any:
        conn.sock.begin(READ_SECONDS)
        try:
            # What was read with this request of a next one lies where nobody looks whether it is whole: the connection
            # ends. No browser sends a request before the answer to the one before it.
            return super().handle(conn) and not conn.parser.unreader.buf.getvalue()
        finally:
            conn.sock.end()
            if conn.sock.large:
                conn.sock.large = False
                with self._turn:
                    self._large.remove(_peer_address(conn))


def _peer_address(conn: TConn) -> str:
    """Who is at the other end; "" for a socket of this machine's own."""
    return str(conn.client[0]) if isinstance(conn.client, tuple) else ""
