"""A tiny site to print: one page that is ready at once, others that are not."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Tổng quan</title>
<style>@page {{ size: A4 }} svg {{ width: 100% }}</style></head>
<body><h1>Mực nước sông Hậu</h1><p>1,86 m lúc 16:18, mô phỏng</p>
<svg viewBox="0 0 100 20"><path d="M0 20 L50 3 L100 9" fill="none" stroke="black"/></svg>
<p id="width"></p><p id="asked"></p>
<script>
  const onPaper = 'paper' in document.documentElement.dataset;
  document.getElementById('width').textContent = 'rộng ' + innerWidth + ' px ' + onPaper;
  document.getElementById('asked').textContent = location.search;
  {script}
</script></body></html>"""
READY = "window.iocPrintMaps = async () => document.body.append('bản đồ đã in'); window.iocReady = true;"
# A moment that is not available yet when it is requested: the page shows the present until it is.
LATE = """const seen = Number(sessionStorage.seen || 0) + 1; sessionStorage.seen = seen;
  const asked = new URLSearchParams(location.search).get('luc'), of = seen < 3 ? new Date() : new Date(asked);
  window.iocShown = { moment: of.toISOString(), panels: {}, build: '' };
  document.body.append('lần ' + seen);"""


@contextmanager
def site(before: Callable[[str], None] = lambda path: None) -> Iterator[str]:
    """The address of the site; `before` is called with the path before each answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            before(path)
            status = 500 if path == "/broken" else 200
            script = {"/never": "", "/late": LATE + READY}.get(path, READY)
            body = PAGE.format(script=script).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", "script-src 'unsafe-inline'; style-src 'unsafe-inline'")
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                return  # some tests kill the browser

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
