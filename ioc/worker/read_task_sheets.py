"""The process that reads one spreadsheet of tasks (task_sheets.py). Its word is the id of the process that started it.

It takes the file from standard input and writes JSON to a file, which has a bound. It is killed when that process ends.
"""

import json
import os
import resource
import signal
import sys

from ioc.domain.base.parent_death import end_with_parent

_NICENESS = 10  # screens come first
_MAX_BYTES = 2 * 2**30  # of its memory: a hostile file ends this process alone


def main(parent: int) -> None:
    """Reads the file of standard input."""
    end_with_parent(signal.SIGKILL, parent)
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
    from ioc.domain.directives.task_sheet import MAX_JSON_BYTES
    from ioc.worker.task_sheets import read_tables

    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_JSON_BYTES, MAX_JSON_BYTES))

    sys.stdout.write(json.dumps(read_tables(sys.stdin.buffer.read()), ensure_ascii=False))


if __name__ == "__main__":
    main(int(sys.argv[1]))
