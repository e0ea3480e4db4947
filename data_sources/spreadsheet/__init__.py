"""Spreadsheets in a watched folder: xlsx, ods, xls and text. Columns are found by their headings."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import accumulate
from zoneinfo import ZoneInfo

from data_sources import _files
from data_sources._mapping import options_of
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import file_text, file_time, is_of_other_time, table_of
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.same_moment import decided_readings
from data_sources.spreadsheet.sheet_process import Read, read_apart, workbook_process
from data_sources.spreadsheet.sheet_titles import TitledTable, find_titles, valued_series
from data_sources.spreadsheet.shifted_cells import heading_damage
from data_sources.spreadsheet.stated_time import columns_of_other_year, other_time_failure
from data_sources.spreadsheet.table_header import TableHeader, find_header, nearest_header
from data_sources.spreadsheet.table_reader import TableReader
from data_sources.spreadsheet.text_table import has_open_line, separator_fault
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.ingest.numbers import read_numbers
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The files that changed since the last poll. Raises SourceError."""
    options = options_of(source, Options)
    payload = await _files.fetch(source, context, _files.WatchSpec(options.glob, options.settle))
    may_mix = not (options.row_name or options.file_name or options.uses_file)
    if may_mix and len({table_of(name, options) for name in context.memory}) > 1:
        _files.read_again(context)  # files that may be of several stations are read together
    pages = (replace(page, has_open_line=has_open_line(page.body)) for page in payload.pages)
    return replace(payload, pages=tuple(pages))


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The rows of all files; invalid files, sheets and cells are rejected items. Raises SourceError when all are."""
    options = options_of(source, Options)
    with workbook_process() as process:
        batch = _files.parse_files(payload, partial(_read_file, source, options, process.read))
    owner = partial(table_of, options=options)
    return _files.without_mixed_series(batch, payload, owner, SpreadsheetCode.FILES_OF_ONE_SERIES)


def _read_file(
    source: Source, options: Options, read: Read, page: ResponsePage, readings: list[Reading],
    rejected: list[RejectedItem],
) -> None:  # fmt: skip
    """Add the rows of a file."""
    _files.check_size(page)
    choice = _SheetChoice(options.sheets)
    sheets = read_apart(page, read, options.encoding, options.delimiter, choice.choose)
    if sheets and sheets[0].delimiter and page.has_open_line and not options.unended_line:
        rejected += _take_last_line(sheets[0].rows, page)
    file_text(page.address, options)  # it must follow the pattern
    moment = file_time(page.address, options)
    local = moment and moment.astimezone(ZoneInfo(options.zone))
    has_month = any(directive in options.name_time for directive in ("%m", "%b", "%B", "%j"))
    rejected += [
        RejectedItem(f"{shorten(page.address, 80)}: {name}", failure) for name, failure in choice.missing.items()
    ]
    titled: list[TitledTable] = []
    tables = [(sheet, find_header(sheet, options)) for sheet in sheets]
    for sheet, table in tables:
        others = columns_of_other_year(sheet, table, local, options) if table else {}
        of_time = {name: heading for name, heading in options.columns.items() if name not in others}
        read_options = options.model_copy(update={"columns": of_time})
        if table and not options.sheets and is_of_other_time(sheet.name, local):
            failure = Failure(SpreadsheetCode.SHEET_OTHER_TIME, {"sheet": shorten(sheet.name, 80)})
            rejected.append(RejectedItem(f"{shorten(page.address, 80)}: {sheet.name}", failure))
        elif table and (other := other_time_failure(sheet, table, local, read_options, has_month=has_month)):
            rejected.append(RejectedItem(f"{shorten(page.address, 80)}: {sheet.name}", other))
        elif table and (fault := heading_damage(sheet, table) or _heading_fault(table, options)):
            rejected.append(RejectedItem(f"{shorten(page.address, 80)}: {sheet.name}", fault))
        elif table:
            location = f"{shorten(page.address, 80)}: {sheet.name}"
            rejected += [RejectedItem(location, failure) for failure in dict.fromkeys(others.values())]
            if not of_time:
                continue
            reader = TableReader(page.address, moment, sheet, table, read_options)
            read_numbers(reader.read, options.notation())  # a column has one writer
            titled.append(TitledTable(reader, find_titles(sheet, table, read_options)))
            rejected += reader.rejected
        elif options.sheets:
            rejected.append(
                RejectedItem(f"{shorten(page.address, 80)}: {sheet.name}", _missing_headings([sheet], options))
            )
    if not any(table for _, table in tables):
        raise SourceError(_missing_headings(sheets, options))
    decided, undecided = decided_readings(
        titled, are_one_table=bool(options.sheets), may_repeat=source.duplicates is not None
    )
    readings += decided
    rejected += undecided
    _note_tables([one.reader for one in titled], decided, source, options)


def _take_last_line(rows: list[list[Cell]], page: ResponsePage) -> list[RejectedItem]:
    """The last line of a text file, which its program may not have written to its end: it comes once it is whole."""
    cells = rows.pop() if len(rows) > 1 else []
    location, failure = f"{shorten(page.address, 80)}: ", Failure(SpreadsheetCode.LINE_NOT_ENDED)
    text = shorten(" ".join(str(cell) for cell in cells if cell), 120)
    return [RejectedItem(location + cell_address(len(rows), 0), failure, text)] if any(cells) else []


def _note_tables(readers: Sequence[TableReader], decided: Sequence[Reading], source: Source, options: Options) -> None:
    """Note from which sheets of a file values of the row's series came, and how many cells are empty."""
    declared = source.polled_series().keys()
    kept = {id(reading) for reading in decided if reading.series in declared and reading.value is not None}
    options.note_sheets(reader.sheet_name for reader in readers if any(id(one) in kept for one in reader.readings))
    options.note_empty_cells(_count_empty_cells(readers, declared))


