"""Rows and sheets that give one series: no value is taken where another row or sheet says otherwise."""

from typing import Any

import pytest

from components.ui.error_messages import describe
from components.ui.i18n import t
from data_sources._mapping import options_of
from data_sources.spreadsheet import Options, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.cli.batch_report import BatchReport
from ioc.domain.base.failure import Failure
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
    batch = read({"Sheet1": first, "Sheet2": second})
    assert not values(batch) and codes(batch) == [SpreadsheetCode.SHEETS_OVERLAP]
    assert batch.rejected_items[0].failure.params == {"first": "Sheet1", "second": "Sheet2"}
    assert values(read({"Sheet1": first, "Sheet2": second}, sheets=["Sheet1"])) == [1.0, 2.0, 4.0]


def test_the_reason_of_sheets_that_the_row_names_and_that_differ_names_them_and_not_duplicates() -> None:
    first, second = [[ONE, 1.0], [TWO, 2.0], [THREE, 3.0]], [[ONE, 9.0], [TWO, 2.0], [FOUR, 4.0]]
    batch = read({"A": first, "B": second}, sheets=["A", "B"])
    assert values(batch) == [2.0, 3.0, 4.0] and codes(batch) == [SpreadsheetCode.NAMED_SHEETS_DIFFER] * 2
    assert {(item.failure.params["first"], item.failure.params["second"]) for item in batch.rejected_items} == {
        ("A", "B")
    }
    assert values(read({"A": first, "B": second}, sheets=["A"])) == [1.0, 2.0, 3.0]
    repeated = read({"A": [*first, [ONE, 7.0]], "B": [[FOUR, 4.0]]}, sheets=["A", "B"])
    assert codes(repeated) == [ValidationCode.VALUES_DIFFER] * 2  # rows of one sheet
    reason = describe(repeated.rejected_items[0].failure, "en")
    assert reason.index("different groups") < reason.index("only where they are repeated") < reason.index("duplicates")


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ([[THREE, 3.0], [FOUR, 4.0]], [1.0, 2.0, 3.0, 4.0]),  # continued
        ([[ONE, 1.0], [TWO, 2.0]], [1.0, 2.0]),  # a copy
        ([[ONE, 1.0], [TWO, 2.0], [THREE, 3.0]], [1.0, 2.0, 3.0]),  # a later copy
    ],
)
def test_sheets_that_continue_or_repeat_each_other_are_one_table(second: Rows, expected: list[float]) -> None:
    batch = read({"Sheet1": [[ONE, 1.0], [TWO, 2.0]], "Sheet2": second})
    assert values(batch) == expected and not batch.rejected_items


def test_of_sheets_that_the_row_names_only_the_moments_that_differ_are_rejected() -> None:
    sheets: dict[str, Rows] = {"A": [[ONE, 1.0], [TWO, 2.0], [FOUR, 4.0]], "B": [[ONE, None], [TWO, 5.0], [THREE, 3.0]]}
    batch = read(sheets, sheets=["A", "B"])
    assert values(batch) == [3.0, 4.0]
    assert sorted(codes(batch)) == [*[SpreadsheetCode.NAMED_SHEETS_DIFFER] * 2, SpreadsheetCode.ROW_REPEATED]


@pytest.mark.parametrize("blank", [None, "x"])
def test_a_row_without_a_value_leaves_none_of_its_moment(blank: Any) -> None:
    batch = read({"Sheet1": [[ONE, 1.0], [ONE, blank], [TWO, 2.0]]})
    assert values(batch) == [2.0] and codes(batch) == [SpreadsheetCode.ROW_REPEATED]


def test_two_names_of_one_series_of_which_one_has_no_value_are_named() -> None:
    body = xlsx({"S": [["Tên", "Mức"], ["- Bia", None], ["Bia", 5.0]]})
    options: dict[str, Any] = {"name_time": "%Y.xlsx", "name": "Tên", "columns": {"{name}": "Mức"}}
    payload = Payload((ResponsePage(body, address="2025.xlsx"),))
    (item,) = parse(row("/in", options), payload, NOW).rejected_items
    names = {"first": "Bia", "second": "- Bia", "series": "bia"}
    assert item.failure == Failure(SpreadsheetCode.ROW_NAMES_REPEATED, names)
    named = {**options, "names": {"- Bia": "bia-lit", "Bia": "bia-2"}}  # as the reason says
    batch = parse(row("/in", named), payload, NOW)
    assert [one.series for one in batch.readings] == ["bia-2"] and not batch.rejected_items


def test_the_row_may_say_that_rows_complete_each_other() -> None:
    batch = read({"Sheet1": [[ONE, 1.0], [ONE, None], [TWO, 2.0]], "Sheet2": [[ONE, 3.0]]}, DuplicateRule.LAST)
    assert values(batch) == [2.0, 3.0] and not batch.rejected_items


