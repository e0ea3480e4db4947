"""Connections that dawdle: a request must have come within a time, and an answer must be taken within one.

A thread serves one connection at a time, so without this as many unfinished requests as there are threads would hold up
every screen, before anything asked them who they are.
"""

import errno
import socket
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

READ_SECONDS = 5.0  # from when a thread takes the connection until its request is whole
SEND_SECONDS = 20.0  # without a byte of the answer being taken


class _Hurried:
    """A socket whose reads end at a deadline; all else is the socket's own."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._until: float | None = None

    def begin(self, seconds: float) -> None:
        """The time for the next request starts now."""
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


class Worker(ThreadWorker):  # type: ignore[misc]
    """gthread, with patience."""

    def enqueue_req(self, conn: TConn) -> None:
        if not isinstance(conn.sock, _Hurried):
            conn.sock = _Hurried(conn.sock)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        conn.sock.begin(READ_SECONDS)
        try:
            return super().handle(conn)
        finally:
            conn.sock.end()
