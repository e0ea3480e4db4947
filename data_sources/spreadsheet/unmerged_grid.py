"""The cells of a sheet with the text of a merged range in each of its cells, their names, and the texts of headings."""

from collections.abc import Callable, Sequence

from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.normal_form import normal_form

MAX_HEADING_ROWS = 6
MAX_ROWS_ABOVE = 60  # rows in which the headings may begin
_MAX_COLUMNS = 500


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
            for row in range(top, min(bottom + 1, top + MAX_ROWS_ABOVE + MAX_HEADING_ROWS + 1, height)):
                for column in range(left, min(right + 1, left + _MAX_COLUMNS + 1, width)):
                    self._anchors[row, column] = (top, left)

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
