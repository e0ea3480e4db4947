"""The process that writes a table: kinds of cells, formulas, forms, counts."""

import csv
import json
import re
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ioc.worker import table_file

COLUMNS = [["Tên", "text"], ["Mực (m)", "number"], ["Lúc", "moment"], ["Ngày", "day"]]
FORMULAS = (
    "=1",
    "+1",
    "-1",
    "@x",
    "\tx",
    "\rx",
    "\nx",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "﹢1",
    "﹣1",
    "﹦1",
    "﹫x",
    "\u200f=1",
    "\ufeff\u00ad@x",
    "\u3164=1",
    "\u115f\u2800+1",
    "\ufe0f\U000e0020-x",
    "\u2060+1",
    " =1",
    "\u00a0 -x",
)
ROOT = Path(table_file.__file__).parents[2]


def written(file_format: str, rows: Any, columns: Any = COLUMNS, **order: object) -> bytes:
    """The file of an order."""
    out = BytesIO()
    head = {"format": file_format, "sheet": "Bảng", "columns": columns, **order}
    table_file.write(map(json.dumps, [head, *rows]), out)
    return out.getvalue()


def csv_lines(rows: Any, *args: Any, **order: Any) -> list[str]:
    return written("csv", rows, *args, **order).decode("utf-8-sig").split("\r\n")[:-1]


def sheet(rows: Any, *args: Any, **order: Any) -> Any:
    return openpyxl.load_workbook(BytesIO(written("xlsx", rows, *args, **order))).worksheets[0]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_begins_like_a_formula_is_escaped(text: str) -> None:
    texts = pd.Series([text, "Xã A"], dtype=object)
    assert table_file.escaped(texts, "xlsx").tolist() == [f"'{text}", "Xã A"]
    cell = sheet([[text, None, None, None]])["A2"]
    assert cell.data_type == "s" and cell.value.startswith("'")
    assert f"'{text[:1]}" in written("csv", [[text, None, None, None]]).decode()


@pytest.mark.parametrize(
    ("text", "kept"),
    [("an,@SUM(1),x", "an,'@SUM(1),x"), ("a, -b", "a, '-b"), ('a\t"=1', "a\t\"'=1"), ("a\n\u200b－b", "a\n\u200b'－b"),
     ("a;,=1", "a;,'=1"), ("1,2 - 3; 4+5, a@b", "1,2 - 3; 4+5, a@b")],
)  # fmt: skip
def test_sign_of_a_formula_behind_a_separator_is_escaped_in_csv_only(text: str, kept: str) -> None:
    assert table_file.escaped(pd.Series([text, None], dtype=object), "csv").tolist()[0] == kept
    assert sheet([[text, None, None, None]])["A2"].value == text


SEPARATORS = ",;\t"
HOSTILE_TEXTS = st.text(st.sampled_from("=+-@＝＠,;\t\r\n\"' \u00a0\u200ba1")) | st.text(
    st.characters(exclude_categories=["Cs"])
)


