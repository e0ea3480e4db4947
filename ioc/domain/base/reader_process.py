"""Files from outside are read by a process of their own (ioc/worker/read_file.py): a hostile one may end it.

That process has a bound of memory, time and answer. It ends with the thread that started it.
"""

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, Self

from ioc.domain.base.places import Places

FRAME = struct.Struct(">Q")  # before each request and each answer: its length in bytes
MAX_PROCESSES = 3  # of files that people send; one of each person
_ROOT = Path(__file__).parents[3]
# All that it is told of the program's environment: a hostile file finds no secret there.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHASHSEED", "PYTHONPATH", "TMPDIR", "TZ")
person_places = Places(MAX_PROCESSES, waiting=MAX_PROCESSES)


class ReaderFault(StrEnum):
    """Why there is no answer."""

    ENDED = "ended"  # by its bound of memory, or by a fault of the library that reads
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"


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
        self._process: subprocess.Popen[bytes] | None = None

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

    def _exchange(self, request: bytes) -> bytes:
        process = self._process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        with killed_after(process, self._max_seconds) as is_late:
            try:
                process.stdin.write(FRAME.pack(len(request)) + request)
                process.stdin.flush()
                (size,) = FRAME.unpack(_read_exactly(process.stdout, FRAME.size))
                if size > self._max_bytes:
                    raise ReaderError(ReaderFault.TOO_LARGE)
                return _read_exactly(process.stdout, size)
            except (BrokenPipeError, EOFError):
                raise ReaderError(ReaderFault.TOO_SLOW if is_late.is_set() else ReaderFault.ENDED) from None

    def _start(self) -> "subprocess.Popen[bytes]":
        command = (sys.executable, "-m", "ioc.worker.read_file", str(os.getpid()), self._reader)
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=_ROOT, env=environment, stdin=pipe, stdout=pipe)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


def _read_exactly(pipe: IO[bytes], size: int) -> bytes:
    """The next `size` bytes. EOFError where there are fewer."""
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return body


@contextmanager
def killed_after(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[threading.Event]:
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
