"""What comes from outside is read by a process of its own (ioc/worker/read_file.py): a hostile file may end it.

That process has a bound of memory, time and answer. A server forks it (reader_server.py), so that a start takes
milliseconds.
"""

from enum import StrEnum
from time import monotonic
from typing import Self

from ioc.domain.base import reader_server
from ioc.domain.base.places import Places
from ioc.domain.base.reader_server import FRAME, ForkedProcess

MAX_PROCESSES = 3  # of files that people send; one of each person
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
        self._process: ForkedProcess | None = None
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
            process = self._process = self._process or reader_server.fork(self._reader)
        except OSError:
            raise ReaderError(ReaderFault.NOT_STARTED) from None
        if self._is_killed:  # perhaps before the process was known
            raise ReaderError(ReaderFault.ENDED)
        ends = monotonic() + self._max_seconds
        try:
            process.send(FRAME.pack(len(request)) + request, ends)
            size = process.receive_number(ends)
            if size > self._max_bytes:
                raise ReaderError(ReaderFault.TOO_LARGE)
            return process.receive(size, ends)
        except TimeoutError:
            raise ReaderError(ReaderFault.TOO_SLOW) from None
        except (ConnectionError, EOFError):
            raise ReaderError(ReaderFault.ENDED) from None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()
