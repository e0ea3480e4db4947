"""Comments of cells: one at a heading may state its unit, and `try` lists them."""

from io import BytesIO

import openpyxl  # type: ignore[import-untyped]
import pytest
from odf.dc import Creator
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.comments import Comment  # type: ignore[import-untyped]

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.unread_columns import unread_columns
from data_sources.spreadsheet.workbook import read_sheets
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import repacked

OPTIONS = {"name": "Trạm", "time": "Ngày", "columns": {"{name}": "Mực nước"}}


def workbook(comments: dict[str, str], heading: str = "Mực nước") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    for cells in (["Trạm", "Ngày", heading], ["A", "24/11/2026", 152.0]):
        sheet.append(cells)
    for cell, text in comments.items():
        sheet[cell].comment = Comment(text, "A. Person")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(body: bytes, heading: str = "Mực nước", **more: str) -> Batch:
    options = {**OPTIONS, "columns": {"{name}": heading}, **more}
    source = row("/in", options, series_keys=("a",), units={"a": "m"})
    payload = Payload((ResponsePage(body, address="a.xlsx"),))
    return validate_batch(parse(source, payload, NOW), source.polled_series(), NOW)


@pytest.mark.parametrize("text", ["Đơn vị: cm", "cm", "A. Person:\nĐơn vị tính: cm", "(cm)"])
def test_a_comment_at_a_heading_states_the_unit_of_its_column(text: str) -> None:
    assert [one.value for one in read(workbook({"C1": text})).readings] == [1.52]


@pytest.mark.parametrize(
    "comments",
    [
        {"C1": "đã kiểm tra"},
        {"A1": "cm"},
        {"B2": "cm"},
        {"C2": "sai số ±2 cm"},
        {"C1": "sai số ±2 cm"},
        {"C1": "Làm tròn đến cm"},
        {"C1": "trước 2020 tính bằng cm"},
    ],
)
def test_other_comments_change_no_value(comments: dict[str, str]) -> None:
    assert [one.value for one in read(workbook(comments)).readings] == [152]


@pytest.mark.parametrize("text", ["cm", "Đơn vị: cm", "A. Person:\ncm"])
def test_a_comment_of_a_cell_with_another_unit_rejects_its_value(text: str) -> None:
    for heading in ("Mực nước", "Mực nước (m)"):
        assert codes(read(workbook({"C2": text}, heading), heading)) == [SpreadsheetCode.UNIT_CHANGED]
    stated = read(workbook({"C2": text}), unit="m")  # the advice
    assert [one.value for one in stated.readings] == [152]
    agreed = read(workbook({"C2": "m"}, "Mực nước (m)"), "Mực nước (m)")
    assert [one.value for one in agreed.readings] == [152]


@pytest.mark.parametrize("text", ["m", "K", "A", "s", "h", "TB", "min", "Đơn vị: m", "người", "ngày", "1"])
def test_a_comment_of_a_cell_that_is_no_other_unit_of_the_quantity_changes_nothing(text: str) -> None:
    assert [one.value for one in read(workbook({"C2": text})).readings] == [152]


def test_a_comment_of_a_cell_with_the_unit_of_the_series_leaves_none_assumed() -> None:
    agreed = read(workbook({"C2": "Đơn vị: m"}))
    assert [one.value for one in agreed.readings] == [152] and not agreed.assumed_unit_count


def test_a_comment_of_a_cell_with_another_unit_than_the_heading_ends_in_rejects_its_value() -> None:
    heading = "level_cm"
    assert codes(read(workbook({"C2": "Đơn vị: m"}, heading), heading)) == [SpreadsheetCode.UNIT_CHANGED]


def test_a_comment_whose_author_has_a_long_number_or_none_is_read() -> None:
    for number in ("0000000001", "7", "x", ""):
        part = f'<comments><authors><author>A</author></authors><commentList><comment ref="C2" authorId="{number}">'
        part += "<text><t>A: cm</t></text></comment></commentList></comments>"
        body = repacked(workbook({"C1": "cm"}), {"xl/comments/comment1.xml": part.encode()})
        assert read_sheets(ResponsePage(body))[0].comments == {(1, 2): "A: cm"}


def test_the_author_of_a_comment_is_left_out() -> None:
    page = ResponsePage(workbook({"C2": "A. Person :\nđã kiểm tra"}), address="a.xlsx")
    parts = unread_columns(row("/in", OPTIONS, protocol="spreadsheet"), Payload((page,)))
    texts = [sample for part in parts for sample in part.samples]
    assert '"đã kiểm tra"' in texts and not any("Person" in text for text in texts)


def test_a_comment_with_another_unit_than_the_heading_rejects_its_column() -> None:
    heading = "Mực nước (mm)"
    assert codes(read(workbook({"C1": "Đơn vị: cm"}, heading), heading)) == [UnitCode.UNKNOWN]
    assert [one.value for one in read(workbook({"C1": "mm"}, heading), heading).readings] == [0.152]


def test_comments_are_parts_those_at_headings_first() -> None:
    body = workbook({"A2": "số liệu tháng trước", "C1": "đã kiểm tra"})
    payload = Payload((ResponsePage(body, address="a.xlsx"),))
    parts = unread_columns(row("/in", OPTIONS, protocol="spreadsheet"), payload)
    assert [(part.path, part.samples, part.is_qualifier) for part in parts] == [
        ("S!C1 (comment)", ('"đã kiểm tra"',), True),
        ("S!A2 (comment)", ('"số liệu tháng trước"',), False),
    ]


def test_many_comments_are_bounded() -> None:
    body = workbook({f"A{n}": "x" * 2000 for n in range(3, 1000)})
    (sheet,) = read_sheets(ResponsePage(body))
    assert len(sheet.comments) == 200 and max(map(len, sheet.comments.values())) <= 500
    parts = unread_columns(row("/in", OPTIONS, protocol="spreadsheet"), Payload((ResponsePage(body, address="a"),)))
    assert len(parts) < 20


def test_comments_of_an_opendocument_sheet_are_read_without_their_author() -> None:
    book, table, line = OpenDocumentSpreadsheet(), Table(name="S"), TableRow()
    for text in ("Trạm", "Mực nước"):
        cell = TableCell(valuetype="string")
        if text == "Mực nước":
            note = Annotation()
            note.addElement(Creator(text="A. Person"))
            note.addElement(P(text="Đơn vị: cm"))
            cell.addElement(note)
        cell.addElement(P(text=text))
        line.addElement(cell)
    table.addElement(line)
    book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    (sheet,) = read_sheets(ResponsePage(out.getvalue()))
    assert sheet.comments == {(0, 1): "Đơn vị: cm"} and sheet.rows[0] == ["Trạm", "Mực nước"]


@pytest.mark.parametrize("ref", ["", "C0", "1", "CCCC1", "C99999999", "c1", "C1:C2"])
def test_comments_of_no_cell_are_left_out(ref: str) -> None:
    comments = f'<comments><commentList><comment ref="{ref}"><text><t>cm</t></text></comment></commentList></comments>'
    body = repacked(workbook({"C1": "cm"}), {"xl/comments/comment1.xml": comments.encode()})
    (sheet,) = read_sheets(ResponsePage(body))
    assert sheet.comments == {}


def test_the_text_of_a_thread_is_the_comment() -> None:
    body = workbook({"C1": "[Threaded comment]\n\nYour version of Excel …\n\nComment:\n    Đơn vị: cm"})
    (sheet,) = read_sheets(ResponsePage(body))
    assert sheet.comments == {(0, 2): "Đơn vị: cm"}
