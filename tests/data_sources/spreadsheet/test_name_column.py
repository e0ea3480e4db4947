"""A column of names without a heading, which the row gives by its letter."""

from typing import Any

import pytest

from data_sources.spreadsheet import Options, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures, option_error_code, raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, ods, xls, xlsx

HEADINGS: Rows = [
    ["Ước nhập khẩu tháng 2 năm 2005"],
    [None],
    ["Stt", None, "Đơn vị", "K.H", "Ư.TH"],
    [None, None, "tính", 2005.0, "T2/2005"],
]
DATA: Rows = [
    [None, "Tổng kim ngạch", "m", 36500.0, 2350.0],
    [None, "Mặt hàng chủ yếu", None, None, None],
    [1.0, "Xăng dầu", "m", 12300.0, 850.0],
    [2.0, "Phân bón", "m", 1700.0, 150.0],
]
OPTIONS: dict[str, Any] = {
    "name_time": "%m.%y",
    "name_column": "B",
    "unit_column": ["Đơn vị", "tính"],
    "columns": {"nk-{name}": ["Ư.TH", "T2/2005"]},
}
VALUES = {"nk-tong-kim-ngach": 2350.0, "nk-xang-dau": 850.0, "nk-phan-bon": 150.0}


def read(body: bytes, options: dict[str, Any] = OPTIONS) -> Batch:
    return parse(row("/in", options), Payload((ResponsePage(body, address="02.05"),)), NOW)


def values(batch: Batch) -> dict[str, float | None]:
    return {one.series: one.value for one in batch.readings}


def text(rows: Rows, separator: str = "\t") -> bytes:
    return "\n".join(separator.join("" if cell is None else f"{cell}" for cell in cells) for cells in rows).encode()


def old_workbook(rows: Rows) -> bytes:
    return xls([[("" if cell is None else cell, "Arial") for cell in cells] for cells in rows])


@pytest.mark.parametrize(
    "body",
    [
        xlsx({"S": [*HEADINGS, *DATA]}),
        ods([*HEADINGS, *DATA]),
        old_workbook([*HEADINGS, *DATA]),
        text([*HEADINGS, *DATA]),
        text([*HEADINGS, *DATA], ";"),
    ],
    ids=["xlsx", "ods", "xls", "tab", "semicolon"],
)
def test_the_column_without_a_heading_names_the_rows(body: bytes) -> None:
    batch = read(body, {**OPTIONS, "decimal": "."})
    assert values(batch) == VALUES
    assert not failures(batch)


def test_a_small_letter_means_the_same_column() -> None:
    assert values(read(xlsx({"S": [*HEADINGS, *DATA]}), {**OPTIONS, "name_column": "b"})) == VALUES


def test_the_first_column_may_be_the_one_without_a_heading() -> None:
    rows: Rows = [[None, "Mức"], ["Cái Răng", 3.0], ["Ô Môn", 4.0]]
    options = {"name_time": "%m.%y", "name_column": "A", "columns": {"{name}": "Mức"}}
    assert values(read(xlsx({"S": rows}), options)) == {"cai-rang": 3.0, "o-mon": 4.0}


def test_a_column_with_a_heading_is_refused_with_the_heading() -> None:
    headings: Rows = [*HEADINGS[:2], ["Stt", "Mặt hàng", *HEADINGS[2][2:]], HEADINGS[3]]
    expected = Failure(SpreadsheetCode.NAME_COLUMN_HEADED, {"column": "B", "heading": "Mặt hàng"})
    batch = read(xlsx({"S": [*headings, *DATA]}))
    assert (values(batch), failures(batch)) == ({}, [expected])


@pytest.mark.parametrize("column", ["C", "E"])
def test_a_column_of_units_or_values_is_no_column_of_names(column: str) -> None:
    batch = read(xlsx({"S": [*HEADINGS, *DATA]}), {**OPTIONS, "name_column": column})
    assert (values(batch), codes(batch)) == ({}, [SpreadsheetCode.NAME_COLUMN_HEADED])


def test_a_heading_merged_over_the_column_is_its_heading() -> None:
    rows: Rows = [["Mặt hàng", None, "Mức"], [1.0, "Xăng dầu", 2.0]]
    options = {"name_time": "%m.%y", "name_column": "B", "columns": {"{name}": "Mức"}}
    batch = read(xlsx({"S": rows}, ["A1:B1"]), options)
    assert (values(batch), codes(batch)) == ({}, [SpreadsheetCode.NAME_COLUMN_HEADED])
    named = {key: value for key, value in options.items() if key != "name_column"} | {"name": "Mặt hàng"}
    assert values(read(xlsx({"S": rows}, ["A1:B1"]), named)) == {"xang-dau": 2.0}


