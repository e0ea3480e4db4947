"""Makes workbooks for the tests: the fixtures of a spreadsheet are written, not recorded."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl  # type: ignore[import-untyped]
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[Any]]


def xlsx(sheets: dict[str, Rows], merged: Sequence[str] = ()) -> bytes:
    """A workbook; `merged` are ranges of its first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for one in merged:
        book.worksheets[0].merge_cells(one)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Sequence[Sequence[tuple[Any, str]]], name: str = "Bieu 1") -> bytes:
    """An old workbook of cells (value, font)."""
    book = xlwt.Workbook()
    sheet = book.add_sheet(name)
    for r, row in enumerate(rows):
        for c, (value, font) in enumerate(row):
            sheet.write(r, c, value, xlwt.easyxf(f"font: name {font}"))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def ods(rows: Rows, name: str = "Biểu 1") -> bytes:
    """An OpenDocument spreadsheet of texts and numbers."""
    book = OpenDocumentSpreadsheet()
    table = Table(name=name)
    for row in rows:
        line = TableRow()
        for value in row:
            kind = {"valuetype": "float", "value": value} if isinstance(value, float) else {"valuetype": "string"}
            cell = TableCell(**({} if value is None else kind))
            if value is not None:
                cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(body: bytes, changes: dict[str, bytes]) -> bytes:
    """A zipped workbook with some of its members replaced or added."""
    out = BytesIO()
    with ZipFile(BytesIO(body)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in {**dict.fromkeys(old.namelist()), **changes}:
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return out.getvalue()
