"""A workbook is bounded by the sheets that it lists, however few parts it has."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow

from data_sources.spreadsheet import parse, workbook, xlsx_details, zip_guard
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.workbook import Sheet, read_sheets
from data_sources.spreadsheet.zip_guard import SheetLimits
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import repacked, xlsx

PART = b'<worksheet><sheetData><row r="%d"><c r="J%d"><v>1</v></c></row></sheetData></worksheet>'
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = b"http://schemas.openxmlformats.org/package/2006/relationships"


def listed(targets: list[str], names: list[str] | None = None, rows: int = 10) -> bytes:
    """A workbook that lists a sheet for each of `targets`, with parts s0.xml, s1.xml of `rows` rows of ten cells."""
    names = names or [f"S{n}" for n in range(len(targets))]
    sheets = "".join(f'<sheet name="{name}" sheetId="{n + 1}" r:id="r{n}"/>' for n, name in enumerate(names))
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE.decode()}/worksheet" Target="{target}"/>'
        for n, target in enumerate(targets)
    )
    part = PART.replace(b"<worksheet>", b'<worksheet xmlns="%s">' % MAIN) % (rows, rows)
    book = b'<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>' % (MAIN, OFFICE, sheets.encode())
    body = b'<Relationships xmlns="%s">%s</Relationships>' % (PACKAGE, relations.encode())
    changes = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": body}
    return repacked(
        xlsx({"S": [[1]]}), changes | {f"xl/worksheets/s{n}.xml": part for n in range(max(2, len(targets)))}
    )


def ods(names: list[str], rows: int = 1) -> bytes:
    book = OpenDocumentSpreadsheet()
    for name in names:
        table = Table(name=name)
        line = TableRow(numberrowsrepeated=rows)
        line.addElement(TableCell(valuetype="float", value=1, numbercolumnsrepeated=10))
        table.addElement(line)
        book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def xls(names: list[str], rows: int = 1) -> bytes:
    book = xlwt.Workbook()
    for name in names:
        sheet = book.add_sheet(name)
        for r in range(rows):
            for column in range(10):
                sheet.write(r, column, 1)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def xls_repeated() -> bytes:
    """An old workbook whose second sheet is at the place of the first one."""
    body = bytearray(xls(["S0", "S1"]))
    first, second = (match.start() for match in re.finditer(rb"\x85\x00..(?=.{4}\x00\x00.{2}S[01])", body, re.DOTALL))
    body[second + 4 : second + 8] = body[first + 4 : first + 8]
    return bytes(body)


@pytest.mark.parametrize(
    "body",
    [
        listed(["worksheets/s0.xml"] * 2),
        listed(["worksheets/s0.xml", "/xl/worksheets/S0.xml"]),
        listed(["worksheets/s0.xml", "xl/worksheets/s0.xml"]),
        listed(["worksheets/s0.xml", "worksheets/s1.xml"], ["S", "S"]),
        ods(["S", "S"]),
        xls_repeated(),
    ],
    ids=["xlsx part", "spelling", "folder", "xlsx name", "ods name", "xls place"],
)
def test_a_sheet_that_is_listed_twice_is_refused(body: bytes) -> None:
    with raises_failure(SpreadsheetCode.SHEET_REPEATED):
        read_sheets(ResponsePage(body))


KINDS: dict[str, Callable[[int], bytes]] = {
    "xlsx": lambda n: listed([f"worksheets/s{i}.xml" for i in range(n)]),
    "ods": lambda n: ods([f"S{i}" for i in range(n)], 10),
    "xls": lambda n: xls([f"S{i}" for i in range(n)], 10),
}


def sheets_read(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A list that grows by one with each sheet whose cells are read."""
    read = list[object]()

    def read_sheet(*args: object) -> Sheet:
        read.append(args)
        return Sheet(f"S{len(read)}", [])

    for name in ("_sheet_from_calamine", "_sheet_from_xlrd"):
        monkeypatch.setattr(workbook, name, read_sheet)
    return read


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_too_many_sheets_are_refused_before_any_is_read(
    make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_guard, "MAX_SHEETS", 2)
    read = sheets_read(monkeypatch)
    read_sheets(ResponsePage(make(2)))
    assert len(read) == 2
    with raises_failure(SpreadsheetCode.TOO_MANY_SHEETS, limit=2):
        read_sheets(ResponsePage(make(3)))
    assert len(read) == 2


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_only_the_sheets_that_the_row_names_are_read(
    make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, page = sheets_read(monkeypatch), ResponsePage(make(9), address="a")
    options = {"time": "a", "sheets": ["S3", "S8", "S9"], "columns": {"x": "b"}}
    with raises_failure(SpreadsheetCode.HEADINGS_MISSING):
        parse(row("/in", options, series_keys=("x",)), Payload((page,)), NOW)
    assert len(read) == 2
    with raises_failure(SpreadsheetCode.SHEET_MISSING):
        parse(row("/in", options | {"sheets": ["S9"]}, series_keys=("x",)), Payload((page,)), NOW)
    assert len(read) == 2


def test_details_are_read_of_the_chosen_sheets_only(monkeypatch: pytest.MonkeyPatch) -> None:
    read, reader = list[bytes](), xlsx_details._XlsxReader

    def read_part(body: bytes, displays: Any) -> Any:
        read.append(body)
        return reader(body, displays)

    monkeypatch.setattr(xlsx_details, "_XlsxReader", read_part)
    read_sheets(ResponsePage(KINDS["xlsx"](2)), choose=lambda names: names[1:])
    assert len(read) == 1


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_cells_are_counted_over_all_sheets(make: Callable[[int], bytes]) -> None:
    assert [len(sheet.rows) for sheet in read_sheets(ResponsePage(make(2)))] == [10, 10]
    with raises_failure(SpreadsheetCode.TOO_MANY_CELLS, limit=199):
        read_sheets(ResponsePage(make(2)), limits=SheetLimits(199, 1_000))
