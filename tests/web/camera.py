"""A camera's host for tests: answers what a test laid at a path, and notes what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Host:
    """`pages`: path with its query -> (status, headers, body). `asked`: (path, headers) in turn.

    `before`: what is done before each answer, with the path.
    """

    address: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    before: Callable[[str], None] = lambda _path: None

    def lay(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """What is answered at `path`."""
        self.pages[path] = status, {name.replace("_", "-"): text for name, text in headers.items()}, body


@contextmanager
def host() -> Iterator[Host]:
    """A running one on a free port of loopback."""
    made = Host()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, dict(self.headers)))
            made.before(self.path)
            status, headers, body = made.pages.get(self.path, (404, {}, b"none"))
            self.send_response(status)
            for name, text in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
