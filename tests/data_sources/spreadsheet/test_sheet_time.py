"""Sheets of other months or years in a file of one moment."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import xlsx

HEAD = ["Xã", "Số hộ"]


def read(other: str, **options: Any) -> Batch:
    body = xlsx({"Tháng 11": [HEAD, ["An Bình", 12]], other: [HEAD, ["Cái Khế", 77]]})
    source = row("/in", {"name_time": "%Y-%m.xlsx", "name": "Xã", "columns": {"{name}": "Số hộ"}, **options})
    return parse(source, Payload((ResponsePage(body, address="2025-11.xlsx"),)), NOW)


@pytest.mark.parametrize("name", ["Tháng 10", "tháng 9-2025", "T10", "10-2025", "Tháng 11.2024", "Năm 2024"])
def test_a_sheet_of_another_month_or_year_is_rejected_unless_the_row_names_it(name: str) -> None:
    batch = read(name)
    assert [one.series for one in batch.readings] == ["an-binh"] and codes(batch) == [SpreadsheetCode.SHEET_OTHER_TIME]
    assert not read(name, sheets=[name]).rejected_items


@pytest.mark.parametrize("name", ["Biểu 10", "11-2025", "Năm 2025", "Phường", "T11"])
def test_other_names_of_sheets_are_read(name: str) -> None:
    assert len(read(name).readings) == 2


def test_an_empty_cell_of_a_row_with_the_same_name_leaves_no_value() -> None:
    options = {"name_time": "%Y-%m.xlsx", "name": "Xã", "columns": {"{name}": "Số hộ"}}
    for second in ("S", "T"):
        sheets: dict[str, Any] = {"S": [HEAD, ["An Bình", None], ["Cái Khế", 5]]}
        sheets.setdefault(second, [HEAD]).append(["An Bình", 7])
        page = ResponsePage(xlsx(sheets), address="2025-11.xlsx")
        batch = parse(row("/in", options), Payload((page,)), NOW)
        assert [one.series for one in batch.readings] == ["cai-khe"]
        assert codes(batch) == [SpreadsheetCode.ROW_REPEATED]
