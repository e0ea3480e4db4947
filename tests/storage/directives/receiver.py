"""A receiver of webhooks on this machine, which answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

import orjson

OK, CUT, SLOW = 204, -1, -2  # CUT: the connection ends without an answer; SLOW: no answer until `release`


@dataclass(frozen=True, slots=True)
class Message:
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def act(self) -> int:
        return int(orjson.loads(self.body)["data"]["id"])


@dataclass(slots=True)
class Receiver:
    """`answers`: of the next messages, then OK. `got`: every message, whatever was answered. `page`: each body.

    `drip_seconds`: between its bytes.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    got: list[Message] = field(default_factory=list)
    arrived: SimpleQueue[Message] = field(default_factory=SimpleQueue)
    release: threading.Event = field(default_factory=threading.Event)
    more_headers: dict[str, str] = field(default_factory=dict)
    page: bytes = b""
    drip_seconds: float = 0.0
    keeps_alive: bool = False
    connections: list[int] = field(default_factory=list)  # how many messages came on each

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/nhan"

    def acts(self) -> list[int]:
        return [message.act for message in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port, which is closed afterwards."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            receiver.connections.append(0)
            self.number = len(receiver.connections) - 1

        def do_POST(self) -> None:
            receiver.connections[self.number] += 1
            self.close_connection = not receiver.keeps_alive
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = Message({name.lower(): value for name, value in self.headers.items()}, body)
            receiver.got.append(message)
            receiver.arrived.put(message)
            status = receiver.answers.pop(0) if receiver.answers else OK
            if status == SLOW:
                receiver.release.wait(60)
            with suppress(OSError):
                if status in (CUT, SLOW):
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                for name, value in receiver.more_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.page)))
                if self.close_connection:
                    self.send_header("Connection", "close")
                self.end_headers()
                size = 1 if receiver.drip_seconds else len(receiver.page) or 1
                for start in range(0, len(receiver.page), size):
                    self.wfile.write(receiver.page[start : start + size])
                    receiver.release.wait(receiver.drip_seconds)

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
