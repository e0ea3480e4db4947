"""The tables of a spreadsheet that an office keeps its tasks in, as texts: merged cells are repeated in each of them.

ioc/worker/read_file.py is the short-lived process that reads one file: a workbook may be large or hostile.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from data_sources.spreadsheet.cell_value import cell_fault
from data_sources.spreadsheet.number_format import PercentNumber
from data_sources.spreadsheet.workbook import Cell, Sheet, read_sheets
from data_sources.spreadsheet.zip_guard import SheetLimits
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import fold
from ioc.domain.base.text import clean_text
from ioc.domain.directives.document_checks import is_degree, states_secrecy
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField, guess_fields
from ioc.domain.directives.task_sheet import MAX_CHARACTERS, TaskTable, row_size
from ioc.domain.ingest.protocol import ResponsePage, SourceError

_LIMITS = SheetLimits(600_000, 16 * MAX_CHARACTERS)  # of all sheets, of which the tables are some columns
MAX_ROWS, MAX_COLUMNS = 10_000, 60  # of a table
_MAX_ROWS_ABOVE = 60  # in which the headings begin
_MAX_TEXT, _MAX_HEADING = 8_000, 200
_FEWEST = 2  # headings that are understood, in the headings of a table
_COLUMN_NUMBER = re.compile(r"\(?[0-9]{1,2}\)?")


@dataclass(frozen=True, slots=True)
class _Grid:
    """`merged`: first row, last row and column of what stands in several rows."""

    name: str
    rows: list[list[Cell]]
    merged: list[tuple[int, int, int]]


class _Characters:
    """How many characters the tables may still have: merged cells count in each of their rows."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, cells: Sequence[str], faults: int = 0) -> None:
        """Counts a row. SheetError once there are too many."""
        self._left -= row_size(cells, faults)
        if self._left < 0:
            raise SheetError(SheetCode.TOO_MUCH_TEXT, limit=MAX_CHARACTERS)


def read_tables(body: bytes) -> dict[str, Any]:
    """{"tables": […]} of TaskTable, or {"failure": …} where the file cannot be read."""
    try:
        sheets = read_sheets(ResponsePage(body), limits=_LIMITS)
        left = _Characters(MAX_CHARACTERS)
        grids = (_unmerged(sheet) for sheet in sheets)
        tables = [table for n, grid in enumerate(grids, 1) if (table := _table(grid, n, left)) is not None]
    except SheetError as error:
        return {"failure": error.failure.to_json()}
    except SourceError as error:
        return {"failure": Failure(SheetCode.UNREADABLE, {"cause": error.failure}).to_json()}
    if not tables:
        return {"failure": Failure(SheetCode.NO_TABLE).to_json()}
    if max(len(table.rows) for table in tables) > MAX_ROWS:
        return {"failure": Failure(SheetCode.TOO_MANY_ROWS, {"limit": MAX_ROWS}).to_json()}
    return {"tables": [table.to_json() for table in tables]}


def _unmerged(sheet: Sheet) -> _Grid:
    """The cells of the first columns; what is merged over rows stands in each of them, over columns in the first."""
    rows = [row[:MAX_COLUMNS] for row in sheet.rows]
    merged = list[tuple[int, int, int]]()
    for top, left, bottom, _ in sheet.merged or ():
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
        if value is not None and bottom > top:
            merged.append((top, min(bottom, len(rows) - 1), left))
        for row in rows[top + 1 : bottom + 1] if value is not None else ():
            row += [None] * (left + 1 - len(row)) if left < MAX_COLUMNS else []
            if left < len(row) and row[left] is None:
                row[left] = value
    return _Grid(sheet.name, rows, merged)


def _table(grid: _Grid, number: int, left: _Characters) -> TaskTable | None:
    """The table below the row whose headings say most; None where no row has headings that are understood.

    SheetError for more characters than are `left`, as soon as there are more, and for a degree of secrecy. `number`:
    of the sheet.
    """
    above = [[_text(cell)[:_MAX_HEADING] for cell in row] for row in grid.rows[:_MAX_ROWS_ABOVE]]
    scores = [len(guess_fields(row)) for row in above]
    best = max(scores, default=0)
    if best < _FEWEST:
        return None
    at = len(scores) - 1 - scores[::-1].index(best)  # of headings merged over two rows the lower one
    first = at + 1 + (at + 1 < len(grid.rows) and _numbers_columns(grid.rows[at + 1]))
    rows, unreadable = list[tuple[str, ...]](), dict[tuple[int, int], Failure]()
    left.take((grid.name, *above[at]))
    marked = {column for column, field in guess_fields(above[at]).items() if field is SheetField.SECRECY}
    for place, line in enumerate(above[:at]):
        _check_secrecy(line, place, number, set())
    for at_row, row in enumerate(grid.rows[first:]):
        texts = tuple(_text(cell) for cell in row)
        _check_secrecy(texts, first + at_row, number, marked)
        faults = {(at_row, column): fault for column, cell in enumerate(row) if (fault := cell_fault(cell))}
        left.take(texts, len(faults))
        rows.append(texts)
        unreadable |= faults
    while rows and not any(rows[-1]):
        rows.pop()
    end = first + len(rows)
    below = ((top, min(last, end - 1), column) for top, last, column in grid.merged if first <= top < end)
    merged = [(top - first, last - first, column) for top, last, column in below]
    left.take([str(each) for each in merged])
    title = max((text for row in above[:at] for text in row if _speaks_of_tasks(text)), key=len, default="")
    left.take((title,))
    return TaskTable(grid.name, tuple(above[at]), tuple(rows), first, unreadable, tuple(merged), title)


def _speaks_of_tasks(text: str) -> bool:
    return "nhiem vu" in " ".join(fold(text).split())


def _check_secrecy(texts: Sequence[str], row: int, number: int, marked: Set[int]) -> None:
    """SheetError where a cell states a degree of secrecy. `marked`: columns of secrecy.

    What else such a column holds is a fault of its task when the sheet is checked: signatures, totals and numbers of
    the columns stand there too, and are no tasks.
    """
    for column, text in enumerate(texts):
        if states_secrecy(text) or (column in marked and is_degree(text)):
            raise SheetError(SheetCode.SECRET, cell=cell_address(row, column), n=number)


def _numbers_columns(row: Sequence[Cell]) -> bool:
    """Whether a row below the headings only numbers the columns: (1), (2), (3)."""
    texts = [text for cell in row if (text := _text(cell))]
    numbers = [int(text.strip("()")) for text in texts if _COLUMN_NUMBER.fullmatch(text)]
    return len(texts) == len(numbers) >= 3 and numbers == sorted(set(numbers))


def _text(cell: Cell) -> str:
    """What a cell shows. A formula that a file holds as a text stays one."""
    match cell:
        case None:
            return ""
        case datetime() | date():
            return f"{cell:%d/%m/%Y}"
        case PercentNumber():
            return f"{cell.percent:g}%"
        case bool() | str():
            return clean_text(str(cell).strip(), _MAX_TEXT)
        case float():
            return f"{cell:.15g}"
    return str(cell)
