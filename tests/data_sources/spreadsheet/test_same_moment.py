"""Rows and sheets that give one series: no value is taken where another row or sheet says otherwise."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

HEAD = ["Ngày", "Mức"]
ONE, TWO, THREE, FOUR = (f"{day:02}/10/2026" for day in (1, 2, 3, 4))


def read(book: dict[str, Rows], duplicates: DuplicateRule | None = None, **options: Any) -> Batch:
    body = xlsx({name: [HEAD, *rows] for name, rows in book.items()})
    source = row("/in", {"time": "Ngày", "columns": {"level": "Mức"}, **options}, duplicates=duplicates)
    batch = parse(source, Payload((ResponsePage(body, address="a.xlsx"),)), NOW)
    return validate_batch(batch, source.polled_series(), NOW, duplicates=duplicates)


def values(batch: Batch) -> list[float]:
    return sorted(one.value for one in batch.readings if one.value is not None)


@pytest.mark.parametrize(
    "second",
    [
        [[ONE, None], [TWO, 2.0]],  # empty where the first has a value
        [[ONE, "x"], [TWO, 2.0]],
        [[ONE, 9.0], [TWO, 2.0]],  # another value
        [[TWO, 2.0], [FOUR, 9.0], [THREE, 3.0]],  # a time of its own before the end of the first
    ],
)
def test_sheets_whose_times_overlap_must_agree(second: Rows) -> None:
    first = [[ONE, 1.0], [TWO, 2.0], [FOUR, 4.0]]
    batch = read({"A": first, "B": second})
    assert not values(batch) and codes(batch) == [SpreadsheetCode.SHEETS_OVERLAP]
    assert batch.rejected_items[0].failure.params == {"first": "A", "second": "B"}
    assert values(read({"A": first, "B": second}, sheets=["A"])) == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ([[THREE, 3.0], [FOUR, 4.0]], [1.0, 2.0, 3.0, 4.0]),  # continued
        ([[ONE, 1.0], [TWO, 2.0]], [1.0, 2.0]),  # a copy
        ([[ONE, 1.0], [TWO, 2.0], [THREE, 3.0]], [1.0, 2.0, 3.0]),  # a later copy
    ],
)
def test_sheets_that_continue_or_repeat_each_other_are_one_table(second: Rows, expected: list[float]) -> None:
    batch = read({"A": [[ONE, 1.0], [TWO, 2.0]], "B": second})
    assert values(batch) == expected and not batch.rejected_items


def test_of_sheets_that_the_row_names_only_the_moments_that_differ_are_rejected() -> None:
    sheets: dict[str, Rows] = {"A": [[ONE, 1.0], [TWO, 2.0], [FOUR, 4.0]], "B": [[ONE, None], [TWO, 5.0], [THREE, 3.0]]}
    batch = read(sheets, sheets=["A", "B"])
    assert values(batch) == [3.0, 4.0]
    assert sorted(codes(batch)) == [SpreadsheetCode.ROW_REPEATED, *[ValidationCode.VALUES_DIFFER] * 2]


@pytest.mark.parametrize("blank", [None, "x"])
def test_a_row_without_a_value_leaves_none_of_its_moment(blank: Any) -> None:
    batch = read({"A": [[ONE, 1.0], [ONE, blank], [TWO, 2.0]]})
    assert values(batch) == [2.0] and codes(batch) == [SpreadsheetCode.ROW_REPEATED]


def test_the_row_may_say_that_rows_complete_each_other() -> None:
    batch = read({"A": [[ONE, 1.0], [ONE, None], [TWO, 2.0]], "B": [[ONE, 3.0]]}, DuplicateRule.LAST)
    assert values(batch) == [2.0, 3.0] and not batch.rejected_items


def test_names_tell_the_stations_of_two_sheets_apart() -> None:
    sheets: dict[str, Rows] = {
        name: [["Ngày", "Mức", "Trạm"], [ONE, level, name]] for name, level in (("A", 1.0), ("B", 9.0))
    }
    options = {"time": "Ngày", "name": "Trạm", "columns": {"{name}": "Mức"}}
    source = row("/in", options, series_keys=("a", "b"))
    batch = parse(source, Payload((ResponsePage(xlsx(sheets), address="a.xlsx"),)), NOW)
    assert values(batch) == [1.0, 9.0] and not batch.rejected_items


def test_rows_below_a_single_row_of_data_are_no_other_ones() -> None:
    body = xlsx({"S": [["Số hộ", "Mức"], [5, 1.5], [None, None], ["Người lập biểu", None]]})
    source = row("/in", {"name_time": "%Y-%m.xlsx", "columns": {"level": "Mức"}})
    batch = parse(source, Payload((ResponsePage(body, address="2026-10.xlsx"),)), NOW)
    assert values(batch) == [1.5] and not batch.rejected_items
