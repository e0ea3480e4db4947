"""Units in brackets below the headings: they are no data row, and are the units of their columns."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

OPTIONS = {"time": "Ngày", "columns": {"level": "Mực nước", "rain": "Mưa"}}
HEAD, DATA = ["Ngày", "Mực nước", "Mưa"], ["05/10/2026", 1.5, 12.0]


def read(rows: Rows, merged: list[str] | None = None, **options: Any) -> Batch:
    source = row(options={**OPTIONS, **options}, series_keys=("level", "rain"), units={"rain": "mm"})
    batch = parse(source, Payload((ResponsePage(xlsx({"S": rows}, merged or []), address="a"),)), NOW)
    return validate_batch(batch, source.polled_series(), NOW)


def stored(batch: Batch) -> list[tuple[str, float | None]]:
    return [(one.series, one.value) for one in batch.readings]


@pytest.mark.parametrize(
    "units",
    [
        [None, "(m)", "(mm)"],
        ["(ngày)", "(m)", "(mm)"],
        [None, "[m]", None],
        [None, " ( m ) ", "(mm)"],
        [None, "(mét)", "(milimét)"],
    ],
)
@pytest.mark.parametrize("numbering", [[], [["(1)", "(2)", "(3)"]], [["A", "B", "C"]], [["(A)", "(1)", "(2)"]]])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_row_of_units_is_no_data(units: list[Any], numbering: list[list[Any]], is_first: bool) -> None:
    lines = [*numbering, units] if is_first else [units, *numbering]
    batch = read([HEAD, *lines, DATA], units={"milimét": "mm"})
    assert stored(batch) == [("level", 1.5), ("rain", 12)] and not batch.rejected_items


def test_the_units_below_the_headings_are_those_of_the_columns() -> None:
    rows: Rows = [HEAD, [None, "(cm)", "(mm)"], DATA]
    assert stored(read(rows)) == [("level", 0.015), ("rain", 12)]
    assert stored(read(rows, unit="m"))[0] == ("level", 0.015)  # `unit` is of columns without any


def test_units_merged_over_two_columns_are_those_of_both() -> None:
    rows: Rows = [HEAD, [None, "(cm)", None], DATA]
    assert stored(read(rows, ["B2:C2"])) == [("level", 0.015), ("rain", 120)]


def test_a_unit_below_the_heading_that_the_row_contradicts_is_rejected_once() -> None:
    rows: Rows = [HEAD, [None, "(cm)", "(mm)"], DATA, DATA]
    batch = read(rows, units={"level": "m"})
    assert stored(batch) == [("rain", 12)]
    assert failures(batch) == [Failure(SpreadsheetCode.UNIT_OTHER, {"unit": "cm", "declared": "m"})]
    assert batch.rejected_items[0].location == "a: S!B2"
    assert stored(read(rows, units={"level": "cm"})) == [("level", 0.015), ("rain", 12)]


def test_an_unknown_unit_below_a_heading_is_rejected_unless_the_row_knows_it() -> None:
    rows: Rows = [HEAD, [None, "(thước)", "(mm)"], DATA]
    assert codes(read(rows)) == [SpreadsheetCode.UNIT_ROW] and stored(read(rows)) == [("rain", 12)]
    assert read(rows, units={"thước": "dm"}).readings[0].value == pytest.approx(0.15)
    assert not read(rows, units={"level": "m"}).rejected_items


def test_a_row_of_units_without_headings_for_them_keeps_the_number_reader() -> None:
    batch = read([HEAD, [None, "(m)", "(mm)"], ["05/10/2026", "(m)", 12.0]])
    assert codes(batch) == [SpreadsheetCode.WORD] and ParseCode.NOT_A_NUMBER not in codes(batch)


@pytest.mark.parametrize("cells", [[None, "(5)", "(9)"], ["Cần Thơ", "cm", "l/s"], ["05/10/2026", "(m)", "(mm)"]])
def test_other_rows_below_the_headings_are_data(cells: list[Any]) -> None:
    found = codes(read([HEAD, cells, DATA]))
    assert found and SpreadsheetCode.UNIT_ROW not in found


@pytest.mark.parametrize("label", [None, "ĐVT", "Đơn vị tính:", "Unit", "(đơn vị)"])
@pytest.mark.parametrize("units", [["cm", "mm"], ["(cm)", "mm"], ["cm", None]])
def test_units_without_brackets_are_those_of_the_columns(label: str | None, units: list[Any]) -> None:
    batch = read([HEAD, [label, *units], DATA])
    assert stored(batch) == [("level", 0.015), ("rain", 12)] and not batch.rejected_items


@pytest.mark.parametrize("cells", [["cm", "tuỳ"], ["(cm)", 3.0], ["cm", "(1000T)"]])
def test_a_column_without_a_unit_in_the_row_of_units_is_rejected(cells: list[Any]) -> None:
    batch = read([HEAD, [None, *cells], DATA, DATA])
    assert {name for name, _ in stored(batch)} == {"level"}
    expected = Failure(SpreadsheetCode.UNIT_ROW, {"unit": str(cells[1]).strip("()").removesuffix(".0"), "row": 2})
    assert failures(batch) == [expected]
    assert batch.rejected_items[0].location == "a: S!C2"


def test_units_that_a_later_page_has_otherwise_end_the_table() -> None:
    batch = read([HEAD, [None, "m", "mm"], DATA, HEAD, [None, "cm", "mm"], ["06/10/2026", 150, 12]])
    assert stored(batch) == [("level", 1.5), ("rain", 12)]
    assert codes(batch) == [SpreadsheetCode.TABLE_BELOW]
