"""Tables as files, written by a process of its own (ioc/worker/write_table.py): the web process stays small."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import BinaryIO

import orjson

from components.ui.export_table import ExportTable
from ioc.domain.base.failure import Failure
from ioc.domain.base.places import NoPlaceError, Places
from ioc.domain.base.times import CITY_ZONE
from ioc.web.errors.codes import ExportCode
from ioc.web.errors.request_error import RequestError

MAX_ROWS, MAX_SECONDS, MAX_PROCESSES = 500_000, 300.0, 2
MAX_WAITING, WAIT_SECONDS = 2, 30.0  # each that waits holds a thread
_ROOT = Path(__file__).parents[3]
_ROWS_AT_ONCE = 200  # handed over together; other threads run in between
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
_places = Places(MAX_PROCESSES, MAX_WAITING)


def write_table(table: ExportTable, file_format: str, owner: str, *, max_seconds: float = MAX_SECONDS) -> BinaryIO:
    """The table as "csv" or "xlsx", once it is written: a file never ends early without saying so.

    `owner`: whose work it is; of each, one file is written at a time, and one waits. RequestError: ExportCode BUSY,
    TOO_MANY_ROWS, TOO_SLOW, or FAILED where its process fails.
    """
    with _place(owner):
        return _written(table, file_format, max_seconds)


def write_lines(lines: Iterable[bytes], owner: str, *, max_seconds: float = MAX_SECONDS) -> BinaryIO:
    """The `lines` as they are, with the limits of `write_table`; they are in a file before one of them is sent."""
    until = monotonic() + max_seconds
    with _place(owner), ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        for count, line in enumerate(lines, 1):
            if count > MAX_ROWS:
                raise RequestError(Failure(ExportCode.TOO_MANY_ROWS, {"n": MAX_ROWS}))
            if monotonic() > until:
                raise RequestError(ExportCode.TOO_SLOW)
            file.write(line)
        file.seek(0)
        stack.pop_all()  # the file stays open for its reader
    return file


@contextmanager
def _place(owner: str) -> Iterator[None]:
    """One of the places of exports. RequestError BUSY."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_places.take(owner, WAIT_SECONDS))
        except NoPlaceError:
            raise RequestError(ExportCode.BUSY) from None
        yield


def _written(table: ExportTable, file_format: str, max_seconds: float) -> BinaryIO:
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        command = (sys.executable, "-m", "ioc.worker.write_table", str(os.getpid()))
        process = stack.enter_context(subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=file))
        stack.callback(process.kill)  # no effect on one that has ended
        with _killed_after(process, max_seconds) as is_late:
            _hand_over(json_blocks(table, file_format), process, is_late)
            failed = process.wait()
        if failed:
            raise RequestError(ExportCode.TOO_SLOW if is_late.is_set() else ExportCode.FAILED)
        file.seek(0)
        stack.pop_all()  # the file stays open for its reader
    return file


@contextmanager
def _killed_after(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[threading.Event]:
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


def _hand_over(lines: Iterable[bytes], process: "subprocess.Popen[bytes]", is_late: threading.Event) -> None:
    """Writes order and rows. A process that has failed or was killed takes no more: its exit code says so."""
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        for block in lines:
            if is_late.is_set():
                return
            stdin.write(block)


def json_blocks(table: ExportTable, file_format: str) -> Iterator[bytes]:
    """The order of a file and its rows, as ioc/worker/table_file.py reads them. RequestError TOO_MANY_ROWS."""
    order = {
        "format": file_format, "sheet": table.title, "columns": list(map(list, table.columns)),
        "count_across": table.count_across, "fill_in_below": table.fill_in_below,
    }  # fmt: skip
    yield _json_lines([order])
    rows, count = iter(table.rows), 0
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        count += len(block)
        if count > MAX_ROWS:
            raise RequestError(Failure(ExportCode.TOO_MANY_ROWS, {"n": MAX_ROWS}))
        yield _json_lines(block)


def _json_lines(rows: Iterable[object]) -> bytes:
    return b"".join(orjson.dumps(row, default=_local, option=_OPTIONS) for row in rows)


def _local(value: object) -> str:
    """A time as local time without a zone, a day as it is."""
    if isinstance(value, datetime):
        return value.astimezone(CITY_ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
