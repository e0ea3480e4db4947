"""Where a table begins: its headings, of one row or several, merged or not, below whatever stands above them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_sources.spreadsheet.workbook import Cell, Sheet

_MAX_HEADING_ROWS = 6  # rows of headings
_MAX_ROWS_ABOVE = 60  # rows above them
_MAX_COLUMNS = 500
_COLUMN_NUMBER = re.compile(r"\(?(?:[0-9]{1,2}|[A-Z])\)?(?:\.0)?")


@dataclass(frozen=True, slots=True)
class TableHeader:
    """`columns`: the column of each heading that was asked for. `first`: the first row below the headings."""

    columns: dict[tuple[str, ...], int]
    first_row: int


def find_header(sheet: Sheet, wanted: Sequence[tuple[str, ...]]) -> TableHeader | None:
    """The table with all the `wanted` headings, None when the sheet has none."""
    grid = _UnmergedGrid(sheet)
    needles = {one: tuple(normalize_heading(level) for level in one) for one in wanted}
    for top in range(min(_MAX_ROWS_ABOVE, len(sheet.rows))):
        for depth in range(1, min(_MAX_HEADING_ROWS, len(sheet.rows) - top) + 1):
            stacks = grid.heading_stacks(top, depth)
            columns = {one: _column(stacks, needle) for one, needle in needles.items()}
            found = {one: column for one, column in columns.items() if column is not None}
            if len(found) == len(needles) and len(set(found.values())) == len(found):
                return TableHeader(found, _first_data_row(grid, top + depth, found))
    return None


def normalize_heading(cell: Cell) -> str:
    """A heading without what people vary: case, spaces, line breaks."""
    text = unicodedata.normalize("NFC", "" if cell is None else str(cell))
    return " ".join(text.split()).casefold()


def _column(stacks: Sequence[tuple[str, ...]], needle: tuple[str, ...]) -> int | None:
    for column, stack in enumerate(stacks):
        if stack and stack[-1] == needle[-1]:
            rest: Iterator[str] = iter(stack)
            if all(level in rest for level in needle):
                return column
    return None


def _first_data_row(grid: "_UnmergedGrid", row: int, columns: dict[tuple[str, ...], int]) -> int:
    """The first row of data: below the foot of merged headings and the row that numbers the columns."""
    while row < len(grid.rows) and all(
        normalize_heading(grid.at(row, column)) == normalize_heading(heading[-1]) for heading, column in columns.items()
    ):
        row += 1
    if row < len(grid.rows):
        signs = [str(cell) for cell in grid.rows[row] if cell is not None]
        digits = [int(found[0]) for one in signs if (found := re.search(r"[0-9]+", one))]
        in_order = digits == list(range(digits[0], digits[0] + len(digits))) if digits else False
        if len(signs) > 1 and len(digits) > 1 and in_order and all(_COLUMN_NUMBER.fullmatch(one) for one in signs):
            row += 1
    return row


class _UnmergedGrid:
    """The grid with each merged cell's text in all of its places."""

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

    def heading_stacks(self, top: int, depth: int) -> list[tuple[str, ...]]:
        """For each column its heading's levels, from the upper one down."""
        width = min(_MAX_COLUMNS, max((len(row) for row in self.rows[top : top + depth]), default=0))
        levels = [self._level(row, width, lowest=row == top + depth - 1) for row in range(top, top + depth)]
        return [_distinct(column) for column in zip(*levels, strict=True)]

    def _level(self, row: int, width: int, *, lowest: bool) -> list[str]:
        texts = [normalize_heading(self.at(row, column)) for column in range(width)]
        if self._has_merge_info or lowest:
            return texts
        # A kind of file that knows no merged cells: what stands over several columns stands over the first of them.
        for column in range(1, width):
            texts[column] = texts[column] or texts[column - 1]
        return texts


def _distinct(levels: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for level in levels:
        if level and (not found or found[-1] != level):
            found.append(level)
    return tuple(found)
