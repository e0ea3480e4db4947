"""Cells that are more than a number: errors, formulas without a value, percentages, the unit in a column of its own."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlrd
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from odf.number import Number, NumberStyle, Text
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style
from odf.table import Table, TableCell, TableColumn, TableRow
from odf.text import P

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.format_sections import NumberDisplay
from data_sources.spreadsheet.number_format import PercentNumber, number_display
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, row, shared
from tests.data_sources.sheets import repacked

ERRORS = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"]
OPTIONS = {"time": "Ngày", "columns": {"rate": "Tỷ lệ"}}
DAY = "05/10/2026"


class Percent(float):
    """A number that the fixtures give a percent format."""


class Error(str):
    """An error that the fixtures write as the value of a formula."""


Rows = Sequence[Sequence[Any]]


def xlsx(rows: Rows, number_format: str = "0.0%") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    for line in rows:
        sheet.append([float(cell) if isinstance(cell, Percent) else cell for cell in line])
    for r, line in enumerate(rows, 1):
        for c, cell in enumerate(line, 1):
            if isinstance(cell, Percent):
                sheet.cell(r, c).number_format = number_format
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Rows, number_format: str = "0.0%") -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for r, line in enumerate(rows):
        for c, cell in enumerate(line):
            if isinstance(cell, Error):
                sheet.row(r).set_cell_error(c, _error_code(cell))
            elif isinstance(cell, Percent):
                sheet.write(r, c, float(cell), xlwt.easyxf(num_format_str=number_format))
            elif cell is not None:
                sheet.write(r, c, cell)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _error_code(text: str) -> int:
    codes_by_name: dict[str, int] = {name: code for code, name in xlrd.error_text_from_code.items()}
    return codes_by_name[text]


def ods(rows: Rows) -> bytes:
    """As LibreOffice writes it: the value type of an error is one of its own, beside text."""
    book = OpenDocumentSpreadsheet()
    table = Table(name="S")
    for line in rows:
        written = TableRow()
        for cell in line:
            written.addElement(_ods_cell(cell))
        table.addElement(written)
    book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    body = out.getvalue()
    content = ZipFile(BytesIO(body)).read("content.xml").decode()
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" calcext:value-type'
    content = content.replace('table:formula="of:=ERROR"', f'table:formula="of:=1/0" {calc}="error"')
    return repacked(body, {"content.xml": content.encode()})


def _ods_cell(cell: Any) -> TableCell:
    if cell is None:
        return TableCell()
    if isinstance(cell, Error):
        written = TableCell(valuetype="string", stringvalue="", formula="of:=ERROR")
    elif isinstance(cell, Percent):
        written = TableCell(valuetype="percentage", value=float(cell))
    elif isinstance(cell, str) and cell.startswith("="):
        return TableCell(formula=f"of:{cell}")
    elif isinstance(cell, float | int):
        written = TableCell(valuetype="float", value=cell)
    else:
        written = TableCell(valuetype="string")
    written.addElement(P(text=str(cell)))
    return written


def formatted_ods(rows: Rows, _: str) -> bytes:
    """Of numbers whose style, that of their column, has a percent sign as a text."""
    book = OpenDocumentSpreadsheet()
    number_style = NumberStyle(name="N1")
    number_style.addElement(Number(minintegerdigits=1))
    number_style.addElement(Text(text="%"))
    book.automaticstyles.addElement(number_style)
    style = Style(name="ce1", family="table-cell", datastylename="N1")
    book.automaticstyles.addElement(style)
    table = Table(name="S")
    table.addElement(TableColumn(numbercolumnsrepeated=2, defaultcellstylename=style))
    for line in rows:
        written = TableRow()
        for cell in line:
            written.addElement(_ods_cell(float(cell) if isinstance(cell, Percent) else cell))
        table.addElement(written)
    book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def csv(rows: Rows) -> bytes:
    return "\n".join(";".join("" if cell is None else f'"{cell}"' for cell in line) for line in rows).encode()


def read(body: bytes, options: dict[str, Any] | None = None, unit: str = "%") -> Batch:
    source = row("/in", {**OPTIONS, **(options or {})}, series_keys=("rate",), units={"rate": unit})
    return parse(source, Payload((ResponsePage(body, address="a"),)), NOW)


def stored(body: bytes, options: dict[str, Any] | None = None, unit: str = "%") -> tuple[list[float | None], list[str]]:
    """The values in the unit of the series, and the codes of what is rejected."""
    source = row("/in", {**OPTIONS, **(options or {})}, series_keys=("rate",), units={"rate": unit})
    batch = validate_batch(read(body, options, unit), source.polled_series(), NOW)
    return [one.value for one in batch.readings], codes(batch)


WRITERS: list[Callable[[Rows], bytes]] = [xls, xlsx, ods, csv]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_a_formula_is_rejected_by_its_name_and_cell(write: Callable[[Rows], bytes], error: str) -> None:
    batch = read(write([["Ngày", "Tỷ lệ"], [DAY, Error(error)], [DAY, 1.0]]))
    assert [one.value for one in batch.readings] == [1]
    assert failures(batch) == [Failure(SpreadsheetCode.CELL_ERROR, {"error": error})]
    assert batch.rejected_items[0].location.endswith("B2") and batch.rejected_items[0].sample == error


@pytest.mark.parametrize("write", WRITERS)
def test_an_error_in_the_last_column_or_row_or_for_a_name_or_time_is_rejected(write: Callable[[Rows], bytes]) -> None:
    error = Error("#N/A")
    rows: Rows = [["Tên", "Ngày", "Tỷ lệ"], [error, DAY, 1.0], ["A", error, 1.0], ["A", DAY, error]]
    batch = read(write(rows), {"name": "Tên", "columns": {"{name}": "Tỷ lệ"}})
    assert not batch.readings and codes(batch) == [SpreadsheetCode.CELL_ERROR] * 3
    assert [item.location[-2:] for item in batch.rejected_items] == ["A2", "B3", "C4"]


@pytest.mark.parametrize("write", WRITERS)
def test_the_row_may_say_what_an_error_stands_for(write: Callable[[Rows], bytes]) -> None:
    body = write([["Ngày", "Tỷ lệ"], [DAY, Error("#N/A")]])
    assert stored(body, {"missing": ["#N/A"]}) == ([None], [])
    assert stored(body, {"numbers": {"#N/A": 0}}) == ([0], [])


@pytest.mark.parametrize("text", ["Err:502", "#TÊN?", "#GIÁ_TRỊ!", "#SPILL!", "#GETTING_DATA"])
def test_an_error_as_programs_of_any_language_show_it_is_named(text: str) -> None:
    assert failures(read(csv([["Ngày", "Tỷ lệ"], [DAY, text]]))) == [
        Failure(SpreadsheetCode.CELL_ERROR, {"error": text})
    ]


@pytest.mark.parametrize("text", ["#", "#1", "# 5", "#####"])
def test_other_texts_with_a_number_sign_are_no_numbers(text: str) -> None:
    assert codes(read(csv([["Ngày", "Tỷ lệ"], [DAY, text]]))) == [ParseCode.NOT_A_NUMBER]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_formula_without_a_value_is_rejected(write: Callable[[Rows], bytes]) -> None:
    batch = read(write([["Ngày", "Tỷ lệ"], [DAY, "=1+1"], [DAY, 1.0], ["=A2", None], ["=A3", "=B3"]]))
    assert [one.value for one in batch.readings] == [1]
    assert codes(batch) == [SpreadsheetCode.FORMULA_NOT_CALCULATED] * 2
    assert [item.location for item in batch.rejected_items] == ["a: S!B2", "a: S!A5"]


def test_a_formula_with_an_empty_text_as_its_value_is_an_empty_cell() -> None:
    body = xlsx([["Ngày", "Tỷ lệ"], [DAY, "=X"], ["06/10/2026", 1.0]])
    sheet = ZipFile(BytesIO(body)).read("xl/worksheets/sheet1.xml")
    changed = sheet.replace(b'<c r="B2"><f>X</f><v />', b'<c r="B2" t="str"><f>X</f><v />')
    assert changed != sheet
    assert stored(repacked(body, {"xl/worksheets/sheet1.xml": changed})) == ([1], [])


@pytest.mark.parametrize("write", [xls, xlsx, ods])
@pytest.mark.parametrize(("number", "shown"), [(0.54, 54), (0.07, 7), (1.234, 123.4), (-0.005, -0.5), (0, 0)])
@pytest.mark.parametrize(
    ("declared", "unit", "factor"),
    [("", "%", 1), ("%", "%", 1), ("ratio", "%", 1), ("", "ratio", 0.01), ("", "‰", 10)],
)
def test_a_percentage_is_read_as_it_is_displayed(
    write: Callable[[Rows], bytes], number: float, shown: float, declared: str, unit: str, factor: float
) -> None:
    values, rejected = stored(write([["Ngày", "Tỷ lệ"], [DAY, Percent(number)]]), {"unit": declared}, unit)
    assert values == [pytest.approx(shown * factor)] and not rejected


@given(st.integers(-(10**6), 10**6))
def test_a_whole_percentage_is_exact(number: int) -> None:
    assert PercentNumber(number / 100).percent == number


@pytest.mark.parametrize("text", ["54%", "54 %", "54,0%", "54\u00a0%"])
@pytest.mark.parametrize("unit", ["%", "ratio"])
def test_a_percentage_written_as_text_is_the_same(text: str, unit: str) -> None:
    for write in WRITERS:
        values, rejected = stored(write([["Ngày", "Tỷ lệ"], [DAY, text]]), unit=unit)
        assert values == [pytest.approx(54 if unit == "%" else 0.54)] and not rejected


@pytest.mark.parametrize("cell", [Percent(0.54), "54%"])
@pytest.mark.parametrize("options", [{"unit": "m"}, {"units": {"rate": "m"}}])
def test_a_percentage_in_a_column_of_another_unit_is_rejected(cell: Any, options: dict[str, Any]) -> None:
    batch = read(xlsx([["Ngày", "Tỷ lệ"], [DAY, cell]]), options, "m")
    assert failures(batch) == [Failure(SpreadsheetCode.PERCENT_UNIT, {"unit": "m"})]


@pytest.mark.parametrize("unit", ["m", ""])
def test_a_percentage_for_a_series_of_another_unit_is_rejected(unit: str) -> None:
    body = xlsx([["Ngày", "Tỷ lệ"], [DAY, Percent(0.54)]])
    assert stored(body, unit=unit) == ([], [UnitCode.DIFFERENT_QUANTITY])


@pytest.mark.parametrize("write", [xls, xlsx, ods])
@pytest.mark.parametrize("plain", [12, 0.12, "12,5"])
@pytest.mark.parametrize("unit", ["%", "ratio"])
def test_a_number_among_percentages_is_rejected_unless_the_row_names_its_unit(
    write: Callable[[Rows], bytes], plain: Any, unit: str
) -> None:
    body = write([["Ngày", "Tỷ lệ"], [DAY, Percent(0.5)], ["06/10/2026", plain], ["07/10/2026", 0]])
    values, rejected = stored(body, unit=unit)
    assert values == [pytest.approx(50 if unit == "%" else 0.5), 0]
    assert rejected == [SpreadsheetCode.PERCENT_MIXED]
    for options in ({"unit": "%"}, {"units": {"rate": "%"}}):
        assert len(stored(body, options, unit)[0]) == 3


def test_below_a_heading_in_per_cent_only_a_number_up_to_one_may_be_a_share() -> None:
    rows: Rows = [["Ngày", "Tỷ lệ (%)"], [DAY, Percent(0.5)], ["06/10/2026", 12], ["07/10/2026", 0.12]]
    assert stored(xlsx(rows), {"columns": {"rate": "Tỷ lệ (%)"}}) == ([50, 12], [SpreadsheetCode.PERCENT_MIXED])


SCALED, SIGN = NumberDisplay.SCALED, NumberDisplay.PERCENT_SIGN


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *dict.fromkeys(("0%", "0.00%", "0.0 %", "#,##0.0%;[Red]-0%", '0.0%" "'), NumberDisplay.PERCENT).items(),
        *dict.fromkeys(('0"%"', '0.0" %"', r"0.0\%", "[$%-42A]0", '#,##0"%";-#,##0"%"'), SIGN).items(),
        *dict.fromkeys(("#,##0,", "0.0,,", "#,##0,;-#,##0,", '#,##0," nghìn"', "#,##0.00,,"), SCALED).items(),
        *dict.fromkeys(("General", "0.00", "#,##0", "#,##0.00", "0.0_%", '0" "'), None).items(),
        ("_-* #,##0 _₫_-", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("write", [xls, xlsx])
def test_a_number_format_says_how_a_number_is_displayed(
    write: Callable[[Rows, str], bytes], code: str, expected: NumberDisplay | None
) -> None:
    assert number_display(code) is expected
    values, rejected = stored(write([["Ngày", "Tỷ lệ"], [DAY, Percent(0.5)]], code))
    assert values == ([] if expected is SCALED else [50 if expected is NumberDisplay.PERCENT else 0.5])
    assert rejected == ([SpreadsheetCode.NUMBER_SCALED] if expected is SCALED else [])


@pytest.mark.parametrize("write", [xls, xlsx, formatted_ods])
@pytest.mark.parametrize(("unit", "expected"), [("%", [45]), ("ratio", [0.45]), ("m", [])])
def test_a_percent_sign_that_the_format_only_adds_is_the_unit_of_the_number(
    write: Callable[[Rows, str], bytes], unit: str, expected: list[float]
) -> None:
    values, rejected = stored(write([["Ngày", "Tỷ lệ"], [DAY, Percent(45)]], '0"%"'), unit=unit)
    assert values == expected and rejected == ([] if expected else [UnitCode.DIFFERENT_QUANTITY])


AMOUNTS: Rows = [
    ["Chỉ tiêu", "Đơn vị\ntính", "Năm 2026", "So sánh"],
    ["Sản lượng", "1000 khối", 2.5, Percent(1.05)],
    ["Diện tích", "ha", 3.0, Percent(0.9)],
]
BY_ROW = {
    "time": "",
    "name_time": "%Y",
    "name": "Chỉ tiêu",
    "columns": {"{name}": "Năm 2026"},
    "unit_column": "Đơn vị tính",
}


def units(rows: Rows, write: Callable[[Rows], bytes] = xlsx, **options: Any) -> Batch:
    source = row("/in", {**BY_ROW, **options})
    return parse(source, Payload((ResponsePage(write(rows), address="2026"),)), datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("write", WRITERS)
def test_the_unit_of_each_row_comes_from_its_column(write: Callable[[Rows], bytes]) -> None:
    batch = units(AMOUNTS, write, units={"1000 khối": "nghìn m³"}, decimal=".")
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("san-luong", 2.5, "nghìn m³"),
        ("dien-tich", 3, "ha"),
    ]


def test_a_unit_of_a_whole_column_precedes_the_unit_of_the_row() -> None:
    columns = {"{name}": "Năm 2026", "{name}-ss": "So sánh"}
    batch = units(AMOUNTS, columns=columns, units={"1000 khối": "nghìn m³", "{name}-ss": "%"})
    assert [(one.value, one.unit) for one in batch.readings] == [
        (2.5, "nghìn m³"), (105, "%"), (3, "ha"), (90, "%"),
    ]  # fmt: skip
    assert failures(units([AMOUNTS[0], AMOUNTS[2]], columns=columns))[0].code == SpreadsheetCode.PERCENT_UNIT


def test_an_unknown_unit_of_a_row_is_rejected_with_its_text() -> None:
    source = row("/in", BY_ROW, series_keys=("san-luong",), units={"san-luong": "tấn"})
    batch = validate_batch(units(AMOUNTS[:2]), source.polled_series(), NOW)
    assert not batch.readings and failures(batch) == [Failure(UnitCode.UNKNOWN, {"unit": "1000 khối"})]


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, None), ({"unit": "ha"}, "ha"), ({"units": {"": "tấn"}}, "tấn"), ({"units": {"": ""}}, "")],
)
def test_a_row_without_unit_is_rejected_unless_the_source_says_what_it_is(
    options: dict[str, Any], expected: str | None
) -> None:
    batch = units([AMOUNTS[0], ["Sản lượng", None, 2.5]], **options)
    if expected is None:
        assert failures(batch) == [Failure(SpreadsheetCode.UNIT_MISSING, {"heading": "Đơn vị tính"})]
        assert batch.rejected_items[0].location == "2026: S!B2"
    else:
        assert [one.unit for one in batch.readings] == [expected]


def test_a_row_without_unit_keeps_the_columns_whose_unit_the_source_says() -> None:
    rows: Rows = [AMOUNTS[0], ["Sản lượng", None, 2.5, 105.0], ["Diện tích", None, None, 90.0]]
    columns = {"{name}": "Năm 2026", "{name}-ss": "So sánh"}
    batch = units(rows, columns=columns, units={"{name}-ss": "%"})
    assert [(one.series, one.unit) for one in batch.readings] == [("san-luong-ss", "%"), ("dien-tich-ss", "%")]
    assert codes(batch) == [SpreadsheetCode.UNIT_MISSING]


def test_the_heading_of_the_unit_may_have_levels_and_must_be_there() -> None:
    rows: Rows = [["Chỉ tiêu", "Đơn vị", "Năm 2026"], [None, "tính", None], ["Diện tích", "ha", 3.0]]
    assert [one.unit for one in units(rows, csv, unit_column=["Đơn vị", "tính"], decimal=".").readings] == ["ha"]


def test_recorded_error_cells_are_no_numbers() -> None:
    body = shared("vn_sheets/2005-KH2003-bieu.xls").read_bytes()
    heading = ["So sánh (%)", "Ước 2002/2001"]
    options = {"name_time": "%Y", "name": "Tên chỉ tiêu", "sheets": ["NN"], "columns": {"{name}": heading}}
    batch = parse(row("/in", options), Payload((ResponsePage(body, address="2002"),)), NOW)
    errors = [item for item in batch.rejected_items if item.failure.code == SpreadsheetCode.CELL_ERROR]
    assert errors[0].location == "2002: NN!G13" and {item.sample for item in errors} == {"#DIV/0!"}
    assert 7 not in {one.value for one in batch.readings}


@pytest.mark.parametrize("write", [xls, xlsx])
def test_a_file_with_a_number_format_that_is_too_long_is_refused(write: Callable[[Rows, str], bytes]) -> None:
    rows: Rows = [["Ngày", "Tỷ lệ"], [DAY, Percent(0.5)]]
    longest = '"' + "a" * 251 + '"0%'
    assert number_display(longest) is NumberDisplay.PERCENT
    with raises_failure(SpreadsheetCode.NUMBER_FORMAT_TOO_LONG, limit=255):
        read(write(rows, '"a' + longest[1:]))  # it shows 50%
