"""Servers that fork the processes which read what comes from outside (ioc/worker/read_file.py), one for each reader.

A server has the modules of its reader loaded. It ends, with its processes, when the program ends that uses it, and is
replaced where it has ended or does not answer.
"""

import atexit
import errno
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic

from ioc.domain.base.own_thread import start_in_own_thread

FRAME = struct.Struct(">Q")  # before each request and each answer: its length in bytes; first, the id of a process
_ROOT = Path(__file__).parents[3]
# All that it is told of the program's environment: a hostile file finds no secret there.
_ENVIRONMENT = (
    "HOME", "PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHASHSEED", "PYTHONPATH", "SSL_CERT_DIR",
    "SSL_CERT_FILE", "SQLITE_TMPDIR", "TMPDIR", "TZ",
)  # fmt: skip
_BLOCK_BYTES = 1_048_576
START_SECONDS = 30.0  # for a process, also where its server has to load its modules first


class ForkedProcess:
    """A process that a server forked, and the connection to it."""

    def __init__(self, connection: socket.socket) -> None:
        """Raises EOFError when the server has ended, OSError when it can start none, TimeoutError when it is silent."""
        self._connection, self._lock, self._is_ended = connection, Lock(), False
        self.pid = self.receive_number(monotonic() + START_SECONDS)
        self._pid_fd = os.pidfd_open(self.pid)  # OSError for 0, too

    def send(self, request: bytes, ends: float) -> None:
        """`ends`: by the monotonic clock. Raises ConnectionError when the process has ended, TimeoutError."""
        self._limit(ends)
        self._connection.sendall(request)

    def receive(self, size: int, ends: float) -> bytes:
        """The next `size` bytes. EOFError where there are fewer, ConnectionError, TimeoutError."""
        body = bytearray()
        while len(body) < size:
            self._limit(ends)
            block = self._connection.recv(min(size - len(body), _BLOCK_BYTES))
            if not block:
                raise EOFError
            body += block
        return bytes(body)

    def receive_number(self, ends: float) -> int:
        """The next number. Raises as `receive`."""
        number: int = FRAME.unpack(self.receive(FRAME.size, ends))[0]
        return number

    def _limit(self, ends: float) -> None:
        if (left := ends - monotonic()) <= 0:
            raise TimeoutError
        self._connection.settimeout(left)

    def kill(self) -> None:
        """Ends it, from any thread; nothing after `end`, when another process may have its number."""
        with self._lock, suppress(ProcessLookupError):
            if not self._is_ended:
                signal.pidfd_send_signal(self._pid_fd, signal.SIGKILL)

    def end(self) -> None:
        """Returns when the process has ended."""
        if self._is_ended:
            return
        self.kill()
        ended = select.poll()  # not select.select, which takes no descriptor above 1,023
        ended.register(self._pid_fd, select.POLLIN)
        ended.poll()
        with self._lock:
            self._is_ended = True
            os.close(self._pid_fd)
        self._connection.close()


class _Server:
    """The server of one reader. A thread waits for its end: the kernel ends it with the thread that has started it."""

    command: tuple[str, ...] = (sys.executable, "-m", "ioc.worker.read_file")

    def __init__(self, reader: str) -> None:
        """Raises OSError when it cannot be started."""
        self._requests, requests = socket.socketpair()
        self._requests.settimeout(START_SECONDS)
        started: Future[subprocess.Popen[bytes]] = Future()
        try:
            with requests:
                self._ended = start_in_own_thread(partial(self._run, reader, requests.fileno(), started))
                self._process = started.result()
        except Exception as error:
            self._requests.close()
            raise OSError(errno.EAGAIN, "no process can be started") from error

    def _run(self, reader: str, requests: int, started: "Future[subprocess.Popen[bytes]]") -> None:
        command = [*self.command, str(os.getpid()), reader]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdin=requests, stdout=subprocess.DEVNULL)
        except BaseException as error:  # noqa: BLE001 — it is for whoever waits: MemoryError, too
            started.set_exception(error)
            return
        started.set_result(process)
        process.wait()

    def fork(self) -> ForkedProcess:
        """A new process. Raises as ForkedProcess, and BrokenPipeError when the server has ended."""
        connection, other = socket.socketpair()
        try:
            with other:
                socket.send_fds(self._requests, [b" "], [other.fileno()])
            return ForkedProcess(connection)
        except BaseException:
            connection.close()
            raise

    def end(self) -> None:
        """Ends it, with its processes."""
        self._requests.close()
        self._process.kill()
        self._ended.result()


_servers: dict[str, _Server] = {}
_lock = Lock()


def prepare(reader: str) -> None:
    """Has the server of `reader` load its modules, so that the first request does not wait for that.

    Where it cannot be started, a request tries again and says so.
    """
    with suppress(OSError):
        _server(reader)


def fork(reader: str) -> ForkedProcess:
    """A process of `reader`. Raises OSError when none can be started.

    A server that has ended is replaced at once, one that does not answer for START_SECONDS for those who come later.
    """
    server = _server(reader)
    try:
        return server.fork()
    except TimeoutError:
        _remove(reader, server)
        raise
    except (BrokenPipeError, EOFError):
        _remove(reader, server)
    try:
        return _server(reader).fork()
    except EOFError as error:
        raise OSError("the server of processes has ended") from error


def _server(reader: str) -> _Server:
    with _lock:
        if reader not in _servers:
            _servers[reader] = _Server(reader)
        return _servers[reader]


def _remove(reader: str, server: _Server) -> None:
    with _lock:
        if _servers.get(reader) is server:
            del _servers[reader]
            server.end()


@atexit.register
def end_servers() -> None:
    """Ends all servers, with their processes."""
    for reader, server in list(_servers.items()):
        _remove(reader, server)
