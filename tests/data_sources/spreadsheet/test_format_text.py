"""A unit, a currency or another text that the number format shows beside the number of a cell."""

from io import BytesIO
from typing import Any

import pytest
import xlwt
from odf.number import CurrencyStyle, CurrencySymbol, EmbeddedText, Number, NumberStyle, PercentageStyle, Text
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Map, Style
from odf.table import Table, TableCell, TableRow
from odf.text import P

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.number_format import UnclearNumber, displayed_number, number_display
from data_sources.spreadsheet.workbook import read_sheets
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import ResponsePage
from tests.data_sources.failures import raises_failure
from tests.data_sources.spreadsheet.test_office_sheets import MONTH, read, rejected, values

OPTIONS = {**MONTH, "name": "Xã", "columns": {"{name}": "Thu"}}


def cell(
    number: float, code: str, series_unit: str, **options: Any
) -> tuple[dict[str, float | None], list[tuple[str, str]]]:
    batch = read([["Xã", "Thu"], ["A", number]], {**OPTIONS, **options}, {"a": series_unit}, B2=code)
    return values(batch), rejected(batch)


@pytest.mark.parametrize(
    ("code", "unit", "expected"),
    [
        ('0" kg"', "tấn", 0.012),
        ('#,##0.0" nghìn tấn"', "tấn", 12_000),
        ("#,##0\\ \\t\\ấ\\n", "tấn", 12),
        ('0.0" tỷ"', "triệu đồng", 12_000),
        ("#,##0 [$₫-42A]", "đồng", 12),
        ('#,##0 "đ";(#,##0) "đ"', "đồng", 12),
        ('"$"#,##0', "USD", 12),
        ("[$$-409]#,##0", "USD", 12),
        ('_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', "tấn", 12),
        ("0;0", "tấn", 12),
        ('0;-0;"không"', "tấn", 12),
        ("[Red]0.0", "tấn", 12),
    ],
)
def test_a_unit_in_the_format_is_that_of_the_cell(code: str, unit: str, expected: float) -> None:
    found, faults = cell(12, code, unit)
    assert found == pytest.approx({"a": expected}) and not faults


@pytest.mark.parametrize("code", ['0"0"', '"~"0', '0" thúng"', '0"."0', '"€"0', '0;-0" thúng"'])
def test_another_text_in_the_format_is_rejected(code: str) -> None:
    assert cell(-12, code, "tấn") == ({}, [("B2", SpreadsheetCode.FORMAT_TEXT)])


def test_a_unit_in_the_format_that_the_row_contradicts_is_rejected() -> None:
    assert cell(12, '0" kg"', "tấn", unit="tấn") == ({}, [("B2", SpreadsheetCode.FORMAT_UNIT)])
    assert cell(12, '0" kg"', "tấn", unit="kg")[0] == {"a": pytest.approx(0.012)}
    assert not cell(12, '0" kg"', "đồng")[0]


CENTIMETRES = '[=7]0" cm";[=2]0" mm";0'
DASH_BELOW = '[<100]"-";0'
THOUSANDS = '[>=1000000]0.0,,;[>=1000]0.0,;0" kg"'


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        (CENTIMETRES, 7, 0.07),
        (CENTIMETRES, 2, 0.002),
        (DASH_BELOW, 500, 500),
        ("[>10]0;0;0", 5, 5),
        ("[<1]0%;General", 2, 2),
        ("[<=-1]-0;0", -5, -5),
        ('[=0]"-";0', 0, 0),
        ('0;-0;"-"', 0, 0),
        ("0;-0;", 0, 0),
        ("-0", 0, 0),
        ("#,##0;(#,##0)", -5, -5),
        ("0;[Red]0", -5, -5),
        ("+0;-0", 5, 5),
        ("0.00E-00", 5, 5),
        ("# ?/8", 5, 5),
        ("_-* #,##0_-", 5, 5),
        ('0" m"', 5, 5),
    ],
)
def test_number_is_read_as_its_section_shows_it(code: str, number: float, expected: float) -> None:
    found, faults = cell(number, code, "m")
    assert found == pytest.approx({"a": expected}) and not faults


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (DASH_BELOW, 5),
        (DASH_BELOW, 0),
        ('"-"0', 5),
        ("-0", 5),
        ("-0", -5),
        ("0-", 5),
        ("−0", 5),
        ("*-0", 5),
        ("(0)", 5),
        ('("$"0)', 5),
        ("00-00", 1234),
        ("0;+0", -5),
        ("0;;", -5),
        (";;;", 5),
        ("[>5]0", 5),
        ('[>10]0" a";0" b";0" c"', 5),
        ('0;[=2]0" mm"', 2),
        ('[<0,5]0" cm";0" mm"', 2),
        ("0%%", 5),
    ],
)
def test_number_that_its_format_does_not_show_is_rejected(code: str, number: float) -> None:
    assert cell(number, code, "m") == ({}, [("B2", SpreadsheetCode.FORMAT_UNCLEAR)])


