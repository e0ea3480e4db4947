"""The log of a process, bounded: whoever sends broken messages or requests cannot fill it."""

import logging
import sys
from collections import Counter
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TextIO, cast

from ioc.cli.log_output import LogOutput
from ioc.domain.base.text import shorten

FIRST_LINES = 5  # of one kind in a minute; the rest are counted
MAX_SUBJECTS = 100  # of one statement in a minute; the rest count as one
MAX_STATEMENTS = 500  # as far as their text is their own, which that of libraries may be; the rest count as one
PERIOD_SECONDS = 60.0
_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"
_MAX_QUOTED = 200  # characters of a line that is repeated

_Statement = tuple[str, str]  # logger, text with its placeholders
_Kind = tuple[_Statement, str]  # with the first parameter: what the line is about, mostly a source


def start_log() -> None:
    """Writes the log of this process to standard error, and what ends it unexpectedly."""
    logging.basicConfig(level=logging.INFO, handlers=[LimitedLogHandler()])
    for name in ("apscheduler", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    sys.excepthook = _log_end


def _log_end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    logging.getLogger("ioc").critical("this process ends", exc_info=(kind, error, traceback))


class LimitedLogHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error. Of lines of one kind the first in a minute, then how many more there were.

    A count is written with the next line after the minute, or when the process ends. `clock`: monotonic seconds.
    Lines that nobody takes are dropped and counted, see LogOutput.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._output = LogOutput(sys.stderr, self._lost_line)
        super().__init__(cast(TextIO, self._output))
        self.setFormatter(logging.Formatter(_FORMAT))
        self._clock = clock
        self._reset()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes or counts the line."""
        if self._clock() >= self._period_end:
            self._write_counts()
        kind = self._kind(record)
        self._counts[kind] += 1
        if self._counts[kind] == 1:
            self._examples[kind] = _example(record)
        if self._counts[kind] <= FIRST_LINES:
            super().emit(record)

    def close(self) -> None:
        """Writes the counts that wait."""
        self.acquire()
        try:
            self._write_counts()
        finally:
            self.release()
        self._output.close()
        super().close()

    def _reset(self) -> None:
        self._period_end = self._clock() + PERIOD_SECONDS
        self._counts, self._examples = Counter[_Kind](), dict[_Kind, str]()
        self._subjects = Counter[_Statement]()

    def _kind(self, record: logging.LogRecord) -> _Kind:
        statement = (record.name, shorten(str(record.msg), _MAX_QUOTED))
        if statement not in self._subjects and len(self._subjects) >= MAX_STATEMENTS:
            return ("", ""), ""
        subject = str(record.args[0]) if isinstance(record.args, tuple) and record.args else ""
        kind = (statement, shorten(subject, _MAX_QUOTED))
        if kind not in self._counts:
            if self._subjects[statement] >= MAX_SUBJECTS:
                return statement, ""
            self._subjects[statement] += 1
        return kind

    def _write_counts(self) -> None:
        repeated = [(kind, count - FIRST_LINES) for kind, count in self._counts.items() if count > FIRST_LINES]
        examples = self._examples
        self._reset()
        for kind, count in repeated:
            text, parameters = "%d more lines in a minute such as: %s", (count, examples[kind])
            super().emit(_warning(kind[0][0] or "ioc", text, parameters))

    def _lost_line(self, count: int) -> str:
        return self.format(_warning("ioc", "%d lines of the log are lost: they could not be written", (count,))) + "\n"


def _warning(name: str, text: str, parameters: tuple[object, ...]) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 0, text, parameters, None)


def _example(record: logging.LogRecord) -> str:
    try:
        return shorten(record.getMessage().partition("\n")[0], _MAX_QUOTED)
    except (TypeError, ValueError):  # a statement whose parameters do not fit: logging reports it where it is written
        return shorten(str(record.msg), _MAX_QUOTED)
