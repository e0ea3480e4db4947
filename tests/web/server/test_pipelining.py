"""Requests that do not wait for the responses on their connection, and connections that are reset: a real server."""

import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from ioc.web.server.connections import MAX_UNANSWERED
from tests.system.program import SLOWNESS
from tests.web.server.test_serve import connected, exchange, exchanged, running, status_of

HOME = b"GET /live/home?lang=vi HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PAGE = b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BIG = b"GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BLOCK = 4000  # requests that are sent at once: more than one read of the server
ATTACKERS, LOOKS = 4, 40
MAX_GROWTH = 40  # MiB of the process; queued without a limit it is hundreds
MAX_DELAY_SECONDS = 1.0  # which others may cause

pytestmark = pytest.mark.slow


Server = tuple[subprocess.Popen[bytes], int]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that several tests share, and its port."""
    with running(tmp_path_factory.mktemp("server")) as process_and_port:
        yield process_and_port


def until(is_reached: Callable[[], bool], seconds: float = 30) -> None:
    pause, ends = Event(), time.monotonic() + seconds
    while not is_reached():
        assert time.monotonic() < ends
        pause.wait(0.02)


def received(link: socket.socket) -> bytes:
    """Everything until the server closes; unread requests may make that a reset."""
    parts = []
    with suppress(ConnectionError):
        while part := link.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def reset(link: socket.socket) -> None:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


def memory(process: int) -> int:
    """Resident memory in MiB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def open_files(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


@pytest.mark.parametrize("request_", [HOME, PAGE], ids=["on the loop", "in a thread"])
def test_requests_beyond_the_limit_are_not_read_and_the_others_answered(server: Server, request_: bytes) -> None:
    with connected(server[1]) as link:
        link.sendall(request_ * (MAX_UNANSWERED + 1))
        answers = received(link)
    heads = [part.partition(b"\r\n\r\n")[0] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert len(heads) == MAX_UNANSWERED
    assert [b"connection: close" in head for head in heads] == [False] * (MAX_UNANSWERED - 1) + [True]


def test_each_connection_has_its_limit_again_after_its_responses(server: Server) -> None:
    with connected(server[1]) as link:
        for _ in range(3):
            link.sendall(PAGE * MAX_UNANSWERED)
            answers = b""
            while answers.count(b"HTTP/1.1 404") < MAX_UNANSWERED:
                answers += link.recv(65_536) or pytest.fail("closed")


def test_what_cannot_be_parsed_does_not_cut_into_an_earlier_response(server: Server) -> None:
    with connected(server[1]) as link:
        link.sendall(BIG + b"<html>\r\n\r\n")
        answer = received(link)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status_of(head) == 200 and body == b"x" * 20_000_000


def test_a_chunk_that_cannot_be_parsed_is_answered_400_at_once(server: Server) -> None:
    post = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(server[1]) as link:
        link.settimeout(4)  # before the rest of its body is given up
        assert status_of(exchanged(link, post + b"no number\r\n")) == 400


@pytest.mark.parametrize("reads", [True, False], ids=["reads", "reads nothing"])
@pytest.mark.parametrize("path", ["/live/home", "/healthz"])
def test_pipelining_takes_no_memory_and_no_time_of_others(server: Server, path: str, reads: bool) -> None:
    block = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() * BLOCK
    (process, port), stop = server, Event()

    def attack() -> None:
        while not stop.is_set():
            with connected(port) as link, suppress(OSError):
                link.settimeout(0.2)
                link.sendall(block)
                while reads and link.recv(65_536):
                    pass

    with connected(port) as screen:
        before, alone = memory(process.pid), max(_seconds(screen) for _ in range(LOOKS))
        threads = [threading.Thread(target=attack) for _ in range(ATTACKERS)]
        try:
            for thread in threads:
                thread.start()
            times = sorted(_seconds(screen) for _ in range(LOOKS))
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)
        assert times[LOOKS * 95 // 100] < SLOWNESS * alone + MAX_DELAY_SECONDS
        assert memory(process.pid) - before < MAX_GROWTH


def _seconds(screen: socket.socket) -> float:
    began = time.monotonic()
    assert status_of(exchange(screen, '""')) == 200
    Event().wait(0.02)
    return time.monotonic() - began


def test_a_connection_that_is_reset_while_requests_wait_logs_nothing(tmp_path: Path) -> None:
    log_path = tmp_path / "log"
    with log_path.open("wb") as log, running(tmp_path, log=log) as (process, port):
        before = open_files(process.pid)
        for _ in range(5):
            link = connected(port)
            link.sendall(BIG + PAGE)
            assert link.recv(100).startswith(b"HTTP/1.1 200")
            reset(link)
        until(lambda: open_files(process.pid) <= before)
    assert log_path.read_text() == ""


def test_connections_that_are_reset_before_they_are_accepted_are_closed_and_log_nothing(tmp_path: Path) -> None:
    log_path = tmp_path / "log"
    with log_path.open("wb") as log, running(tmp_path, log=log) as (process, port):
        before = open_files(process.pid)
        process.send_signal(signal.SIGSTOP)
        try:
            for _ in range(50):
                reset(socket.create_connection(("127.0.0.1", port), 5))
        finally:
            process.send_signal(signal.SIGCONT)
        with connected(port) as link:
            assert status_of(exchange(link, '""')) == 200
        until(lambda: open_files(process.pid) <= before)
    assert log_path.read_text() == ""
