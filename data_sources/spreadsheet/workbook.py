"""Reading of a file as sheets of cells; its kind is recognised by its content, never by its name."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from types import MappingProxyType
from typing import Any
from zipfile import ZipFile

from data_sources.spreadsheet import zip_guard
from data_sources.spreadsheet.error_cells import ErrorCells
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.legacy_fonts import Run, decode_cells, split_runs
from data_sources.spreadsheet.number_format import displayed_number, number_display
from data_sources.spreadsheet.ods_details import read_ods_details
from data_sources.spreadsheet.sheet_details import (
    EPOCH_1900,
    EPOCH_1904,
    MAX_MERGED,
    CellDetail,
    CellRange,
    SheetDetails,
    count_merged,
    merged_in_grid,
)
from data_sources.spreadsheet.text_table import decode_table, read_text_table
from data_sources.spreadsheet.xlsx_details import read_xlsx_details
from data_sources.spreadsheet.zip_guard import SOURCE_LIMITS, SheetLimits
from ioc.domain.base.text import shorten
from ioc.domain.ingest.packed import BIFF_SIGNATURES
from ioc.domain.ingest.protocol import ResponsePage, SourceError

Cell = None | str | float | bool | date | datetime | time | timedelta
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_QUOTED = 80  # characters of a message of a reader
# Of the names of the visible sheets those to read, in the order in which they are wanted; no other one is read.
ChooseSheets = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells from A1 on. `merged`: ranges that begin in them, from the top down; None without any.

    `epoch`: of numbers of days. `delimiter`: between the cells of a text file, "" of a workbook. `comments`: of cells,
    by row and column.

    A cell with an error has its name as text: #DIV/0!. A number whose format displays another one is a PercentNumber, a
    ScaledNumber or an UnclearNumber, a formula without a value an UncalculatedFormula.
    """

    name: str
    rows: list[list[Cell]]
    merged: tuple[CellRange, ...] | None = None
    epoch: date = EPOCH_1900
    delimiter: str = ""
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)


def is_workbook(body: bytes) -> bool:
    """Whether a file is packed or an old workbook: read, it may need far more memory than its size."""
    return body.startswith((b"PK", _OLE_MAGIC, *BIFF_SIGNATURES))


def read_sheets(
    page: ResponsePage,
    encoding: str = "",
    delimiter: str = "",
    choose: ChooseSheets = list,
    limits: SheetLimits = SOURCE_LIMITS,
) -> list[Sheet]:
    """The chosen visible sheets of a workbook, or the table of a text file as a sheet "". Raises SourceError.

    A hostile workbook may end the process: sheet_process.py. `encoding`, `delimiter`: of text; "": detected.
    """
    body = page.body
    if not body.strip():
        raise SourceError(SpreadsheetCode.FILE_EMPTY)
    if body.startswith(b"PK"):
        return _bounded(_read_zipped(body, choose, limits.cells), limits)
    if is_workbook(body):
        return _bounded(_read_xls(body, choose), limits)
    head = body[:500].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise SourceError(SpreadsheetCode.HTML_OR_XML)
    if not list(choose([""])):
        return []
    texts, delimiter = read_text_table(decode_table(page, encoding), delimiter)
    rows: list[list[Cell]] = [list(cells) for cells in texts]
    if not encoding:
        _decode_texts(rows)
    sheet = Sheet("", rows, delimiter=delimiter)
    return [sheet] if limits is SOURCE_LIMITS else _bounded([sheet], limits)


def _read_zipped(body: bytes, choose: ChooseSheets, max_cells: int) -> Iterator[Sheet]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    body = zip_guard.check(body, max_cells)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(body))
        _refuse_repeated([metadata.name for metadata in book.sheets_metadata])
        visible = [
            metadata.name
            for metadata in book.sheets_metadata
            if metadata.visible == SheetVisibleEnum.Visible and metadata.typ == SheetTypeEnum.WorkSheet
        ]
        chosen = list(choose(visible))
        details, sheets = _read_details(body, chosen), ErrorCells(book, body)
        for name in chosen:
            yield _sheet_from_calamine(name, sheets.sheet(name), details.get(name))
    except SourceError:
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise SourceError(SpreadsheetCode.WORKBOOK_UNREADABLE, external=shorten(str(error), _MAX_QUOTED)) from None
        raise


def _refuse_repeated(sheets: Sequence[str | int]) -> None:
    """SourceError when the file lists a sheet, by its name or place, more than once: each time would be read."""
    if len(set(sheets)) < len(sheets):
        raise SourceError(SpreadsheetCode.SHEET_REPEATED)


def _bounded(sheets: Iterable[Sheet], limits: SheetLimits) -> list[Sheet]:
    """The sheets, read one by one. Raises SourceError for too many cells, characters, or cells under merged ranges.

    An empty row counts as a cell.
    """
    read: list[Sheet] = []
    cells = characters = merged = 0
    for sheet in sheets:
        cells += sum(len(row) or 1 for row in sheet.rows)
        if cells > limits.cells:
            raise SourceError(SpreadsheetCode.TOO_MANY_CELLS, limit=limits.cells)
        characters += sum(len(cell) for row in sheet.rows for cell in row if isinstance(cell, str))
        if characters > limits.characters:
            raise SourceError(SpreadsheetCode.TOO_MUCH_TEXT, limit=limits.characters)
        merged += count_merged(sheet.merged or (), len(sheet.rows), _width(sheet.rows))
        if merged > MAX_MERGED:
            raise SourceError(SpreadsheetCode.TOO_MANY_MERGED, limit=MAX_MERGED)
        read.append(sheet)
    return read


