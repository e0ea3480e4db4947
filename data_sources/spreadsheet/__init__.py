"""Spreadsheets in a watched folder: xlsx, ods, xls and text. Columns are found by their headings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import accumulate
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from data_sources import _files
from data_sources._mapping import SeriesName, options_of
from data_sources.spreadsheet.cell_time import cell_time
from data_sources.spreadsheet.cell_value import cell_fault, read_value
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.legacy_fonts import UndecidedText
from data_sources.spreadsheet.options import Heading, Options, heading_levels
from data_sources.spreadsheet.table_header import TableHeader, displayed_text, find_header, nearest_header
from data_sources.spreadsheet.workbook import Cell, Sheet, read_sheets
from ioc.domain.base.failure import Failure, FailureError, Parameter
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp, slugify
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The files that changed since the last poll. Raises SourceError."""
    options = options_of(source, Options)
    return await _files.fetch(source, context, _files.WatchSpec(options.glob, options.settle))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The rows of all files; invalid files, sheets and cells are rejected items. Raises SourceError when all are."""
    return _files.parse_files(payload, partial(_read_file, options_of(source, Options)))


def _read_file(options: Options, page: ResponsePage, readings: list[Reading], rejected: list[RejectedItem]) -> None:
    _files.check_size(page)
    book = read_sheets(page, options.encoding, options.delimiter)
    required = options.required_headings()
    rejected += [
        RejectedItem(f"{page.address[:80]}: {name}", Failure(SpreadsheetCode.SHEET_MISSING))
        for name in sorted(set(options.sheets) - {sheet.name for sheet in book})
    ]
    sheets = [sheet for sheet in book if not options.sheets or sheet.name in options.sheets]
    tables = [(sheet, find_header(sheet, required)) for sheet in sheets]
    for sheet, table in tables:
        if table and table.repeated:
            rejected.append(RejectedItem(f"{page.address[:80]}: {sheet.name}", _repeated_heading(table)))
        elif table:
            reader = _TableReader(page, sheet, table, options)
            options.read_numbers(reader.read)
            readings += reader.readings
            rejected += reader.rejected
        elif options.sheets:
            rejected.append(RejectedItem(f"{page.address[:80]}: {sheet.name}", _missing_headings([sheet], required)))
    if not any(table for _, table in tables):
        raise SourceError(_missing_headings(sheets, required))


def _missing_headings(sheets: list[Sheet], required: list[tuple[str, ...]]) -> Failure:
    """The failure with the headings that the sheets do not have, and those that they have where most are found."""
    nearest = nearest_header(sheets, required)
    missing = [" / ".join(heading) for heading in nearest.missing]
    params: dict[str, Parameter] = {"headings": _quoted(missing, 120), "found": _quoted(nearest.headings, 200) or "–"}
    return Failure(SpreadsheetCode.HEADINGS_MISSING, params)


def _quoted(headings: list[str], limit: int) -> str:
    """The headings, each in quotes, as many as `limit` characters hold."""
    names = [f"“{heading[:40]}”" for heading in headings]
    ends = list(accumulate(len(name) + 2 for name in names))
    fitting = sum(end <= limit for end in ends)
    return ", ".join([*names[:fitting], "…"] if fitting < len(names) else names)


def _repeated_heading(table: TableHeader) -> Failure:
    heading, columns = next(iter(table.repeated.items()))
    names = ", ".join(cell_address(table.first_row, column).rstrip("0123456789") for column in columns)
    return Failure(SpreadsheetCode.HEADING_REPEATED, {"heading": " / ".join(heading)[:80], "columns": names})


class _TableReader:
    """Reads one table: its `readings`, and `rejected` items for invalid cells."""

    def __init__(self, page: ResponsePage, sheet: Sheet, table: TableHeader, options: Options) -> None:
        self._sheet, self._table, self._options = sheet, table, options
        self.readings: list[Reading] = []
        self.rejected: list[RejectedItem] = []
        self._numbers = NumberReader(options.notation())
        self._zone = ZoneInfo(options.zone)
        self._file = page.address
        self._location = f"{page.address[:80]}: {sheet.name}!" if sheet.name else f"{page.address[:80]}: "
        self._words = frozenset((*options.missing, *options.numbers))
        self._end_markers = tuple(displayed_text(text).casefold() for text in options.ends)
        self._columns = {
            template: table.columns[heading_levels(heading)] for template, heading in options.columns.items()
        }
        self._merged_tops = _merged_tops(sheet)
        # Of text files: a decimal comma that is the separator too gives a row more cells than there are headings.
        self._heading_width = max(map(_length, sheet.rows[: table.first_row]), default=0)

    def read(self, numbers: NumberReader) -> None:
        """Read all rows; the result of an earlier reading is discarded."""
        self._numbers = numbers
        self.readings, self.rejected = [], []
        for row in range(self._table.first_row, len(self._sheet.rows)):
            cells = self._sheet.rows[row]
            first = next((displayed_text(cell).casefold() for cell in cells if cell is not None), "")
            if self._end_markers and first.startswith(self._end_markers):
                self._report_rows_below(row)
                return
            if not self._sheet.name and (length := _length(cells)) > self._heading_width:
                failure = Failure(SpreadsheetCode.ROW_TOO_LONG, {"n": length, "width": self._heading_width})
                self.rejected.append(RejectedItem(self._location + cell_address(row, 0), failure, str(cells[0])[:120]))
            elif self._has_data(row):
                self._read_row(row)

    def _has_data(self, row: int) -> bool:
        return any(self._cell(row, column) is not None for column in self._columns.values())

    def _report_rows_below(self, end: int) -> None:
        below = sum(self._has_data(row) for row in range(end + 1, len(self._sheet.rows)))
        if below:
            failure = Failure(SpreadsheetCode.ROWS_BELOW_END, {"n": below})
            self.rejected.append(RejectedItem(self._location + cell_address(end, 0), failure))

    def _cell(self, row: int, column: int) -> Cell:
        cells = self._sheet.rows[row]
        return cells[column] if column < len(cells) else None

    def _label_cell(self, row: int, heading: Heading) -> Cell:
        """A cell with the name, time or unit of the row; it may be merged over several rows. Raises _RowError."""
        if not heading:
            return None
        column = self._table.columns[heading_levels(heading)]
        cell = self._cell(self._merged_tops.get((row, column), row), column)
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
            self._reject(row, error)
            return
        filled = {name: column for name, column in self._columns.items() if self._cell(row, column) is not None}
        units = {name: self._options.units[name] for name in filled if name in self._options.units}
        try:
            if len(units) < len(filled):
                units = dict.fromkeys(filled, self._row_unit(row)) | units
        except _RowError as error:
            self._reject(row, error)
        for template, unit in units.items():
            series = SeriesName(template.replace("{name}", key), template.replace("{name}", label))
            self._read_value(row, filled[template], series, unit, observed)

    def _row_name(self, row: int) -> tuple[str, str]:
        """What stands for {name} in a series key and in its name."""
        cell = self._label_cell(row, self._options.name)
        label = "" if cell is None else _cell_text(cell)
        key = self._options.names.get(label.strip(), "") or slugify(label)
        if self._options.name and not key:
            raise _RowError(self._options.name, Failure(SpreadsheetCode.ROW_NAME_MISSING), cell)
        return key, label

    def _row_unit(self, row: int) -> str:
        """The unit of the row, which a unit for a whole column precedes."""
        options = self._options
        if not options.unit_column:
            return options.unit
        cell = self._label_cell(row, options.unit_column)
        unit = options.unit_of(displayed_text(cell))
        if cell is None and not options.unit and "" not in options.units:
            heading = " / ".join(heading_levels(options.unit_column))[:80]
            raise _RowError(options.unit_column, Failure(SpreadsheetCode.UNIT_MISSING, {"heading": heading}), cell)
        return unit or options.unit

    def _row_time(self, row: int) -> datetime:
        options = self._options
        time = self._label_cell(row, options.time)
        clock = self._label_cell(row, options.clock)
        if options.clock and clock is None:
            raise _RowError(options.clock, Failure(ParseCode.TIME_MISSING), clock)
        try:
            if options.name_time:
                return parse_timestamp(PurePosixPath(self._file).name, options.name_time, self._zone)
            return cell_time(time, clock, self._zone, options.day_first)
        except ParseError as error:
            raise _RowError(options.time, error.failure, time) from None

    def _read_value(self, row: int, column: int, series: SeriesName, unit: str, observed: datetime) -> None:
        cell = self._cell(row, column)
        try:
            number, unit = read_value(cell, unit, self._numbers, str(column), self._words)
            self.readings.append(Reading(series.key, observed, number, unit, name=series.name))
        except ParseError as error:
            location = self._location + cell_address(row, column)
            self.rejected.append(RejectedItem(location, error.failure, str(cell)[:120]))

    def _reject(self, row: int, error: "_RowError") -> None:
        column = self._table.columns[heading_levels(error.heading)] if error.heading else min(self._columns.values())
        sample = "" if error.cell is None else str(error.cell)[:120]
        self.rejected.append(RejectedItem(self._location + cell_address(row, column), error.failure, sample))


class _RowError(FailureError):
    """The name, the time or the unit of a row cannot be read from the `cell` below `heading`."""

    def __init__(self, heading: Heading, failure: Failure, cell: Cell) -> None:
        super().__init__(failure)
        self.heading, self.cell = heading, cell


def _length(cells: Sequence[Cell]) -> int:
    """The number of cells up to the last one that is not empty."""
    return next((n for n in range(len(cells), 0, -1) if cells[n - 1] is not None), 0)


def _cell_text(cell: Cell) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _merged_tops(sheet: Sheet) -> Mapping[tuple[int, int], int]:
    """(row, column) of cells in the first column of a merged range -> the row that has its text."""
    return dict(_merged_below(sheet))


def _merged_below(sheet: Sheet) -> Iterator[tuple[tuple[int, int], int]]:
    for top, left, bottom, _ in sheet.merged or ():
        for row in range(top + 1, min(bottom, len(sheet.rows) - 1) + 1):
            yield (row, left), top


def cell_address(row: int, column: int) -> str:
    """The name of a cell as spreadsheets write it: (6, 2) is C7."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
