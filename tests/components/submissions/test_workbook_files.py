"""Tables as files."""

import re
from io import BytesIO
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from components.submissions import workbook_files
from components.submissions.workbook_files import as_csv, as_xlsx, escape_formula


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"])
def test_a_text_that_begins_like_a_formula_is_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert (escape_formula("Xã A"), escape_formula(-5.0)) == ("Xã A", -5.0)


def test_csv_cells_are_escaped_and_numbers_have_a_decimal_comma() -> None:
    assert as_csv([["=1", -1.5, None]]).decode("utf-8-sig") == "'=1;-1,5;\r\n"


def test_workbook_cells_are_escaped_texts() -> None:
    body = as_xlsx([["=1+1"], ["@SUM(A1)", "\t=1", -1.5, '=HYPERLINK("http://x.example")']], "Biểu", 0)
    sheet = openpyxl.load_workbook(BytesIO(body)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell.data_type for cell in cells] == ["s", "s", "s", "n", "s"]
    assert [str(cell.value)[0] for cell in cells if cell.data_type == "s"] == ["'"] * 4


def test_every_table_for_spreadsheets_is_written_here() -> None:
    root = Path(workbook_files.__file__).parents[2]
    writers = re.compile(r"csv\.(writer|DictWriter)|text/csv|spreadsheetml|\.to_csv|openpyxl\.Workbook")
    files = [path for part in ("ioc", "components", "pages") for path in (root / part).rglob("*.py")]
    found = {path.name for path in files if writers.search(path.read_text("utf-8"))}
    assert found == {"workbook_files.py"}


def test_titles_are_bold_and_empty_cells_below_the_heading_are_marked() -> None:
    body = as_xlsx([["Biểu tháng"], [None, None], ["Mã", "Số"], ["a", None], ["b", 0]], "Biểu", 2)
    sheet = openpyxl.load_workbook(BytesIO(body)).active
    assert sheet is not None and sheet.dimensions == "A1:B5"
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFF7DC"}
    bold = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.font.b}
    assert (marked, bold) == ({"B4"}, {"A1", "A3", "B3"})
    assert sheet["B4"].border.left.style == "thin" and sheet["B5"].value == 0
