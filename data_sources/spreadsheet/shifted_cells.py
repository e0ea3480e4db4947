"""Rows of a text file whose cells may stand below the headings of others.

U+FFFD, also one in a cell that is not read, may stand for separators and line breaks that were lost.
A quotation mark that is a cell of its own, as a ditto mark, opens a quotation over the rows below it.

A decimal comma without quotes may be a separator: 2,795 in two cells instead of one.
A row with more cells than there are headings shows it, and so it does of any other separator in a text.
A writer that leaves out the empty cells at the end of a row hides it: then the number of cells fits, and each number
stands in two columns, the later ones in the wrong ones.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.row_kinds import is_damaged_row
from data_sources.spreadsheet.table_header import TableHeader, first_heading_row
from data_sources.spreadsheet.unmerged_grid import normalize_heading
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import text_readings

_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def heading_damage(sheet: Sheet, table: TableHeader) -> Failure | None:
    """Why it is not certain which columns of a text file the headings are of; None where none of their rows is damaged.

    A damaged row above them that has one of them may be the one that is meant.
    """
    first = first_heading_row(sheet.rows, table.columns, table.end)
    levels = {normalize_heading(level) for heading in table.columns for level in heading if level}
    damaged = (n for n, cells in enumerate(sheet.rows[: table.first_row]) if is_damaged_row(cells))
    if sheet.delimiter and any(n >= first or levels & set(map(normalize_heading, sheet.rows[n])) for n in damaged):
        return Failure(SpreadsheetCode.HEADINGS_DAMAGED)
    return None


class ShiftedCells:
    """Finds the rows of a table whose cells may be shifted. `rows`: the numbers of its rows; none of a workbook are."""

    def __init__(self, sheet: Sheet, table: TableHeader, rows: Iterable[int], options: Options) -> None:
        levels = {normalize_heading(level) for heading in table.columns for level in heading if level}
        headings = [cells for cells in sheet.rows[table.top : table.end] if levels & set(map(normalize_heading, cells))]
        self._width, self._raw_width = max(map(_length, headings)), max(map(len, headings))
        self._delimiter, self._options = sheet.delimiter, options
        self._labels = [table.columns[heading_levels(one)] for one in (options.row_name, options.time) if one]
        self._values = [table.columns[heading_levels(one)] for one in options.columns.values()]
        self._used = max(table.columns.values())
        self._may_split = sheet.delimiter == "," and options.decimal != "."
        data = [sheet.rows[row] for row in rows if self._is_data(sheet.rows[row])] if self._may_split else []
        self._may_split = self._may_split and not self._is_sign_clear(data)
        self._may_hide = self._may_split and self._is_hiding(data, table)

    def failure(self, cells: Sequence[Cell]) -> Failure | None:
        """Why a row cannot be read, None when each of its cells is below its own heading."""
        if not self._delimiter:
            return None
        if failure := self._quotation(cells):
            return failure
        length, width = (len(cells), self._raw_width) if self._may_split else (_length(cells), self._width)
        if length > width and _length(cells) and not self._is_beside(cells):
            return Failure(SpreadsheetCode.ROW_TOO_LONG, {"n": length, "width": width})
        pair = self._pair(cells) if self._may_hide else None
        return Failure(SpreadsheetCode.ROW_SHIFTED, {"text": ",".join(pair)}) if pair else None

    def damage(self, cells: Sequence[Cell]) -> Failure:
        """Why a damaged row cannot be read."""
        return self._quotation(cells) or Failure(SpreadsheetCode.ROW_DAMAGED)

    def _quotation(self, cells: Sequence[Cell]) -> Failure | None:
        if quoted := next(filter(self._holds_rows, cells), None):
            return Failure(SpreadsheetCode.QUOTATION_OVER_ROWS, {"n": str(quoted).strip("\n").count("\n") + 1})
        return None

    def _is_beside(self, cells: Sequence[Cell]) -> bool:
        """Whether cells beyond the headings are figures beside the table, as in a workbook: no text has a tab.

        Another delimiter may stand in a text without quotes; an empty cell beyond the headings shows that none does.
        """
        return self._delimiter == "\t" or (not self._may_split and cells[self._width] is None)

    def _holds_rows(self, cell: Cell) -> bool:
        return isinstance(cell, str) and "\n" in cell and self._delimiter in cell

    def _is_data(self, cells: Sequence[Cell]) -> bool:
        return _length(cells) > 1 and any(
            column < len(cells) and bool(text_readings(str(cells[column]))) for column in self._values
        )

    def _is_sign_clear(self, data: Collection[Sequence[Cell]]) -> bool:
        """Whether the file shows that no decimal comma lacks quotes: one in quotes, or numbers with a decimal point."""
        values = [
            str(cell) for cells in data for column, cell in enumerate(cells) if cell and column not in self._labels
        ]
        return any("," in text or set(text_readings(text)) == {"."} for text in values)

    def _is_hiding(self, data: Collection[Sequence[Cell]], table: TableHeader) -> bool:
        """Whether a row with as many cells as headings may lack its last cells."""
        if any(len(cells) < self._raw_width for cells in data):
            return True
        if any(cells[-1] is None and len(cells) == self._raw_width for cells in data):
            return False  # empty cells at the end are written
        is_last_used = self._width - 1 in table.columns.values()
        pairs = filter(None, map(self._pair, data))
        return (
            not is_last_used
            or any(len(cells) > self._raw_width for cells in data)
            or any(len(end) > 1 and end.startswith("0") for _, end in pairs)
        )

    def _pair(self, cells: Sequence[Cell]) -> tuple[str, str] | None:
        """The first two cells that may be one number, where a column that is read would then have other content."""
        last_label = max((n for n in self._labels if n < len(cells) and not _is_digits(cells[n])), default=-1)
        for column in range(last_label + 1, min(self._used, len(cells) - 2) + 1):
            first, second = str(cells[column]), str(cells[column + 1])
            if column not in self._labels and _WHOLE.fullmatch(first) and _DIGITS.fullmatch(second):
                return first, second
        return None


def _is_digits(cell: Cell) -> bool:
    return bool(_WHOLE.fullmatch(str(cell)))


def _length(cells: Sequence[Cell]) -> int:
    """The number of cells up to the last one that is not empty."""
    return next((n for n in range(len(cells), 0, -1) if cells[n - 1] is not None), 0)
