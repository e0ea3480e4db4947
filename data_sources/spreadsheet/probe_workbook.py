"""A process of its own that reads a workbook from standard input as `workbook.py` does: it may die, its parent not.

Started by its path, without the packages of the program: `<folder of python_calamine> <bytes of memory> <seconds>`.
It ends with 0 where the same can be done in the program, be it with an ordinary error.
"""

import resource
import sys
from contextlib import suppress
from io import BytesIO


class _OutOfMemoryError(BaseException):
    """No ordinary error of the reader."""


def _read(body: bytes) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(body))
    for name in book.sheet_names:
        with suppress(Exception):
            try:
                book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            except MemoryError:
                raise _OutOfMemoryError from None


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(Exception):
        _read(sys.stdin.buffer.read())
