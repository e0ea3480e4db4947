"""Finding the headings of a table, in one row or several, merged or not, below any title rows."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data_sources.spreadsheet.workbook import Cell, Sheet

_MAX_HEADING_ROWS = 6
_MAX_ROWS_ABOVE = 60  # rows in which the headings may begin
_MAX_COLUMNS = 500
_COLUMN_NUMBER = re.compile(r"\(?(?:[0-9]{1,2}|[A-Z])\)?(?:\.0)?")


@dataclass(frozen=True, slots=True)
class TableHeader:
    """`columns`: the column of each required heading. `first_row`: the first row of data, from 0.

    `repeated`: the columns of a heading that fits several columns with data, so that none of them can be meant.
    """

    columns: dict[tuple[str, ...], int]
    first_row: int
    repeated: dict[tuple[str, ...], list[int]]


def find_header(sheet: Sheet, required: Sequence[tuple[str, ...]]) -> TableHeader | None:
    """The first table with all `required` headings, each in a column of its own; None without one."""
    grid = _UnmergedGrid(sheet)
    for rows in _candidates(grid, required):
        columns = {heading: fitting[0] for heading, fitting in rows.matches.items()}
        if len(columns) == len(set(required)) and len(set(columns.values())) == len(columns):
            first_row = _first_data_row(grid, rows.top + rows.depth, columns)
            filled = {heading: grid.filled(fitting, first_row) for heading, fitting in rows.matches.items()}
            repeated = {heading: fitting for heading, fitting in filled.items() if len(fitting) > 1}
            return TableHeader(columns, first_row, repeated)
    return None


class NearestHeader(NamedTuple):
    """Of the rows that have most of the required headings: those that are `missing`; `headings`: of all columns."""

    missing: list[tuple[str, ...]]
    headings: list[str]


def nearest_header(sheets: Sequence[Sheet], required: Sequence[tuple[str, ...]]) -> NearestHeader:
    """The rows of `sheets` that come nearest to the headings of a table, for a message."""
    candidates = [(grid, rows) for grid in map(_UnmergedGrid, sheets) for rows in _candidates(grid, required)]
    if not candidates:
        return NearestHeader(list(required), [])
    grid, rows = max(candidates, key=lambda pair: (len(pair[1].matches), -pair[1].depth, pair[1].heading_count))
    missing = [heading for heading in required if heading not in rows.matches]
    headings = [" / ".join(stack) for stack in grid.heading_stacks(rows.top, rows.depth, displayed_text) if stack]
    return NearestHeader(missing or list(required), headings)


class _HeadingRows(NamedTuple):
    """`depth` rows from `top` on, with the columns that fit each required heading, and how many texts they have."""

    top: int
    depth: int
    matches: dict[tuple[str, ...], list[int]]
    heading_count: int


def _candidates(grid: "_UnmergedGrid", required: Sequence[tuple[str, ...]]) -> Iterator[_HeadingRows]:
    needles = {heading: tuple(map(normalize_heading, heading)) for heading in required}
    for top in range(min(_MAX_ROWS_ABOVE, len(grid.rows))):
        for depth in range(1, min(_MAX_HEADING_ROWS, len(grid.rows) - top) + 1):
            stacks = grid.heading_stacks(top, depth, normalize_heading)
            fitting = {heading: _columns(stacks, needle) for heading, needle in needles.items()}
            matches = {heading: columns for heading, columns in fitting.items() if columns}
            yield _HeadingRows(top, depth, matches, len({stack for stack in stacks if stack}))


def normalize_heading(cell: Cell) -> str:
    """The text of a heading in small letters, composed (NFC), without white space: lines break in narrow cells."""
    return "".join(displayed_text(cell).split()).casefold()


def displayed_text(cell: Cell) -> str:
    """The text of a cell on one line, with single spaces, composed (NFC)."""
    return " ".join(unicodedata.normalize("NFC", "" if cell is None else str(cell)).split())


def _columns(stacks: Sequence[tuple[str, ...]], needle: tuple[str, ...]) -> list[int]:
    """The columns whose heading is the last level of `needle`, below its other levels."""
    fitting = []
    for column, stack in enumerate(stacks):
        if stack and stack[-1] == needle[-1]:
            remaining: Iterator[str] = iter(stack)
            if all(level in remaining for level in needle):
                fitting.append(column)
    return fitting


def _first_data_row(grid: "_UnmergedGrid", row: int, columns: dict[tuple[str, ...], int]) -> int:
    """The first row of data: below the rest of merged headings and a row of column numbers."""
    while row < len(grid.rows) and all(
        normalize_heading(grid.at(row, column)) == normalize_heading(heading[-1]) for heading, column in columns.items()
    ):
        row += 1
    if row < len(grid.rows):
        row += _is_numbering([str(cell) for cell in grid.rows[row] if cell is not None])
    return row


def _is_numbering(texts: list[str]) -> bool:
    """Whether the cells of a row number the columns: (1), (2), A, 3 …"""
    numbers = [int(match[0]) for text in texts if (match := re.search(r"[0-9]+", text))]
    in_order = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    return len(numbers) > 1 and in_order and all(_COLUMN_NUMBER.fullmatch(text) for text in texts)


class _UnmergedGrid:
    """The grid of a sheet with the text of a merged range in each of its cells."""

    def __init__(self, sheet: Sheet) -> None:
        self.rows = sheet.rows
        self._has_merge_info = sheet.merged is not None
        self._anchors: dict[tuple[int, int], tuple[int, int]] = {}
        for top, left, bottom, right in sheet.merged or ():
            for row in range(top, min(bottom, top + _MAX_ROWS_ABOVE + _MAX_HEADING_ROWS) + 1):
                for column in range(left, min(right, left + _MAX_COLUMNS) + 1):
                    self._anchors[row, column] = (top, left)

    def at(self, row: int, column: int) -> Cell:
        row, column = self._anchors.get((row, column), (row, column))
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else None

    def filled(self, columns: Sequence[int], first_row: int) -> list[int]:
        """Those of `columns` that have data from `first_row` on."""
        data = self.rows[first_row:]
        return [column for column in columns if any(column < len(row) and row[column] is not None for row in data)]

    def heading_stacks(self, top: int, depth: int, text: Callable[[Cell], str]) -> list[tuple[str, ...]]:
        """The levels of the heading of each column as `text`, from the upper one down."""
        width = min(_MAX_COLUMNS, max((len(row) for row in self.rows[top : top + depth]), default=0))
        levels = [[text(self.at(row, column)) for column in range(width)] for row in range(top, top + depth)]
        if not self._has_merge_info:
            # Text has no merged ranges: a heading over several columns stands in the first of them.
            for level in levels[:-1]:
                for column in range(1, width):
                    level[column] = level[column] or level[column - 1]
        return [_distinct(column) for column in zip(*levels, strict=True)]


def _distinct(levels: Sequence[str]) -> tuple[str, ...]:
    distinct: list[str] = []
    for level in levels:
        if level and (not distinct or distinct[-1] != level):
            distinct.append(level)
    return tuple(distinct)
