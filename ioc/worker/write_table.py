"""The process that writes one table (ioc/worker/table_file.py). Its word is the id of the process that started it.

It is killed when that process ends, also while it is paused or still loads pandas.
"""

import os
import signal
import sys

from ioc.domain.base.parent_death import end_with_parent

_NICENESS = 10  # screens come first


def main(parent: int) -> None:
    """Writes the table of standard input to standard output."""
    end_with_parent(signal.SIGKILL, parent)
    os.nice(_NICENESS)
    from ioc.worker.table_file import write  # takes a second, in which the parent may end

    write(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
