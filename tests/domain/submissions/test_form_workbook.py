"""The form as a sheet: a blank one is read back, and every fault is reported with its cell."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ioc.domain.base.failure import Failure
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.form_workbook import (
    UNUSED_CELL_MARK,
    FormFault,
    blank_sheet,
    form_cells,
    format_city_number,
    parse_figure,
    parse_sheet,
    read_period_key,
)
from ioc.domain.submissions.obligation import parse_period
from tests.domain.submissions.cases import cell, make_obligation

CELLS = (
    cell("a-free", "Bệnh viện A", "Trống"),
    cell("a-beds", "Bệnh viện A", "Tổng số", is_integer=True),
    cell("b-free", "Bệnh viện B", "Trống", is_optional=True),
)
ONE = make_obligation(cells=CELLS)
OCTOBER = parse_period(ONE, "2026-10")
assert OCTOBER is not None


def test_cells_are_in_the_order_of_the_form_however_they_are_listed() -> None:
    by_column = make_obligation(cells=(cell("1a", "1", "A"), cell("2a", "2", "A"), cell("1b", "1", "B")))
    assert [each.series.key for each in form_cells(by_column)] == ["1a", "1b", "2a"]
    faults = parse_sheet(by_column, OCTOBER, blank_sheet(by_column, OCTOBER, "", "")).faults if OCTOBER else ()
    assert [fault.cell for fault in faults] == ["Biểu!C6", "Biểu!D6", "Biểu!C7"]


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


def fault_codes(**values: Any) -> dict[str, str]:
    assert OCTOBER is not None
    return {fault.cell: fault.failure.code for fault in parse_sheet(ONE, OCTOBER, sheet(**values)).faults}


def test_a_filled_form_is_read() -> None:
    assert OCTOBER is not None
    assert read_period_key(sheet()) == "2026-10"
    form = parse_sheet(ONE, OCTOBER, sheet())
    assert (form.values, form.faults) == ({"a-free": 12.5, "a-beds": 40.0, "b-free": None}, ())
    assert sheet()[6][3] == UNUSED_CELL_MARK


def test_every_fault_is_reported_with_its_cell() -> None:
    assert fault_codes(C6=None, D6=40.5, C7="nhiều") == {
        "Biểu!C6": SubmissionCode.FIGURE_MISSING,
        "Biểu!D6": SubmissionCode.NOT_AN_INTEGER,
        "Biểu!C7": SubmissionCode.NOT_A_NUMBER,
    }
    assert fault_codes(C6=-1, D6=1001) == dict.fromkeys(("Biểu!C6", "Biểu!D6"), SubmissionCode.OUT_OF_RANGE)
    assert fault_codes(C6=True, D6=date(2026, 10, 1), C7="#REF!") == {
        "Biểu!C6": SubmissionCode.NOT_A_NUMBER,
        "Biểu!D6": SubmissionCode.NOT_AN_INTEGER,  # of which the advice has no decimals
        "Biểu!C7": SubmissionCode.NOT_A_NUMBER,
    }


def test_a_form_of_another_obligation_or_period_or_with_moved_rows_is_refused() -> None:
    assert fault_codes(B2="khac") == {"Biểu!B2": SubmissionCode.LABEL_MISMATCH}
    assert fault_codes(B3="kỳ 2026-09") == {"Biểu!B3": SubmissionCode.LABEL_MISMATCH}
    assert fault_codes(A6="Bệnh viện B", A7="Bệnh viện A") == dict.fromkeys(
        ("Biểu!A6", "Biểu!A7"), SubmissionCode.LABEL_MISMATCH
    )
    assert fault_codes(D5="Đã dùng") == {"Biểu!D5": SubmissionCode.LABEL_MISMATCH}


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.200 hộ", "hộ", 1200), ("12 HỘ", "hộ", 12), ("1.200 ₫", "đồng", 1200), ("54,5%", "%", 54.5),
        ("12 nghìn hộ", "hộ", None), ("12 ₫", "triệu đồng", None), ("54%", "hộ", None), ("12 (000)", "hộ", None),
        ("12 hộ", "", None), ("5 m3/s", "m³/s", 5), ("5 mW", "MW", None),
        ("1.200 ca/100.000 dân", "ca/100.000 dân", 1200),
    ],
)  # fmt: skip
def test_a_number_may_have_the_unit_of_its_cell_behind_it(text: str, unit: str, value: float | None) -> None:
    figure = parse_figure(text, replace(CELLS[0], series=replace(CELLS[0].series, unit=unit, high=1e9)))
    assert (None if isinstance(figure, FormFault) else figure) == value


def test_a_form_with_another_unit_is_refused() -> None:
    assert fault_codes(B6="nghìn hồ sơ") == {"Biểu!B6": SubmissionCode.LABEL_MISMATCH}


def test_a_label_is_known_with_the_apostrophes_of_an_exported_form() -> None:
    one = replace(ONE, cells=(cell("a-free", "-Bệnh viện A, -B", "Trống"),))
    assert OCTOBER is not None
    rows = [list(row) for row in blank_sheet(one, OCTOBER, "Cơ quan A", "điền số")]
    rows[5][:3] = ["'-Bệnh viện A, '-B", None, 5]
    form = parse_sheet(one, OCTOBER, rows)
    assert (form.values, form.faults) == ({"a-free": 5.0}, ())


def test_values_in_cells_that_ask_for_none_are_faults() -> None:
    assert fault_codes(D7=5) == {"Biểu!D7": SubmissionCode.CELL_NOT_ASKED}
    assert fault_codes(E6="x", C9=7) == dict.fromkeys(("Biểu!E6", "Biểu!C9"), SubmissionCode.CELL_BEYOND_FORM)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,5", None), ("234,5", 234.5), ("1 000", 1000.0), (" 7 ", 7.0), ("0", 0.0), ("1.000", 1000.0)],
)
def test_numbers_in_the_notation_of_the_city_are_read(text: str, value: float | None) -> None:
    found = parse_figure(text, CELLS[0])
    assert (None if isinstance(found, FormFault) else found) == value


@pytest.mark.parametrize(
    "text", ["12.5", "1.2345", "1,234.5", "1.23,4", "=1+1", "nan", "1e999", "12e3", "-", "<b>1</b>"]
)
def test_an_ambiguous_text_is_not_a_number(text: str) -> None:
    found = parse_figure(text, CELLS[0])
    assert isinstance(found, FormFault)
    assert found.failure == Failure(SubmissionCode.NOT_A_NUMBER, {"found": text})


def test_a_number_of_a_workbook_is_quoted_as_the_city_writes_it() -> None:
    found = parse_figure(9500.5, replace(CELLS[0], is_integer=True))
    assert isinstance(found, FormFault) and found.failure.params == {"found": "9.500,5"}


@given(st.floats(0, 1000, allow_subnormal=False).filter(lambda value: value == 0 or value > 1e-12))
@example(0.12345678)
@example(1 / 3)
def test_a_formatted_number_is_read_back_exactly(value: float) -> None:
    assert parse_figure(format_city_number(value), CELLS[0]) == value


@given(st.lists(st.lists(st.one_of(st.none(), st.text(), st.floats(), st.dates(), st.booleans())), max_size=12))
def test_any_sheet_without_the_labels_has_faults(rows: list[list[Any]]) -> None:
    assert OCTOBER is not None
    assert parse_sheet(ONE, OCTOBER, rows).faults


def test_a_fault_names_what_was_expected() -> None:
    assert OCTOBER is not None
    (label,) = parse_sheet(ONE, OCTOBER, sheet(B2="khac")).faults
    assert label.failure == Failure(SubmissionCode.LABEL_MISMATCH, {"expected": "d", "found": "khac"})
    (figure,) = parse_sheet(ONE, OCTOBER, sheet(D6=1001)).faults
    limits = {"found": "1.001", "low": "0", "high": "1.000", "unit": "hồ sơ"}
    assert figure.failure == Failure(SubmissionCode.OUT_OF_RANGE, limits)
