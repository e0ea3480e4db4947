"""The process that reads files from outside (ioc/domain/base/reader_process.py), which a hostile one may end.

Its words are the id of the process that started it, and the name of a reader. It takes requests from standard input and
writes answers to standard output, each after its length, until the input ends. It is killed when its parent ends.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from ioc.domain.base.parent_death import end_with_parent
from ioc.domain.base.reader_process import FRAME

_NICENESS = 10  # screens come first
_MAX_BYTES = 2 * 2**30  # of its memory: a hostile file ends this process alone
_MAX_SECONDS = 60  # of its processor time, for each file


def _read_task_sheet(request: bytes) -> bytes:
    """The tables of a sheet of tasks, a line of JSON for each part."""
    from ioc.worker.task_sheets import read_tables

    return b"\n".join(json.dumps(part, ensure_ascii=False).encode() for part in read_tables(request))


def _read_workbook(request: bytes) -> bytes:
    """The sheets of a workbook."""
    from data_sources.spreadsheet.sheet_process import answer

    return answer(request)


READERS: dict[str, Callable[[bytes], bytes]] = {"task_sheet": _read_task_sheet, "workbook": _read_workbook}


def main(parent: int, reader: str) -> None:
    """Answers requests."""
    end_with_parent(signal.SIGKILL, parent)
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _answer(sys.stdin.buffer, answers, READERS[reader])


def _answer(requests: BinaryIO, answers: BinaryIO, read: Callable[[bytes], bytes]) -> None:
    while head := requests.read(FRAME.size):
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + _MAX_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        (size,) = FRAME.unpack(head)
        answer = read(requests.read(size))
        answers.write(FRAME.pack(len(answer)))
        answers.write(answer)
        answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
