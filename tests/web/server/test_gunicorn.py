"""gunicorn as it is started: bytes of an unchanged second on the wire, and how it stops."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
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
from tests.web.fake import FakeReads, settings
from ioc.web.app_factory import create
from ioc.web.server.gunicorn import serve
folder, port = Path(sys.argv[1]), int(sys.argv[2])
serve(lambda: create(FakeReads(), settings(folder, build="0123456789abcdef")).server, "127.0.0.1", port, THREADS)
""".replace("THREADS", str(EnvironmentSettings.from_environment({}, ROOT).threads))

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path), str(port)], cwd=ROOT)
    yield process, port
    process.kill()
    process.wait(5)


def exchange(link: socket.socket, tag: str) -> bytes:
    ask = f"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: {tag}\r\n\r\n"
    return exchanged(link, ask.encode())


def exchanged(link: socket.socket, ask: bytes) -> bytes:
    link.sendall(ask)
    answer = link.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((int(one[15:]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += link.recv(65536)
    return head + b"\r\n\r\n" + body


def test_an_unchanged_second_is_under_300_bytes_and_keeps_its_connection(
    server: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = server
    with connected(port) as link:
        first = exchange(link, '""')
        tag = next(one[6:] for one in first.split(b"\r\n") if one.startswith(b"ETag: ")).decode()
        for _ in range(3):
            again = exchange(link, tag)
            assert again.startswith(b"HTTP/1.1 304")
            assert len(again) <= 300
        began = time.monotonic()
        process.terminate()
        process.wait(10)
    assert time.monotonic() - began < 5  # two of grace; a busy machine takes its own


LONG = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n"


CHUNKED = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0", LONG, LONG + b"x" * 99, CHUNKED + b"0\r\n",
        CHUNKED + b"64\r\n\r\n0\r\n\r\n", LONG.replace(b" 100", b" " + b"0" * 20 + b"100"),
        LONG.replace(b" 100", b" 1" + b"0" * 20),
    ],
)  # fmt: skip
def test_unfinished_requests_hold_up_nobody(server: tuple[subprocess.Popen[bytes], int], sent: bytes) -> None:
    _, port = server
    with connected(port) as link:
        exchange(link, '""')
    dawdlers = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(40)]  # more than there are threads
    try:
        for one in dawdlers:
            one.sendall(sent)
        with socket.create_connection(("127.0.0.1", port), 2) as link:  # less than one of them may take
            assert b" 200 " in exchange(link, '""').split(b"\r\n")[0]
            link.sendall(sent or b"G")  # nor what begins on a connection that has been answered
        dawdlers[0].settimeout(10)
        assert _closed(dawdlers[0])
    finally:
        for one in dawdlers:
            one.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        (b"<html>\r\n\r\n", b"400"),
    ],
)
def test_a_request_that_cannot_be_read_is_told_so_in_words(
    server: tuple[subprocess.Popen[bytes], int], sent: bytes, status: bytes
) -> None:
    with connected(server[1]) as link:
        head, _, body = exchanged(link, sent).partition(b"\r\n\r\n")
    assert head.split()[1] == status and b"Content-Type: application/json" in head
    assert "Không đọc được yêu cầu này" in orjson.loads(body)["detail"]["vi"]


HUGE = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n" + b"x" * (MAX_PEEK_BYTES + 1)
TOLD = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"


@pytest.mark.parametrize("sent", [HUGE, TOLD])
def test_large_bodies_and_those_that_wait_to_be_told_hold_up_nobody(
    server: tuple[subprocess.Popen[bytes], int], sent: bytes
) -> None:
    """More of them than there are threads: a screen is answered at once, by the threads that they cannot take."""
    _, port = server
    with connected(port) as link:
        exchange(link, '""')
    dawdlers = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(40)]
    try:
        for one in dawdlers:
            one.sendall(sent)
        first = dawdlers[-1].recv(4096)
        assert first.startswith(b"HTTP/1.1 503" if sent is HUGE else b"HTTP/1.1 100")
        assert ("Máy chủ đang bận".encode() in first) is (sent is HUGE)
        for _ in range(5):
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", port), 2) as link:
                assert b" 200 " in exchange(link, '""').split(b"\r\n")[0]
            assert time.monotonic() - began < 1  # one that held a thread would be waited for up to five
    finally:
        for one in dawdlers:
            one.close()


def test_what_comes_behind_a_whole_request_holds_up_nobody(server: tuple[subprocess.Popen[bytes], int]) -> None:
    """It is not looked at, so it gets no thread: the connection ends with the answer."""
    _, port = server
    with connected(port) as link:
        exchange(link, '""')
    ask = b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    dawdlers = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(40)]
    try:
        for one in dawdlers:
            one.sendall(ask + LONG + b"x")
        for _ in range(5):
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", port), 2) as link:
                assert b" 200 " in exchange(link, '""').split(b"\r\n")[0]
            assert time.monotonic() - began < 1.5
        heard = b"".join(iter(lambda: dawdlers[0].recv(65536), b""))
        assert heard.startswith(b"HTTP/1.1 200") and heard.count(b"HTTP/1.1") == 1
    finally:
        for one in dawdlers:
            one.close()


