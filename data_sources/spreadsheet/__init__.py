"""Spreadsheets in a watched folder: xlsx, ods, xls and text. Columns are found by their headings."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from data_sources import _files
from data_sources._mapping import SeriesName, options_of
from data_sources.spreadsheet.cell_time import cell_time
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.legacy_fonts import UndecidedText
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.table_header import MAX_ROWS_ABOVE, TableHeader, find_header, normalize_heading
from data_sources.spreadsheet.workbook import Cell, Sheet, read_sheets
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseError, parse_timestamp, slugify
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
            rejected.append(RejectedItem(f"{page.address[:80]}: {sheet.name}", _missing_headings(sheet, required)))
    if not any(table for _, table in tables):
        raise SourceError(_missing_headings(sheets[0] if len(sheets) == 1 else None, required))


def _missing_headings(sheet: Sheet | None, required: list[tuple[str, ...]]) -> Failure:
    """The failure with the headings that the sheet does not have; all of them when it has each somewhere."""
    present = {normalize_heading(cell) for row in (sheet.rows[:MAX_ROWS_ABOVE] if sheet else ()) for cell in row}
    missing = [heading for heading in required if normalize_heading(heading[-1]) not in present] or required
    names = ", ".join(f"“{' / '.join(heading)[:40]}”" for heading in missing[:5])
    return Failure(SpreadsheetCode.HEADINGS_MISSING, {"headings": names})


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
        self._end_markers = tuple(text.casefold() for text in options.ends)
        self._columns = {
            template: table.columns[heading_levels(heading)] for template, heading in options.columns.items()
        }
        self._merged_tops = _merged_tops(sheet)

    def read(self, numbers: NumberReader) -> None:
        """Read all rows; the result of an earlier reading is discarded."""
        self._numbers = numbers
        self.readings, self.rejected = [], []
        for row in range(self._table.first_row, len(self._sheet.rows)):
            cells = self._sheet.rows[row]
            first = next((normalize_heading(cell) for cell in cells if cell is not None), "")
            if self._end_markers and first.startswith(self._end_markers):
                return
            if any(self._cell(row, column) is not None for column in self._columns.values()):
                self._read_row(row)

    def _cell(self, row: int, column: int) -> Cell:
        cells = self._sheet.rows[row]
        return cells[column] if column < len(cells) else None

    def _merged_cell(self, row: int, heading: str | tuple[str, ...]) -> Cell:
        """A cell with the name or the time of the row; it may be merged over several rows."""
        column = self._table.columns[heading_levels(heading)]
        return self._cell(self._merged_tops.get((row, column), row), column)

    def _read_row(self, row: int) -> None:
        options = self._options
        key = label = ""
        if options.name:
            text = self._merged_cell(row, options.name)
            key = options.names.get(str(text).strip(), "")
            if not key and isinstance(text, UndecidedText):
                self._reject(row, options.name, Failure(SpreadsheetCode.TEXT_UNDECIDED), text)
                return
            label = "" if text is None else _cell_text(text)
            key = key or slugify(label)
            if not key:
                self._reject(row, options.name, Failure(SpreadsheetCode.ROW_NAME_MISSING), text)
                return
        try:
            observed = self._row_time(row)
        except ParseError as error:
            cell = self._merged_cell(row, options.time) if options.time else None
            self._reject(row, options.time, error.failure, cell)
            return
        for template, column in self._columns.items():
            unit = options.units.get(template, options.unit)
            series = SeriesName(template.replace("{name}", key), template.replace("{name}", label))
            self._read_value(row, column, series, unit, observed)

    def _row_time(self, row: int) -> datetime:
        options = self._options
        if options.name_time:
            return parse_timestamp(PurePosixPath(self._file).name, options.name_time, self._zone)
        clock = self._merged_cell(row, options.clock) if options.clock else None
        return cell_time(self._merged_cell(row, options.time), clock, self._zone, options.day_first)

    def _read_value(self, row: int, column: int, series: SeriesName, unit: str, observed: datetime) -> None:
        cell = self._cell(row, column)
        if cell is None:
            return
        try:
            number = self._numbers.number(cell, str(column))
            self.readings.append(Reading(series.key, observed, number, unit, name=series.name))
        except ParseError as error:
            location = self._location + cell_address(row, column)
            self.rejected.append(RejectedItem(location, error.failure, str(cell)[:120]))

    def _reject(self, row: int, heading: str | tuple[str, ...], failure: Failure, cell: Cell) -> None:
        column = self._table.columns[heading_levels(heading)] if heading else min(self._columns.values())
        sample = "" if cell is None else str(cell)[:120]
        self.rejected.append(RejectedItem(self._location + cell_address(row, column), failure, sample))


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
