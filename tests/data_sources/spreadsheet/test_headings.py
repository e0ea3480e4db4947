"""Headings of a table: white space in them, and the failure that names the missing ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

LEVELS = {"time": "Ngày", "columns": {"level": "Mực nước (m)", "salt": "Độ mặn"}}


def read(body: bytes, options: dict[str, Any]) -> Batch:
    return parse(row("/in", options), Payload((ResponsePage(body, address="a"),)), NOW)


@pytest.mark.parametrize("written", ["Ước 2002/2001", "Ước 2002/ 2001", "Ước 2002/ \n2001", "ước\u00a02002 / 2001 "])
@pytest.mark.parametrize("wanted", ["Ước 2002/2001", "Ước 2002/ \n2001"])
def test_white_space_in_a_heading_makes_no_difference(written: str, wanted: str) -> None:
    body = xlsx({"S": [["Ngày", written], ["05/10/2026", 1.5]]})
    assert [one.value for one in read(body, {"time": "Ngày", "columns": {"a": wanted}}).readings] == [1.5]


@given(st.lists(st.sampled_from(["Ước", "2002", "/", "2001"]), min_size=1, max_size=6), st.data())
def test_a_heading_is_found_however_its_words_are_spaced(words: list[str], data: st.DataObject) -> None:
    spaces = st.sampled_from(["", " ", "  ", "\u00a0"])
    written, wanted = ("".join(word + data.draw(spaces) for word in words) for _ in range(2))
    batch = read(f"Ngày;{written}\n05/10/2026;1".encode(), {"time": "Ngày", "columns": {"a": wanted}})
    assert len(batch.readings) == 1


def test_the_word_that_ends_a_table_is_found_with_its_spaces() -> None:
    rows: Rows = [["Tên", "Mức"], ["Tổng sốt rét", 1.0], ["Tổng  số\n", 2.0], ["Cái Răng", 3.0]]
    options = {"name_time": "%Y", "name": "Tên", "columns": {"{name}": "Mức"}}
    page = ResponsePage(xlsx({"S": rows}), address="2026")
    batch = parse(row("/in", {**options, "ends": ["Tổng số "]}), Payload((page,)), NOW)
    assert [one.series for one in batch.readings] == []
    batch = parse(row("/in", {**options, "ends": ["Tổng số\n cộng"]}), Payload((page,)), NOW)
    assert len(batch.readings) == 3


@pytest.mark.parametrize(
    ("sheets", "missing", "found"),
    [
        ([[["one", "two"], [1, 2]]], "“Mực nước (m)”, “Độ mặn”, “Ngày”", "“one”, “two”"),
        ([[["BÁO CÁO"], ["Ngày", "Mực  nước\n(m)", "Mưa"]]], "“Độ mặn”", "“Ngày”, “Mực nước (m)”, “Mưa”"),
        ([[["Ghi chú", "a", "b", "c"]], [["Ngày", "Độ mặn"]]], "“Mực nước (m)”", "“Ngày”, “Độ mặn”"),
        (
            [[["Ngày", "Độ mặn", *(f"cột {n}" for n in range(40))]]],
            "“Mực nước (m)”",
            "“Ngày”, “Độ mặn”, " + ", ".join(f"“cột {n}”" for n in range(19)) + ", …",
        ),
        ([[]], "“Mực nước (m)”, “Độ mặn”, “Ngày”", "–"),
    ],
)
def test_the_failure_names_the_missing_headings_and_those_of_the_file(
    sheets: list[Rows], missing: str, found: str
) -> None:
    body = xlsx({f"S{n}": rows for n, rows in enumerate(sheets)})
    with raises_failure(SpreadsheetCode.HEADINGS_MISSING, headings=missing, found=found):
        read(body, LEVELS)


def test_long_headings_of_the_file_are_cut_in_the_failure() -> None:
    with raises_failure(SpreadsheetCode.HEADINGS_MISSING, found=f"“{'x' * 39}…”"):
        read(("x" * 5_000).encode(), LEVELS)


@given(st.lists(st.text("ab", min_size=1, max_size=60), min_size=1, max_size=40, unique=True))
def test_the_failure_is_short_whatever_the_headings(headings: list[str]) -> None:
    options = {"time": "Ngày", "columns": {f"series-{n}": f"thiếu {text}" for n, text in enumerate(headings)}}
    with raises_failure(SpreadsheetCode.HEADINGS_MISSING) as caught:
        read(";".join(headings).encode(), options)
    assert len(str(caught.value.failure)) < 400


def test_a_total_ends_no_table_unless_the_row_says_so() -> None:
    rows: Rows = [["Tên", "Mức"], ["Tổng số", 9.0], ["Cái Răng", 3.0]]
    options = {"name_time": "%Y.xlsx", "name": "Tên", "columns": {"{name}": "Mức"}}
    page = ResponsePage(xlsx({"S": rows}), address="2026.xlsx")
    assert len(parse(row("/in", options), Payload((page,)), NOW).readings) == 2
    batch = parse(row("/in", {**options, "ends": ["Tổng số"]}), Payload((page,)), NOW)
    assert not batch.readings
    assert [item.failure for item in batch.rejected_items] == [Failure(SpreadsheetCode.ROWS_BELOW_END, {"n": 1})]


def test_a_text_row_with_more_cells_than_headings_is_rejected() -> None:
    text = "Tên,Mức\nP1,2,5\nP2,3\n"
    page = ResponsePage(text.encode(), address="2026.csv")
    options = {"name_time": "%Y.csv", "name": "Tên", "columns": {"{name}": "Mức"}}
    batch = parse(row("/in", options), Payload((page,)), NOW)
    assert [reading.value for reading in batch.readings] == [3.0]
    expected = Failure(SpreadsheetCode.ROW_TOO_LONG, {"n": 3, "width": 2})
    assert [item.failure for item in batch.rejected_items] == [expected]


def test_a_heading_below_two_others_is_rejected_even_where_one_column_is_empty() -> None:
    rows: Rows = [
        ["Xã", "Lúa Đông xuân", "Lúa Hè thu"],
        [None, "Diện tích", "Diện tích"],
        ["An Bình", None, 5.0],
    ]
    options = {"name_time": "%Y.xlsx", "name": "Xã", "columns": {"{name}": "Diện tích"}}
    page = ResponsePage(xlsx({"S": rows}), address="2026.xlsx")
    batch = parse(row("/in", options), Payload((page,)), NOW)
    assert not batch.readings
    assert [item.failure.code for item in batch.rejected_items] == [SpreadsheetCode.HEADING_REPEATED]


@pytest.mark.parametrize(
    ("below", "count"),
    [
        ([["Trung bình", 2.0], ["Người lập biểu", "Thủ trưởng"], [None, "(Ký, ghi rõ họ tên)"]], 0),
        ([["Trung bình", 2.0], ["Tân An", 4.0]], 1),
        ([["Tân An", "4,5"], ["Người lập biểu", "<0,1"]], 1),
        ([["Tân An", "<0,1"]], 1),
    ],
)
def test_rows_below_the_end_count_when_they_have_numbers_and_do_not_end_the_table_too(below: Rows, count: int) -> None:
    options = {"name_time": "%Y.xlsx", "name": "Tên", "columns": {"{name}": "Mức"}}
    rows: Rows = [["Tên", "Mức"], ["An Bình", 1.5], ["Tổng cộng", 1.5], *below]
    page = ResponsePage(xlsx({"S": rows}), address="2025.xlsx")
    ends = ["Tổng cộng", "Trung bình", "Người lập biểu"]
    batch = parse(row("/in", {**options, "ends": ends}), Payload((page,)), NOW)
    assert [one.series for one in batch.readings] == ["an-binh"]
    expected = [Failure(SpreadsheetCode.ROWS_BELOW_END, {"n": count})] if count else []
    assert [item.failure for item in batch.rejected_items] == expected


CENTRED: Rows = [
    ["Tên", "Thực hiện", "So sánh (%)", None],
    [None, None, "Ước 2002/2001", "KH 2003/ước 2002"],
    ["Lúa", 5.0, 105.0, 102.0],
    ["Ngô", 6.0, 104.0, 103.0],
]
MERGED_LABELS = ["A1:A2", "B1:B2"]


def read_centred(rows: Rows, heading: str | list[str], merged: list[str] | None = None, **options: Any) -> Batch:
    page = ResponsePage(xlsx({"S": rows}, merged or []), address="2003.xlsx")
    options = {"name_time": "%Y.xlsx", "name": "Tên", "columns": {"{name}": heading}, **options}
    return parse(row("/in", options), Payload((page,)), NOW)


@pytest.mark.parametrize("merged", [[], MERGED_LABELS, [*MERGED_LABELS, "C1:D1"]])
def test_a_heading_centred_across_two_columns_is_rejected_as_a_merged_one(merged: list[str]) -> None:
    batch = read_centred(CENTRED, "So sánh (%)", merged)
    expected = Failure(SpreadsheetCode.HEADING_REPEATED, {"heading": "So sánh (%)", "columns": "C, D"})
    assert not batch.readings and [item.failure for item in batch.rejected_items] == [expected]


@pytest.mark.parametrize("below", [["2001", "2002"], [2001, 2002], ["(hoặc b/q)", "KH"], ["(cm)", "(mm)"]])
def test_what_tells_the_columns_apart_below_may_be_a_year_or_in_brackets(below: list[Any]) -> None:
    batch = read_centred([CENTRED[0], [None, None, *below], *CENTRED[2:]], "So sánh (%)", units={"{name}": "%"})
    assert not batch.readings
    assert [item.failure.code for item in batch.rejected_items] == [SpreadsheetCode.HEADING_REPEATED]


def test_a_heading_centred_across_four_columns_in_two_levels_is_rejected() -> None:
    rows: Rows = [
        ["Tên", "Thực hiện", None, None, None],
        [None, "Quý I", None, "Quý II", None],
        [None, "Kế hoạch", "Ước", "Kế hoạch", "Ước"],
        ["Lúa", 1.0, 2.0, 3.0, 4.0],
    ]
    labels = ["A1:A3"]
    assert not read_centred(rows, "Thực hiện", labels).readings
    assert not read_centred(rows, "Quý II", labels).readings
    batch = read_centred(rows, ["Thực hiện", "Quý II", "Kế hoạch"], labels)
    assert [one.value for one in batch.readings] == [3.0]


def test_both_levels_of_a_centred_heading_tell_its_columns_apart() -> None:
    batch = read_centred(CENTRED, ["So sánh (%)", "KH 2003/ước 2002"], MERGED_LABELS)
    assert [(one.value, one.unit) for one in batch.readings] == [(102.0, "%"), (103.0, "%")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["Lúa", "5", 105.0, "tốt"], ["Ngô", "6", 104.0, None]),
        (["Lúa", "tăng", 105.0, "giảm"], ["Ngô", "6", 104.0, "giảm"]),
        ([None, "5", 105.0, "tốt"], ["Ngô", "6", 104.0, None]),
    ],
)
def test_data_below_a_column_without_a_heading_are_no_headings(first: list[Any], second: list[Any]) -> None:
    batch = read_centred([CENTRED[0], first, second], "So sánh (%)")
    assert 104.0 in [one.value for one in batch.readings]


def test_a_second_column_without_data_below_a_centred_heading_is_no_other_one() -> None:
    rows: Rows = [*CENTRED[:2], ["Lúa", 5.0, 105.0, None]]
    assert [one.value for one in read_centred(rows, "So sánh (%)", units={"{name}": "%"}).readings] == [105.0]


@pytest.mark.parametrize("merged", [[], [*MERGED_LABELS, "C1:D1"]])
def test_the_failure_lists_the_headings_of_both_rows(merged: list[str]) -> None:
    found = "“Tên”, “Thực hiện”, “So sánh (%) / Ước 2002/2001”, “So sánh (%) / KH 2003/ước 2002”"
    with raises_failure(SpreadsheetCode.HEADINGS_MISSING, headings="“Lượng”", found=found):
        read_centred(CENTRED, "Lượng", merged)


def test_a_heading_above_two_columns_of_text_is_rejected() -> None:
    text = "Ngày;Mực nước;;Mưa\n;Cao nhất;Thấp nhất;\n05/10/2026;1,9;-0,5;3"
    batch = read(text.encode(), {"time": "Ngày", "columns": {"level": "Mực nước"}})
    expected = Failure(SpreadsheetCode.HEADING_REPEATED, {"heading": "Mực nước", "columns": "B, C"})
    assert not batch.readings and [item.failure for item in batch.rejected_items] == [expected]


BELOW: Rows = [["Nguồn: Sở"], ["STT", "Ấp", "Heo"], [1.0, "C", 3.0], [2.0, "D", 4.0]]


@pytest.mark.parametrize(
    ("rows", "merged", "values"),
    [
        ([["Xã", "Heo", None], ["A", None, 7.0], ["B", None, 8.0]], ["B1:C1"], [7, 8]),
        ([["Xã", "Heo", None], ["A", 7.0, None], ["B", 8.0, None]], ["B1:C1"], [7, 8]),
        ([["Xã", "Heo", None], ["A", 7.0, None], ["B", None, 8.0]], ["B1:C1"], None),
        ([["Xã", None, "Heo"], [1.0, "A", 7.0], [2.0, "B", 8.0]], ["A1:B1"], [7, 8]),
        ([["Xã", None, "Heo"], [None, "A", 7.0], [None, "B", 8.0]], ["A1:B1"], [7, 8]),
        ([["Xã", None, "Heo"], ["x", "A", 7.0], ["y", "B", 8.0]], ["A1:B1"], None),
        # Names merged as their heading is, above another table that has both columns.
        ([["Xã", None, "Heo"], ["A", None, 7.0], ["B", None, 8.0]], ["A1:B1", "A2:B2", "A3:B3"], [7, 8]),
        ([["Xã", None, "Heo"], ["A", None, 7.0], ["B", None, 8.0], *BELOW], ["A1:B1", "A2:B2", "A3:B3"], [7, 8]),
        ([["Bảng 1"], ["Xã", None, "Heo"], ["A", None, 7.0], ["B", None, 8.0]], ["A2:B2", "A3:B3", "A4:B4"], [7, 8]),
        ([["Nguồn"], [None], ["Xã", None, "Heo"], [1.0, "A", 7.0], [2.0, "B", 8.0]], ["A3:B3"], [7, 8]),
        ([["Xã", None, "Heo"], ["A", None, 7.0], ["B", None, 8.0]], ["A1:B1", "A2:B2"], [7, 8]),
        ([["Xã", None, "Heo"], ["A", None, 7.0], [1.0, "B", 8.0]], ["A1:B1", "A2:B2"], [7, 8]),  # a total first
        ([["Xã", None, "Heo"], ["A", None, 7.0], ["y", "B", 8.0], ["z", "C", 9.0]], ["A1:B1", "A2:B2"], None),
    ],
)
def test_of_the_columns_of_a_merged_heading_the_one_with_data_or_names_is_read(
    rows: Rows, merged: list[str], values: list[float] | None
) -> None:
    page = ResponsePage(xlsx({"S": rows}, merged), address="2026")
    batch = parse(row("/in", {"name_time": "%Y", "name": "Xã", "columns": {"{name}": "Heo"}}), Payload((page,)), NOW)
    assert [(one.series, one.value) for one in batch.readings] == [*zip("ab", values or (), strict=False)]
    other_table = [SpreadsheetCode.TABLE_BELOW] if rows[-len(BELOW) :] == BELOW else []
    expected = other_table if values else [SpreadsheetCode.HEADING_REPEATED]
    assert [item.failure.code for item in batch.rejected_items] == expected
