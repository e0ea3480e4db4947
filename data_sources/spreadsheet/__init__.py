"""Spreadsheets that departments drop into a folder: xlsx, ods, xls and text. A bad row goes aside, good ones stay."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from data_sources import _files
from data_sources._mapping import options_of
from data_sources.spreadsheet.cell_time import cell_time
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.table_header import TableHeader, find_header, normalize_heading
from data_sources.spreadsheet.workbook import Cell, Sheet, read_sheets
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.parsing import parse_timestamp, slugify
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The files that changed since the last poll."""
    options = options_of(source, Options)
    return await _files.fetch(source, world, _files.WatchSpec(options.glob, options.settle))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The rows of all files. A file, sheet or cell that cannot be read is refused; the others go on."""
    return _files.parse_files(payload, partial(_read_file, options_of(source, Options)))


def _read_file(options: Options, page: ResponsePage, readings: list[Reading], refused: list[RejectedItem]) -> None:
    _files.check_size(page)
    book = read_sheets(page, options.encoding, options.delimiter)
    wanted = options.required_headings()
    missing = set(options.sheets) - {one.name for one in book}
    refused += [
        RejectedItem(f"{page.address[:80]}: {name}", untyped("the sheet is not in the file"))
        for name in sorted(missing)
    ]
    tables = [(one, find_header(one, wanted)) for one in book if not options.sheets or one.name in options.sheets]
    for sheet, table in tables:
        if table:
            _TableReader(page, sheet, table, options, readings, refused).read()
        elif options.sheets:
            refused.append(
                RejectedItem(f"{page.address[:80]}: {sheet.name}", untyped(_missing_headings(sheet, wanted)))
            )
    if not any(table for _, table in tables):
        raise SourceError(
            untyped(_missing_headings(tables[0][0], wanted) if len(tables) == 1 else _missing_headings(None, wanted))
        )


def _missing_headings(sheet: Sheet | None, wanted: list[tuple[str, ...]]) -> str:
    """Which headings a sheet lacks."""
    held = {normalize_heading(cell) for row in (sheet.rows[:60] if sheet else ()) for cell in row}
    lacking = [" / ".join(one) for one in wanted if normalize_heading(one[-1]) not in held] or [
        " / ".join(one) for one in wanted
    ]
    return f"no table has the headings {', '.join(repr(one[:40]) for one in lacking[:5])}"


class _TableReader:
    """The rows of one table, each into readings or aside."""

    def __init__(
        self, page: ResponsePage, sheet: Sheet, table: TableHeader, options: Options,
        readings: list[Reading], refused: list[RejectedItem],
    ) -> None:  # fmt: skip
        self._sheet, self._table, self._options = sheet, table, options
        self._readings, self._refused = readings, refused
        self._zone = ZoneInfo(options.zone)
        self._file = page.address
        self._location = f"{page.address[:80]}: {sheet.name}!" if sheet.name else f"{page.address[:80]}: "
        self._end_markers = tuple(one.casefold() for one in options.ends)
        self._columns = {template: table.columns[heading_levels(one)] for template, one in options.columns.items()}
        self._merged_tops = _merged_tops(sheet)

    def read(self) -> None:
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
        """A cell that says whose or when the row is; it may be merged over several rows."""
        column = self._table.columns[heading_levels(heading)]
        return self._cell(self._merged_tops.get((row, column), row), column)

    def _read_row(self, row: int) -> None:
        options = self._options
        name = ""
        if options.name:
            text = self._merged_cell(row, options.name)
            name = options.names.get(str(text).strip(), "") or slugify("" if text is None else _cell_text(text))
            if not name:
                self._reject(row, options.name, "the name of the row is missing", text)
                return
        try:
            when = self._row_time(row)
        except ValueError as error:
            cell = self._merged_cell(row, options.time) if options.time else None
            self._reject(row, options.time, str(error), cell)
            return
        for template, column in self._columns.items():
            self._read_value(
                row, column, template.replace("{name}", name), options.units.get(template, options.unit), when
            )

    def _row_time(self, row: int) -> datetime:
        options = self._options
        if options.name_time:
            return parse_timestamp(PurePosixPath(self._file).name, options.name_time, self._zone)
        clock = self._merged_cell(row, options.clock) if options.clock else None
        return cell_time(self._merged_cell(row, options.time), clock, self._zone, options.day_first)

    def _read_value(self, row: int, column: int, series: str, unit: str, when: datetime) -> None:
        cell = self._cell(row, column)
        if cell is None:
            return
        try:
            self._readings.append(Reading(series, when, self._options.number(cell), unit))
        except ValueError as error:
            self._refused.append(
                RejectedItem(self._location + cell_address(row, column), untyped(str(error)), str(cell)[:120])
            )

    def _reject(self, row: int, heading: str | tuple[str, ...], reason: str, cell: Cell) -> None:
        column = self._table.columns[heading_levels(heading)] if heading else min(self._columns.values())
        sample = "" if cell is None else str(cell)[:120]
        self._refused.append(RejectedItem(self._location + cell_address(row, column), untyped(reason), sample))


def _cell_text(cell: Cell) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _merged_tops(sheet: Sheet) -> Mapping[tuple[int, int], int]:
    """For the cells of columns merged downwards, the row where their text stands."""
    return dict(_merged_below(sheet))


def _merged_below(sheet: Sheet) -> Iterator[tuple[tuple[int, int], int]]:
    for top, left, bottom, _ in sheet.merged or ():
        for row in range(top + 1, min(bottom, len(sheet.rows) - 1) + 1):
            yield (row, left), top


def cell_address(row: int, column: int) -> str:
    """A cell's name as spreadsheets write it: (6, 2) is C7."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
