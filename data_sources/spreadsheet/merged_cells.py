"""Merged ranges below the headings: a label applies to all rows of its range, a value is ambiguous.

Offices merge the name or the date of a group of rows. A value merged over rows of different names may be that of each
row or the sum of all: only the row of the source can say.
"""

from collections.abc import Collection, Iterator
from itertools import islice

from data_sources.spreadsheet.sheet_details import CellRange
from data_sources.spreadsheet.workbook import Cell, Sheet
from data_sources.spreadsheet.zip_guard import MAX_CELLS


class MergedCells:
    """The merged ranges of a sheet, for a table. `labels`: its columns with names and times; `values`: with values."""

    def __init__(self, sheet: Sheet, first_row: int, labels: Collection[int], values: Collection[int]) -> None:
        self._rows, self._first_row = sheet.rows, first_row
        self._width = max(map(len, sheet.rows), default=0)
        self._labels, self._values = tuple(labels), frozenset(values)
        ranges = [merged for merged in sheet.merged or () if merged[2] >= first_row]
        self._anchors = dict(islice(self._merged_labels(ranges), MAX_CELLS))
        covered = dict(islice(self._covered(filter(self._has_value, ranges)), MAX_CELLS))
        own_columns = self._values | self._columns_with_data(covered.values())
        is_shared = {merged: self._is_shared(merged, own_columns) for merged in set(covered.values())}
        self._shared = {cell: merged for cell, merged in covered.items() if is_shared[merged]}

    def label(self, row: int, column: int) -> Cell:
        """A cell of a row, with the text of the range that it is merged into from above or from the left."""
        return self.cell(*self._anchor(row, column))

    def shared_value(self, row: int, column: int) -> CellRange | None:
        """The merged range of a value that covers the rows of several records, or several columns; None without."""
        return self._shared.get((row, column)) if self._shared else None

    def cell(self, row: int, column: int) -> Cell:
        """A cell as the file has it: of a merged range only the first one has a content."""
        cells = self._rows[row]
        return cells[column] if column < len(cells) else None

    def record(self, row: int) -> tuple[tuple[int, int], ...]:
        """What tells the record of a row from others: the cells with its labels; () for a row without any."""
        if not self._labels:
            return ((row, 0),)
        labelled = [column for column in self._labels if self.label(row, column) is not None]
        return tuple(self._anchor(row, column) for column in labelled)

    def _anchor(self, row: int, column: int) -> tuple[int, int]:
        """The cell that has the text of a label."""
        return self._anchors.get((row, column), (row, column)) if self._anchors else (row, column)

    def _merged_labels(self, ranges: Collection[CellRange]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """(row, column) of the cells with the text of a range -> its first cell."""
        for merged in ranges:
            top, left, bottom, _ = merged
            column = self._labelled_column(merged)
            for row in range(top, self._end(bottom)):
                yield (row, column), (top, left)

    def _labelled_column(self, merged: CellRange) -> int:
        """The column for whose label a range stands: its first one, or the only one with labels (“Tổng số” over STT
        and name). A range that reaches columns of values is the title of a group of rows.
        """
        _, left, _, right = merged
        covered = self._columns(left, right)
        labels = [column for column in self._labels if column in covered]
        return labels[0] if len(labels) == 1 and self._values.isdisjoint(covered) else left

    def _has_value(self, merged: CellRange) -> bool:
        """Whether a range holds a value: not the title of a group of rows, nor a note across the table."""
        top, left, *_ = merged
        return left in self._values or (left not in self._labels and isinstance(self.cell(top, left), int | float))

    def _covered(self, ranges: Iterator[CellRange]) -> Iterator[tuple[tuple[int, int], CellRange]]:
        """(row, column) of the values that a range covers -> the range."""
        for merged in ranges:
            top, left, bottom, right = merged
            for column in self._values.intersection(self._columns(left, right)):
                for row in range(max(top, self._first_row), self._end(bottom)):
                    yield (row, column), merged

    def _columns_with_data(self, ranges: Collection[CellRange]) -> set[int]:
        """The columns beyond the first of a range that have data of their own."""
        columns = {column for _, left, _, right in set(ranges) for column in self._columns(left + 1, right)}
        rows = self._rows[self._first_row :] if columns else []
        return {column for column in columns if any(column < len(row) and row[column] is not None for row in rows)}

    def _is_shared(self, merged: CellRange, own_columns: Collection[int]) -> bool:
        top, left, bottom, right = merged
        if any(column in own_columns for column in self._columns(left + 1, right)):
            return True
        if not self._labels:
            return bottom > top
        records = {self.record(row) for row in range(max(top, self._first_row), self._end(bottom))}
        return len(records - {()}) > 1

    def _columns(self, left: int, right: int) -> range:
        return range(left, min(right + 1, self._width))

    def _end(self, bottom: int) -> int:
        return min(bottom + 1, len(self._rows))
