"""Sheets as offices keep them: what is read of each, and why the rest is rejected."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, row

MONTH = {"name_time": "bao-cao-%Y-%m.xlsx"}
Line = Sequence[Any]


def book(rows: Sequence[Line], merged: Sequence[str], formats: Mapping[str, str]) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Biểu 1"
    for line in rows:
        sheet.append(list(line))
    for cells in merged:
        sheet.merge_cells(cells)
    for cell, code in formats.items():
        sheet[cell].number_format = code
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def read(
    rows: Sequence[Line], options: dict[str, Any], units: Mapping[str, str], merged: Sequence[str] = (), **formats: str
) -> Batch:
    """The accepted readings of the series in `units` (key -> unit) and the rejected items."""
    page = ResponsePage(book(rows, merged, formats), address="bao-cao-2026-10.xlsx")
    source = row("/in", options, series_keys=tuple(units), units=dict(units))
    return validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)


def values(batch: Batch) -> dict[str, float | None]:
    return {one.series: one.value for one in batch.readings}


def times(batch: Batch) -> list[tuple[str, float | None]]:
    return [((one.observed + timedelta(hours=7)).strftime("%d/%m %H:%M"), one.value) for one in batch.readings]


def rejected(batch: Batch) -> list[tuple[str, str]]:
    """Cell (or series) and code of the rejected items."""
    return [(item.location.rpartition("!")[2], item.failure.code) for item in batch.rejected_items]


POPULATION: list[Line] = [
    ["UBND THÀNH PHỐ", None, None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["Biểu 01: DÂN SỐ"],
    ["STT", "Đơn vị hành chính", "Dân số (người)", None, "Ghi chú"],
    [None, None, "Nam", "Nữ", None],
    ["A", "B", 1, 2, 3],
    ["I", "Khu vực thành thị", "22.221", "23.458", None],
    [1, "Phường An Bình", "12.345", "13.456", None],
    [2, "Phường Cái Răng", "9.876", "x", "ước"],
    ["II", "Khu vực nông thôn", None, None, None],
    [1, "Xã Phong Điền", "…", "-", None],
    [None, "Tổng cộng", "22.221", "23.458", None],
    ["Ghi chú: số liệu ước tính"],
    [None, None, None, "Ngày 20 tháng 10 năm 2026"],
    [None, None, None, "NGƯỜI LẬP BIỂU"],
]
BY_SEX = {
    **MONTH,
    "name": "Đơn vị hành chính",
    "columns": {"nam-{name}": ["Dân số (người)", "Nam"], "nu-{name}": ["Dân số (người)", "Nữ"]},
}
PLACES = ["phuong-an-binh", "phuong-cai-rang", "xa-phong-dien"]
BOTH_SEXES = {f"{sex}-{place}": "người" for place in PLACES for sex in ("nam", "nu")}
HEADINGS_MERGED = ["A3:A4", "B3:B4", "C3:D3", "E3:E4"]


def test_1_two_rows_of_headings_groups_in_roman_numerals_totals_and_notes() -> None:
    batch = read(POPULATION, {**BY_SEX, "decimal": ",", "ends": ["Tổng cộng"]}, BOTH_SEXES, HEADINGS_MERGED)
    assert values(batch) == dict(zip(BOTH_SEXES, [12345, 13456, 9876, None, None, None], strict=True))
    # The total of the group is a series that the row does not declare; the notes below the end have no numbers.
    assert rejected(batch) == [
        ("nam-khu-vuc-thanh-thi", ValidationCode.SERIES_NOT_IN_ROW),
        ("nu-khu-vuc-thanh-thi", ValidationCode.SERIES_NOT_IN_ROW),
    ]


def test_1_without_the_decimal_sign_no_number_with_one_point_is_read() -> None:
    batch = read(POPULATION, BY_SEX, BOTH_SEXES, HEADINGS_MERGED)
    assert set(values(batch).values()) == {None}
    assert {ParseCode.DECIMAL_AMBIGUOUS, SpreadsheetCode.ROW_NAME_MISSING} == {code for _, code in rejected(batch)}


def test_2_hours_of_merged_days_with_a_row_of_units_marks_and_a_mean() -> None:
    rows: list[Line] = [
        ["BẢNG MỰC NƯỚC GIỜ"],
        ["Ngày", "Giờ", "Mực nước", "Lượng mưa"],
        [None, None, "(cm)", "(mm)"],
        ["20/10/2026", 1, "125", "-"],
        [None, 7, "130,5", "12,5"],
        [None, 13, "x", "0"],
        ["21/10/2026", 1, "1.250", "…"],
        [None, None, "128", None],
        ["TB", None, "127", None],
    ]
    options = {"time": "Ngày", "clock": "Giờ", "columns": {"level": "Mực nước"}}
    batch = read(rows, options, {"level": "m"}, ["A4:A6", "A7:A8"])
    assert times(batch) == [("20/10 01:00", 1.25), ("20/10 07:00", 1.305), ("20/10 13:00", None), ("21/10 01:00", 12.5)]
    assert rejected(batch) == [("B8", SpreadsheetCode.CLOCK_MISSING), ("A9", SpreadsheetCode.NOT_A_TIME)]


def test_3_units_of_statistics_in_a_column_and_percentages_in_every_form() -> None:
    rows: list[Line] = [
        ["Chỉ tiêu", "Đơn vị tính", "Thực hiện", "So kế hoạch"],
        ["Thu ngân sách", "Tỷ đồng", 8123.4, 0.679],
        ["Giải ngân", "%", 0.5432, "54,32%"],
        ["Dân số", "Nghìn người", 1261, 100.8],
        ["GRDP", "Nghìn tỷ đồng", "112,3", "74,6 %"],
        ["Xuất khẩu", "triệu USD", "1.875,5", 75],
    ]
    options = {
        **MONTH, "name": "Chỉ tiêu", "unit_column": "Đơn vị tính",
        "columns": {"{name}": "Thực hiện", "ss-{name}": "So kế hoạch"}, "units": {"ss-{name}": "%"},
    }  # fmt: skip
    names = ["thu-ngan-sach", "giai-ngan", "dan-so", "grdp", "xuat-khau"]
    units = dict(zip(names, ["tỷ đồng", "%", "người", "tỷ đồng", "USD"], strict=True))
    units |= {f"ss-{name}": "%" for name in names}
    batch = read(rows, options, units, D2="0.0%", C3="0.00%", D4='0.0"%"')
    assert [values(batch)[name] for name in names] == [8123.4, 54.32, 1_261_000, 112_300, 1_875_500_000]
    assert [values(batch)[f"ss-{name}"] for name in names] == [67.9, 54.32, 100.8, 74.6, 75]
    assert not rejected(batch)


def test_3_thousands_separated_in_both_ways_in_one_column_are_rejected() -> None:
    rows: list[Line] = [["Xã", "Thu"], ["A", "1.875,5"], ["B", "1,875.5"], ["C", "2.500"], ["D", "300"], ["E", 7.5]]
    options = {**MONTH, "name": "Xã", "columns": {"{name}": "Thu"}}
    batch = read(rows, options, dict.fromkeys("abcde", "tỷ đồng"))
    assert values(batch) == {"d": 300, "e": 7.5}
    assert rejected(batch) == [(cell, ParseCode.DECIMAL_MIXED) for cell in ("B2", "B3", "B4")]


def test_4_years_as_headings_above_numbers_of_columns() -> None:
    rows: list[Line] = [["Chỉ tiêu", "Năm", None], [None, 2025, 2026], ["A", 1, 2], ["Sản lượng", 10.5, 11.2]]
    options = {**MONTH, "name": "Chỉ tiêu", "columns": {"{name}": ["Năm", "2026"]}}
    assert values(read(rows, options, {"san-luong": ""}, ["A1:A2", "B1:C1"])) == {"san-luong": 11.2}


def test_5_numbers_as_names_keep_all_their_digits() -> None:
    rows: list[Line] = [["Mã trạm", "Mức"], [54512010, 1.5], [54512013, 1.7], ["054", 2.0]]
    options = {**MONTH, "name": "Mã trạm", "columns": {"{name}": "Mức"}, "names": {"54512013": "tran-de"}}
    units = dict.fromkeys(["54512010", "tran-de", "054"], "m")
    assert values(read(rows, options, units)) == {"54512010": 1.5, "tran-de": 1.7, "054": 2.0}


def test_5_names_with_breaks_and_spaces_are_found_in_names() -> None:
    rows: list[Line] = [["Trạm", "Mức"], ["  Cần Thơ\n(sông  Hậu)", 1.5]]
    options = {**MONTH, "name": "Trạm", "columns": {"{name}": "Mức"}, "names": {"Cần Thơ (sông Hậu)": "ct"}}
    assert values(read(rows, options, {"ct": "m"})) == {"ct": 1.5}


def test_6_a_table_continued_with_its_headings_on_each_page() -> None:
    page: list[Line] = [["Xã", "Nhà ở", None], [None, "Kiên cố", "Tạm"], ["(1)", "(2)", "(3)"]]
    rows = [*page, ["An Bình", 50, 5], *page, ["Cái Khế", 60, 6]]
    options = {**MONTH, "name": "Xã", "columns": {"{name}": ["Nhà ở", "Tạm"]}}
    merged = ["A1:A2", "B1:C1", "A5:A6", "B5:C5"]
    batch = read(rows, options, {"an-binh": "căn", "cai-khe": "căn"}, merged)
    assert values(batch) == {"an-binh": 5, "cai-khe": 6} and not rejected(batch)


def test_6_rows_of_another_table_below_are_not_read_under_the_headings_of_the_first() -> None:
    rows: list[Line] = [["Xã", "Số hộ"], ["An Bình", 5], [], ["Bảng 2"], ["Xã", "Số người"], ["Cái Khế", 700]]
    options = {**MONTH, "name": "Xã", "columns": {"{name}": "Số hộ"}}
    units = {"an-binh": "hộ", "cai-khe": "hộ"}
    batch = read(rows, options, units)
    assert values(batch) == {"an-binh": 5} and rejected(batch) == [("A5", SpreadsheetCode.TABLE_BELOW)]
    other: list[Line] = [*rows[:4], ["Phường", "Số người"], ["Cái Khế", 700]]
    batch = read(other, options, units)
    assert values(batch) == {"an-binh": 5} and rejected(batch) == [("A5", SpreadsheetCode.TABLE_BELOW)]
    gap: list[Line] = [*rows[:3], ["Cái Khế", "x"], [], ["Thới An", 7]]
    assert rejected(read(gap, options, units)) == [("thoi-an", ValidationCode.SERIES_NOT_IN_ROW)]
    swapped: list[Line] = [*rows[:4], ["Số hộ", "Xã"], [700, "Cái Khế"]]
    assert values(read(swapped, {**options, "name": "Xã"}, units)) == {"an-binh": 5}


def test_6_a_table_with_the_same_headings_below_another_title_is_another_table() -> None:
    first: list[Line] = [["Bảng 1. Lúa"], ["Xã", "Sản lượng"], ["An Bình", 5]]
    options = {**MONTH, "name": "Xã", "columns": {"{name}": "Sản lượng"}}
    units = {"an-binh": "tấn", "cai-khe": "tấn"}
    batch = read([*first, [], ["Bảng 2. Mía"], first[1], ["Cái Khế", 70]], options, units)
    assert values(batch) == {"an-binh": 5} and rejected(batch) == [("A6", SpreadsheetCode.TABLE_BELOW)]
    for title in ("Bảng 1. Lúa", "Bảng 1. Lúa (tiếp theo)", "Trang 2"):
        batch = read([*first, [title], first[1], ["Cái Khế", 70]], options, units)
        assert values(batch) == {"an-binh": 5, "cai-khe": 70} and not batch.rejected_items


def test_7_texts_around_numbers_are_never_cut_off() -> None:
    texts = ["5 (*)", "(6)", "≈ 7", "8 ?", "> 9", "10 - 12", "– 5", "'7", "1,23,456", "5 6", "1 nghìn", "VI"]
    rows: list[Line] = [["Xã", "Số hộ"], *([f"X{n}", text] for n, text in enumerate(texts))]
    options = {**MONTH, "name": "Xã", "columns": {"{name}": "Số hộ"}}
    batch = read(rows, options, {f"x{n}": "hộ" for n in range(len(texts))})
    assert not batch.readings and len(rejected(batch)) == len(texts)


def test_8_dates_in_every_form_and_those_that_cannot_be_told() -> None:
    forms = [
        datetime(2026, 10, 5, 7), "05/10/2026 13h00", "7h ngày 6/10/2026", "06-10-2026 13:00:00", "9.10.2026",
        "Ngày 10 tháng 10 năm 2026", "7/10", "Sáng 8/10/2026", "8/10/26", "11/10/2026 7:00 CH", "Quý III/2026",
        "Tuần 40", "TB",
    ]  # fmt: skip
    rows: list[Line] = [["Thời gian", "Mức"], *([form, 1.0] for form in forms)]
    batch = read(rows, {"time": "Thời gian", "columns": {"level": "Mức"}}, {"level": "m"})
    assert [time for time, _ in times(batch)] == [
        "05/10 07:00", "05/10 13:00", "06/10 07:00", "06/10 13:00", "09/10 00:00", "10/10 00:00",
    ]  # fmt: skip
    assert rejected(batch) == [(f"A{n}", SpreadsheetCode.NOT_A_TIME) for n in range(8, 15)]


def test_9_a_group_name_merged_beside_the_names_of_its_rows() -> None:
    rows: list[Line] = [
        ["Sở", "Chỉ tiêu", "Giá trị"], ["Y tế", "Giường trống", 100], [None, "Bệnh nhân", 50], [],
        ["Giáo dục", "Học sinh", 1000], [None, "Lớp", None],
    ]  # fmt: skip
    options = {**MONTH, "name": "Chỉ tiêu", "columns": {"{name}": "Giá trị"}}
    units = {"giuong-trong": "", "benh-nhan": "", "hoc-sinh": "", "lop": ""}
    assert values(read(rows, options, units, ["A2:A3", "A5:A6"])) == {
        "giuong-trong": 100,
        "benh-nhan": 50,
        "hoc-sinh": 1000,
    }
    shared = read(rows, options, units, ["A2:A3", "A5:A6", "C5:C6"])
    assert "hoc-sinh" not in values(shared) and rejected(shared) == [("C5", SpreadsheetCode.VALUE_MERGED)]


def test_10_stations_side_by_side_with_units_numbers_and_a_row_of_maxima() -> None:
    rows: list[Line] = [
        ["Ngày", "Trạm Cần Thơ", None, "Trạm Đại Ngãi", None], [None, "Hmax", "Hmin", "Hmax", "Hmin"],
        [None, "(cm)", "(cm)", "(cm)", "(cm)"], ["1", "2", "3", "4", "5"],
        ["20/10/2026", 180, -20, "200", "-15"], ["Max", 180, -20, 200, -15],
    ]  # fmt: skip
    columns = {"ct-max": ["Trạm Cần Thơ", "Hmax"], "dn-min": ["Trạm Đại Ngãi", "Hmin"]}
    units = {"ct-max": "m", "dn-min": "m"}
    batch = read(rows, {"time": "Ngày", "columns": columns}, units, ["A1:A3", "B1:C1", "D1:E1"])
    assert values(batch) == {"ct-max": 1.8, "dn-min": -0.15} and rejected(batch) == [("A6", SpreadsheetCode.NOT_A_TIME)]
