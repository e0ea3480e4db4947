"""The cells of a sheet with the text of a merged range in each of its cells, and the texts of headings.

A heading centred across several columns counts as merged over them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from data_sources.spreadsheet.cell_value import cell_fault
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.normal_form import normal_form
from ioc.domain.ingest.parsing import is_missing_text

MAX_HEADING_ROWS = 6
MAX_MERGED_ROWS = 67  # of a merged range, that are headings
_MAX_COLUMNS = 500
_YEAR = re.compile(r"(?:19|20)\d\d(?![\d.,])")


def normalize_heading(cell: Cell) -> str:
    """The text of a heading in small letters, composed (NFC), without white space: lines break in narrow cells."""
    return "".join(displayed_text(cell).split()).casefold()


def displayed_text(cell: Cell) -> str:
    """The text of a cell on one line, with single spaces, composed (NFC); of a number all its digits."""
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return " ".join(normal_form("NFC", "" if cell is None else str(cell)).split())


class UnmergedGrid:
    """The grid of a sheet with the text of a merged range in each of its cells."""

    def __init__(self, sheet: Sheet) -> None:
        self.rows = sheet.rows
        self._has_merge_info = sheet.merged is not None
        self._anchors: dict[tuple[int, int], tuple[int, int]] = {}
        height, width = len(self.rows), max(map(len, self.rows), default=0)
        for top, left, bottom, right in sheet.merged or ():
            for row in range(top, min(bottom + 1, top + MAX_MERGED_ROWS, height)):
                for column in range(left, min(right + 1, left + _MAX_COLUMNS + 1, width)):
                    self._anchors[row, column] = (top, left)

    def extend_headings(self, rows: Iterable[int]) -> None:
        """Take headings that are centred across columns for merged ones, in `rows`, which may have headings."""
        for row in sorted(rows, reverse=True):
            if row < len(self.rows) and self.has_headings_below(row):
                self._extend_headings(row)

    def rows_with(self, texts: Collection[str], rows: range) -> dict[str, set[int]]:
        """Those of `rows` in which each of `texts`, normalized, stands as a cell or in a merged range."""
        found: dict[str, set[int]] = {text: set() for text in texts}
        normalized: dict[str, str] = {}
        for row in rows:
            for cell in self.rows[row]:
                if isinstance(cell, str):
                    text = normalized.get(cell) or normalized.setdefault(cell, normalize_heading(cell))
                else:
                    text = "" if cell is None else normalize_heading(cell)
                if text in found:
                    found[text].add(row)
        for (row, _), (top, left) in self._anchors.items():
            if row in rows and row != top and left < len(self.rows[top]):
                text = normalize_heading(self.rows[top][left])
                if text in found:
                    found[text].add(row)
        return found

    def has_headings_below(self, row: int) -> bool:
        """Whether the next row goes on with the headings of `row`: it has no label of data, and names columns only."""
        if row + 1 >= len(self.rows):
            return False
        below = {column: cell for column, cell in enumerate(self.cells_from(row + 1)) if cell is not None}
        first = next((column for column, cell in enumerate(self.cells_at(row)) if cell is not None), None)
        return first is not None and first < min(below, default=-1) and all(map(_names_column, below.values()))

    def headings_end(self, row: int) -> int:
        """The first row from `row` on that does not go on with the headings above it."""
        while self.has_headings_below(row - 1):
            row += 1
        return row

    def _extend_headings(self, row: int) -> None:
        """Take each heading of `row` for those to its right without one, where the row below tells the columns apart.

        Excel centres a heading across columns without merging their cells.
        """
        below = [normalize_heading(cell) for cell in self.cells_from(row + 1)][:_MAX_COLUMNS]
        for start in range(len(below)):
            if (row, start) in self._anchors or self.at(row, start) is None:
                continue
            end = start + 1
            while end < len(below) and below[end] and (row, end) not in self._anchors and self.at(row, end) is None:
                end += 1
            if below[start] and len(set(below[start:end])) > 1:
                self._anchors |= {(row, column): (row, start) for column in range(start + 1, end)}

    def at(self, row: int, column: int) -> Cell:
        row, column = self._anchors.get((row, column), (row, column))
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else None

    def cells_at(self, row: int) -> list[Cell]:
        """The cells of a row."""
        return [self.at(row, column) for column in range(len(self.rows[row]))]

    def cells_from(self, row: int) -> list[Cell]:
        """The cells of a row, those of a merged range only where the range begins in this row."""
        anchors = [self._anchors.get((row, column), (row, column)) for column in range(len(self.rows[row]))]
        return [self.at(*anchor) if anchor[0] == row else None for anchor in anchors]

    def filled(
        self,
        columns: Sequence[int],
        rows: Iterable[int],
        is_data: Callable[[Cell], bool] = lambda cell: cell is not None,
    ) -> list[int]:
        """Those of `columns` that have data in `rows`, of which a cell merged over several of `columns` is none."""
        unmerged = (self.rows[row] for row in rows if self._count_cells(row, columns) == len(columns))
        found = {column for cells in unmerged for column in columns if column < len(cells) and is_data(cells[column])}
        return [column for column in columns if column in found]

    def is_one_cell(self, row: int, columns: Sequence[int]) -> bool:
        """Whether the cells of a row in `columns` are merged into one."""
        return self._count_cells(row, columns) == 1

    def _count_cells(self, row: int, columns: Sequence[int]) -> int:
        return len({self._anchors.get((row, column), (row, column)) for column in columns})

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


def _names_column(cell: Cell) -> bool:
    """Whether a text below a heading is one too: it has a letter or begins with a year, and is no error or gap."""
    text = displayed_text(cell)
    is_name = any(map(str.isalpha, text)) or bool(_YEAR.match(text))
    return is_name and cell_fault(cell) is None and not is_missing_text(text)


def _distinct(levels: Sequence[str]) -> tuple[str, ...]:
    distinct: list[str] = []
    for level in levels:
        if level and (not distinct or distinct[-1] != level):
            distinct.append(level)
    return tuple(distinct)
