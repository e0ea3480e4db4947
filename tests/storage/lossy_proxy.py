"""A proxy before PostgreSQL that loses what belongs to a COMMIT: the answer, or the COMMIT itself."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit

_COMMIT = b"COMMIT\0"  # not of READ COMMITTED
_CHUNK = 65_536


class Loss(Enum):
    """What is lost of the next COMMIT; the connection ends in both cases."""

    ANSWER = "answer"
    COMMIT = "commit"


class LossyProxy:
    """`url`: of the database behind it. `is_reachable`: whether it takes new connections. `refused`: how many not."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.port is not None and parts.hostname is not None
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{self._listener.getsockname()[1]}")
        self.loss: Loss | None = None
        self.is_reachable = True
        self.lost = self.refused = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no new connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self.is_reachable:
                    client.close()
                    self.refused += 1
                    continue
                server = socket.create_connection(self._server)
                threading.Thread(target=self._forward_requests, args=(client, server), daemon=True).start()
                threading.Thread(target=_forward, args=(server, client), daemon=True).start()

    def _forward_requests(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while chunk := client.recv(_CHUNK):
                if self.loss is None or _COMMIT not in chunk:
                    server.sendall(chunk)
                    continue
                loss, self.loss = self.loss, None
                self.lost += 1
                client.shutdown(socket.SHUT_RDWR)  # before the server can answer
                if loss is Loss.ANSWER:
                    server.sendall(chunk)
                server.shutdown(socket.SHUT_WR)
                return


def _forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def lossy_proxy(url: str) -> Iterator[LossyProxy]:
    """A proxy before the database at `url`."""
    proxy = LossyProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
