"""gunicorn as it is started: bytes of an unchanged frame, slow clients, and how it stops."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import orjson
import pytest

from ioc.config.settings import EnvironmentSettings
from ioc.web.server.request_peek import MAX_PEEK_BYTES, is_continue_expected, is_incomplete, is_larger_than_peek
from ioc.web.server.worker import ConnectionLimiter, max_large_requests

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from pathlib import Path
import ioc.web.server.gunicorn, ioc.web.server.worker
from tests.web.fake import FakeReads, settings
from ioc.web.app_factory import create_app
PATCH
folder, port, threads = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
app = lambda: create_app(FakeReads(), settings(folder, build="0123456789abcdef")).server
ioc.web.server.gunicorn.serve(app, "127.0.0.1", port, threads)
"""
THREADS = EnvironmentSettings.from_environment({}, ROOT).threads
SHORT_READS = "ioc.web.server.worker.READ_SECONDS = 0.5"
THREE_CONNECTIONS = """
ioc.web.server.worker.ConnectionLimiter.is_unlimited = lambda *_: False
ioc.web.server.gunicorn.ConnectionLimiter = lambda _: ioc.web.server.worker.ConnectionLimiter(max_per_address=3)
"""

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def connected(port: int, within: float = 20) -> socket.socket:
    until, pause = time.monotonic() + within, Event()
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionError:
            if time.monotonic() > until:
                raise
            pause.wait(0.05)


@contextmanager
def running(folder: Path, patch: str = "") -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process and its port, once it answers."""
    port = free_port()
    program = PROGRAM.replace("PATCH", patch)
    process = subprocess.Popen([sys.executable, "-c", program, str(folder), str(port), str(THREADS)], cwd=ROOT)
    try:
        with connected(port) as link:
            link.sendall(b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            while link.recv(65536):  # until the server has closed it, so that it counts no more
                pass
        yield process, port
    finally:
        process.kill()
        process.wait(5)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a server that several tests share."""
    with running(tmp_path_factory.mktemp("server")) as (_, port):
        yield port


@contextmanager
def clients(port: int, sent: bytes, count: int = 40) -> Iterator[list[socket.socket]]:
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
    answer = link.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += link.recv(65536)
    return head + b"\r\n\r\n" + body


def test_an_unchanged_frame_is_under_300_bytes_and_keeps_its_connection(port: int) -> None:
    with connected(port) as link:
        first = exchange(link, '""')
        tag = next(line[6:] for line in first.split(b"\r\n") if line.startswith(b"ETag: ")).decode()
        for _ in range(3):
            again = exchange(link, tag)
            assert again.startswith(b"HTTP/1.1 304")
            assert len(again) <= 300


def test_sigterm_stops_the_server_although_a_display_is_connected(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port), connected(port) as link:
        exchange(link, '""')
        began = time.monotonic()
        process.terminate()
        process.wait(10)
        assert time.monotonic() - began < 5  # two seconds of grace; a busy machine adds its own


LONG = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a head": b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0",
    "no body": LONG,
    "half a body": LONG + b"x" * 99,
    "half a last chunk": CHUNKED + b"0\r\n",
    "half a chunk": CHUNKED + b"64\r\n\r\n0\r\n\r\n",
    "length with zeros": LONG.replace(b" 100", b" " + b"0" * 20 + b"100"),
    "length of 21 digits": LONG.replace(b" 100", b" 1" + b"0" * 20),
}


@pytest.mark.parametrize("kind", UNFINISHED)
def test_unfinished_requests_do_not_delay_others(port: int, kind: str) -> None:
    with clients(port, UNFINISHED[kind]), socket.create_connection(("127.0.0.1", port), 2) as link:
        assert b" 200 " in exchange(link, '""').split(b"\r\n")[0]  # in less time than one of them may take
        link.sendall(UNFINISHED[kind] or b"G")  # a connection that was answered may begin an unfinished request too


def test_unfinished_requests_are_closed_without_a_response(tmp_path: Path) -> None:
    with running(tmp_path, SHORT_READS) as (_, port), ExitStack() as stack:
        links = {kind: stack.enter_context(clients(port, sent, 1))[0] for kind, sent in UNFINISHED.items()}
        for link in links.values():
            link.settimeout(10)
        assert [kind for kind, link in links.items() if not _closed(link)] == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        (b"<html>\r\n\r\n", b"400"),
    ],
)
def test_a_malformed_request_gets_an_error_with_its_text(port: int, sent: bytes, status: bytes) -> None:
    with connected(port) as link:
        head, _, body = exchanged(link, sent).partition(b"\r\n\r\n")
    assert head.split()[1] == status and b"Content-Type: application/json" in head
    assert "Không đọc được yêu cầu này" in orjson.loads(body)["detail"]["vi"]


HUGE = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n" + b"x" * (MAX_PEEK_BYTES + 1)
EXPECTING = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"


@pytest.mark.parametrize("sent", [HUGE, EXPECTING], ids=["huge", "expecting"])
def test_large_bodies_and_expected_continues_do_not_delay_others(port: int, sent: bytes) -> None:
    """A display is answered at once, by the threads that large requests may not take."""
    with clients(port, sent) as links:
        first = links[-1].recv(4096)
        assert first.startswith(b"HTTP/1.1 503" if sent is HUGE else b"HTTP/1.1 100")
        assert ("Máy chủ đang bận".encode() in first) is (sent is HUGE)
        _assert_answers_at_once(port, 1)  # a request that held a thread would be waited for up to five seconds


