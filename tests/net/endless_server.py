"""A server of HTTP on loopback whose responses never end."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
REDIRECT = "body of a redirect"
# What is sent at once, and what is sent again and again after it.
ENDLESS = {
    "nothing": (b"", b""),
    "head": (HEAD + b"X-Long: ", b"a"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunk extension": (CHUNKED + b"5;ext=", b"a"),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n"),
    "body with a length": (HEAD + b"Content-Length: 9999\r\n\r\n", b"a"),
    "body without a length": (HEAD + b"\r\n", b"a"),
    REDIRECT: (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"a"),
}


@contextmanager
def endless_server(
    start: bytes, again: bytes, pause: float = 0.02, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The address of a server that sends `start` to each request, then `again` without end."""
    ended, threads = threading.Event(), list[threading.Thread]()

    def encrypted(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True) if context else connection

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), connection, encrypted(connection) as stream:
            stream.recv(65_536)
            stream.sendall(start)
            while not ended.wait(pause):
                stream.sendall(again)

    def listen() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=answer, args=(listener.accept()[0],)))
                threads[-1].start()

    listener = socket.create_server(("127.0.0.1", 0))
    threads.append(threading.Thread(target=listen))
    threads[0].start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join()