@pytest.mark.parametrize(
    ("code", "number", "fault"),
    [
        (THOUSANDS, 5000, SpreadsheetCode.NUMBER_SCALED),
        ("0,%", 5, SpreadsheetCode.NUMBER_SCALED),
        ("[<100]0%;0", 5, UnitCode.DIFFERENT_QUANTITY),
        ("00:00", 1030, SpreadsheetCode.FORMAT_TEXT),
        ("10", 5, SpreadsheetCode.FORMAT_TEXT),
        ('0" a;b"', -5, SpreadsheetCode.FORMAT_TEXT),
        ('0;-0;"không"', 0, SpreadsheetCode.FORMAT_TEXT),
    ],
)
def test_each_section_has_its_own_display(code: str, number: float, fault: str) -> None:
    assert [code for _, code in cell(number, code, "kg")[1]] == [fault]


def test_number_below_the_sections_in_thousands_is_read() -> None:
    assert cell(5, THOUSANDS, "kg") == ({"a": 5}, [])


def xls_value(number: float, code: str) -> Any:
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, number, xlwt.easyxf(num_format_str=code))
    out = BytesIO()
    book.save(out)
    return read_sheets(ResponsePage(out.getvalue()))[0].rows[0][0]


@pytest.mark.parametrize(("code", "number"), [(CENTIMETRES, 2), (DASH_BELOW, 5), ('"-"0', 5), ("0;-0", -5)])
def test_sections_apply_in_old_workbooks_too(code: str, number: float) -> None:
    shown, expected = xls_value(number, code), displayed_number(number, number_display(code))
    assert (type(shown), getattr(shown, "text", "")) == (type(expected), getattr(expected, "text", ""))


def ods_value(number: float, *styles: NumberStyle, kind: str = "float") -> Any:
    """The value of a cell with the last one of `styles`, to which others may belong by conditions."""
    book = OpenDocumentSpreadsheet()
    for style in styles:
        book.styles.addElement(style)  # of the automatic ones the library drops those of conditions
    of_cell = Style(name="ce1", family="table-cell", datastylename=styles[-1].getAttribute("name"))
    book.automaticstyles.addElement(of_cell)
    table, line, written = Table(name="S"), TableRow(), TableCell(valuetype=kind, value=number, stylename=of_cell)
    written.addElement(P(text=str(number)))
    line.addElement(written)
    table.addElement(line)
    book.spreadsheet.addElement(table)
    out = BytesIO()
    book.save(out)
    return read_sheets(ResponsePage(out.getvalue()))[0].rows[0][0]


def style(name: str, *parts: Any, made: Any = NumberStyle, **maps: str) -> Any:
    """A number style of texts and numbers; `maps`: names of styles -> the conditions for which these apply."""
    number_style = made(name=name)
    for part in parts:
        number_style.addElement(Text(text=part) if isinstance(part, str) else part)
    for other, condition in maps.items():
        number_style.addElement(Map(condition=condition, applystylename=other))
    return number_style


@pytest.mark.parametrize(("number", "text"), [(1, "cm"), (2, "mm"), (3, "")])
def test_conditions_of_opendocument_choose_the_text(number: float, text: str) -> None:
    styles = [
        style("N1P0", Number(), " cm"),
        style("N1P1", Number(), " mm"),
        style("N1", Number(), N1P0="value()=1", N1P1="value()=2"),
    ]
    assert getattr(ods_value(number, *styles), "text", "") == text


@pytest.mark.parametrize(("number", "is_clear"), [(5, True), (-5, True)])
def test_minus_of_the_negative_style_is_no_fault(number: float, is_clear: bool) -> None:
    styles = [style("N1P0", Number()), style("N1", "-", Number(), N1P0="value()>=0")]
    assert (type(ods_value(number, *styles)) is float) is is_clear


@pytest.mark.parametrize(
    "number_style",
    [
        style("N1", "-", Number()),
        style("N1", "-"),
        style("N1", "(", Number(), ")"),
        style("N1", Number(), N2="value()>=0 and value()<9", N3="value()=9"),
    ],
)
def test_number_that_opendocument_does_not_show_is_unclear(number_style: NumberStyle) -> None:
    others = [style("N2", Number(), " a"), style("N3", Number())]
    assert isinstance(ods_value(5, *others, number_style), UnclearNumber)


def test_text_between_digits_of_opendocument_is_no_text_of_a_plain_number() -> None:
    number = Number(minintegerdigits=4)
    number.addElement(EmbeddedText(position=2, text="-"))
    assert isinstance(ods_value(1234, style("N1", number)), UnclearNumber)


def test_percentage_of_opendocument_keeps_its_sign_apart() -> None:
    percentage = ods_value(0.5, style("N1", Number(), "%", made=PercentageStyle), kind="percentage")
    assert percentage.percent == 50
    minus = ods_value(0.5, style("N1", "-", Number(), "%", made=PercentageStyle), kind="percentage")
    assert isinstance(minus, UnclearNumber)


def test_currency_of_opendocument_is_the_text() -> None:
    assert ods_value(5, style("N1", Number(), CurrencySymbol(text="₫"), made=CurrencyStyle)).text == "₫"


@pytest.mark.parametrize(
    "number_style", [style("N1", "x" * 300, Number()), style("N1", **{f"N{n}": "value()=1" for n in range(11)})]
)
def test_file_with_a_style_of_opendocument_that_is_too_long_is_refused(number_style: NumberStyle) -> None:
    """Each of its cells would read all of it."""
    with raises_failure(SpreadsheetCode.NUMBER_FORMAT_TOO_LONG, limit=255):
        ods_value(5, number_style)
