"""What comes from outside is read by a process of its own (ioc/worker/read_file.py): a hostile file may end it.

A server for each reader, which has its modules loaded, forks that process: a start takes milliseconds. It has a bound
of memory, time and answer. Servers and their processes end with the program that uses them.
"""

import atexit
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

from ioc.domain.base.places import Places

FRAME = struct.Struct(">Q")  # before each request and each answer: its length in bytes
MAX_PROCESSES = 3  # of files that people send; one of each person
_ROOT = Path(__file__).parents[3]
# All that it is told of the program's environment: a hostile file finds no secret there.
_ENVIRONMENT = (
    "HOME", "PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHASHSEED", "PYTHONPATH", "SSL_CERT_DIR",
    "SSL_CERT_FILE", "TMPDIR", "TZ",
)  # fmt: skip
_BLOCK_BYTES = 1_048_576
_START_SECONDS = 60.0  # for a server to load its modules
person_places = Places(MAX_PROCESSES, waiting=MAX_PROCESSES)


class ReaderFault(StrEnum):
    """Why there is no answer."""

    ENDED = "ended"  # by its bound of memory, or by a fault of the library that reads
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    NOT_STARTED = "not_started"  # for want of memory or processes


class ReaderError(Exception):
    """The process gave no answer; it has ended."""

    def __init__(self, fault: ReaderFault) -> None:
        super().__init__(fault)
        self.fault = fault


class ReaderProcess:
    """Requests to one reader, one after the other. The process starts with the first one and ends with the context.

    `reader`: its name in ioc/worker/read_file.py. `max_seconds`, `max_bytes`: of an answer.
    """

    def __init__(self, reader: str, max_seconds: float, max_bytes: int) -> None:
        self._reader, self._max_seconds, self._max_bytes = reader, max_seconds, max_bytes
        self._process: _Process | None = None
        self._is_killed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, request: bytes) -> bytes:
        """The answer. ReaderError; the next request gets a new process then."""
        try:
            return self._exchange(request)
        except BaseException:
            self._end()
            raise

    def kill(self) -> None:
        """Ends the process from any thread: `read` raises ReaderError, now and from now on."""
        self._is_killed = True
        if process := self._process:
            process.kill()

    def _exchange(self, request: bytes) -> bytes:
        try:
            process = self._process = self._process or _fork(self._reader)
        except OSError:
            raise ReaderError(ReaderFault.NOT_STARTED) from None
        if self._is_killed:  # perhaps before the process was known
            raise ReaderError(ReaderFault.ENDED)
        with killed_after(process, self._max_seconds) as is_late:
            try:
                process.send(FRAME.pack(len(request)) + request)
                size = process.receive_number()
                if size > self._max_bytes:
                    raise ReaderError(ReaderFault.TOO_LARGE)
                return process.receive(size)
            except (ConnectionError, EOFError):
                raise ReaderError(ReaderFault.TOO_SLOW if is_late.is_set() else ReaderFault.ENDED) from None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


class _Process:
    """A process that a server forked, and the connection to it."""

    def __init__(self, connection: socket.socket) -> None:
        """Raises EOFError when the server has ended, OSError when it can start none."""
        self._connection = connection
        self.pid = self.receive_number()
        self._pid_fd = os.pidfd_open(self.pid)  # OSError for 0, too
        connection.settimeout(None)

    def send(self, request: bytes) -> None:
        self._connection.sendall(request)

    def receive(self, size: int) -> bytes:
        """The next `size` bytes. EOFError where there are fewer."""
        body = bytearray()
        while len(body) < size:
            block = self._connection.recv(min(size - len(body), _BLOCK_BYTES))
            if not block:
                raise EOFError
            body += block
        return bytes(body)

    def receive_number(self) -> int:
        number: int = FRAME.unpack(self.receive(FRAME.size))[0]
        return number

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pid_fd, signal.SIGKILL)

    def end(self) -> None:
        """Returns when the process has ended."""
        self.kill()
        ended = select.poll()  # not select.select, which takes no descriptor above 1,023
        ended.register(self._pid_fd, select.POLLIN)
        ended.poll()
        self._connection.close()
        os.close(self._pid_fd)


class _Server:
    """The server of one reader: a process that loads the modules of the reader, and forks."""

    command: tuple[str, ...] = (sys.executable, "-m", "ioc.worker.read_file")

    def __init__(self, reader: str) -> None:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._requests, requests = socket.socketpair()
        try:
            with requests:
                self._process = subprocess.Popen(
                    [*self.command, reader],
                    cwd=_ROOT,
                    env=environment,
                    stdin=requests.fileno(),
                    stdout=subprocess.DEVNULL,
                )
        except OSError:
            self._requests.close()
            raise

    def fork(self) -> _Process:
        """A new process. Raises BrokenPipeError, EOFError when the server has ended, OSError when it can start none."""
        connection, other = socket.socketpair()
        try:
            with other:
                socket.send_fds(self._requests, [b" "], [other.fileno()])
            connection.settimeout(_START_SECONDS)
            return _Process(connection)
        except BaseException:
            connection.close()
            raise

    def end(self) -> None:
        """Has it end, with its processes."""
        self._requests.close()
        self._process.kill()
        self._process.wait()


_servers: dict[str, _Server] = {}
_lock = threading.Lock()


def prepare(reader: str) -> None:
    """Has the server of `reader` load its modules, so that the first request does not wait for that.

    Where it cannot be started, a request tries again and says so.
    """
    with suppress(OSError):
        _server(reader)


def _server(reader: str) -> _Server:
    with _lock:
        if reader not in _servers:
            _servers[reader] = _Server(reader)
        return _servers[reader]


def _fork(reader: str) -> _Process:
    """A process of `reader`. Raises OSError when none can be started. A server that has ended is replaced."""
    server = _server(reader)
    try:
        return server.fork()
    except (BrokenPipeError, EOFError):
        _remove(reader, server)
    try:
        return _server(reader).fork()
    except EOFError as error:
        raise OSError("the server of processes has ended") from error


def _remove(reader: str, server: _Server) -> None:
    with _lock:
        if _servers.get(reader) is server:
            del _servers[reader]
            server.end()


@atexit.register
def _end_servers() -> None:
    for reader, server in list(_servers.items()):
        _remove(reader, server)


class _Killable(Protocol):
    def kill(self) -> None: ...


@contextmanager
def killed_after(process: _Killable, seconds: float) -> Iterator[threading.Event]:
    """Kills the process after so long; the event says that it was."""
    is_late = threading.Event()

    def kill() -> None:
        is_late.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()
