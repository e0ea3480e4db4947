"""The server as it is started: bytes of an unchanged frame, slow clients, and how it stops."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import IO

import orjson
import pytest

from ioc.web.server.bodies import MAX_BODY_BYTES, MAX_LARGE_PER_NETWORK, MEMORY_BYTES, READ_SECONDS
from ioc.web.server.connections import MAX_HEAD_BYTES, ConnectionLimiter
from simulator.free_ports import free_port

ROOT = Path(__file__).parents[3]
THREADS = 2
PROGRAM = f"""
import socket, sys
from pathlib import Path
from ioc.domain.base.blocking import ensure_may_block
from ioc.web.server import bodies, connections, serve
from ioc.web.app_factory import create_app
from tests.web.fake import FakeReads, settings
PATCH
flask = create_app(FakeReads(), settings(Path(sys.argv[1]), build="0123456789abcdef")).server
def app(environ, start):
    if environ["PATH_INFO"] == "/interval":
        interval = str(sys.getswitchinterval()).encode()
        start("200 OK", [("Content-Length", str(len(interval)))])
        return [interval]
    if environ["PATH_INFO"] == "/echo":
        ensure_may_block()
        sent = environ["wsgi.input"].read() + environ.get("HTTP_UPGRADE", "").encode()
        start("200 OK", [("Content-Length", str(len(sent)))])
        return [sent]
    if environ["PATH_INFO"] != "/big":
        return flask(environ, start)
    ensure_may_block()
    start("200 OK", [("Content-Length", "20000000")])
    return [b"x" * 20_000_000]