def test_large_bodies_leave_threads_to_screens_however_many_there_are() -> None:
    assert [max_large_requests(threads) for threads in (1, 2, 4, 8, 16, 256)] == [1, 1, 1, 3, 6, 96]
    assert all(threads - max_large_requests(threads) > threads / 2 for threads in range(3, 257))


def test_who_waits_to_be_told_is_told_and_answered(server: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = server
    with connected(port) as link:
        link.sendall(TOLD)
        assert link.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.sendall(b"x" * 100)
        answer = b""
        while b"HTTP/1.1 4" not in answer:
            answer += link.recv(10_000)


def _closed(link: socket.socket) -> bool:
    """Without an answer."""
    try:
        return link.recv(100) == b""
    except ConnectionResetError:  # what it had sent was not taken
        return True


def test_what_comes_in_pieces_is_answered(server: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = server
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


def test_when_a_request_is_worth_a_thread() -> None:
    posted = b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n"
    assert all(map(is_incomplete, (b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n\r", posted, posted + b"ab")))
    assert not is_incomplete(b"GET / HTTP/1.1\r\n\r\n") and not is_incomplete(posted + b"abc")
    waiting = posted.replace(b"3\r\n", b"3\r\nExpect: 100-continue\r\n")
    assert (
        is_incomplete(waiting)
        and is_continue_expected(waiting)
        and not is_continue_expected(posted)
        and not is_continue_expected(waiting[:-4])
    )
    assert not is_continue_expected(waiting.replace(b"1.1", b"1.0")) and not is_incomplete(waiting + b"abc")
    chunked = posted.replace(b"content-length: 3", b"Transfer-Encoding: chunked")
    assert all(map(is_incomplete, (chunked, chunked + b"2\r\nab\r\n"))) and not is_incomplete(chunked + b"0\r\n\r\n")
    assert not is_incomplete(chunked + b"2\r\nab\r\n00;x=y\r\n\r\n") and not is_incomplete(chunked + b"no size\r\n")
    assert all(map(is_incomplete, (chunked + b"0\r\n", chunked + b"64\r\n\r\n0\r\n\r\n", chunked + b"0\r\na: b\r\n")))
    assert is_larger_than_peek(chunked + b"1\r\na\r\n" * 99) and not is_incomplete(chunked + b"1\r\na\r\n" * 99)
    for length in (b" 000000000000000003", b" 3" + b"0" * 5000):
        assert is_incomplete(posted.replace(b" 3", length) + b"ab")
    large = posted.replace(b" 3", b" 900000")
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


def test_who_does_not_close_an_answered_connection_holds_up_nobody(server: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = server
    ask = b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with ExitStack() as open_ones:
        link = open_ones.enter_context(connected(port))
        exchange(link, '""')
        for _ in range(4):
            lingering = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            lingering.sendall(ask)
            assert lingering.recv(100).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        exchange(link, '""')
        assert time.monotonic() - began < 1.5  # gunicorn alone waits 2 s for each of them


def test_no_address_holds_every_connection_but_a_proxy_stands_for_many() -> None:
    doors = ConnectionLimiter(["10.1.0.4"], max_per_address=2)
    assert [doors.acquire("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert doors.acquire("203.0.113.10")
    assert all(doors.acquire(one) for one in ("10.1.0.4", "127.0.0.1", "") for _ in range(5))
    doors.release("203.0.113.9")
    assert doors.acquire("203.0.113.9") and not doors.acquire("203.0.113.9")


LIMITED = f"""
import ioc.web.server.worker, ioc.web.server.gunicorn
ioc.web.server.worker.Doors.free = lambda *_: False
ioc.web.server.gunicorn.Doors = lambda _: ioc.web.server.worker.Doors(most=3)
{PROGRAM}"""


def test_a_connection_too_many_is_closed_and_one_that_ends_makes_room(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", LIMITED, str(tmp_path), str(port)], cwd=ROOT)
    try:
        held = [connected(port), *(socket.create_connection(("127.0.0.1", port), 5) for _ in range(2))]
        for one in held:
            exchange(one, '""')
        with socket.create_connection(("127.0.0.1", port), 5) as fourth:
            assert fourth.recv(10) == b""
        held.pop().close()
        pause, until = Event(), time.monotonic() + 10
        while not _answered(port):
            assert time.monotonic() < until
            pause.wait(0.1)
        for one in held:
            one.close()
    finally:
        process.kill()
        process.wait(5)


def _answered(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 5) as link:
        link.sendall(b"GET /live/home HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            return link.recv(20).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False
