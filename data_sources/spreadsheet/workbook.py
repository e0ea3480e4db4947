"""A file's bytes as sheets of cells, whatever kind of file it is: told by its content, never by its name."""

import csv
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from typing import Any

from data_sources.spreadsheet import legacy_fonts, zip_guard
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_text, detect_utf16
from ioc.domain.ingest.protocol import ResponsePage, SourceError

Cell = None | str | float | bool | date | datetime | time | timedelta
CellRange = tuple[int, int, int, int]  # top, left, bottom, right; inclusive, from 0
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF_MAGIC = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x10\x00")
_DELIMITERS = ";\t,|"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid from A1 on. `merged` None: the kind of file cannot say."""

    name: str
    rows: list[list[Cell]]
    merged: tuple[CellRange, ...] | None = None


def read_sheets(page: ResponsePage, encoding: str = "", delimiter: str = "") -> list[Sheet]:
    """The visible sheets of a workbook, the one table of a text file. SourceError when it is neither."""
    body = page.body
    if not body.strip():
        raise SourceError(untyped("the file is empty"))
    if body.startswith(b"PK"):
        return _read_zipped(body)
    if body.startswith((_OLE_MAGIC, *_BIFF_MAGIC)):
        return _read_xls(body)
    head = body[:500].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise SourceError(untyped("the file is HTML or XML, not a spreadsheet: save it as xlsx"))
    return [Sheet("", _read_csv(_decode(page, encoding), delimiter))]


def _read_zipped(body: bytes) -> list[Sheet]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    zip_guard.check(body)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(body))
        shown = [
            one.name
            for one in book.sheets_metadata
            if one.visible == SheetVisibleEnum.Visible and one.typ == SheetTypeEnum.WorkSheet
        ]
        return [_sheet_from_calamine(name, book.get_sheet_by_name(name)) for name in shown]
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise SourceError(untyped(f"the workbook cannot be read: {str(error)[:80]}")) from None
        raise


def _sheet_from_calamine(name: str, sheet: Any) -> Sheet:
    rows = [[None if cell == "" else cell for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    merged = tuple((top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ())
    return Sheet(name, rows, merged or None)


def _read_xls(body: bytes) -> list[Sheet]:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=body, formatting_info=True, ragged_rows=True, logfile=StringIO())
        return [_sheet_from_xlrd(book, sheet) for sheet in book.sheets() if sheet.visibility == 0]
    except Exception as error:  # noqa: BLE001 — the reader lets any error of a broken file through
        why = "it is locked with a password" if "encrypted" in str(error) else type(error).__name__
        raise SourceError(untyped(f"the old workbook cannot be read: {why}")) from None


def _sheet_from_xlrd(book: Any, sheet: Any) -> Sheet:
    rows = [[_xls_cell(book, sheet, r, c) for c in range(sheet.row_len(r))] for r in range(sheet.nrows)]
    merged = tuple((top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells)
    return Sheet(sheet.name, rows, merged)


def _xls_cell(book: Any, sheet: Any, r: int, c: int) -> Cell:
    import xlrd

    cell = sheet.cell(r, c)
    if cell.ctype == xlrd.XL_CELL_TEXT:
        fonts = book.font_list
        runs = [(start, fonts[index].name) for start, index in sheet.rich_text_runlist_map.get((r, c), ())]
        return legacy_fonts.decode_runs(cell.value, fonts[book.xf_list[cell.xf_index].font_index].name, runs) or None
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, book.datemode)  # type: ignore[no-any-return]
        except (ValueError, OverflowError):
            return float(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERROR")  # type: ignore[no-any-return]
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return float(cell.value) if cell.ctype == xlrd.XL_CELL_NUMBER else None


def _decode(page: ResponsePage, encoding: str) -> str:
    if encoding in ("tcvn3", "vni"):
        text = page.body.decode("latin-1")
        return legacy_fonts.decode_tcvn3(text) if encoding == "tcvn3" else legacy_fonts.decode_vni(text)
    try:
        text = page.body.decode(encoding) if encoding else decode_text(page)
    except (UnicodeError, LookupError):
        raise SourceError(untyped(f"the file is not in {encoding}")) from None
    except SourceError:
        text = _decode_guessing(page.body)
    if "\0" in text:
        raise SourceError(untyped("the file is neither a workbook nor text"))
    return unicodedata.normalize("NFC", text)


def _decode_guessing(body: bytes) -> str:
    """Text in one of the code pages of Windows in Vietnam."""
    from charset_normalizer import from_bytes

    if detect_utf16(body):
        raise SourceError(untyped("the file's UTF-16 is broken"))
    best = from_bytes(body[:200_000], cp_isolation=["cp1258", "cp1252"]).best()
    # Without a verdict Windows-1258 it is: what Vietnamese Excel writes as "CSV".
    return body.decode(best.encoding if best else "cp1258", errors="replace")


def _read_csv(text: str, delimiter: str) -> list[list[Cell]]:
    try:
        found = csv.reader(StringIO(text, newline=""), delimiter=delimiter or _detect_delimiter(text))
        return [[cell.strip() or None for cell in row] for row in found]
    except csv.Error as error:
        raise SourceError(untyped(f"the file is no table of text: {str(error)[:80]}")) from None


def _detect_delimiter(text: str) -> str:
    """The sign that parts the most of the first lines into the same number of cells."""
    lines = [line for line in text[:20_000].splitlines()[:30] if line.strip()]
    counts = {sign: [len(next(csv.reader([line], delimiter=sign))) for line in lines] for sign in _DELIMITERS}

    def score(sign: str) -> int:
        wider = [n for n in counts[sign] if n > 1]
        usual = max(set(wider), key=wider.count, default=0)
        return wider.count(usual) * usual

    return max(_DELIMITERS, key=score)
