"""The tables of a spreadsheet that an office keeps its tasks in, as texts: merged cells are repeated in each of them.

A process of its own reads one file (ioc/worker/read_file.py): a workbook may be large or hostile.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any, NamedTuple

from data_sources.spreadsheet.cell_value import cell_fault
from data_sources.spreadsheet.number_format import PercentNumber
from data_sources.spreadsheet.workbook import Cell, Sheet, read_sheets
from data_sources.spreadsheet.zip_guard import SheetLimits
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import fold
from ioc.domain.base.text import clean_text
from ioc.domain.directives.document_checks import is_degree, states_secrecy
from ioc.domain.directives.sheet_cells import may_be_heading
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
    """`merged`: first row, last row and column of what stands in several rows. `across`: of what stands in several
    columns of the first rows, by row: the last column by the first one.
    """

    name: str
    rows: list[list[Cell]]
    merged: list[tuple[int, int, int]]
    across: Mapping[int, Mapping[int, int]]


class _Headings(NamedTuple):
    """The texts of all columns. They stand in the rows from `top` to before `end`."""

    top: int
    end: int
    texts: tuple[str, ...]


class _Characters:
    """How many characters the tables may still have: merged cells count in each of their rows."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, cells: Sequence[str], faults: int = 0) -> None:
        """Counts a row. SheetError once there are too many."""
        self._left -= row_size(cells, faults)
        if self._left < 0:
            raise SheetError(SheetCode.TOO_MUCH_TEXT, limit=MAX_CHARACTERS)


def answer(body: bytes) -> bytes:
    """What the process answers: the parts of `read_tables`, a line of JSON for each."""
    return b"\n".join(json.dumps(part, ensure_ascii=False).encode() for part in read_tables(body))


def read_tables(body: bytes) -> list[Mapping[str, Any]]:
    """The parts of the tables, see `tables_of_parts`, or [{"failure": …}] where the file cannot be read."""
    try:
        sheets = read_sheets(ResponsePage(body), limits=_LIMITS)
        left = _Characters(MAX_CHARACTERS)
        grids = (_unmerged(sheet) for sheet in sheets)
        tables = [table for n, grid in enumerate(grids, 1) if (table := _table(grid, n, left)) is not None]
    except SheetError as error:
        return [{"failure": error.failure.to_json()}]
    except SourceError as error:
        return [{"failure": Failure(SheetCode.UNREADABLE, {"cause": error.failure}).to_json()}]
    if not tables:
        return [{"failure": Failure(SheetCode.NO_TABLE).to_json()}]
    if max(len(table.rows) for table in tables) > MAX_ROWS:
        return [{"failure": Failure(SheetCode.TOO_MANY_ROWS, {"limit": MAX_ROWS}).to_json()}]
    return [part for table in tables for part in table.to_parts()]


def _unmerged(sheet: Sheet) -> _Grid:
    """The cells of the first columns; what is merged over rows stands in each of them, over columns in the first."""
    rows = [row[:MAX_COLUMNS] for row in sheet.rows]
    merged, across = list[tuple[int, int, int]](), defaultdict[int, dict[int, int]](dict)
    for top, left, bottom, right in sheet.merged or ():
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
        for row_number in range(top, min(bottom + 1, _MAX_ROWS_ABOVE)) if value is not None and right > left else ():
            across[row_number][left] = right
        lower = rows[top + 1 : bottom + 1]
        if lower and (value is not None or all(row[left : left + 1] in ([], [None]) for row in lower)):
            merged.append((top, top + len(lower), left))
        for row in lower if value is not None else ():
            row += [None] * (left + 1 - len(row)) if left < MAX_COLUMNS else []
            if left < len(row) and row[left] is None:
                row[left] = value
    return _Grid(sheet.name, rows, merged, across)


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
    at = scores.index(best)
    while scores[at + 1 : at + 2] == [best] and _has_same_text(above[at], above[at + 1]):
        at += 1  # of headings merged over two rows the lower one
    headings = _headings(above, at, grid.across)
    first = headings.end + (headings.end < len(grid.rows) and _numbers_columns(grid.rows[headings.end]))
    rows, unreadable = list[tuple[str, ...]](), dict[tuple[int, int], Failure]()
    left.take((grid.name, *headings.texts))
    marked = {column for column, field in guess_fields(headings.texts).items() if field is SheetField.SECRECY}
    for place, line in enumerate(above[: headings.end]):
        if place != at:
            _check_secrecy(line, place, number, marked if place > at else set())
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
    title = max((text for row in above[: headings.top] for text in row if _speaks_of_tasks(text)), key=len, default="")
    left.take((title,))
    return TaskTable(grid.name, headings.texts, tuple(rows), first, unreadable, tuple(merged), title)


def _has_same_text(upper: Sequence[str], lower: Sequence[str]) -> bool:
    return any(text and text == below for text, below in zip(upper, lower, strict=False))


def _headings(above: Sequence[Sequence[str]], at: int, across: Mapping[int, Mapping[int, int]]) -> _Headings:
    """The headings of the row `at`, with those of the row below or above it where both are one heading in two lines.

    A column has the text of the lower line, that of the upper one where the lower has none.
    """
    for top in (each for each in (at, at - 1) if 0 <= each < len(above) - 1):
        upper, lower = above[top : top + 2]
        if _are_two_lines(upper, lower, across.get(top, {})):
            return _Headings(top, top + 2, tuple(low or up for up, low in zip_longest(upper, lower, fillvalue="")))
    return _Headings(at, at + 1, tuple(above[at]))


def _are_two_lines(upper: Sequence[str], lower: Sequence[str], across: Mapping[int, int]) -> bool:
    """Whether `lower` goes on with the headings of `upper`. `across`: last columns of merged headings of `upper`.

    A row of data never does: it has a number, a task or an agency below a heading of one column alone. What `lower` has
    of its own stands where `upper` has nothing, or tells the columns of a heading of several apart; it has no number
    and no day, and half of it at least names fields. What is merged downwards stands in both. A title with a text
    beside it is no line of headings.
    """
    heads = dict(enumerate(upper))
    own = {column: text for column, text in enumerate(lower) if text and text != heads.get(column)}
    fields = guess_fields([own.get(column, "") for column in range(len(lower))])
    if min(len(fields), len(guess_fields(upper)), sum(map(bool, upper)) - 1) < _FEWEST or 2 * len(fields) < len(own):
        return False
    return all(may_be_heading(text) for text in own.values()) and all(
        len({own.get(below, "") for below in _below(column, heads, own, across)} - {""}) > 1
        for column in own
        if heads.get(column)
    )


def _below(head: int, heads: Mapping[int, str], own: Mapping[int, str], across: Mapping[int, int]) -> range:
    """The columns of a heading: those it is merged over, else those to its right that have a text in the lower line."""
    end = across.get(head, head) + 1
    while head not in across and end in own and not heads.get(end):
        end += 1
    return range(head, end)


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