@given(
    st.lists(st.lists(HOSTILE_TEXTS, min_size=3, max_size=3), max_size=4),
    st.lists(HOSTILE_TEXTS, min_size=3, max_size=3),
)
@example([["x", ";a,", ""], ["=1;", "", ""]], ["a", "b", "c"])
@example([["x", 'a,"', ""], ['"=1', "", ""]], ["a", "b", "c"])
@example([["x", "a\n=1", ',"=1'], ["x", ',"\n=1', ""]], ["a", "b", "c"])
def test_no_cell_of_a_csv_file_begins_like_a_formula_whatever_parts_them(rows: Any, heads: list[str]) -> None:
    content = written("csv", rows, [[head, "text"] for head in heads]).decode("utf-8-sig")
    for separator in SEPARATORS:
        rows_read = [
            *csv.reader(StringIO(content, newline=""), delimiter=separator),
            *csv.reader(StringIO(content, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE),
        ]
        begins = {re.sub(r"\A[\s\"\u200b]+", "", cell)[:1] for cells in rows_read for cell in cells}
        assert not begins & {*"=+-@＝＠"}
    read = list(csv.reader(StringIO(content, newline=""), delimiter=";"))
    assert [[cell.replace("'", "") for cell in row] for row in read] == [
        [text.replace("'", "") for text in row] for row in [heads, *rows]
    ]


def test_heads_are_escaped() -> None:
    columns = [["=1+1", "text"], ["a, =1", "text"]]
    assert csv_lines([], columns) == ["'=1+1;a, '=1"] and sheet([], columns)["A1"].value == "'=1+1"


def test_csv_has_all_digits_and_days_of_the_city_and_leaves_empty_what_is_none() -> None:
    rows = [["a", 1234567.25, "2026-11-27T13:47:20", "2026-11-27"], [None, 0, None, None], ["", None, None, None]]
    assert csv_lines(rows)[1:] == ["a;1234567,25;27/11/2026 13:47:20;27/11/2026", ";0;;", ";;;"]
    numbers = [100_000_000.0, 0.1 + 0.2, -5.0, 1e-7, 123456789012345.0]
    assert csv_lines([[None, number, None, None] for number in numbers])[1:] == [
        ";100000000;;", ";0,30000000000000004;;", ";-5;;", ";1e-07;;", ";123456789012345;;"
    ]  # fmt: skip


def test_workbook_has_numbers_and_times_as_such_and_leaves_empty_what_is_none() -> None:
    page = sheet([["a", 1.5, "2026-11-27T13:47:20", "2026-11-27"], [None, 0, None, None]])
    assert list(page.iter_rows(min_row=2, values_only=True)) == [
        ("a", 1.5, datetime(2026, 11, 27, 13, 47, 20), datetime(2026, 11, 27)), (None, 0, None, None)
    ]  # fmt: skip
    assert sheet([["", None, None, None]]).max_row == 1
    assert page["C2"].number_format == "dd/mm/yyyy hh:mm:ss" and page.freeze_panes == "A2" and page["A1"].font.b


def test_digits_of_a_text_stay_a_text() -> None:
    texts = ["007", "1.234", "1e5", "NA", "nan", "null", "2026-11-27", "TRUE"]
    assert [line.partition(";")[0] for line in csv_lines([[text, None, None, None] for text in texts])[1:]] == texts
    page = sheet([[text, None, None, None] for text in texts])
    assert [(cell.value, cell.data_type) for cell in page["A"][1:]] == [(text, "s") for text in texts]


def test_time_that_excel_does_not_know_is_a_text() -> None:
    page = sheet([["a", None, "1899-12-31T01:02:03", "0999-01-02"]])
    assert (page["C2"].value, page["D2"].value) == ("31/12/1899 01:02:03", "02/01/0999")


def test_text_longer_than_a_cell_is_cut_with_a_mark_in_a_workbook_only() -> None:
    row = ["x" * 40_000, None, None, None]
    assert sheet([row])["A2"].value == "x" * 32_766 + "…" and len(csv_lines([row])[1]) == 40_003


def test_text_is_never_markup() -> None:
    text = "<r><t>x</t></r>"
    body = ZipFile(BytesIO(written("xlsx", [[text, None, None, None]]))).read("xl/worksheets/sheet1.xml").decode()
    assert "<r><t>" not in body and sheet([[text, None, None, None]])["A2"].value == f"'{text}"


def test_table_without_rows_has_its_heads() -> None:
    assert csv_lines([]) == ["Tên;Mực (m);Lúc;Ngày"]
    assert list(sheet([]).iter_rows(values_only=True)) == [("Tên", "Mực (m)", "Lúc", "Ngày")]


def test_rows_of_several_blocks_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "_BLOCK_ROWS", 3)
    rows = [[str(number), number, None, None] for number in range(8)]
    assert [line.partition(";")[0] for line in csv_lines(rows)[1:]] == list("01234567")
    assert [cell.value for cell in sheet(rows)["B"][1:]] == list(range(8))


def test_sheet_with_a_name_that_excel_refuses_is_written() -> None:
    body = written("xlsx", [], sheet="a/b [c]: d? *" + "x" * 40)
    assert openpyxl.load_workbook(BytesIO(body)).sheetnames == [("a b  c   d   " + "x" * 40)[:31]]


COUNTED = [["Cơ quan", "text"], ["Biểu", "text"], ["Trạng thái", "text"]]


def test_rows_are_counted_across_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "_BLOCK_ROWS", 2)
    rows = [["b", "x", "chậm"], ["a", "x", "đã gửi"], ["b", "x", "đã gửi"], ["b", "x", "đã gửi"]]
    assert csv_lines(rows, COUNTED, count_across="Trạng thái") == [
        "Cơ quan;Biểu;chậm;đã gửi", "b;x;1;2", "a;x;0;1"
    ]  # fmt: skip
    assert csv_lines([], COUNTED, count_across="Trạng thái") == ["Cơ quan;Biểu"]


def test_form_marks_its_heads_and_the_cells_to_fill_in() -> None:
    rows = [["Biểu tháng", None], [None, None], ["Mã", "Số"], ["a", None], ["-b", "×"]]
    page = sheet(rows, [["", "text"]] * 2, fill_in_below=2)
    marked = {cell.coordinate for row in page.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFF7DC"}
    bold = {cell.coordinate for row in page.iter_rows() for cell in row if cell.font.b}
    assert (marked, bold) == ({"B4"}, {"A1", "A3", "B3"}) and page["B4"].border.left.style == "thin"
    assert csv_lines(rows, [["", "text"]] * 2, fill_in_below=2) == ["Biểu tháng;", ";", "Mã;Số", "a;", "'-b;×"]


def test_every_table_for_spreadsheets_is_written_here() -> None:
    writers = re.compile(r"csv\.(writer|DictWriter)|\.to_csv|\.to_excel|openpyxl\.Workbook|xlsxwriter\.Workbook")
    files = [path for part in ("ioc", "components", "pages") for path in (ROOT / part).rglob("*.py")]
    assert {path.name for path in files if writers.search(path.read_text("utf-8"))} == {"table_file.py"}
