"""The unit that is stated above a table: that of all its columns without another."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

OPTIONS = {"name_time": "%Y-%m-%d.xlsx", "name": "Xã", "columns": {"{name}": "Sản lượng"}}
HEAD, DATA = ["Xã", "Sản lượng", "Ghi chú"], ["An Bình", 12.5, None]


def read(rows: Rows, series_unit: str = "tấn", **options: Any) -> Batch:
    page = ResponsePage(xlsx({"S": rows}), address="2026-10-05.xlsx")
    source = row("/in", {**OPTIONS, **options}, series_keys=("an-binh",), units={"an-binh": series_unit})
    return validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)


def values(batch: Batch) -> list[float | None]:
    return [one.value for one in batch.readings]


@pytest.mark.parametrize(
    "above",
    [
        [None, None, "ĐVT: nghìn tấn"],
        ["BÁO CÁO SẢN LƯỢNG (Đơn vị tính: 1.000 tấn)"],
        ["Đơn vị: Nghìn tấn."],
        ["ĐVT :", None, "nghìn tấn"],
        ["Unit: nghìn tấn", None, "ĐVT: 1000 tấn"],
        ["Bảng sản lượng (nghìn tấn)"],
        ["Sản lượng (ước tính), ĐVT: nghìn tấn"],
        ["BÁO CÁO SẢN LƯỢNG (Đvt nghìn tấn)"],
        ["Đơn vị tính nghìn tấn"],
        ["ĐVT", None, "nghìn tấn"],
    ],
)
def test_the_unit_above_the_table_is_that_of_its_columns(above: list[Any]) -> None:
    for rows in ([above, HEAD, DATA], [["BÁO CÁO"], [], above, [], HEAD, DATA]):
        batch = read(rows)
        assert values(batch) == [12_500] and not batch.rejected_items


@pytest.mark.parametrize(
    "above", [["ĐVT: thúng"], ["ĐVT: tấn, ha"], ["Bảng mực nước (cm), lưu lượng (l/s)"], ["ĐVT: kg", None, "ĐVT: tạ"]]
)
def test_an_unknown_unit_or_several_above_the_table_are_rejected_unless_the_row_has_one(above: list[Any]) -> None:
    batch = read([above, HEAD, DATA, DATA])
    assert not values(batch) and codes(batch) == [SpreadsheetCode.UNIT_STATED]
    assert values(read([above, HEAD, DATA], units={"{name}": "tạ"})) == [1.25]
    assert values(read([above, HEAD, DATA], unit="tấn")) == [12.5]


def test_the_row_can_explain_a_spelling_above_the_table() -> None:
    assert values(read([["ĐVT: thúng"], HEAD, DATA], units={"thúng": "kg"})) == [0.0125]


def test_a_unit_of_the_row_that_says_another_is_rejected() -> None:
    rows: Rows = [["ĐVT: nghìn tấn"], HEAD, DATA]
    other: list[dict[str, Any]] = [{"unit": "tấn"}, {"units": {"{name}": "tấn"}}]
    for options in other:
        batch = read(rows, **options)
        assert not values(batch) and codes(batch) == [SpreadsheetCode.UNIT_ABOVE_OTHER]
    assert values(read(rows, unit="1.000 tấn")) == [12_500]


def test_units_of_a_column_in_another_quantity_come_first() -> None:
    assert values(read([["ĐVT: tỷ đồng"], HEAD, DATA], "%", units={"{name}": "%"})) == [12.5]


def test_the_unit_below_the_heading_comes_first() -> None:
    assert values(read([["ĐVT: nghìn tấn"], HEAD, [None, "(kg)", None], DATA])) == [0.0125]


@pytest.mark.parametrize("above", ["Đơn vị: tấn - %", "Đơn vị: tấn, con", "Đơn vị: tấn/%"])
def test_several_units_after_a_word_for_an_organisation_are_units_too(above: str) -> None:
    rows: Rows = [[above], ["Xã", "Sản lượng"], ["A", 5]]
    assert codes(read(rows)) == [SpreadsheetCode.UNIT_STATED]


def test_words_of_titles_are_no_units() -> None:
    rows: Rows = [
        ["UBND xã (kèm theo Công văn số 5)"],
        ["Đơn vị báo cáo: Sở A (ước tính)"],
        ["Đơn vị: Sở A"],
        ["Đơn vị tính theo quy định của Bộ"],
        ["ĐVT", "ghi ở dưới"],
        HEAD,
        DATA,
    ]
    assert values(read(rows)) == [12.5]


@pytest.mark.parametrize("stated", [{"unit": "mm"}, {"units": {"{name}": "mm"}}])
@pytest.mark.parametrize("cell", [12.5, "12.5"])
def test_unit_of_another_quantity_in_the_row_is_corrected_there(stated: dict[str, Any], cell: Any) -> None:
    rows = [HEAD, ["An Bình", cell, None]]
    assert codes(read(rows, **stated)) == [ValidationCode.UNIT_OF_ROW]
    assert values(read(rows, **({"unit": "kg"} if "unit" in stated else {"units": {"{name}": "kg"}}))) == [0.0125]


@pytest.mark.parametrize("rows", [[["Xã", "Sản lượng (mm)"], DATA[:2]], [["ĐVT: mm"], HEAD, DATA]])
def test_unit_of_another_quantity_in_the_file_is_that_of_the_file(rows: Rows) -> None:
    options: dict[str, Any] = {"columns": {"{name}": str(rows[0][1])}} if len(rows) == 2 else {}
    assert codes(read(rows, **options)) == [UnitCode.DIFFERENT_QUANTITY]
