"""The rows of one table as readings, and the cells that cannot be read as rejected items."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from data_sources._mapping import sensor_kind
from data_sources.spreadsheet.cell_value import is_percentage, may_be_share, read_value
from data_sources.spreadsheet.column_units import ColumnUnits, are_different, are_quantities
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import file_key
from data_sources.spreadsheet.merged_cells import MergedCells
from data_sources.spreadsheet.options import Heading, Options, heading_levels
from data_sources.spreadsheet.row_labels import RowError, RowLabels, RowName
from data_sources.spreadsheet.sheet_details import CellRange
from data_sources.spreadsheet.shifted_cells import ShiftedCells
from data_sources.spreadsheet.stated_month import stated_month
from data_sources.spreadsheet.table_header import TableHeader, titles
from data_sources.spreadsheet.table_rows import find_rows
from data_sources.spreadsheet.unit_changes import UnitChanges
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.unread_unit_column import with_unit_column
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.base.units import is_known_unit, written_unit
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
        is_named = bool(options.unit_column)
        table, options, self._unit_columns = with_unit_column(sheet, table, options)
        self._sheet, self._table, self._options = sheet, table, options
        self._is_unit_column_unread = bool(options.unit_column) and not is_named
        self.sheet_name = sheet.name
        self._file_key = file_key(file, options)
        self.readings: list[Reading] = []
        self.rejected: list[RejectedItem] = []
        self.blanks: dict[tuple[str, datetime], dict[Record, str]] = {}  # the names of rows that have no value
        self.records: list[Record] = []  # of each reading
        self.empty_cells = Counter[str]()  # by series
        self._numbers = NumberReader(options.notation())
        self._location = f"{shorten(file, 80)}: {sheet.name}!" if sheet.name else f"{shorten(file, 80)}: "
        self._columns = {template: self._column_of(heading) for template, heading in options.columns.items()}
        self._units = ColumnUnits(table, options)
        # A column that states its own unit is a comparison of what the rows measure.
        own = {name: unit for name in self._columns if (unit := self._units.own_unit(name))}
        self._own_units: Mapping[str, str] = own if self._is_unit_column_unread else options.units
        labels = [table.columns[heading] for heading in options.label_headings]
        self._merged = MergedCells(sheet, table.first_row, labels, self._columns.values())
        self._kinds = {column: kind for column, heading in table.others.items() if (kind := sensor_kind(heading))}
        self._rows = find_rows(sheet, table, options)
        self._shifted = ShiftedCells(sheet, table, self._rows.rows, options)
        self._changes = UnitChanges(sheet, table, self._rows.lines, self._units, options)
        self._readable = {  # the columns whose unit is known
            name: column
            for name, column in self._columns.items()
            if name not in self._units.faults and name not in self._changes.unread
        }
        self._with_percent = {  # columns in which a number without a percent sign may be a share
            column
            for column in self._columns.values()
            if any(is_percentage(self._merged.cell(row, column)) for row in self._rows.rows)
        }
        self._labels = RowLabels(sheet, table, self._merged, self._rows.rows, options, file_time)
        self._labels.find_date_order(stated_month(titles(sheet, table), sheet.name, file))

    def read(self, numbers: NumberReader) -> None:
        """Read all rows; the result of an earlier reading is discarded."""
        self._numbers = numbers
        self.readings, self.rejected = [], list(self._shared_values())
        self.blanks, self.records, self.empty_cells = {}, [], Counter()
        for fault in dict.fromkeys(self._units.faults.values()):
            self._reject(fault.row, fault.column, fault.failure, fault.text)
        for row in self._rows.undecided:
            self._reject(row, 0, Failure(SpreadsheetCode.COLUMN_NUMBERS), _joined(self._sheet.rows[row]))
        for row in self._rows.damaged:
            self._reject(row, 0, self._shifted.damage(cells := self._sheet.rows[row]), _joined(cells), self._columns)
        line = self._changes.below or 0
        for change in dict.fromkeys(self._changes.unread.values()):
            self._reject(line, 0, change, _joined(self._sheet.rows[line]))
        for row in self._rows.rows if len(self._changes.unread) < len(self._columns) else ():
            cells = self._sheet.rows[row]
            if row in self._changes.lines:
                continue
            if failure := self._shifted.failure(cells):
                self._reject(row, 0, failure, _joined(cells), self._columns)
            elif self._has_data(row):
                self._read_row(row)
            self._find_blanks(row)
        if below := sum(map(self._has_data, self._rows.below)):
            self._reject(self._rows.end, 0, Failure(self._rows.code, {"n": below}))

    def _shared_values(self) -> Iterator[RejectedItem]:
        """The merged values that may belong to several rows or columns, each once."""
        cells = ((row, column) for row in self._rows.rows for column in self._columns.values())
        ranges = filter(None, (self._merged.shared_value(*cell) for cell in cells))
        for merged in dict.fromkeys(ranges):
            if not self._applies_to_all(merged):
                top, left, bottom, right = merged
                cells_text = f"{cell_address(top, left)}:{cell_address(bottom, right)}"
                failure = Failure(SpreadsheetCode.VALUE_MERGED, {"cells": cells_text})
                inside = [name for name, column in self._columns.items() if left <= column <= right]
                unread = [one for row in self._rows.rows if top <= row <= bottom for one in self._unread(row, inside)]
                yield self._rejected(top, left, failure, self._merged.cell(top, left), unread)

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

    def _read_row(self, row: int) -> None:
        try:
            name, observed = self._labels.name(row), self._labels.time(row)
        except RowError as error:
            self._reject_row(row, error)
            return
        cells = {template: self._value_cell(row, column) for template, column in self._readable.items()}
        filled = {template: cell for template, cell in cells.items() if cell is not None}
        record, sensor = (self._location, self._merged.record(row)), self._sensor(row)
        for template, unit in self._units_of_row(row, filled, name).items():
            series = self._series(template, name.key)
            is_of_row = template not in self._own_units and self._labels.names_unit(row, name)
            reading = self._read_value(row, template, filled[template], unit, is_of_row)
            if reading is None:
                continue
            number, unit = reading
            named = None if unit else self._changes.in_comments.get((row, template)) or self._units.named_unit(template)
            names_unit = None if not unit or self._units.is_of_source(template, unit) else True
            place, text = self._location + cell_address(row, self._columns[template]), _text(filled[template])
            unread = Reading(series, observed, None, name=name.spelling, sensor=sensor, place=place)
            self.readings.append(unread.with_value(number, unit, names_unit, named, text=text))
            self.records.append(record)
            if number is None:
                self._note_blank(row, series, observed, name)

    def _find_blanks(self, row: int) -> None:
        """Note the series of a row whose cells are empty: another row of its name and time may give them."""
        empty = [
            template
            for template, column in self._columns.items()
            if self._merged.cell(row, column) is None and self._merged.shared_value(row, column) is None
        ]
        if not empty or not (self._options.label_headings or self._has_data(row)):
            return  # nothing tells that the row is one of data
        try:
            name, observed = self._labels.name(row), self._labels.time(row)
        except RowError:
            return
        for series in (self._series(template, name.key) for template in empty):
            self.empty_cells[series] += 1
            self._note_blank(row, series, observed, name)

    def _sensor(self, row: int) -> tuple[tuple[str, str], ...]:
        """What the columns that the row of the source does not read say of the station of a row."""
        texts = {column: displayed_text(self._merged.cell(row, column)) for column in self._kinds}
        return self._options.sensor(
            (self._table.others[column], texts[column])
            for column, kind in self._kinds.items()
            if kind == "key" or (kind == "name" and (texts[column].isdecimal() or any(map(str.isalpha, texts[column]))))
        )

    def _series(self, template: str, key: str) -> str:
        return self._options.series_key(template, key, self._file_key)

    def _note_blank(self, row: int, series: str, observed: datetime, name: RowName) -> None:
        self.blanks.setdefault((series, observed), {})[self._location, self._merged.record(row)] = name.spelling

    def _units_of_row(self, row: int, filled: Mapping[str, Cell], name: RowName) -> dict[str, str]:
        """The unit of each of the `filled` columns: by the options, else in the row, else that of the column."""
        if not self._options.unit_column:
            return self._units_by_label(row, filled, name)
        of_columns, units = self._own_units, dict[str, str]()
        try:
            is_needed = self._is_unit_column_unread or not filled.keys() <= of_columns.keys()
            stated = self._labels.unit(row, name) if is_needed else ""
        except RowError as error:
            if unstated := filled.keys() - of_columns.keys():
                self._reject_row(row, error, unstated)
            return {template: of_columns[template] for template in filled if template in of_columns}
        for template, cell in filled.items():
            try:
                self._check_unread(row, template, stated or name.unit)
                units[template] = of_columns.get(template) or self._units.unit_of_row(template, stated, name.unit)
            except ParseError as error:
                self._reject(row, self._columns[template], error.failure, cell, [template])
        return units

    def _check_unread(self, row: int, template: str, stated: str) -> None:
        """Raises ParseError where a column of units that the row does not name has another than it states, or two."""
        heading = shorten(" / ".join(heading_levels(self._options.unit_column)), _MAX_QUOTED)
        for column, other in self._unit_columns.items() if template not in self._own_units else ():
            unit = self._options.unit_of(displayed_text(self._merged.label(row, column)))
            if unit != stated and (are_different(unit, stated) or not (is_known_unit(unit) and is_known_unit(stated))):
                units = {"unit": written_unit(stated), "other": written_unit(unit)}
                texts = {"first": heading, "second": other, **units}
                quoted: dict[str, Parameter] = {name: shorten(text or "–", _MAX_QUOTED) for name, text in texts.items()}
                raise ParseError(Failure(SpreadsheetCode.UNIT_COLUMNS, {**quoted, "column": template}))
        declared = self._own_units.get(template) or self._options.unit
        is_other = declared and are_different(stated, declared) and not are_quantities(stated, declared)
        if self._is_unit_column_unread and is_other:
            quoted = {"heading": heading, "unit": written_unit(stated), "declared": declared}
            raise ParseError(Failure(SpreadsheetCode.UNIT_COLUMN_UNREAD, quoted))

    def _units_by_label(self, row: int, filled: Mapping[str, Cell], name: RowName) -> dict[str, str]:
        """The unit of each of the `filled` columns of a row that may name one in its label: “Sản lượng (tấn)”."""
        if not name.unit and row not in self._changes.failures:
            return {template: self._units.unit(template) for template in filled}
        failures = {} if name.unit else self._changes.failures[row]
        rightmost_first = sorted(failures.keys() & filled.keys(), key=self._columns.__getitem__, reverse=True)
        for failure, column in {failures[name]: self._columns[name] for name in rightmost_first}.items():
            changed = [name for name in rightmost_first if failures[name] == failure]
            self._reject(row, column, failure, name.label, changed)
        units: dict[str, str] = {}
        for template, cell in filled.items():
            try:
                if template not in failures:
                    units[template] = self._units.unit_of_label(template, "" if is_percentage(cell) else name.unit)
            except ParseError as error:
                self._reject(row, self._columns[template], error.failure, cell, [template])
        return units

    def _read_value(
        self, row: int, template: str, cell: Cell, unit: str, is_of_row: bool
    ) -> tuple[float | None, str] | None:
        """The number of a cell and its unit; None for one that is rejected. `is_of_row`: the row names `unit`."""
        column = self._columns[template]
        try:
            number, unit, is_unit_known = read_value(
                cell, unit, self._numbers, str(column), self._options, is_of_row=is_of_row
            )
            if not is_unit_known:
                text = shorten(str(cell), _MAX_QUOTED)
                raise ParseError(SpreadsheetCode.NUMBER_WITHOUT_UNIT, text=text, column=template)
            if number and column in self._with_percent and may_be_share(cell, number, unit, self._options):
                raise ParseError(SpreadsheetCode.PERCENT_MIXED, text=shorten(str(cell), _MAX_QUOTED))
        except ParseError as error:
            self._reject(row, column, error.failure, cell, [template])
            return None
        return number, unit

    def _unread(self, row: int, templates: Iterable[str]) -> Iterator[Reading]:
        """The readings of a row whose values cannot be read, as far as it has a name and a time."""
        with suppress(RowError):
            name, observed = self._labels.name(row), self._labels.time(row)
            for template in templates:
                series = self._series(template, name.key)
                yield Reading(series, observed, None, name=name.spelling, sensor=self._sensor(row))

    def _reject_row(self, row: int, error: RowError, templates: Iterable[str] = ()) -> None:
        column = self._column_of(error.heading) if error.heading else min(self._columns.values())
        cell = _joined(self._sheet.rows[row]) if error.cell is None else error.cell  # what names its station
        self._reject(row, column, error.failure, cell, templates)

    def _reject(
        self, row: int, column: int, failure: Failure, cell: Cell = None, templates: Iterable[str] = ()
    ) -> None:
        """`templates`: the series of the row whose values are not read."""
        self.rejected.append(self._rejected(row, column, failure, cell, self._unread(row, templates)))

    def _rejected(self, row: int, column: int, failure: Failure, cell: Cell, unread: Iterable[Reading]) -> RejectedItem:
        sample = "" if cell is None else shorten(str(cell), 120)
        return RejectedItem(self._location + cell_address(row, column), failure, sample, tuple(unread))


def _text(cell: Cell) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _joined(cells: Sequence[Cell]) -> str:
    return " | ".join("" if cell is None else str(cell) for cell in cells)
