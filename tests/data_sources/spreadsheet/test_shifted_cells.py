"""Text files whose decimal comma is the separator too: no number is cut at it, none is read below another heading."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row

HEAD = "Trạm,Mực nước,Ghi chú"
LEVEL = {"name_time": "%Y.csv", "name": "Trạm", "columns": {"{name}": "Mực nước"}}


def read(text: str, **options: Any) -> Batch:
    return parse(row("/in", {**LEVEL, **options}), Payload((ResponsePage(text.encode(), address="2026.csv"),)), NOW)


def values(batch: Batch) -> list[float | None]:
    return [one.value for one in batch.readings]


def test_a_comma_too_many_is_found_although_the_last_cell_is_empty() -> None:
    batch = read(f"{HEAD}\nP1,2,795,\nP2,3,\n")
    assert values(batch) == [3.0] and codes(batch) == [SpreadsheetCode.ROW_TOO_LONG]


def test_commas_of_a_title_make_no_headings() -> None:
    batch = read(f"BẢNG MỰC NƯỚC CÁC TRẠM A, B, C, D, E\n{HEAD}\nP1,2,795,\nP2,3,\n")
    assert values(batch) == [3.0] and codes(batch) == [SpreadsheetCode.ROW_TOO_LONG]


@pytest.mark.parametrize(
    "rows",
    [
        ["P1,2,795"],  # nothing below “Ghi chú” may be its number, or the end of 2,795
        ["P1,2,795", "P2,3"],  # the writer leaves empty cells out
        ["P1,2,05", "P2,13,1"],
    ],
)
def test_a_row_that_may_be_shifted_is_rejected(rows: list[str]) -> None:
    batch = read("\n".join([HEAD, *rows]))
    shifted = [line for line in rows if line.count(",") == 2]
    assert codes(batch) == [SpreadsheetCode.ROW_SHIFTED] * len(shifted)
    assert values(batch) == [3.0] * (len(rows) - len(shifted))


def test_a_value_right_of_a_number_that_may_be_cut_is_rejected() -> None:
    batch = read("Trạm,Mực nước,Lưu lượng,Ghi chú\nP1,2,795,12\n", columns={"{name}": "Lưu lượng"})
    assert not batch.readings and codes(batch) == [SpreadsheetCode.ROW_SHIFTED]


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        (["P1,2,795"], {"decimal": "."}),
        (["P1,2,795", "P2,2.5,1"], {}),  # the decimal sign is the point
        (["P1,2,795", 'P2,3,"a, b"'], {}),  # commas stand in quotes
        (["P1,2,795", "P2,3,"], {}),  # empty cells at the end are written
        (["P1,2,ước"], {}),
        (["P1,2,-7"], {}),
        (["P1,2,795"], {"columns": {"{name}": "Mực nước", "n-{name}": "Ghi chú"}}),  # the last column is in use
    ],
)
def test_a_row_that_cannot_be_shifted_is_read(rows: list[str], options: dict[str, Any]) -> None:
    batch = read("\n".join([HEAD, *rows]), **options)
    assert values(batch)[0] == 2.0 and not batch.rejected_items


def test_numbers_before_the_name_of_a_row_are_in_their_columns() -> None:
    batch = read("STT,Mã,Trạm,Mực nước,Ghi chú\n1,31135,P1,2,\n2,31136,P2,3\n", name="Trạm")
    assert values(batch) == [2.0, 3.0] and not batch.rejected_items


def test_an_empty_cell_too_many_at_the_end_of_each_row_is_no_shift_where_numbers_have_a_point() -> None:
    assert values(read(f"{HEAD}\nP1,2.5,ước,\nP2,3.5,,\n")) == [2.5, 3.5]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_another_separator_shifts_nothing(sign: str) -> None:
    batch = read(f"{HEAD}\nP1,2,795\nP2,3,\n".replace(",", sign).replace("2" + sign + "795", "2" + sign + "795" + sign))
    assert values(batch) == [2.0, 3.0] and not batch.rejected_items


@pytest.mark.parametrize("sign", ["\t", ";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_ditto_mark_that_opens_a_quotation_costs_its_rows_with_a_reason(sign: str, end: str) -> None:
    rows = ["Trạm|Ghi chú|Mực nước", "A|tốt|5", 'B|"|6', 'C|"|7', "D|tốt|8"]
    batch = read(end.join(rows).replace("|", sign), delimiter=sign)
    assert [(one.series, one.value) for one in batch.readings] == [("a", 5.0), ("d", 8.0)]
    (item,) = batch.rejected_items
    assert item.failure.code == SpreadsheetCode.QUOTATION_OVER_ROWS and item.failure.params["n"] == 2


def test_a_heading_of_several_lines_is_none() -> None:
    batch = read('Trạm\t"Mực\nnước"\tGhi chú\nA\t5\t"một\nhai"\n', delimiter="\t")
    assert values(batch) == [5.0] and not batch.rejected_items


def test_a_table_of_the_same_headings_in_other_columns_is_said() -> None:
    rows = ["STT;Trạm;Mực nước;Lưu lượng", "1;A;1;5", "2;Chưa đo;;", ";;;", "Trạm;Mực nước;Lưu lượng;", "B;2;6;"]
    batch = read("\n".join(rows))
    assert values(batch) == [1.0] and SpreadsheetCode.TABLE_BELOW in codes(batch)


def test_figures_beside_a_table_are_no_shift() -> None:
    rows = ["Trạm|Ghi chú|Mực nước", "A|tốt|5||484.5|540", "B|tốt|6"]
    for sign in ("\t", ";", "|"):
        batch = read("\n".join(rows).replace("|", sign), delimiter=sign)
        assert values(batch) == [5.0, 6.0] and not batch.rejected_items
    assert values(read("Trạm\tMực nước\nA\t5\t484.5\n")) == [5.0]


@pytest.mark.parametrize("sign", [";", "|", ","])
def test_a_separator_in_a_text_is_a_shift(sign: str) -> None:
    rows = ["Trạm|Ghi chú|Mực nước|Lưu lượng", "A|nước đục| 7|1.5|5.5", "B|tốt|2.5|6.5"]
    batch = read("\n".join(rows).replace("|", sign), delimiter=sign, columns={"{name}": "Lưu lượng"})
    assert values(batch) == [6.5] and codes(batch) == [SpreadsheetCode.ROW_TOO_LONG]
