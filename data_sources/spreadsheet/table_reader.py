"""The rows of one table as readings, and the cells that cannot be read as rejected items."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from data_sources._mapping import SeriesName
from data_sources.spreadsheet.cell_time import DateOrder, at_clock, date_order, read_time, to_utc
from data_sources.spreadsheet.cell_value import cell_fault, is_percentage, may_be_share, read_value
from data_sources.spreadsheet.column_units import ColumnUnits
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import file_text
from data_sources.spreadsheet.legacy_fonts import UndecidedText
from data_sources.spreadsheet.merged_cells import MergedCells
from data_sources.spreadsheet.options import FILE, NAME, Heading, Options, heading_levels
from data_sources.spreadsheet.sheet_details import CellRange
from data_sources.spreadsheet.shifted_cells import ShiftedCells
from data_sources.spreadsheet.stated_month import stated_month
from data_sources.spreadsheet.stated_unit import unit_in_text
from data_sources.spreadsheet.table_header import TableHeader, titles
from data_sources.spreadsheet.table_rows import find_rows
from data_sources.spreadsheet.unit_changes import UnitChanges
from data_sources.spreadsheet.unmerged_grid import cell_address, displayed_text
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure, FailureError
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseError, is_missing_text
from ioc.domain.ingest.reading import Reading, RejectedItem

_MAX_QUOTED = 80  # characters of a heading or a unit that a failure quotes
Record = tuple[str, tuple[tuple[int, int], ...]]  # the sheet, and the cells with the labels of a record


class TableReader:
    """Reads one table: its `readings`, and `rejected` items for invalid cells.

    `file`: its name. `file_time`: the time that the name gives, None where the rows have times.
    """

    def __init__(
        self, file: str, file_time: datetime | None, sheet: Sheet, table: TableHeader, options: Options
    ) -> None:
        self._sheet, self._table, self._options = sheet, table, options
        self.sheet_name = sheet.name
        self._file_key = options.key_of(file_text(file, options)) if options.uses_file else ""
        self.readings: list[Reading] = []
        self.rejected: list[RejectedItem] = []
        self.blanks: dict[tuple[str, datetime], set[Record]] = {}  # series and times for which a row has no value
        self.records: list[Record] = []  # of each reading
        self._numbers = NumberReader(options.notation())
        self._zone = ZoneInfo(options.zone)
        self._file_time = file_time.astimezone(self._zone) if file_time else None
        self._location = f"{file[:80]}: {sheet.name}!" if sheet.name else f"{file[:80]}: "
        self._words = frozenset((*options.missing, *options.numbers))
        self._columns = {template: self._column_of(heading) for template, heading in options.columns.items()}
        self._units = ColumnUnits(table, options)
        labels = [self._column_of(heading) for heading in (options.name, options.time, options.clock) if heading]
        self._merged = MergedCells(sheet, table.first_row, labels, self._columns.values())
        self._rows = find_rows(sheet, table, options)
        self._shifted = ShiftedCells(sheet, table, self._rows.rows, options)
        self._changes = UnitChanges(sheet, table, self._rows.rows, self._units, options)
        self._with_percent = {  # columns in which a number without a percent sign may be a share
            column
            for column in self._columns.values()
            if any(is_percentage(self._merged.cell(row, column)) for row in self._rows.rows)
        }
        self._date_order = self._find_date_order(file)

    def read(self, numbers: NumberReader) -> None:
        """Read all rows; the result of an earlier reading is discarded."""
        self._numbers = numbers
        self.readings, self.rejected = [], list(self._shared_values())
        self.blanks, self.records = {}, []
        for fault in dict.fromkeys(self._units.faults.values()):
            self._reject(fault.row, fault.column, fault.failure, fault.text)
        for row in self._rows.undecided:
            self._reject(row, 0, Failure(SpreadsheetCode.COLUMN_NUMBERS), _joined(self._sheet.rows[row]))
        if (line := self._changes.below) is not None:
            self._reject(line, 0, self._changes.failures[line], _joined(self._sheet.rows[line]))
        for row in self._rows.rows if line is None else ():
            cells = self._sheet.rows[row]
            if row in self._changes.lines:
                continue
            if failure := self._shifted.failure(cells):
                self._reject(row, 0, failure, _joined(cells))
            elif self._has_data(row):
                self._read_row(row)
            self._find_blanks(row)
        if below := sum(map(self._has_data, self._rows.below)):
            self._reject(self._rows.end, 0, Failure(self._rows.code, {"n": below}))

    def _find_date_order(self, file: str) -> DateOrder:
        """The order of day and month in the column of times: as the row says, else as its cells prove."""
        if not self._options.time:
            return DateOrder()
        column = self._column_of(self._options.time)
        cells = [self._merged.cell(row, column) for row in self._rows.rows]
        stated = stated_month(titles(self._sheet, self._table), self.sheet_name, file)
        order = date_order(cells, self._options.day_first, stated)
        self._options.note_assumed_date(order.assumed)
        return order

    def _shared_values(self) -> Iterator[RejectedItem]:
        """The merged values that may belong to several rows or columns, each once."""
        cells = ((row, column) for row in self._rows.rows for column in self._columns.values())
        ranges = filter(None, (self._merged.shared_value(*cell) for cell in cells))
        for merged in dict.fromkeys(ranges):
            if not self._applies_to_all(merged):
                top, left, bottom, right = merged
                cells_text = f"{cell_address(top, left)}:{cell_address(bottom, right)}"
                failure = Failure(SpreadsheetCode.VALUE_MERGED, {"cells": cells_text})
                yield self._rejected(top, left, failure, self._merged.cell(top, left))

    def _applies_to_all(self, merged: CellRange) -> bool:
        """Whether a merged value is that of each row and column which it covers: by the row, or as it is no value."""
        cell = self._merged.cell(*merged[:2])
        is_mark = isinstance(cell, str) and is_missing_text(cell, self._options.missing)
        return is_mark or self._options.merged_cells == "each"

    def _column_of(self, heading: Heading) -> int:
        return self._table.columns[heading_levels(heading)]

    def _has_data(self, row: int) -> bool:
        return any(self._value_cell(row, column) is not None for column in self._columns.values())

    def _value_cell(self, row: int, column: int) -> Cell:
        merged = self._merged.shared_value(row, column)
        if merged is None:
            return self._merged.cell(row, column)
        is_meant = bool(self._merged.record(row)) and self._applies_to_all(merged)
        return self._merged.cell(*merged[:2]) if is_meant else None

    def _label_cell(self, row: int, heading: Heading) -> Cell:
        """A cell with the name, time or unit of the row; it may be merged over several rows. Raises _RowError."""
        if not heading:
            return None
        cell = self._merged.label(row, self._column_of(heading))
        is_mapped = isinstance(cell, str) and cell.strip() in (*self._options.names, *self._options.units)
        fault = None if is_mapped else cell_fault(cell)
        if fault is None and isinstance(cell, UndecidedText) and not is_mapped:
            fault = Failure(SpreadsheetCode.TEXT_UNDECIDED)
        if fault:
            raise _RowError(heading, fault, cell)
        return cell

    def _read_row(self, row: int) -> None:
        try:
            key, label = self._row_name(row)
            observed = self._row_time(row)
        except _RowError as error:
            self._reject_row(row, error)
            return
        filled = {
            name: column
            for name, column in self._columns.items()
            if name not in self._units.faults and self._value_cell(row, column) is not None
        }
        for template, unit in self._units_of_row(row, filled, label).items():
            series = SeriesName(self._series(template, key), self._options.spelling_of(label))
            self._read_value(row, filled[template], series, unit, observed)

    def _find_blanks(self, row: int) -> None:
        """Note the series of a row whose cells are empty: another row of its name and time may give them."""
        if not (self._options.name or self._options.time or self._options.clock or self._has_data(row)):
            return  # nothing tells that the row is one of data
        empty = [
            template
            for template, column in self._columns.items()
            if self._merged.cell(row, column) is None and self._merged.shared_value(row, column) is None
        ]
        try:
            key, observed = self._row_name(row)[0], self._row_time(row)
        except _RowError:
            return
        for template in empty:
            self._note_blank(row, self._series(template, key), observed)

    def _series(self, template: str, key: str) -> str:
        return template.replace(NAME, key).replace(FILE, self._file_key)

    def _note_blank(self, row: int, series: str, observed: datetime) -> None:
        self.blanks.setdefault((series, observed), set()).add((self._location, self._merged.record(row)))

    def _row_name(self, row: int) -> tuple[str, str]:
        """What stands for {name} in a series key and in its name."""
        cell = self._label_cell(row, self._options.name)
        label = displayed_text(cell)
        key = self._options.key_of(label)
        if self._options.name and not key:
            raise _RowError(self._options.name, Failure(SpreadsheetCode.ROW_NAME_MISSING), cell)
        return key, label

    def _units_of_row(self, row: int, filled: Mapping[str, int], label: str) -> dict[str, str]:
        """The unit of each of the `filled` columns: by the options, else in the row, else that of the column."""
        if not self._options.unit_column:
            return self._units_by_label(row, filled, label)
        of_columns = self._options.units
        units = {name: of_columns[name] for name in filled if name in of_columns}
        try:
            if len(units) < len(filled):
                unit = self._row_unit(row)
                units = {name: unit or self._units.unit(name) for name in filled} | units
        except _RowError as error:
            self._reject_row(row, error)
        return units

    def _units_by_label(self, row: int, filled: Mapping[str, int], label: str) -> dict[str, str]:
        """The unit of each of the `filled` columns of a row that may name one in its label: “Sản lượng (tấn)”."""
        written = unit_in_text(label, self._options)
        unit = self._options.unit_of(written) if written else ""
        if not unit and row in self._changes.failures:
            self._reject(row, min(filled.values(), default=0), self._changes.failures[row], label)
            return {}
        units: dict[str, str] = {}
        for name, column in filled.items():
            cell = self._value_cell(row, column)
            try:
                units[name] = self._units.unit_of_label(name, "" if is_percentage(cell) else unit)
            except ParseError as error:
                self._reject(row, column, error.failure, cell)
        return units

    def _row_unit(self, row: int) -> str:
        """The unit in the unit column of the row, "" without such a column."""
        options = self._options
        if not options.unit_column:
            return ""
        cell = self._label_cell(row, options.unit_column)
        if cell is None and not options.unit and "" not in options.units:
            heading = " / ".join(heading_levels(options.unit_column))[:_MAX_QUOTED]
            raise _RowError(options.unit_column, Failure(SpreadsheetCode.UNIT_MISSING, {"heading": heading}), cell)
        return options.unit_of(displayed_text(cell))

    def _row_time(self, row: int) -> datetime:
        options = self._options
        moment = self._file_time
        if moment is None:
            cell = self._label_cell(row, options.time)
            if cell is None:
                raise self._heading_error(options.time, SpreadsheetCode.TIME_MISSING)
            try:
                moment = read_time(cell, self._zone, self._date_order, self._sheet.epoch)
            except ParseError as error:
                raise _RowError(options.time, error.failure, cell) from None
        clock = self._label_cell(row, options.clock)
        if clock is not None:
            moment = self._at_clock(moment.astimezone(self._zone), clock)
        elif options.clock and not options.clock_optional:
            raise self._heading_error(options.clock, SpreadsheetCode.CLOCK_MISSING)
        try:
            return to_utc(moment)
        except ParseError as error:
            raise _RowError(options.time or options.clock, error.failure, clock) from None

    def _at_clock(self, day: datetime, clock: Cell) -> datetime:
        try:
            return at_clock(day, clock)
        except (ValueError, OverflowError):
            raise self._heading_error(self._options.clock, SpreadsheetCode.NOT_A_CLOCK, clock) from None

    def _heading_error(self, heading: Heading, code: SpreadsheetCode, cell: Cell = None) -> "_RowError":
        params = {"heading": " / ".join(heading_levels(heading))[:_MAX_QUOTED]}
        text = {} if cell is None else {"text": str(cell)[:_MAX_QUOTED]}
        return _RowError(heading, Failure(code, params | text), cell)

    def _read_value(self, row: int, column: int, series: SeriesName, unit: str, observed: datetime) -> None:
        cell = self._value_cell(row, column)
        try:
            number, unit = read_value(cell, unit, self._numbers, str(column), self._words)
            if number and column in self._with_percent and may_be_share(cell, number, unit, self._options):
                raise ParseError(SpreadsheetCode.PERCENT_MIXED, text=str(cell)[:_MAX_QUOTED])
            self.readings.append(Reading(series.key, observed, number, unit, name=series.name))
            self.records.append((self._location, self._merged.record(row)))
            if number is None:
                self._note_blank(row, series.key, observed)
        except ParseError as error:
            self._reject(row, column, error.failure, cell)

    def _reject_row(self, row: int, error: "_RowError") -> None:
        column = self._column_of(error.heading) if error.heading else min(self._columns.values())
        self._reject(row, column, error.failure, error.cell)

    def _reject(self, row: int, column: int, failure: Failure, cell: Cell = None) -> None:
        self.rejected.append(self._rejected(row, column, failure, cell))

    def _rejected(self, row: int, column: int, failure: Failure, cell: Cell) -> RejectedItem:
        sample = "" if cell is None else str(cell)[:120]
        return RejectedItem(self._location + cell_address(row, column), failure, sample)


class _RowError(FailureError):
    """The name, the time or the unit of a row cannot be read from the `cell` below `heading`."""

    def __init__(self, heading: Heading, failure: Failure, cell: Cell) -> None:
        super().__init__(failure)
        self.heading, self.cell = heading, cell


def _joined(cells: Sequence[Cell]) -> str:
    return " | ".join("" if cell is None else str(cell) for cell in cells)
