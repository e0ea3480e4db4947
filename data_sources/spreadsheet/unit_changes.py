"""Units that are stated between the rows of a table, or below them: "Đơn vị tính: kg" after rows in tonnes."""

from collections.abc import Iterable, Mapping, Sequence

from data_sources.spreadsheet.column_units import ColumnUnits, are_different
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.rows_below_headings import units_in_row
from data_sources.spreadsheet.stated_unit import unit_statements
from data_sources.spreadsheet.table_header import TableHeader
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.parsing import text_readings

_MAX_QUOTED = 80  # characters of units that a failure quotes


class UnitChanges:
    """`lines`: the rows that state units. `failures`: by row, why its values may have another unit than its column.

    `below`: the last line, when it states another unit and has no data below it: it may be that of all rows.
    """

    def __init__(
        self, sheet: Sheet, table: TableHeader, rows: Iterable[int], units: ColumnUnits, options: Options
    ) -> None:
        self._options, self._units = options, units
        self._values = {name: table.columns[heading_levels(one)] for name, one in options.columns.items()}
        self._labels = [
            table.columns[heading_levels(one)] for one in (options.name, options.time, options.clock) if one
        ]
        self.lines: set[int] = set()
        self.failures: dict[int, Failure] = {}
        self.below: int | None = None
        change: Failure | None = None
        for row in rows if not options.unit_column else ():
            cells = sheet.rows[row]
            has_data = any(_is_number(cells, column) for column in self._values.values())
            stated, is_said = ({}, False) if has_data else self._stated(cells)
            if stated:
                self.lines.add(row)
                change = self._change(row, stated)
                self.below = row if change and is_said else None
            elif change:
                self.failures[row] = change
                self.below = None if has_data else self.below
        if change and self.below is not None:
            self.failures[self.below] = change

    def _stated(self, cells: Sequence[Cell]) -> tuple[Mapping[str, str], bool]:
        """By column, the unit that a row without data states; and whether it says so in words, for all columns."""
        found = list(unit_statements(cells, self._options))
        if found:
            text = ", ".join(dict.fromkeys(unit for unit, *_ in found))
            return dict.fromkeys(self._values, text), any(is_said for *_, is_said in found)
        texts = units_in_row(cells, self._labels, self._values.values(), self._options)
        return {name: texts[column] for name, column in self._values.items() if column in texts}, False

    def _change(self, row: int, stated: Mapping[str, str]) -> Failure | None:
        """The failure of a row that states other units than those of the columns."""
        for name, text in stated.items():
            unit, known = self._options.unit_of(text), self._units.unit(name)
            is_same = unit == known or (is_known_unit(unit) and is_known_unit(known) and not are_different(unit, known))
            if not is_same:
                return Failure(SpreadsheetCode.UNIT_CHANGED, {"unit": text[:_MAX_QUOTED], "row": row + 1})
        return None


def _is_number(cells: Sequence[Cell], column: int) -> bool:
    cell = cells[column] if column < len(cells) else None
    return isinstance(cell, float | int) or (isinstance(cell, str) and bool(text_readings(cell.rstrip(" %"))))
