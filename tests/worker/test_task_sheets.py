"""Spreadsheets of tasks as the process reads them: merged cells, headings, formulas, kinds of files."""

import json
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from data_sources.spreadsheet.workbook import Sheet
from ioc.domain.base.failure import Failure
from ioc.domain.directives.sheet_errors import SheetCode
from ioc.domain.directives.sheet_fields import SheetField, guess_fields
from ioc.domain.directives.task_sheet import TaskTable, row_size, tables_of_parts
from ioc.worker import task_sheets

ROWS = [["TT", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Thời hạn"], ["1", "Đào mương", "Sở A", "Quý IV/2026"]]


def read(body: bytes) -> TaskTable:
    """The one table of a file."""
    (table,) = tables_of_parts(json.loads(json.dumps(part)) for part in task_sheets.read_tables(body))
    return table


def answered(body: bytes) -> bytes:
    """What the process that reads sheets answers."""
    return task_sheets.answer(body)


def workbook(*rows: list[Any], merged: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def old_workbook() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Bảng")
    for r, row in enumerate(ROWS):
        for c, text in enumerate(row):
            sheet.write(r, c, text)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def open_document() -> bytes:
    book, sheet = OpenDocumentSpreadsheet(), Table(name="Bảng")
    for row in ROWS:
        line = TableRow()
        for text in row:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=text))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv"])
def test_every_kind_of_file_is_the_same_table(kind: str) -> None:
    body = {  # type: ignore[no-untyped-call]
        "xlsx": lambda: workbook(*ROWS), "xls": old_workbook, "ods": open_document,
        "csv": lambda: "\n".join(";".join(row) for row in ROWS).encode("utf-8-sig"),
    }[kind]()  # fmt: skip
    table = read(body)
    assert table.headings == tuple(ROWS[0]) and table.rows == (tuple(ROWS[1]),) and table.first_row == 1


def test_merged_cells_stand_in_each_of_their_rows() -> None:
    table = read(
        workbook(
            ["THEO DÕI NHIỆM VỤ"], [],
            ["Số, ký hiệu", "Nội dung nhiệm vụ", "Cơ quan thực hiện", None, "Thời hạn"],
            [None, None, "Chủ trì", "Phối hợp", None],
            ["(1)", "(2)", "(3)", "(4)", "(5)"],
            ["97/KH-UBND", "Đào mương", "Sở A", "Sở B", date(2026, 12, 20)],
            [None, "Thu gom", "Sở B", None, None],
            merged=("A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4", "A6:A7", "E6:E7"),
        )
    )  # fmt: skip
    assert list(guess_fields(table.headings).values()) == [
        SheetField.NUMBER, SheetField.TITLE, SheetField.LEAD, SheetField.COORDINATING, SheetField.DUE
    ]  # fmt: skip
    assert table.first_row == 5
    assert table.rows == (
        ("97/KH-UBND", "Đào mương", "Sở A", "Sở B", "20/12/2026"), ("97/KH-UBND", "Thu gom", "Sở B", "", "20/12/2026"),
    )  # fmt: skip
    assert table.merged == ((0, 1, 0), (0, 1, 4))


UPPER = ["STT", "Văn bản giao", None, None, "Nội dung nhiệm vụ", "Cơ quan thực hiện", None, "Thời hạn"]
LOWER = [None, "Số, ký hiệu", "Ngày ban hành", "Trích yếu", None, "Chủ trì", "Phối hợp", None]
TASK = ["1", "97/MP-UBND", "02/11/2026", "Chống ngập", "Đào mương", "Sở A", "Sở B", "Quý IV/2026"]
TWO_LINES = ("STT", *LOWER[1:4], "Nội dung nhiệm vụ", "Chủ trì", "Phối hợp", "Thời hạn")
ACROSS = ("B1:D1", "F1:G1")


@pytest.mark.parametrize(
    ("lines", "merged"),
    [
        ((UPPER, LOWER), ACROSS), ((UPPER, LOWER), ()), ((UPPER, LOWER), (*ACROSS, "A1:A2", "E1:E2")),
        ((UPPER, LOWER), (*ACROSS, "A1:A2", "E1:E2", "H1:H2")),
        (([*UPPER[:7], None], [*LOWER[:7], "Thời hạn"]), ACROSS),
    ],
)  # fmt: skip
@pytest.mark.parametrize("below", [[], [["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"]]])
def test_headings_in_two_lines_are_read_whatever_is_merged(
    lines: tuple[list[Any], ...], merged: tuple[str, ...], below: list[list[str]]
) -> None:
    table = read(workbook(*lines, *below, TASK, merged=merged))
    assert (table.headings, table.rows) == (TWO_LINES, (tuple(TASK),))
    assert table.first_row == 2 + len(below) and table.title == ""
    csv = read("\n".join(";".join(cell or "" for cell in line) for line in (*lines, TASK)).encode("utf-8-sig"))
    assert (csv.headings, csv.rows) == (TWO_LINES, (tuple(TASK),))


def test_heading_of_the_upper_line_alone_keeps_its_name() -> None:
    """Also where the lower line says more."""
    lower = ["STT", *LOWER[1:4], "Nội dung nhiệm vụ", *LOWER[5:7], "Thời hạn", None]
    table = read(workbook([*UPPER, "Mã nhiệm vụ"], lower, [*TASK, "N1"], merged=(*ACROSS, "A1:A2", "E1:E2", "H1:H2")))
    assert table.headings == (*TWO_LINES, "Mã nhiệm vụ")


@pytest.mark.parametrize(
    "row",
    [
        ["1", None, None, None, "Rà soát nhiệm vụ", "Chủ trì", "Phối hợp", "Quý IV/2026"],
        [None, None, None, None, "Nội dung công việc", "Cơ quan chủ trì", "Cơ quan phối hợp", None],
        ["I. Lĩnh vực nhiệm vụ đô thị"], [None, "I", "Nhiệm vụ, cơ quan chủ trì"], [None, "Nhiệm vụ về trích yếu"],
        [None, "97/MP-UBND", "Ngày ban hành", None, None, "Chủ trì", "Phối hợp", None],
        [None, None, "ngày 2 tháng 11 năm 2026", "Trích yếu", None, "Chủ trì", "Phối hợp", None],
        [None, "A.", "Trích yếu", None, None, "Chủ trì", "Phối hợp", None],
        [None, 46_273, None, "Trích yếu", None, "Chủ trì", "Phối hợp", None],
        [None, "Chống ngập", "cây xanh", "đô thị", None, "Sở A", "Phối hợp", None],
        [None, "Chống ngập", "cây xanh", "đô thị", None, "Đơn vị chủ trì", "Phối hợp", None],
        [None, None, None, "Trích yếu", None, "x" * 61, "Phối hợp", None],
    ],
)  # fmt: skip
@pytest.mark.parametrize("merged", [ACROSS, ()])
def test_row_below_headings_that_may_be_data_stays_a_row(row: list[Any], merged: tuple[str, ...]) -> None:
    table = read(workbook(UPPER, row, TASK, merged=merged))
    assert table.headings == tuple(text or "" for text in UPPER) and table.first_row == 1
    assert len(table.rows) == 2 and [text for text in table.rows[0] if text] == [str(cell) for cell in row if cell]


@pytest.mark.parametrize(
    "title",
    [
        [None, "BẢNG THEO DÕI NHIỆM VỤ", None, None, None, "Đơn vị thực hiện: Sở A"],
        ["ỦY BAN NHÂN DÂN", "BẢNG THEO DÕI NHIỆM VỤ", None, None, None, None, "Mẫu 1"],
    ],
)
def test_title_above_headings_is_none_of_them(title: list[Any]) -> None:
    table = read(workbook(title, [None, None, *TWO_LINES[2:]], TASK))
    assert table.headings == ("", "", *TWO_LINES[2:]) and table.title == title[1]


WORDY = ["2", "Rà soát nội dung", "Chủ trì phối hợp", "Thời hạn: Quý IV/2026"]


@pytest.mark.parametrize("rows", [[ROWS[1], ROWS[0], ROWS[1]], [WORDY, ROWS[1]], [ROWS[1], WORDY]])
def test_row_that_says_as_much_as_the_headings_takes_no_row_from_the_table(rows: list[list[str]]) -> None:
    """So do headings that stand again on the second page."""
    table = read(workbook(ROWS[0], *rows))
    assert (table.first_row, table.rows) == (1, tuple(map(tuple, rows)))


def test_merged_cells_without_a_text_are_one_cell_unless_another_one_is_below_it() -> None:
    rows = [["1", None, "Sở A", None], ["2", None, None, None], ["3", "Đào mương", "Sở A", None]]
    merged = ("A5:A6", "B2:B3", "C2:C3", "D2:D4")
    assert read(workbook(ROWS[0], *rows, merged=merged)).merged == ((0, 1, 1), (0, 1, 2), (0, 2, 3))
    hidden = Sheet("", [["a", None], [None, "Sở A"], [None, None]], ((0, 1, 2, 1),))
    assert task_sheets._unmerged(hidden).merged == []


def test_merged_cells_count_in_each_of_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of some kilobytes must not become a table of hundreds of megabytes."""
    rows = 50
    merged = workbook(ROWS[0], ["1", "x" * 1_000, "Sở A", ""], *[[n] for n in range(rows)], merged=(f"B2:B{rows + 2}",))
    size = len(answered(merged))
    assert size > rows * 1_000
    for limit, is_read in ((size, True), (rows * 1_000, False)):
        monkeypatch.setattr(task_sheets, "MAX_CHARACTERS", limit)
        parts = task_sheets.read_tables(merged)
        assert ("name" in parts[0]) == is_read
    assert parts == [{"failure": Failure(SheetCode.TOO_MUCH_TEXT, {"limit": limit}).to_json()}]


@pytest.mark.parametrize("cell", ["", "x", "Đ", '"' * 20, "#REF!", "\U0001f600" * 20])
@pytest.mark.parametrize("sheets", [1, 3])
def test_json_of_tables_is_bounded_by_their_characters(cell: str, sheets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As MAX_JSON_BYTES is: what has the characters of a file may always be read."""
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.create_sheet(f"{number}")
        for row in (ROWS[0], *[[cell, "x", cell, cell]] * 40):
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    counted = list[int]()

    def count(cells: Sequence[str], faults: int = 0) -> int:
        counted.append(row_size(cells, faults))
        return counted[-1]

    monkeypatch.setattr(task_sheets, "row_size", count)
    answer = answered(out.getvalue())
    assert answer.count(b'{"name"') == sheets
    assert len(answer) <= 4 * sum(counted) + 1_000


def test_formula_without_a_value_is_a_fault_and_one_in_a_text_stays_a_text() -> None:
    table = read(workbook(ROWS[0], ["1", "=1+1", "Sở A", ""]))
    assert list(table.unreadable) == [(0, 1)]
    text = read("Nội dung nhiệm vụ;Chủ trì\n=cmd|' /C calc'!A0;Sở A".encode())
    assert text.rows == (("=cmd|' /C calc'!A0", "Sở A"),) and not text.unreadable


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"PK\x03\x04 damaged", SheetCode.UNREADABLE), (b"a;b\n1;2", SheetCode.NO_TABLE), (b" ", SheetCode.UNREADABLE),
        (
            "Nội dung nhiệm vụ;Chủ trì\n".encode() + b"x;y\n" * (task_sheets.MAX_ROWS + 1),
            SheetCode.TOO_MANY_ROWS,
        ),
    ],
)  # fmt: skip
def test_file_that_is_no_such_table_says_why(body: bytes, code: str) -> None:
    (answer,) = task_sheets.read_tables(body)
    assert answer["failure"]["code"] == code


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        ([["Độ mật: Tối mật"], *ROWS], "A1"), ([*ROWS, ["", "[ MẬT ]"]], "B3"), ([*ROWS, ["x", " Tuyệt  mật"]], "B3"),
        ([[*ROWS[0], "Độ mật"], [*ROWS[1], "Thường"], [*ROWS[1], "Tối mật"]], "E3"),
        ([[*ROWS[0], "Độ mật"], [*ROWS[1], "TUYÊT MAT"]], "E2"), ([[*ROWS[0], "Độ mật"], [*ROWS[1], "Mặt"]], "E2"),
    ],
)  # fmt: skip
def test_degree_of_secrecy_ends_the_reading(rows: list[list[str]], cell: str) -> None:
    failure = Failure(SheetCode.SECRET, {"cell": cell, "n": 1})
    assert task_sheets.read_tables(workbook(*rows)) == [{"failure": failure.to_json()}]


@pytest.mark.parametrize(
    "below",
    [
        ["", "", "", "", "TM. ỦY BAN NHÂN DÂN"], ["Nơi nhận:", "", "", "", "KT. CHỦ TỊCH"], ["Tổng", "", "", "", "12"],
        ["A", "B", "1", "2", "3"], ["1", "Đào mương", "Sở A", "", "Hạn chế"],
    ],
)  # fmt: skip
def test_other_text_in_a_column_of_secrecy_does_not_end_the_reading(below: list[str]) -> None:
    """Signatures, totals and numbers of columns are no tasks; of a task it is a fault when the sheet is checked."""
    assert read(workbook([*ROWS[0], "Độ mật"], [*ROWS[1], "Thường"], below)).rows[-1] == tuple(below)


@pytest.mark.parametrize("text", ["Mật ong", "Bảo mật", "Mặt", "Công tác bảo vệ bí mật nhà nước", "Độ mật: thường"])
def test_words_like_a_degree_of_secrecy_are_none(text: str) -> None:
    assert read(workbook([text], [*ROWS[0], "Độ mật"], ["1", text, "Sở A", "", "Thường"])).rows