@pytest.mark.parametrize("duplicates", [None, DuplicateRule.LAST])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Trạm Ninh Kiều", "Trạm Thốt Nốt"), ("Trạm 1", "Trạm 2"), ("Tháng 10", "Mẫu"), ("Biểu 1", "Biểu 2"),
        ("6 tháng", "9 tháng"),
    ],
)  # fmt: skip
def test_sheets_whose_names_differ_in_more_than_a_period_do_not_continue_each_other(
    first: str, second: str, duplicates: DuplicateRule | None
) -> None:
    sheets: dict[str, Rows] = {first: [[ONE, 1.0], [TWO, 2.0]], second: [[THREE, 9.0]]}
    batch = read(sheets, duplicates)
    assert not batch.readings and codes(batch) == [SpreadsheetCode.SHEETS_OF_ONE_SERIES]
    assert batch.rejected_items[0].failure.params == {"first": first, "second": second}
    assert values(read(sheets, duplicates, sheets=[first])) == [1.0, 2.0]
    assert values(read(sheets, duplicates, sheets=[first, second])) == [1.0, 2.0, 9.0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Tháng 9", "Tháng 10"), ("T9-2026", "T10-2026"), ("T9", "T10"), ("Sheet1", "Sheet2"), ("Trang 1", "Trang 2"),
        ("1", "2"), ("01.10", "02-10"), ("Số liệu 2025", "Số liệu 2026"), ("Số liệu", "Số liệu (2)"),
        ("Quý III", "Quý IV"), ("Q3", "Q4"), ("Năm 2025", "Năm 2026"), ("Sheet1", "Tháng 10-2026"),
    ],
)  # fmt: skip
def test_sheets_whose_names_differ_in_a_period_or_a_number_continue_each_other(first: str, second: str) -> None:
    batch = read({first: [[ONE, 1.0]], second: [[TWO, 2.0]]})
    assert values(batch) == [1.0, 2.0] and not batch.rejected_items


@pytest.mark.parametrize("rows", [[], [[ONE, None], [TWO, None]], [[ONE, "x"]]])
def test_an_empty_template_beside_a_sheet_is_no_other_station(rows: Rows) -> None:
    batch = read({"Số liệu": [[THREE, 1.0], [FOUR, 2.0]], "Mẫu": rows})
    assert values(batch) == [1.0, 2.0] and not batch.rejected_items


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


def test_two_values_of_one_series_are_named_with_their_cells() -> None:
    rows: Rows = [["Ngày", "Trạm", "Mực"], ["05/10/2026", "A", 1.0], ["05/10/2026", "A", 2.0]]
    source = row("/in", {"time": "Ngày", "name": "Trạm", "columns": {"{name}": "Mực"}}, series_keys=("a",))
    raw = parse(source, Payload((ResponsePage(xlsx({"S": rows}), address="t.xlsx"),)), NOW)
    found = validate_batch(raw, source.polled_series(), NOW).rejected_items[0].failure
    assert (found.params["first_place"], found.params["second_place"]) == ("t.xlsx: S!C2", "t.xlsx: S!C3")


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([[ONE, 1.0], [TWO, None], [THREE, 3.0]], 1),
        ([[ONE, 1.0], [TWO, "x"], [THREE, 3.0]], 0),  # a mark
        ([[ONE, None], [TWO, None]], 0),  # the series has no value
        ([[ONE, 1.0], [None, None], ["Người lập", None]], 0),  # no rows of data
    ],
)
def test_empty_cells_of_a_series_with_values_are_counted(rows: Rows, count: int) -> None:
    source = row("/in", {"time": "Ngày", "columns": {"level": "Mức"}})
    pages = (ResponsePage(xlsx({"S": [HEAD, *rows]}), address="a.xlsx"),)
    batch = parse(source, Payload(pages), NOW)
    options = options_of(source, Options)
    assert options.empty_cell_count == count
    said = t("commands.empty_cells", "en", n=count)
    text = BatchReport(source, batch, NOW, "en", empty_cell_count=options.empty_cell_count).text()
    assert (said in text) is bool(count)


STOCK: Rows = [["Ngành", "Vốn"], ["Dịch vụ", 300.0], ["Công nghiệp nặng", 500.0]]
NEW: Rows = [["Ngành", "Vốn"], ["Dịch vụ", 20.0], ["Công nghiệp", 30.0]]


@pytest.mark.parametrize(
    ("second", "rows", "is_one_table"),
    [
        ("Cấp mới", NEW, False),
        ("Cấp mới", [NEW[0], ["Dịch vụ", 300.0], NEW[2]], True),  # agrees with the first
        ("Cấp mới", [NEW[0], NEW[2]], True),
        ("Cấp mới", [NEW[0], NEW[2], ["Cộng", 7.0]], False),  # contradicts it in a series that the row does not read
        ("Lũy kế (2)", NEW, False),
    ],
)
def test_two_sheets_of_one_moment_that_differ_are_two_tables(second: str, rows: Rows, is_one_table: bool) -> None:
    options = {"name_time": "%Y.xlsx", "name": "Ngành", "columns": {"{name}": "Vốn"}}
    keys = ("dich-vu", "cong-nghiep-nang", "cong-nghiep")
    body = xlsx({"Lũy kế": [*STOCK, ["Cộng", 9.0]], second: rows})

    def read_sheets(rule: DuplicateRule | None = None, **more: Any) -> Batch:
        source = row("/in", {**options, **more}, series_keys=keys, duplicates=rule)
        raw = parse(source, Payload((ResponsePage(body, address="2026.xlsx"),)), NOW)
        return validate_batch(raw, source.polled_series(), NOW, duplicates=rule)

    batch = read_sheets()
    together = {"dich-vu": 300, "cong-nghiep-nang": 500, "cong-nghiep": 30}
    assert {one.series: one.value for one in batch.readings} == (together if is_one_table else {})
    assert (SpreadsheetCode.SHEETS_DIFFER in codes(batch)) is not is_one_table
    assert len(read_sheets(sheets=["Lũy kế"]).readings) == 2
    # With a rule a sheet that goes on with another one may correct it.
    assert bool(read_sheets(DuplicateRule.FIRST).readings) is (is_one_table or second == "Lũy kế (2)")
    assert len(read_sheets(DuplicateRule.FIRST, sheets=["Lũy kế", second]).readings) == 3