def test_the_title_of_a_group_below_the_headings_is_no_heading() -> None:
    rows: Rows = [["Stt", None, "Mức"], [None, "Mặt hàng chủ yếu:", None], [1.0, "Xăng dầu", 2.0]]
    options = {"name_time": "%m.%y", "name_column": "B", "columns": {"{name}": "Mức"}}
    batch = read(xlsx({"S": rows}), options)
    assert (values(batch), codes(batch)) == ({"xang-dau": 2.0}, [])


def test_rows_whose_names_moved_to_another_column_are_rejected() -> None:
    moved: Rows = [["Stt", None, None, "Mức"], [1.0, None, "Xăng dầu", 2.0], [2.0, None, "Phân bón", 3.0]]
    options = {"name_time": "%m.%y", "name_column": "B", "columns": {"{name}": "Mức"}}
    batch = read(xlsx({"S": moved}), options)
    assert (values(batch), codes(batch)) == ({}, [SpreadsheetCode.ROW_NAME_MISSING] * 2)


def test_headings_that_stand_again_on_the_next_page_are_no_data() -> None:
    more: Rows = [[3.0, "Thép", "m", 5700.0, 320.0]]
    batch = read(xlsx({"S": [*HEADINGS, *DATA, *HEADINGS[2:], *more]}))
    assert values(batch) == {**VALUES, "nk-thep": 320.0}
    assert not failures(batch)


def test_rows_without_a_name_do_not_end_the_table() -> None:
    batch = read(xlsx({"S": [*HEADINGS, [9.0, None, "m", 1.0, 7.0], *DATA]}))
    assert values(batch) == VALUES
    assert codes(batch) == [SpreadsheetCode.ROW_NAME_MISSING_INSIDE]


def test_a_text_row_is_not_longer_than_the_headings_because_of_a_title() -> None:
    title: Rows = [["UBND", None, None, None, None, None, None, "Mẫu số 1"]]
    data: Rows = [*DATA, [3.0, "Thép, phôi", "m", 1.0, 2.0, 9.0]]
    options = {**OPTIONS, "decimal": ".", "delimiter": ";"}
    with_title, without = (read(text([*head, *HEADINGS, *data], ";"), options) for head in (title, []))
    assert codes(with_title) == codes(without) == [SpreadsheetCode.ROW_TOO_LONG]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "Mặt hàng"}, OptionCode.NAME_OR_NAME_COLUMN),
        ({"columns": {"nk": "Mức"}}, OptionCode.NAME_PLACEHOLDER),
        ({"name_column": "2"}, OptionCode.COLUMN_LETTERS),
        ({"name_column": "Tên hàng"}, OptionCode.COLUMN_LETTERS),
        ({"name_column": ""}, OptionCode.NAME_PLACEHOLDER),
        ({"name": " "}, OptionCode.BLANK_HEADING),
        ({"name": ["Mặt hàng", "\u00a0"]}, OptionCode.BLANK_HEADING),
        ({"name_time": "", "time": "\t"}, OptionCode.BLANK_HEADING),
        ({"clock": " "}, OptionCode.BLANK_HEADING),
        ({"unit_column": [""]}, OptionCode.BLANK_HEADING),
        ({"columns": {"nk-{name}": "  "}}, OptionCode.BLANK_HEADING),
        ({"columns": {"nk-{name}": []}}, OptionCode.BLANK_HEADING),
    ],
)
def test_a_choice_of_column_that_cannot_be_meant_is_refused(changes: dict[str, Any], code: str) -> None:
    assert option_error_code(Options, {**OPTIONS, **changes}) == code


def test_headings_are_listed_and_not_the_longer_row_of_data_below_them() -> None:
    with raises_failure(
        SpreadsheetCode.HEADINGS_MISSING, found="“Stt”, “Đơn vị / tính”, “K.H / 2005”, “Ư.TH / T2/2005”"
    ):
        read(xlsx({"S": [*HEADINGS, *DATA]}), {"name_time": "%m.%y", "columns": {"a": "Giá"}})
