"""A process that writes one XLSX workbook: JSON lines on its standard input, the file on its standard output.

The first line holds the name of the sheet, the second the heads, each further one a row. Rows are written as they come,
so that its memory does not grow with them.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import BinaryIO

import xlsxwriter

from components.submissions.workbook_files import escape_formula

MAX_ROWS = 1_048_576  # of a sheet of Excel, with its heads
_OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "default_format_properties": {"font_name": "Times New Roman", "font_size": 11},
}  # fmt: skip
_WIDTH = 22  # characters


def write(lines: Iterable[bytes | str], out: BinaryIO, max_rows: int = MAX_ROWS) -> None:
    """Writes the workbook; what does not fit into a sheet is on the next one, under the same heads."""
    content = map(json.loads, lines)
    (name,), heads = next(content), next(content)
    book = xlsxwriter.Workbook(out, _OPTIONS)
    bold, sheet, at = book.add_format({"bold": True}), None, max_rows
    for row in _rows_or_none(content):
        if at == max_rows:
            sheet, at = book.add_worksheet(name if sheet is None else f"{name} {len(book.worksheets()) + 1}"), 1
            sheet.set_column(0, len(heads) - 1, _WIDTH)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, heads, bold)
        if row is not None and sheet is not None:
            for column, value in enumerate(row):
                sheet.write(at, column, escape_formula(value))
            at += 1
    book.close()


def _rows_or_none(content: Iterator[list[object]]) -> Iterator[list[object] | None]:
    """The rows after a None, with which the first sheet begins even if there is no row."""
    yield None
    yield from content


if __name__ == "__main__":
    out = BytesIO()
    write(sys.stdin.buffer, out)
    sys.stdout.buffer.write(out.getvalue())
