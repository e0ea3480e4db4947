"""Large XLSX workbooks, written by a process of their own (ioc/worker/workbook.py): the web process stays small."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError

_COMMAND = (sys.executable, "-m", "ioc.worker.workbook")
_ROOT = Path(__file__).parents[2]
_CHUNK_BYTES = 64 * 1024
Row = Sequence[str | float | None]


def write_workbook(sheet: str, heads: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The workbook in parts. Returns when it is written; RequestError INTERNAL_ERROR when its process fails."""
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        process = stack.enter_context(subprocess.Popen(_COMMAND, cwd=_ROOT, stdin=subprocess.PIPE, stdout=file))
        stack.callback(process.kill)  # no effect on one that has ended
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as lines:  # it has failed: its exit code says so
            for row in chain(([sheet], heads), rows):
                lines.write(json.dumps(row).encode() + b"\n")
        if process.wait():
            raise RequestError(RequestCode.INTERNAL_ERROR)
        stack.pop_all()
    return _parts(file)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(_CHUNK_BYTES):
            yield part
