"""A form as a sheet: a blank one is read back, and whatever is wrong is named by its cell."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.submissions.form_workbook import (
    UNUSED_CELL_MARK,
    FormFault,
    blank_sheet,
    cell_address,
    format_city_number,
    parse_figure,
    parse_sheet,
    read_period_key,
)
from ioc.domain.submissions.formula_escape import escape_formula
from ioc.domain.submissions.obligation import parse_period
from tests.domain.obligation_cases import cell, duty

CELLS = (
    cell("a-free", "Bệnh viện A", "Trống"),
    cell("a-beds", "Bệnh viện A", "Tổng số", is_integer=True),
    cell("b-free", "Bệnh viện B", "Trống", is_optional=True),
)
ONE = duty(cells=CELLS)
OCTOBER = parse_period(ONE, "2026-10")
assert OCTOBER is not None


def sheet(**values: Any) -> list[list[Any]]:
    """The blank sheet with C6, D6, C7 filled in."""
    assert OCTOBER is not None
    rows: list[list[Any]] = [list(row) for row in blank_sheet(ONE, OCTOBER, "Cơ quan A", "điền số")]
    filled = {"C6": 12.5, "D6": 40.0, "C7": None} | values
    for ref, value in filled.items():
        row, column = int(ref[1:]) - 1, ord(ref[0]) - 65
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [None] * (column + 1 - len(rows[row]))
        rows[row][column] = value
    return rows


def wrong(**values: Any) -> dict[str, str]:
    assert OCTOBER is not None
    return {one.cell: one.code for one in parse_sheet(ONE, OCTOBER, sheet(**values)).faults}


def test_a_filled_form_is_read() -> None:
    assert OCTOBER is not None
    assert read_period_key(sheet()) == "2026-10"
    found = parse_sheet(ONE, OCTOBER, sheet())
    assert (found.values, found.faults) == ({"a-free": 12.5, "a-beds": 40.0, "b-free": None}, ())
    assert sheet()[6][3] == UNUSED_CELL_MARK


def test_each_thing_that_is_wrong_is_named_by_its_cell() -> None:
    assert wrong(C6=None, D6=40.5, C7="nhiều") == {
        "Biểu!C6": "empty", "Biểu!D6": "not_whole", "Biểu!C7": "not_a_number",
    }  # fmt: skip
    assert wrong(C6=-1, D6=1001) == {"Biểu!C6": "out_of_range", "Biểu!D6": "out_of_range"}
    assert wrong(C6=True, D6=date(2026, 10, 1), C7="#REF!") == dict.fromkeys(
        ("Biểu!C6", "Biểu!D6", "Biểu!C7"), "not_a_number"
    )


def test_a_form_of_another_duty_or_month_or_with_rows_moved_is_refused() -> None:
    assert wrong(B2="khac") == {"Biểu!B2": "label"}
    assert wrong(B3="kỳ 2026-09") == {"Biểu!B3": "label"}
    assert wrong(A6="Bệnh viện B", A7="Bệnh viện A") == {"Biểu!A6": "label", "Biểu!A7": "label"}
    assert wrong(D5="Đã dùng") == {"Biểu!D5": "label"}


def test_what_stands_where_nothing_is_asked_is_not_lost_without_a_word() -> None:
    assert wrong(D7=5) == {"Biểu!D7": "not_asked"}
    assert wrong(E6="x", C9=7) == {"Biểu!E6": "beyond", "Biểu!C9": "beyond"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,5", None), ("234,5", 234.5), ("1 000", 1000.0), (" 7 ", 7.0), ("0", 0.0), ("1.000", 1000.0)],
)
def test_numbers_are_written_as_the_city_does(text: str, value: float | None) -> None:
    found = parse_figure(text, CELLS[0])
    assert (None if isinstance(found, FormFault) else found) == value


@pytest.mark.parametrize("text", ["12.5", "1.2345", "1,234.5", "1.23,4", "=1+1", "nan", "1e999", "-", "<b>1</b>"])
def test_what_could_be_meant_otherwise_is_no_number(text: str) -> None:
    found = parse_figure(text, CELLS[0])
    assert isinstance(found, FormFault)
    assert found.code == "not_a_number"


@given(st.floats(0, 1000).map(lambda value: round(value, 3)))
def test_a_number_that_is_written_is_read_back(value: float) -> None:
    assert parse_figure(format_city_number(value), CELLS[0]) == pytest.approx(value)


@given(st.lists(st.lists(st.one_of(st.none(), st.text(), st.floats(), st.dates(), st.booleans())), max_size=12))
def test_no_sheet_breaks_the_reading(rows: list[list[Any]]) -> None:
    assert OCTOBER is not None
    assert parse_sheet(ONE, OCTOBER, rows).faults


def test_places_are_named_as_spreadsheets_name_them() -> None:
    assert [
        cell_address(0, 0),
        cell_address(6, 25),
        cell_address(9, 26),
        cell_address(0, 701),
        cell_address(0, 702),
    ] == [
        "Biểu!A1",
        "Biểu!Z7",
        "Biểu!AA10",
        "Biểu!ZZ1",
        "Biểu!AAA1",
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_text_leaves_as_a_formula(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert (escape_formula("Xã A"), escape_formula(-5.0)) == ("Xã A", -5.0)
