"""Responses that lie in files, to clients that read slowly: no copies, and a bounded number of bytes of each owner."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event
from typing import IO, Any

import pytest

from ioc.web.server.pools import PoolFullError
from ioc.web.server.responses import MAX_FILE_BYTES, MAX_FILE_BYTES_PER_NETWORK, ResponseFiles
from tests.web.server.test_asgi import Exchange, answer, served
from tests.web.server.test_serve import connected, exchanged, running, status_of

MEGABYTE = 1_048_576
SIZE = 4 * MEGABYTE
# /spooled/<name> is written part by part, /file/<name> lies on the disk; both for the account of that name.
RESPONSES = f"""
import tempfile, types
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.web.file_response import FileBlocks
from ioc.web.middleware.authentication import PRINCIPAL_KEY
from ioc.web.server import responses
responses.MAX_FILE_BYTES = 3 * {SIZE}
Path(sys.argv[1], "evidence").write_bytes(b"x" * {SIZE})
def large(environ, start):
    ensure_may_block()
    kind, name = environ["PATH_INFO"].split("/")[1:]
    environ[PRINCIPAL_KEY] = Principal(PrincipalKind.USER, name)
    start("200 OK", [("Content-Length", str({SIZE}))])
    if kind == "file":
        return FileBlocks(Path(sys.argv[1], "evidence").open("rb"))
    return (b"x" * {MEGABYTE} for _ in range(4))
serve_all = serve.serve
def serve_large(app, *rest):
    is_large = lambda environ: environ["PATH_INFO"].startswith(("/file/", "/spooled/"))
    serve_all(lambda environ, start: (large if is_large(environ) else app)(environ, start), *rest)
serve = types.SimpleNamespace(serve=serve_large)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Number of the process and port."""
    with running(tmp_path_factory.mktemp("server"), RESPONSES) as (process, port):
        yield process.pid, port


@contextmanager
def slow_client(port: int, path: str) -> Iterator[bytes]:
    """A client that has read the beginning of a response, and reads no more. A response that is refused is complete."""
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(("127.0.0.1", port))
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        yield link.recv(2000)


def whole(port: int, path: str) -> bytes:
    with connected(port) as link:
        return exchanged(link, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


def open_files(process: int, of: str) -> int:
    """How many bytes of such files the process has open."""
    return sum(_size(path) for path in Path(f"/proc/{process}/fd").iterdir() if of in _target(path))


def _target(path: Path) -> str:
    with suppress(FileNotFoundError):  # it is closed by now
        return os.readlink(path)
    return ""


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def wait_until(condition: Callable[[], bool]) -> None:
    until, pause = time.monotonic() + 30, Event()
    while not condition():
        assert time.monotonic() < until
        pause.wait(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "copied"), [("file", 0), ("spooled", 3 * SIZE)])
def test_slow_clients_of_one_owner_hold_a_bounded_size_and_keep_nobody_from_a_file(
    server: tuple[int, int], kind: str, copied: int
) -> None:
    process, port = server
    with ExitStack() as stack:
        heads = [stack.enter_context(slow_client(port, f"/{kind}/a")) for _ in range(8)]
        assert [status_of(head) for head in heads] == [200] * 3 + [503] * 5
        assert all(b"\r\nretry-after: " in head for head in heads[3:])
        assert open_files(process, "(deleted)") == copied and open_files(process, "/evidence") == 3 * SIZE - copied
        assert len(whole(port, f"/{kind}/b")) > SIZE
        assert status_of(whole(port, "/live/home")) == 200
        assert status_of(whole(port, f"/{kind}/a")) == 503
    wait_until(lambda: open_files(process, "(deleted)") + open_files(process, "/evidence") == 0)
    assert len(whole(port, f"/{kind}/a")) > SIZE


@pytest.mark.slow
def test_little_is_taken_from_a_file_before_its_client_has_room_for_it(server: tuple[int, int]) -> None:
    """Else a client that reads slowly but steadily would seem to take nothing: the system has room again much later."""
    process, port = server
    with slow_client(port, "/file/c"):
        taken, pause = -1, Event()
        while taken != (taken := position(process, "/evidence")):
            pause.wait(0.5)
        assert 0 < taken < MEGABYTE


async def test_clients_that_take_each_block_at_once_are_sent_theirs_in_turn() -> None:
    """A frame that comes meanwhile waits for one block, not for a whole file of each."""
    sent = list[str]()

    class Client(Exchange):
        async def _send(self, message: dict[str, Any]) -> None:
            sent.append(self.path)

    app = served(lambda environ, start: answer(start, bytes(SIZE)))
    await asyncio.gather(*(Client(path).run(app) for path in ("/memory/a", "/memory/b")))
    assert sent[4:] == ["/memory/a", "/memory/b"] * (len(sent) // 2 - 2)  # behind the heads and first blocks


def position(process: int, of: str) -> int:
    """How far the process has read such a file."""
    (path,) = (path for path in Path(f"/proc/{process}/fd").iterdir() if of in _target(path))
    return int(Path(f"/proc/{process}/fdinfo/{path.name}").read_text().split()[1])


@contextmanager
def count_file(files: ResponseFiles, size: int, owner: str, *, is_network: bool = False) -> Iterator[IO[bytes]]:
    with TemporaryFile() as file:
        file.truncate(size)
        with files.count_while_sent(file, owner, is_network=is_network):
            yield file


def test_one_file_may_have_any_size_and_a_network_is_sent_more() -> None:
    files = ResponseFiles()
    with count_file(files, 2 * MAX_FILE_BYTES, "a"):
        for size in (1, MAX_FILE_BYTES):
            with pytest.raises(PoolFullError), count_file(files, size, "a"):
                pass
        with files.count_while_sent(BytesIO(b"x"), "a", is_network=False), count_file(files, 1, "b"):
            pass
    with ExitStack() as stack:
        for _ in range(MAX_FILE_BYTES_PER_NETWORK // MAX_FILE_BYTES):
            stack.enter_context(count_file(files, MAX_FILE_BYTES, "network", is_network=True))
        with pytest.raises(PoolFullError):
            stack.enter_context(count_file(files, 1, "network", is_network=True))
    assert not files._bytes
