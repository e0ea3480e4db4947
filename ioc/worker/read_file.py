"""The server of the processes that read what comes from outside (ioc/domain/base/reader_server.py).

Its words are the id of the program that started it and the name of a reader. It loads the modules of the reader, and
forks a process for each connection that it is sent through its standard input; at the end of that, or of the program
behind it, it ends with them. A process sends its id, takes requests and sends answers, each after its length, until the
connection ends. A hostile file may end it.
"""

import gc
import logging
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pkgutil import resolve_name
from typing import NamedTuple

from ioc.domain.base.parent_death import end_with_parent
from ioc.domain.base.reader_server import FRAME


class Reader(NamedTuple):
    """`function`: from a request to its answer, as "module:name". `niceness`: with 10, screens come first.

    `max_bytes`: of the memory of a process. `max_file_bytes`: of a file that it writes. `max_seconds`: of its processor
    time, for each request. `idle_seconds`: after so long without work the server ends; None: never.
    """

    function: str
    niceness: int = 10
    max_bytes: int = 2 * 2**30
    max_file_bytes: int = 2**26
    max_seconds: int = 60
    idle_seconds: float | None = 600.0


READERS = {
    "postgresql": Reader("data_sources.sql_view.postgresql:answer", niceness=0, max_bytes=2**29, idle_seconds=None),
    "sqlite": Reader(  # it sorts in temporary files
        "data_sources.sql_view.sqlite:answer", niceness=0, max_bytes=2**29, max_file_bytes=2**30, idle_seconds=None
    ),
    "task_sheet": Reader("ioc.worker.task_sheets:answer"),
    "workbook": Reader("data_sources.spreadsheet.sheet_process:answer"),
}


def main(parent: int, name: str) -> None:
    """Serves until the standard input ends."""
    end_with_parent(signal.SIGKILL, parent)
    for number in (signal.SIGINT, signal.SIGTERM):  # of a terminal or a service manager: the program ends it
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that no process that has ended is left
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.disable()  # a library would quote what it reads
    reader, server = READERS[name], os.getpid()
    read = resolve_name(reader.function)
    gc.freeze()
    connections = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    connections.settimeout(reader.idle_seconds)
    with connections, suppress(TimeoutError):
        while descriptors := socket.recv_fds(connections, 1, 1)[1]:
            with socket.socket(fileno=descriptors[0]) as connection:
                if not _is_forked(connection):
                    continue
                connections.close()
                _run(connection, reader, read, server)


def _is_forked(connection: socket.socket) -> bool:
    """Whether this is the new process. Where the system refuses one, `connection` is sent 0 as its id."""
    try:
        return os.fork() == 0
    except OSError:
        connection.sendall(FRAME.pack(0))
        return False


def _run(connection: socket.socket, reader: Reader, read: Callable[[bytes], bytes], server: int) -> None:
    """Answers requests, in the new process, and ends it."""
    status = 1
    try:
        end_with_parent(signal.SIGKILL, server)
        os.nice(reader.niceness)
        resource.setrlimit(resource.RLIMIT_AS, (reader.max_bytes, reader.max_bytes))
        resource.setrlimit(resource.RLIMIT_FSIZE, (reader.max_file_bytes, reader.max_file_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(ConnectionError):  # who asked has given up
            _answer(connection, reader, read)
        status = 0
    except Exception as error:  # noqa: BLE001 — the process ends; who asked is told by its end
        sys.stderr.write(f"{type(error).__name__}\n")  # no text: it may quote what was read
        traceback.print_tb(error.__traceback__)
    finally:
        os._exit(status)


def _answer(connection: socket.socket, reader: Reader, read: Callable[[bytes], bytes]) -> None:
    connection.sendall(FRAME.pack(os.getpid()))
    with connection.makefile("rb") as requests:
        while head := requests.read(FRAME.size):
            used = resource.getrusage(resource.RUSAGE_SELF)
            limit = int(used.ru_utime + used.ru_stime) + reader.max_seconds
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            answer = read(requests.read(FRAME.unpack(head)[0]))
            connection.sendall(FRAME.pack(len(answer)))
            connection.sendall(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