def test_pipelined_requests_do_not_delay_others(port: int) -> None:
    """The second one is not looked at, so it gets no thread: the connection ends with the first response."""
    request = b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with clients(port, request + LONG + b"x") as links:
        _assert_answers_at_once(port, 1.5)
        received = b"".join(iter(lambda: links[0].recv(65536), b""))
        assert received.startswith(b"HTTP/1.1 200") and received.count(b"HTTP/1.1") == 1


def _assert_answers_at_once(port: int, seconds: float) -> None:
    for _ in range(5):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), 2) as link:
            assert b" 200 " in exchange(link, '""').split(b"\r\n")[0]
        assert time.monotonic() - began < seconds


def test_large_requests_leave_over_half_of_the_threads_free() -> None:
    assert [max_large_requests(threads) for threads in (1, 2, 4, 8, 16, 256)] == [1, 1, 1, 3, 6, 96]
    assert all(threads - max_large_requests(threads) > threads / 2 for threads in range(3, 257))


def test_an_expected_continue_is_sent_and_the_request_answered(port: int) -> None:
    with connected(port) as link:
        link.sendall(EXPECTING)
        assert link.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.sendall(b"x" * 100)
        answer = b""
        while b"HTTP/1.1 4" not in answer:
            answer += link.recv(10_000)


def _closed(link: socket.socket) -> bool:
    """Whether the other side closes without a response."""
    try:
        return link.recv(100) == b""
    except ConnectionResetError:  # unread bytes make it a reset
        return True


def test_a_request_in_pieces_is_answered(port: int) -> None:
    pause = Event()
    with connected(port) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for piece in (
                b"GET /live/home?lang",
                b"=vi HTTP/1.1\r\nHost: 127.0.0.1\r\n",
                b"Content-Length: 3\r\n\r\n",
                b"a",
            ):
                link.sendall(piece)
                pause.wait(0.05)
            assert exchanged(link, b"bc").startswith(b"HTTP/1.1 200")


def test_a_request_gets_a_thread_when_it_is_complete_or_large() -> None:
    post = b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n"
    assert all(map(is_incomplete, (b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n\r", post, post + b"ab")))
    assert not is_incomplete(b"GET / HTTP/1.1\r\n\r\n") and not is_incomplete(post + b"abc")
    waiting = post.replace(b"3\r\n", b"3\r\nExpect: 100-continue\r\n")
    assert (
        is_incomplete(waiting)
        and is_continue_expected(waiting)
        and not is_continue_expected(post)
        and not is_continue_expected(waiting[:-4])
    )
    assert not is_continue_expected(waiting.replace(b"1.1", b"1.0")) and not is_incomplete(waiting + b"abc")
    chunked = post.replace(b"content-length: 3", b"Transfer-Encoding: chunked")
    assert all(map(is_incomplete, (chunked, chunked + b"2\r\nab\r\n"))) and not is_incomplete(chunked + b"0\r\n\r\n")
    assert not is_incomplete(chunked + b"2\r\nab\r\n00;x=y\r\n\r\n") and not is_incomplete(chunked + b"no size\r\n")
    assert all(map(is_incomplete, (chunked + b"0\r\n", chunked + b"64\r\n\r\n0\r\n\r\n", chunked + b"0\r\na: b\r\n")))
    assert is_larger_than_peek(chunked + b"1\r\na\r\n" * 99) and not is_incomplete(chunked + b"1\r\na\r\n" * 99)
    for length in (b" 000000000000000003", b" 3" + b"0" * 5000):
        assert is_incomplete(post.replace(b" 3", length) + b"ab")
    large = post.replace(b" 3", b" 900000")
    assert (
        is_incomplete(large + b"a" * 9000)
        and not is_incomplete(large + b"a" * MAX_PEEK_BYTES)
        and not is_incomplete(b"a" * MAX_PEEK_BYTES)
    )
    assert (
        is_larger_than_peek(large + b"a" * MAX_PEEK_BYTES)
        and not is_larger_than_peek(large)
        and not is_larger_than_peek(b"GET / HTTP/1.1\r\n\r\n" * MAX_PEEK_BYTES)
    )


def test_clients_that_do_not_close_do_not_delay_others(port: int) -> None:
    request = b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        link = stack.enter_context(connected(port))
        exchange(link, '""')
        for _ in range(4):
            lingering = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            lingering.sendall(request)
            assert lingering.recv(100).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        exchange(link, '""')
        assert time.monotonic() - began < 1.5  # plain gunicorn waits 2 s for each of them


def test_connections_per_address_are_limited_except_of_proxies_and_this_machine() -> None:
    limiter = ConnectionLimiter(["10.1.0.4"], max_per_address=2)
    assert [limiter.acquire("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert limiter.acquire("203.0.113.10")
    assert all(limiter.acquire(address) for address in ("10.1.0.4", "127.0.0.1", "") for _ in range(5))
    limiter.release("203.0.113.9")
    assert limiter.acquire("203.0.113.9") and not limiter.acquire("203.0.113.9")


def test_a_connection_beyond_the_limit_is_closed_and_one_that_ends_makes_room(tmp_path: Path) -> None:
    with running(tmp_path, THREE_CONNECTIONS) as (_, port), clients(port, b"", 3) as links:
        assert all(b" 200 " in exchange(link, '""').split(b"\r\n")[0] for link in links)
        with socket.create_connection(("127.0.0.1", port), 5) as fourth:
            assert fourth.recv(10) == b""
        links[-1].close()
        pause, until = Event(), time.monotonic() + 10
        while not _answered(port):
            assert time.monotonic() < until
            pause.wait(0.02)


def _answered(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 5) as link:
        link.sendall(b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            return link.recv(20).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False
