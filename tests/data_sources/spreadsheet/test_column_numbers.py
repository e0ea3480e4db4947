"""A row of column numbers below the headings: left out only where no row of data could look so."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.tables_without_values import describe_tables
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

HOURS = {"name_time": "%Y-%m-%d.csv", "clock": "Giờ", "columns": {"a": "Trạm 1", "b": "Trạm 2"}}
NAMES = {"name_time": "%Y-%m-%d.csv", "name": "Trạm", "columns": {"l-{name}": "Mức", "q-{name}": "Lưu lượng"}}
HOUR_HEAD, NAME_HEAD = "Giờ;Trạm 1;Trạm 2", "Trạm;Mức;Lưu lượng"


def read(lines: list[str], options: dict[str, Any]) -> Batch:
    page = ResponsePage("\n".join(lines).encode(), address="2026-10-05.csv")
    return parse(row("/in", options), Payload((page,)), NOW)


def values(batch: Batch) -> list[float | None]:
    return [one.value for one in batch.readings]


@pytest.mark.parametrize("first", ["4;5;6", "0;1;2", "1;3;4", "3;1,5;2,5", "1;2;"])
def test_a_row_that_does_not_number_all_columns_from_one_is_data(first: str) -> None:
    batch = read([HOUR_HEAD, first, "5;5;6", "6;8;9"], HOURS)
    assert values(batch)[-4:] == [5, 6, 8, 9] and len(values(batch)) > 4 and not batch.rejected_items


@pytest.mark.parametrize(
    ("head", "options", "next_rows"),
    [
        (HOUR_HEAD, HOURS, ["2;3;4", "3;4;5"]),
        (HOUR_HEAD, HOURS, []),
        (NAME_HEAD, NAMES, ["2;2,1;3,1", "3;4;5"]),
        (NAME_HEAD, NAMES, ["Cần Thơ;2,1;3,1", "3;4;5"]),
    ],
)
def test_a_row_that_may_be_data_is_rejected(head: str, options: dict[str, Any], next_rows: list[str]) -> None:
    batch = read([head, "1;2;3", *next_rows], options)
    assert len(values(batch)) == 2 * len(next_rows)
    assert codes(batch) == [SpreadsheetCode.COLUMN_NUMBERS]
    assert batch.rejected_items[0].location == "2026-10-05.csv: A2"


def test_the_row_says_whether_it_numbers_the_columns() -> None:
    lines = [HOUR_HEAD, "1;2;3", "2;3;4"]
    assert values(read(lines, {**HOURS, "column_numbers": False})) == [2, 3, 3, 4]
    assert values(read(lines, {**HOURS, "column_numbers": True})) == [3, 4]


@pytest.mark.parametrize("numbering", ["1;2;3", "(1);(2);(3)", "A;B;C", "A;1;2", "(A);(1);(2)", "[1];[2];[3]"])
def test_numbers_above_names_in_words_are_no_data(numbering: str) -> None:
    batch = read([NAME_HEAD, numbering, "Cần Thơ;2;3", "Cái Răng;4;5"], NAMES)
    assert values(batch) == [2, 3, 4, 5] and not batch.rejected_items


def test_letters_above_names_that_are_letters_cannot_be_told() -> None:
    assert codes(read([NAME_HEAD, "A;1;2", "B;3;4"], NAMES)) == [SpreadsheetCode.COLUMN_NUMBERS]


def test_at_most_one_row_numbers_the_columns() -> None:
    batch = read([NAME_HEAD, "(1);(2);(3)", "1;2;3", "2;2,1;3,1"], NAMES)
    assert values(batch) == [2, 3, 2.1, 3.1] and not batch.rejected_items


def test_a_row_on_a_later_page_that_may_be_data_is_rejected() -> None:
    batch = read([HOUR_HEAD, "4;5;6", HOUR_HEAD, "1;2;3", "2;8;9"], {**HOURS, "name": ""})
    assert SpreadsheetCode.COLUMN_NUMBERS not in codes(batch)  # headings are repeated beside names or times only
    names = [NAME_HEAD, "Cần Thơ;5;6", NAME_HEAD, "1;2;3", "2;8;9"]
    assert codes(read(names, NAMES)) == [SpreadsheetCode.COLUMN_NUMBERS]


def test_table_without_values_is_described() -> None:
    rows: Rows = [["Báo cáo"], ["Ngày", "Mức"], [None, None], [1, 2]]
    pages = (ResponsePage(xlsx({"Biểu 1": rows, "Ghi chú": [["x"]]}), address="a.xlsx"),)
    source = row(options={"time": "Ngày", "columns": {"level": "Mức"}})
    (found,) = describe_tables(source, Payload(pages))
    assert found.params == {"sheet": "Biểu 1", "headings": "“Ngày”, “Mức”", "cells": "“1”, “2”"}
    (bare,) = describe_tables(source, Payload((ResponsePage(b"Ng\xc3\xa0y;M\xe1\xbb\xa9c\n", address="a.csv"),)))
    assert bare.params == {"sheet": "a.csv", "headings": "“Ngày”, “Mức”", "cells": "–"}


def test_a_table_without_values_is_described_with_all_levels_of_its_headings() -> None:
    rows: Rows = [["Xã", "Heo", None], [None, "Nái", "(%)"], ["Thới An", None, None]]
    source = row(options={"name_time": "%Y", "name": "Xã", "columns": {"{name}": "(%)"}})
    body = xlsx({"S": rows}, ["A1:A2", "B1:C1"])
    (found,) = describe_tables(source, Payload((ResponsePage(body, address="2026"),)))
    assert found.params["headings"] == "“Xã”, “Heo / Nái”, “Heo / (%)”"


@pytest.mark.parametrize("between", [";;;hiệu quả", ";;;", ";;;hiệu quả\n;;;(ha)"])
def test_column_numbers_below_the_end_of_another_heading_are_no_data(between: str) -> None:
    head = "STT;Trạm;Mức;Đưa vào"
    options = {"name_time": "%Y-%m-%d.csv", "name": "Trạm", "columns": {"{name}": "Mức"}}
    batch = read([head, between, "1;2;3;4", ";;;", "1;Cần Thơ;5;6"], options)
    # A unit that stands there is not passed over: it is another one than that of the rows above.
    assert values(batch) == ([] if "(" in between else [5])