def _read_details(body: bytes, names: Collection[str]) -> Mapping[str, SheetDetails]:
    with ZipFile(BytesIO(body)) as book:
        return read_xlsx_details(book, names) if "xl/workbook.xml" in book.namelist() else read_ods_details(book)


def _sheet_from_calamine(name: str, sheet: Any, details: SheetDetails | None) -> Sheet:
    rows = [[None if cell == "" else cell for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    merged = [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    details = details or SheetDetails()
    _decode_texts(rows)
    _add_details(rows, details.cells)
    in_grid = merged_in_grid(merged or details.merged, len(rows), _width(rows))
    return Sheet(name, rows, in_grid or None, details.epoch, comments=details.comments)


def _width(rows: list[list[Cell]]) -> int:
    return max(map(len, rows), default=0)


def _add_details(rows: list[list[Cell]], details: Sequence[CellDetail]) -> None:
    for top, left, bottom, right, text, display in details:
        if text is not None:
            _extend_to(rows, top, left)
        for row in rows[top : bottom + 1]:
            for column in range(left, min(right + 1, len(row))):
                cell = row[column]
                if text is not None:
                    row[column] = text
                elif isinstance(cell, float | int) and not isinstance(cell, bool):
                    row[column] = displayed_number(cell, display)


def _extend_to(rows: list[list[Cell]], row: int, column: int) -> None:
    """Make room for a cell, which the reader left out of the grid when nothing beyond it has a value."""
    if (row + 1) * (column + 1) <= zip_guard.MAX_CELLS:
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [None] * (column + 1 - len(rows[row]))


def _decode_texts(rows: list[list[Cell]], runs: Mapping[tuple[int, int], Sequence[Run]] = MappingProxyType({})) -> None:
    """Decode the texts of a sheet that are in an encoding before Unicode. `runs`: of cells with fonts."""
    texts = {}
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if not isinstance(cell, str):
                continue
            if (r, c) in runs or not cell.isascii():
                texts[r, c] = cell
            elif not cell.strip():  # an ASCII text without a font is the same in every encoding
                row[c] = None
    decoded = decode_cells([runs.get(at, [(text, "")]) for at, text in texts.items()])
    for (r, c), text in zip(texts, decoded, strict=True):
        rows[r][c] = text if text.strip() else None


def _read_xls(body: bytes, choose: ChooseSheets) -> Iterator[Sheet]:
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=body, formatting_info=True, ragged_rows=True, on_demand=True, logfile=StringIO()
        )
        if book.nsheets > zip_guard.MAX_SHEETS:
            raise SourceError(SpreadsheetCode.TOO_MANY_SHEETS, limit=zip_guard.MAX_SHEETS)
        # xlrd names the places of the sheets in the file nowhere else; -1 is an unknown one.
        _refuse_repeated([place for place in book._sh_abs_posn if place >= 0])
        yield from _chosen_xls_sheets(book, choose)
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 — the reader lets any error of a broken file through
        if "encrypted" in str(error):  # xlrd has no class or code for this
            raise SourceError(SpreadsheetCode.LOCKED) from None
        raise SourceError(SpreadsheetCode.OLD_WORKBOOK_UNREADABLE, kind=type(error).__name__) from None


def _chosen_xls_sheets(book: Any, choose: ChooseSheets) -> Iterator[Sheet]:
    """The chosen sheets, of which xlrd holds one at a time."""
    # xlrd tells elsewhere whether a sheet is visible only once it has read it.
    visible = [name for name, hidden in zip(book.sheet_names(), book._sheet_visibility, strict=True) if not hidden]
    for name in choose(visible):
        yield _sheet_from_xlrd(book, book.sheet_by_name(name))
        book.unload_sheet(name)


def _sheet_from_xlrd(book: Any, sheet: Any) -> Sheet:
    import xlrd

    rows = [[_xls_cell(book, sheet.cell(r, c)) for c in range(sheet.row_len(r))] for r in range(sheet.nrows)]
    texts = [
        (r, c) for r, row in enumerate(rows) for c in range(len(row)) if sheet.cell_type(r, c) == xlrd.XL_CELL_TEXT
    ]
    _decode_texts(rows, {(r, c): _xls_runs(book, sheet, r, c) for r, c in texts})
    ranges = ((top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells)
    merged = merged_in_grid(ranges, len(rows), _width(rows))
    details = SheetDetails(epoch=EPOCH_1904 if book.datemode else EPOCH_1900)
    for (row, column), note in sorted(sheet.cell_note_map.items()):
        details.add_comment(row, column, str(note.text), str(note.author))
    return Sheet(sheet.name, rows, merged, details.epoch, comments=details.comments)


def _xls_runs(book: Any, sheet: Any, r: int, c: int) -> list[Run]:
    """The text of a cell by its fonts."""
    fonts, cell = book.font_list, sheet.cell(r, c)
    starts = [(start, fonts[index].name) for start, index in sheet.rich_text_runlist_map.get((r, c), ())]
    return split_runs(str(cell.value), fonts[book.xf_list[cell.xf_index].font_index].name, starts)


def _xls_cell(book: Any, cell: Any) -> Cell:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(cell.value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, book.datemode)  # type: ignore[no-any-return]
        except (ValueError, OverflowError):
            return float(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#VALUE!")  # type: ignore[no-any-return]
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype != xlrd.XL_CELL_NUMBER:
        return None
    number_format = book.format_map.get(book.xf_list[cell.xf_index].format_key)
    return displayed_number(cell.value, number_display(number_format.format_str) if number_format else None)
