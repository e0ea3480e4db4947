"""A camera server for tests: serves what a test put at a path, and records its requests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class CameraServer:
    """`responses`: path with its query -> (status, headers, body). `requests`: (path, headers) in order.

    `before_response` is called with the path before each response.
    """

    address: str = ""
    responses: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    before_response: Callable[[str], None] = lambda _path: None

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """Sets the response at `path`. Underscores of header names become hyphens."""
        self.responses[path] = status, {name.replace("_", "-"): text for name, text in headers.items()}, body


@contextmanager
def camera_server() -> Iterator[CameraServer]:
    """A running server on a free port of loopback."""
    camera = CameraServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            camera.requests.append((self.path, dict(self.headers)))
            camera.before_response(self.path)
            status, headers, body = camera.responses.get(self.path, (404, {}, b"none"))
            self.send_response(status)
            for name, text in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    camera.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield camera
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
