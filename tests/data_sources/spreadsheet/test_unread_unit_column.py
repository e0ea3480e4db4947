"""A column of units that the row does not name is read as its `unit_column`; another unit than it states rejects."""

from typing import Any

import pytest

from data_sources import protocols
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

ROW = {"time": "t", "columns": {"level": "Mực nước"}}


def read(table: str, of_series: dict[str, str] | None = None, **options: Any) -> Batch:
    source = row(
        protocol="spreadsheet", options={**ROW, **options}, series_keys=("level", "flow"), units=of_series or {}
    )
    page = ResponsePage(table.encode(), address="a.csv")
    raw = protocols()["spreadsheet"].parse(source, Payload((page,)), NOW)
    return validate_batch(raw, source.polled_series(), NOW)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


def table(heading: str, *cells: str) -> str:
    rows = (f"24/11/2026 0{n}:00;150;{cell}" for n, cell in enumerate(cells))
    return "\n".join([f"t;Mực nước;{heading}", *rows])


@pytest.mark.parametrize("heading", ["ĐVT", "đvt", "Đơn vị tính", "ĐƠN VỊ ĐO", "Đơn vị", "Don vi tinh", "Unit", "UoM"])
def test_a_column_of_units_is_read(heading: str) -> None:
    batch = read(table(heading, "cm", "m", "dm"))
    assert values(batch) == [1.5, 150, 15] and not batch.rejected_items and not batch.assumed_unit_count


def test_an_empty_unknown_or_other_unit_is_rejected_as_with_the_option() -> None:
    both: tuple[dict[str, Any], ...] = ({}, {"unit_column": "ĐVT"})
    for options in both:
        batch = read(table("ĐVT", "cm", "", "thước", "kg"), **options)
        assert values(batch) == [1.5]
        assert set(codes(batch)) == {SpreadsheetCode.UNIT_MISSING, UnitCode.UNKNOWN, UnitCode.DIFFERENT_QUANTITY}


@pytest.mark.parametrize("options", [{"unit": "m"}, {"units": {"level": "m"}}])
def test_another_unit_than_the_row_states_is_rejected(options: dict[str, Any]) -> None:
    batch = read(table("ĐVT", "cm", "m", ""), **options)
    assert values(batch) == [150, 150] and codes(batch) == [SpreadsheetCode.UNIT_COLUMN_UNREAD]
    named = read(table("ĐVT", "cm", "m", ""), **options, unit_column="ĐVT")
    assert not named.rejected_items  # named, it is the meaning of the option


def test_a_column_without_a_known_unit_is_none() -> None:
    batch = read(table("Đơn vị", "Xã A", "Xã B"), may_differ=["Đơn vị"])
    assert values(batch) == [150, 150] and batch.assumed_unit_count == 2


def test_a_share_beside_the_unit_of_the_rows_keeps_its_own() -> None:
    body = "t;Mực nước;Tỷ lệ;ĐVT\n24/11/2026 09:00;150;50;cm"
    columns = {"level": "Mực nước", "flow": "Tỷ lệ"}
    batch = read(body, {"flow": "%"}, columns=columns, units={"flow": "%"})
    assert values(batch) == [1.5, 50] and not batch.rejected_items


def test_a_heading_with_a_unit_of_another_quantity_keeps_its_own() -> None:
    body = "t;Mực nước;So sánh (%);ĐVT\n24/11/2026 09:00;150;50;cm\n24/11/2026 08:00;;60;"
    batch = read(body, {"flow": "%"}, columns={"level": "Mực nước", "flow": "So sánh (%)"})
    assert values(batch) == [1.5, 50, 60] and not batch.rejected_items
    batch = read("t;Mực nước (m);ĐVT\n24/11/2026 09:00;150;cm", columns={"level": "Mực nước (m)"})
    assert codes(batch) == [SpreadsheetCode.UNIT_COLUMN_UNREAD]


@pytest.mark.parametrize("headings", ["ĐVT;ĐVT", "ĐVT;Đơn vị đo"])
def test_of_two_columns_of_units_a_row_is_read_where_they_agree(headings: str) -> None:
    batch = read(table(headings, "cm;cm", "cm;centimetre", "cm;m", "cm;", "cm;thước"))
    assert values(batch) == [1.5, 1.5] and codes(batch) == [SpreadsheetCode.UNIT_COLUMNS] * 3
    stated = read(table(headings, "cm;m³/s"), units={"level": "cm"})
    assert values(stated) == [1.5]


@pytest.mark.parametrize(
    ("upper", "lower"), [("Đơn vị", "tính"), ("Đơn", "vị"), ("Đơn vị tính", ""), ("", "ĐVT"), ("Chung", "ĐVT")]
)
def test_a_heading_of_units_may_be_broken_over_the_rows_of_the_headings(upper: str, lower: str) -> None:
    rows: Rows = [["Ngày", upper, "Sản lượng", "Sản lượng"], [None, lower, "T1", "T2"], ["24/11/2026", "km", 1.5, 2.5]]
    source = row(options={"time": "Ngày", "columns": {"level": ["Sản lượng", "T2"]}})
    page = ResponsePage(xlsx({"S": rows}), address="a.xlsx")
    raw = protocols()["spreadsheet"].parse(source, Payload((page,)), NOW)
    assert values(validate_batch(raw, source.polled_series(), NOW)) == [2500]


def test_another_heading_that_begins_with_unit_is_no_heading_of_units() -> None:
    rows: Rows = [["Ngày", "Đơn vị", "Sản lượng"], [None, "báo cáo", "T1"], ["24/11/2026", "km", 1.5]]
    options = {"time": "Ngày", "columns": {"level": ["Sản lượng", "T1"]}, "may_differ": ["báo cáo"]}
    page = ResponsePage(xlsx({"S": rows}), address="a.xlsx")
    raw = protocols()["spreadsheet"].parse(row(options=options), Payload((page,)), NOW)
    assert [reading.unit for reading in raw.readings] == [""]


@pytest.mark.parametrize("options", [{}, {"unit_column": "Đơn vị"}])
def test_unit_column_comes_before_a_unit_in_the_name_of_a_row(options: dict[str, Any]) -> None:
    batch = read_named("Ống HDPE D200 (mm)", "m", **options)
    assert ([reading.unit for reading in batch.readings], codes(batch)) == (["m", "m"], [])


@pytest.mark.parametrize("options", [{"unit": "m"}, {"units": {"": ""}}])
def test_without_a_unit_in_the_unit_column_that_in_the_name_of_the_row_counts(options: dict[str, Any]) -> None:
    batch = read_named("Mực nước (cm)", "", unit_column="Đơn vị", **options)
    assert ([reading.unit for reading in batch.readings], codes(batch)) == (["cm", "m"], [])


def test_unit_in_the_name_of_a_row_is_compared_with_what_an_empty_unit_means() -> None:
    batch = read_named("Mực nước (cm)", "", unit_column="Đơn vị", units={"": "m"})
    assert codes(batch) == [SpreadsheetCode.UNIT_IN_LABEL]


def read_named(label: str, cell: str, /, **options: Any) -> Batch:
    table = f"Ngày;Chỉ tiêu;Đơn vị;Giá trị\n24/11/2026;{label};{cell};1,5\n24/11/2026;Khác;m;1"
    merged = {"time": "Ngày", "name": "Chỉ tiêu", "columns": {"{name}": "Giá trị"}, **options}
    source = row(protocol="spreadsheet", options=merged)
    return protocols()["spreadsheet"].parse(source, Payload((ResponsePage(table.encode(), address="a.csv"),)), NOW)
