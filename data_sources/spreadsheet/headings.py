"""Where a table begins: its headings, of one row or several, merged or not, below whatever stands above them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_sources.spreadsheet.workbooks import Cell, Sheet

_DEEPEST = 6  # rows of headings
_FURTHEST = 60  # rows above them
_WIDEST = 500
_NUMBERED = re.compile(r"\(?(?:[0-9]{1,2}|[A-Z])\)?(?:\.0)?")


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: the column of each heading that was asked for. `first`: the first row below the headings."""

    columns: dict[tuple[str, ...], int]
    first: int


def find(sheet: Sheet, wanted: Sequence[tuple[str, ...]]) -> Table | None:
    """The table with all the `wanted` headings, None when the sheet has none."""
    grid = _Spread(sheet)
    needles = {one: tuple(folded(level) for level in one) for one in wanted}
    for top in range(min(_FURTHEST, len(sheet.rows))):
        for depth in range(1, min(_DEEPEST, len(sheet.rows) - top) + 1):
            stacks = grid.stacks(top, depth)
            columns = {one: _column(stacks, needle) for one, needle in needles.items()}
            found = {one: column for one, column in columns.items() if column is not None}
            if len(found) == len(needles) and len(set(found.values())) == len(found):
                return Table(found, _below(grid, top + depth, found))
    return None


def folded(cell: Cell) -> str:
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


def _below(grid: "_Spread", row: int, columns: dict[tuple[str, ...], int]) -> int:
    """The first row of data: below the foot of merged headings and the row that numbers the columns."""
    while row < len(grid.rows) and all(
        folded(grid.at(row, column)) == folded(heading[-1]) for heading, column in columns.items()
    ):
        row += 1
    if row < len(grid.rows):
        signs = [str(cell) for cell in grid.rows[row] if cell is not None]
        digits = [int(found[0]) for one in signs if (found := re.search(r"[0-9]+", one))]
        in_order = digits == list(range(digits[0], digits[0] + len(digits))) if digits else False
        if len(signs) > 1 and len(digits) > 1 and in_order and all(_NUMBERED.fullmatch(one) for one in signs):
            row += 1
    return row


class _Spread:
    """The grid with each merged cell's text in all of its places."""

    def __init__(self, sheet: Sheet) -> None:
        self.rows = sheet.rows
        self._knows = sheet.merged is not None
        self._home: dict[tuple[int, int], tuple[int, int]] = {}
        for top, left, bottom, right in sheet.merged or ():
            for row in range(top, min(bottom, top + _FURTHEST + _DEEPEST) + 1):
                for column in range(left, min(right, left + _WIDEST) + 1):
                    self._home[row, column] = (top, left)

    def at(self, row: int, column: int) -> Cell:
        row, column = self._home.get((row, column), (row, column))
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else None

    def stacks(self, top: int, depth: int) -> list[tuple[str, ...]]:
        """For each column its heading's levels, from the upper one down."""
        width = min(_WIDEST, max((len(row) for row in self.rows[top : top + depth]), default=0))
        levels = [self._level(row, width, lowest=row == top + depth - 1) for row in range(top, top + depth)]
        return [_distinct(column) for column in zip(*levels, strict=True)]

    def _level(self, row: int, width: int, *, lowest: bool) -> list[str]:
        texts = [folded(self.at(row, column)) for column in range(width)]
        if self._knows or lowest:
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