serve.serve(app, socket.create_server(("127.0.0.1", int(sys.argv[2]))), {THREADS})
"""
SHORT_READS = "connections.HEAD_SECONDS = bodies.READ_SECONDS = 0.5"
THREE_CONNECTIONS = """
connections.ConnectionLimiter.is_unlimited = lambda *_: False
serve.ConnectionLimiter = lambda _: connections.ConnectionLimiter(max_per_address=3)
"""
MORE_THAN_THREADS = 40

pytestmark = pytest.mark.slow


def connected(port: int, within: float = 120) -> socket.socket:
    until, pause = time.monotonic() + within, Event()
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 30)
        except ConnectionError:
            if time.monotonic() > until:
                raise
            pause.wait(0.05)


@contextmanager
def running(
    folder: Path, patch: str = "", log: IO[bytes] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process and its port, once it answers."""
    port = free_port()
    program = PROGRAM.replace("PATCH", patch)
    process = subprocess.Popen([sys.executable, "-c", program, str(folder), str(port)], cwd=ROOT, stderr=log)
    try:
        with connected(port) as link:
            link.settimeout(60)
            link.sendall(b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            while link.recv(65536):  # until the server has closed it, so that it counts no more
                pass
        yield process, port
    finally:
        process.kill()
        process.wait(30)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a server that several tests share."""
    with running(tmp_path_factory.mktemp("server")) as (_, port):
        yield port


@contextmanager
def clients(port: int, sent: bytes, count: int = MORE_THAN_THREADS) -> Iterator[list[socket.socket]]:
    """Connections that have sent `sent` and no more; by default more of them than there are threads."""
    with ExitStack() as stack:
        links = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(count)]
        for link in links:
            link.sendall(sent)
        yield links


def exchange(link: socket.socket, tag: str) -> bytes:
    request = f"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: {tag}\r\n\r\n"
    return exchanged(link, request.encode())


def exchanged(link: socket.socket, request: bytes) -> bytes:
    link.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += link.recv(65536) or b"\r\n\r\n"
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += link.recv(65536)
    return head + b"\r\n\r\n" + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_an_unchanged_frame_is_under_300_bytes_and_keeps_its_connection(port: int) -> None:
    with connected(port) as link:
        first = exchange(link, '""')
        tag = next(line[6:] for line in first.split(b"\r\n") if line.startswith(b"etag: ")).decode()
        for _ in range(3):
            again = exchange(link, tag)
            assert status_of(again) == 304
            assert len(again) <= 300


def test_sigterm_stops_the_server_although_a_display_is_connected(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port), connected(port) as link:
        exchange(link, '""')
        began = time.monotonic()
        process.terminate()
        assert process.wait(60) == 0
        assert time.monotonic() - began < 15  # two seconds of grace; a busy machine adds its own


LONG = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a head": b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0",
    "no body": LONG,
    "half a body": LONG + b"x" * 99,
    "half a last chunk": CHUNKED + b"0\r\n",
    "half a chunk": CHUNKED + b"64\r\n\r\n0\r\n\r\n",
    "length with zeros": LONG.replace(b" 100", b" " + b"0" * 15 + b"100"),
    "large": LONG.replace(b" 100", b" 900000") + b"x" * (MEMORY_BYTES - 1),
    "after a complete one": b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + LONG,
}


@pytest.mark.parametrize("kind", UNFINISHED)
def test_unfinished_requests_do_not_delay_others(port: int, kind: str) -> None:
    with clients(port, UNFINISHED[kind]):
        _assert_answers_at_once(port)


def test_unfinished_requests_are_closed_without_a_response_or_a_log_line(tmp_path: Path) -> None:
    log_path = tmp_path / "log"
    with log_path.open("wb") as log, running(tmp_path, SHORT_READS, log) as (_, port), ExitStack() as stack:
        kinds = [kind for kind in UNFINISHED if kind != "after a complete one"]
        links = {kind: stack.enter_context(clients(port, UNFINISHED[kind], 1))[0] for kind in kinds}
        for link in links.values():
            link.settimeout(10)
        assert [kind for kind, link in links.items() if not _closed(link)] == []
    assert log_path.read_text() == ""


def _closed(link: socket.socket) -> bool:
    """Whether the other side closes without a response."""
    try:
        return link.recv(100) == b""
    except ConnectionResetError:  # unread bytes make it a reset
        return True


def test_a_body_that_is_compressed_on_the_way_is_refused(port: int) -> None:
    compressed = CHUNKED.replace(b": chunked", b": gzip, chunked") + b"1\r\nx\r\n0\r\n\r\n"
    with connected(port) as link:
        assert status_of(exchanged(link, compressed)) == 415


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"x" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://elsewhere.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"<html>\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET /live/home HTTP/1.1\r\n\r\n",
        b"GET /live/home HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        LONG.replace(b" 100", b" 1" + b"0" * 25),
        LONG.replace(b" 100", b" -5"),
        LONG.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ],
    ids=[
        "path",
        "header",
        "version",
        "absolute",
        "html",
        "bytes",
        "no host",
        "two hosts",
        "star",
        "overflow",
        "negative",
        "smuggling",
    ],
)
def test_a_malformed_request_is_answered_400_and_the_connection_closed(port: int, sent: bytes) -> None:
    with connected(port) as link:
        assert status_of(exchanged(link, sent)) == 400
        assert link.recv(10) == b""


def test_a_head_without_end_is_not_collected(port: int) -> None:
    with connected(port) as link:
        link.sendall(b"GET / HTTP/1.1\r\nX: ")
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                link.sendall(b"x" * 4096)


@pytest.mark.parametrize("begin", [b"0\r\nX-Long: ", b"5;"], ids=["trailer", "chunk extension"])
@pytest.mark.parametrize("path", [b"/live/home", b"/nowhere"])
def test_what_a_chunked_body_adds_is_not_collected(port: int, begin: bytes, path: bytes) -> None:
    with connected(port) as link:
        link.sendall(CHUNKED.replace(b"/nowhere", path) + begin)
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                link.sendall(b"x" * 65_536)
        _assert_answers_at_once(port)


def test_a_trailer_is_no_header(port: int) -> None:
    forwarded = CHUNKED.replace(b"POST /nowhere", b"GET /live/home") + b"0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
    with connected(port) as link:
        assert status_of(exchanged(link, forwarded)) == 200


def test_a_connection_without_a_request_ends_whatever_it_sends(tmp_path: Path) -> None:
    patch = "connections.HEAD_SECONDS = 5\nconnections.IDLE_SECONDS = 1"
    unread = b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n"
    with running(tmp_path, patch) as (_, port), connected(port) as blank, connected(port) as body:
        assert status_of(exchange(blank, '""')) == 200
        assert status_of(exchanged(body, unread)) == 200
        pause, until = Event(), time.monotonic() + 30
        for link, byte in ((blank, b"\r\n"), (body, b"x")):
            link.settimeout(0.05)
            with pytest.raises(ConnectionError):
                while time.monotonic() < until:
                    link.sendall(byte)
                    with suppress(TimeoutError):
                        if not link.recv(100):
                            raise ConnectionError
                    pause.wait(0.05)


def test_a_body_over_the_limit_is_rejected_by_its_declared_and_its_real_size(port: int) -> None:
    with connected(port) as link:
        answer = exchanged(link, LONG.replace(b" 100", f" {MAX_BODY_BYTES + 1}".encode()))
    assert status_of(answer) == 413 and orjson.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request.too_large"
    with connected(port) as link:
        link.sendall(CHUNKED)
        with pytest.raises(ConnectionError):
            for _ in range(4 * MAX_BODY_BYTES // 65_536):
                link.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")


def test_few_large_bodies_are_read_at_the_same_time(port: int) -> None:
    part = LONG.replace(b" 100", b" 900000") + b"x" * (2 * MEMORY_BYTES)
    with clients(port, part, MAX_LARGE_PER_NETWORK), connected(port) as link:
        answer = exchanged(link, part)
    assert status_of(answer) == 503 and b"retry-after: 2" in answer


def test_clients_that_read_nothing_hold_no_thread(port: int) -> None:
    request = b"GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with clients(port, request, 4 * THREADS) as links:
        for link in links:
            assert link.recv(1000).startswith(b"HTTP/1.1 200")
        _assert_answers_at_once(port)
        with connected(port) as link:  # a page, which needs a thread
            assert status_of(exchanged(link, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")) == 200


def test_a_large_static_file_is_sent_whole_each_time(port: int) -> None:
    with connected(port) as link:
        page = exchanged(link, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        match = re.search(rb"/assets/plotly\.v1m[0-9a-f]+\.js", page)
        assert match
        for _ in range(3):
            answer = exchanged(link, b"GET " + match[0] + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert status_of(answer) == 200 and len(answer) > 1_000_000


def test_an_expected_continue_is_sent_and_the_request_answered(port: int) -> None:
    with connected(port) as link:
        link.sendall(LONG.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert link.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert status_of(exchanged(link, b"x" * 100)) in range(400, 500)


def test_pipelined_requests_are_answered_in_their_order(port: int) -> None:
    with connected(port) as link:
        for path in ("/nowhere", "/live/home", "/live/no"):
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        received = b""
        while received.count(b"HTTP/1.1 ") < 3:
            received += link.recv(65_536)
    assert [status_of(b"x " + part) for part in received.split(b"HTTP/1.1 ")[1:]] == [404, 200, 404]


def test_a_thread_that_computes_gives_way_soon(port: int) -> None:
    with connected(port) as link:
        answer = exchanged(link, b"GET /interval HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert float(answer.partition(b"\r\n\r\n")[2]) <= 0.001


def test_headers_with_an_underscore_are_dropped(port: int) -> None:
    with connected(port) as link:
        plain = b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        assert status_of(exchanged(link, plain)) == 200
        assert status_of(exchanged(link, plain.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"))) == 401
        assert status_of(exchanged(link, plain.replace(b"\r\n\r\n", b"\r\nX_Forwarded_For: 192.0.2.1\r\n\r\n"))) == 200


def _assert_answers_at_once(port: int) -> None:
    for _ in range(5):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), READ_SECONDS) as link:
            assert status_of(exchange(link, '""')) == 200
        assert time.monotonic() - began < READ_SECONDS - 1, "it waited until a request of the others was given up"


def test_a_request_in_pieces_is_answered(port: int) -> None:
    pause = Event()
    pieces = b"GET /live/home?lang", b"=vi HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"Content-Length: 3\r\n\r\n", b"a"
    with connected(port) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for piece in pieces:
                link.sendall(piece)
                pause.wait(0.05)
            assert status_of(exchanged(link, b"bc")) == 200


def test_connections_are_limited_per_address_except_of_proxies_and_this_machine() -> None:
    limiter = ConnectionLimiter(["10.1.0.4"], max_per_address=2, max_total=10)
    assert [limiter.acquire("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert limiter.acquire("203.0.113.10")
    assert all(limiter.acquire(address) for address in ("10.1.0.4", "127.0.0.1") for _ in range(3))
    limiter.release("203.0.113.9")
    assert limiter.acquire("203.0.113.9") and not limiter.acquire("203.0.113.9")
    assert limiter.acquire("127.0.0.1") and not limiter.acquire("127.0.0.1"), "all together"


def test_a_connection_beyond_the_limit_is_closed_and_one_that_ends_makes_room(tmp_path: Path) -> None:
    with running(tmp_path, THREE_CONNECTIONS) as (_, port), clients(port, b"", 3) as links:
        assert all(status_of(exchange(link, '""')) == 200 for link in links)
        with socket.create_connection(("127.0.0.1", port), 5) as fourth:
            assert _closed(fourth)
        links[-1].close()
        pause, until = Event(), time.monotonic() + 30
        while not _answered(port):
            assert time.monotonic() < until
            pause.wait(0.02)


def _answered(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 5) as link:
        try:
            link.sendall(b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return link.recv(20).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False
