"""Finding the headings of a table, in one row or several, merged or not, below any title rows."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.units import is_known_unit

_MAX_HEADING_ROWS = 6
_MAX_ROWS_ABOVE = 60  # rows in which the headings may begin
_MAX_COLUMNS = 500
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*[^\W\d][^()\[\]]*|[%‰])[)\]]")  # no numbers: (5) may be one below zero
_COLUMN_NUMBER = re.compile(r"\(?(?:[0-9]{1,2}|[A-Z])\)?(?:\.0)?")


@dataclass(frozen=True, slots=True)
class TableHeader:
    """`columns`: the column of each required heading. `first_row`: the first row of data, from 0.

    `repeated`: the columns of a heading that fits several columns with data, so that none of them can be meant.
    `units`: by column, the units in brackets below the headings; `unit_row`: the row that has them, -1 for none.
    """

    columns: dict[tuple[str, ...], int]
    first_row: int
    repeated: dict[tuple[str, ...], list[int]]
    units: dict[int, str]
    unit_row: int


def find_header(
    sheet: Sheet, required: Sequence[tuple[str, ...]], spellings: Collection[str] = ()
) -> TableHeader | None:
    """The first table with all `required` headings, each in a column of its own; None without one.

    `spellings`: units that the row knows beside those of the table of units.
    """
    grid = _UnmergedGrid(sheet)
    for rows in _candidates(grid, required):
        columns = {heading: fitting[0] for heading, fitting in rows.matches.items()}
        if len(columns) == len(set(required)) and len(set(columns.values())) == len(columns):
            first_row, unit_row = _first_data_row(grid, rows.top + rows.depth, columns, spellings)
            units = _units_in_brackets(grid.cells_from(unit_row), spellings) if unit_row >= 0 else {}
            filled = {heading: grid.filled(fitting, first_row) for heading, fitting in rows.matches.items()}
            repeated = {heading: fitting for heading, fitting in filled.items() if len(fitting) > 1}
            return TableHeader(columns, first_row, repeated, units, unit_row)
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
    """The text of a cell on one line, with single spaces, composed (NFC); of a number all its digits."""
    if isinstance(cell, float):
        return f"{cell:.15g}"
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


def _first_data_row(
    grid: "_UnmergedGrid", row: int, columns: dict[tuple[str, ...], int], spellings: Collection[str]
) -> tuple[int, int]:
    """The first row of data, below the rest of the headings, column numbers and units; and the row of units or -1."""
    while row < len(grid.rows) and all(
        normalize_heading(grid.at(row, column)) == normalize_heading(heading[-1]) for heading, column in columns.items()
    ):
        row += 1
    unit_row = -1
    while row < len(grid.rows):
        if not _is_numbering([str(cell) for cell in grid.rows[row] if cell is not None]):
            if unit_row >= 0 or not _units_in_brackets(grid.cells_from(row), spellings):
                break
            unit_row = row
        row += 1
    return row, unit_row


def _units_in_brackets(cells: Sequence[Cell], spellings: Collection[str]) -> dict[int, str]:
    """By column, the units of a row whose texts are all in brackets: (m), [mm]; {} unless one of them is known."""
    texts = {column: displayed_text(cell) for column, cell in enumerate(cells) if cell is not None}
    matches = {column: _BRACKETED.fullmatch(text) for column, text in texts.items()}
    units = {column: match[1].strip() for column, match in matches.items() if match}
    is_known = any(unit in spellings or is_known_unit(unit) for unit in units.values())
    return units if is_known and len(units) == len(texts) else {}


def _is_numbering(texts: list[str]) -> bool:
    """Whether the cells of a row number the columns: (1), (2), A, 3 …"""
    if len(texts) < 2 or not all(_COLUMN_NUMBER.fullmatch(text) for text in texts):
        return False
    numbers = [int(match[0]) for text in texts if (match := re.search(r"[0-9]+", text))]
    letters = [ord(match[0]) for text in texts if (match := re.search(r"[A-Z]", text))]
    return len(numbers) != 1 and _is_consecutive(numbers) and (bool(numbers) or _is_consecutive(letters))


def _is_consecutive(numbers: Sequence[int]) -> bool:
    return not numbers or list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


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

    def cells_from(self, row: int) -> list[Cell]:
        """The cells of a row, those of a merged range only where the range begins in this row."""
        anchors = [self._anchors.get((row, column), (row, column)) for column in range(len(self.rows[row]))]
        return [self.at(*anchor) if anchor[0] == row else None for anchor in anchors]

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