def _count_empty_cells(readers: Sequence[TableReader], declared: Collection[str]) -> int:
    """The empty cells of a file whose series the row declares and the file has other values for."""
    counted = {series for reader in readers for series in valued_series(reader)}.intersection(declared)
    return sum(n for reader in readers for series, n in reader.empty_cells.items() if series in counted)


class _SheetChoice:
    """The sheets that the row names, all where it names none. `missing`: a failure for each that the file lacks."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self.missing: dict[str, Failure] = {}

    def choose(self, names: Sequence[str]) -> Iterable[str]:
        """Those of `names` that are wanted. Raises SourceError when the file has none of them."""
        if not self._wanted:
            return names
        failure = Failure(SpreadsheetCode.SHEET_MISSING, {"sheets": _quoted(list(names), 200) or "–"})
        known = {displayed_text(name): name for name in names} | {name: name for name in names}
        found = {name: known.get(name, known.get(displayed_text(name))) for name in self._wanted}
        chosen = dict.fromkeys(name for name in found.values() if name is not None)
        if not chosen:
            raise SourceError(failure)
        self.missing = {name: failure for name in sorted(found) if found[name] is None}
        return chosen


def _missing_headings(sheets: list[Sheet], options: Options) -> Failure:
    """The failure with the headings that the sheets do not have, and those that they have where most are found.

    Of a text file whose columns nothing separates it says that.
    """
    required = options.required_headings()
    lowest = [levels[-1] for levels in required]
    for sheet in sheets:
        if sheet.delimiter and (fault := separator_fault(sheet.rows, lowest, sheet.delimiter, options.delimiter)):
            return fault
    nearest = nearest_header(sheets, required)
    missing = [" / ".join(heading) for heading in nearest.missing]
    params: dict[str, Parameter] = {
        "headings": _quoted(missing, 120),
        "found": _quoted(list(dict.fromkeys(nearest.headings)), 200) or "–",
    }
    return Failure(SpreadsheetCode.HEADINGS_MISSING, params)


def _quoted(headings: list[str], limit: int) -> str:
    """The headings, each in quotes, as many as `limit` characters hold."""
    names = [f"“{shorten(heading, 40)}”" for heading in headings]
    ends = list(accumulate(len(name) + 2 for name in names))
    fitting = sum(end <= limit for end in ends)
    return ", ".join([*names[:fitting], "…"] if fitting < len(names) else names)


def _heading_fault(table: TableHeader, options: Options) -> Failure | None:
    """Why it is not certain which column is meant; None where it is."""
    if table.name_heading:
        params: dict[str, Parameter] = {"column": options.name_column, "heading": shorten(table.name_heading, 80)}
        return Failure(SpreadsheetCode.NAME_COLUMN_HEADED, params)
    return _repeated_heading(table) if table.repeated else None


def _repeated_heading(table: TableHeader) -> Failure:
    heading, columns = next(iter(table.repeated.items()))
    names = ", ".join(cell_address(table.first_row, column).rstrip("0123456789") for column in columns)
    return Failure(SpreadsheetCode.HEADING_REPEATED, {"heading": shorten(" / ".join(heading), 80), "columns": names})
