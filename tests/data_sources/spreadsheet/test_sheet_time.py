"""Sheets of other months or years in a file of one moment."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row, shared
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
    for second, code in (("S", SpreadsheetCode.ROW_REPEATED), ("T", SpreadsheetCode.SHEETS_OVERLAP)):
        sheets: dict[str, Any] = {"S": [HEAD, ["An Bình", None], ["Cái Khế", 5]]}
        sheets.setdefault(second, [HEAD]).append(["An Bình", 7])
        page = ResponsePage(xlsx(sheets), address="2025-11.xlsx")
        batch = parse(row("/in", options), Payload((page,)), NOW)
        assert [one.series for one in batch.readings] == ["cai-khe"]
        assert codes(batch) == [code]


@pytest.mark.parametrize(
    ("title", "is_read"),
    [
        ("BÁO CÁO THÁNG 9 NĂM 2025", False),
        ("Số liệu tháng 11/2024", False),
        ("BÁO CÁO THÁNG 11 NĂM 2025", True),
        ("Tháng 11 năm 2025 so với tháng 10 năm 2025", True),
        ("Cần Thơ, ngày 05 tháng 12 năm 2025", True),
        ("Cần Thơ, ngày     tháng 12 năm 2025", True),
        ("Cần Thơ, ngày … tháng 12 năm 2025", True),
        ("Kèm theo Quyết định ngày 5 tháng 3 năm 2020", True),
        ("Biểu 01 kèm theo Thông tư 05/2024/TT-BTC", True),
        ("Lũy kế 10 tháng", True),
    ],
)
def test_a_title_of_another_month_than_the_file(title: str, is_read: bool) -> None:
    options = {"name_time": "%Y-%m.xlsx", "name": "Xã", "columns": {"{name}": "Số hộ"}}
    page = ResponsePage(
        xlsx({"S": [["UBND XÃ", None, title], [title], [], HEAD, ["An Bình", 12]]}), address="2025-11.xlsx"
    )
    batch = parse(row("/in", options), Payload((page,)), NOW)
    assert len(batch.readings) == is_read
    assert codes(batch) == ([] if is_read else [SpreadsheetCode.TITLE_OTHER_TIME])


@pytest.mark.parametrize("pattern", ["%Y.xlsx", "%Y-%m.xlsx"])
@pytest.mark.parametrize(
    ("title", "is_read"),
    [
        ("MẠNG LƯỚI ĐIỂM CHĂN NUÔI NĂM 2007", False), ("Năm 2024", False), ("Thực hiện 2023, kế hoạch năm 2024", False),
        ("Năm 2025", True), ("Năm 2025 so với năm 2024", True), ("Thực hiện năm 2024, kế hoạch 2025", True),
        ("Cần Thơ, ngày 05 tháng 01 năm 2026", True), ("Cần Thơ, ngày … tháng … năm 2026", True),
        ("Theo Nghị quyết năm 2024 của Hội đồng nhân dân", True), ("Luật Thống kê năm 2015", True), ("Biểu 2024", True),
    ],
)  # fmt: skip
def test_a_title_of_another_year_than_the_file(title: str, is_read: bool, pattern: str) -> None:
    options = {"name_time": pattern, "name": "Xã", "columns": {"{name}": "Số hộ"}}
    name = "2025.xlsx" if pattern == "%Y.xlsx" else "2025-11.xlsx"
    page = ResponsePage(xlsx({"S": [[title], HEAD, ["An Bình", 12]]}), address=name)
    batch = parse(row("/in", options), Payload((page,)), NOW)
    assert codes(batch) == ([] if is_read else [SpreadsheetCode.TITLE_OTHER_TIME]) and len(batch.readings) == is_read


def test_the_real_table_of_2007_in_a_file_named_2009() -> None:
    body = shared("vn_sheets/2009-Channuoi_2007.xls").read_bytes()
    options = {"name": "Số TT", "sheets": ["Ga_07"], "columns": {"{name}": "Mã số"}}
    for pattern, is_read in (("%Y-Channuoi_2007.xls", False), ("2009-Channuoi_%Y.xls", True)):
        source = row("/in", {**options, "name_time": pattern})
        batch = parse(source, Payload((ResponsePage(body, address="2009-Channuoi_2007.xls"),)), NOW)
        assert bool(batch.readings) is is_read
        assert (SpreadsheetCode.TITLE_OTHER_TIME in codes(batch)) is not is_read


def test_a_file_whose_name_has_no_month_may_have_any_in_its_title() -> None:
    options = {"name_time": "%Y.xlsx", "name": "Xã", "columns": {"{name}": "Số hộ"}}
    page = ResponsePage(xlsx({"S": [["THÁNG 9 NĂM 2025"], HEAD, ["An Bình", 12]]}), address="2025.xlsx")
    assert parse(row("/in", options), Payload((page,)), NOW).readings


@pytest.mark.parametrize(
    ("rows", "column", "is_read"),
    [
        ([["Xã", "Thực hiện năm 2024"], ["An Bình", 12]], "Thực hiện năm 2024", False),
        ([["Xã", "Thực hiện năm 2024"], ["", "Hộ"], ["An Bình", 12]], ["Thực hiện năm 2024", "Hộ"], False),
        ([["Xã", "Hộ", "Thực hiện năm 2024"], ["An Bình", 12, 3]], "Hộ", True),
        ([["Xã", "Hộ", "Thực hiện năm 2024"], ["", "a", "b"], ["An Bình", 12, 3]], ["Hộ", "a"], True),
        ([["Xã", "Thực hiện năm 2024", "Kế hoạch 2025"], ["An Bình", 12, 3]], "Thực hiện năm 2024", False),
        ([["KẾ HOẠCH NĂM 2025"], ["Xã", "TH 2024"], ["An Bình", 12]], "TH 2024", False),
        ([["NĂM 2025"], ["Xã", "Theo giá so sánh năm 2010"], ["An Bình", 12]], "Theo giá so sánh năm 2010", True),
        ([["NĂM 2025"], ["Xã", "Lũy kế từ năm 2021"], ["An Bình", 12]], "Lũy kế từ năm 2021", True),
        ([["Xã", "Năm 2025 (giá năm 2010)"], ["An Bình", 12]], "Năm 2025 (giá năm 2010)", True),
        ([["Xã", "So với năm 2024"], ["An Bình", 12]], "So với năm 2024", True),
        ([["Xã", "KH 2024/Ước 2023"], ["An Bình", 12]], "KH 2024/Ước 2023", False),
        ([["Xã", "Giá so sánh 2010"], ["An Bình", 12]], "Giá so sánh 2010", True),
    ],
)
def test_a_heading_of_another_year_than_the_file(rows: list[list[Any]], column: Any, is_read: bool) -> None:
    options = {"name_time": "%Y.xlsx", "name": "Xã", "columns": {"{name}": column}}
    batch = parse(row("/in", options), Payload((ResponsePage(xlsx({"S": rows}), address="2025.xlsx"),)), NOW)
    assert codes(batch) == ([] if is_read else [SpreadsheetCode.HEADING_OTHER_TIME]) and len(batch.readings) == is_read


@pytest.mark.parametrize(
    ("heading", "is_read"),
    [
        ("Thực hiện năm 2024", False), ("Năm 2024", False), ("Ước TH 2024", False), ("Dự toán năm 2026", False),
        ("Ước thực hiện năm 2024 (tấn)", False), ("Năm 2025", True), ("Dân số (tổng điều tra năm 2019)", True),
        ("Hộ nghèo theo chuẩn năm 2021", True), ("Chỉ số phát triển (năm 2024=100)", True), ("% so năm 2024", True),
        ("Chỉ số giá (năm 2019 = 100)", True), ("GRDP (giá SS năm 2010)", True), ("giá thực tế năm 2024", True),
        ("Tiêu chí năm 2022", True), ("Diện tích (kiểm kê năm 2019)", True), ("Mục tiêu đến năm 2030", True),
        ("Mục tiêu 2030", False), ("Mục tiêu năm 2030", False), ("Chỉ tiêu 2026", False), ("Ước 2024", False),
        ("Dự kiến 2026", False), ("Dự kiến năm 2026", False), ("Ước năm 2024", False), ("Phương hướng 2026", False),
        ("Phương hướng năm 2026", False), ("Nghị quyết 2024", False), ("Chỉ tiêu nghị quyết năm 2024", False),
        ("Kế hoạch giao năm 2024", False), ("Ước thực hiện cả năm 2024", False), ("Mục tiêu năm 2025", True),
        ("Theo nghị quyết năm 2021", True), ("Chuẩn nghị quyết 2021", True), ("Mục tiêu thiên niên kỷ 2015", True),
        ("Vốn năm 2024 chuyển sang", True), ("Từ năm 2021 đến năm 2024", True), ("Lũy kế từ năm 2021", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("titles", [[["BÁO CÁO NĂM 2025"]], [["BÁO CÁO"]]])
def test_a_column_of_another_year_is_rejected_alone(titles: list[list[Any]], heading: str, is_read: bool) -> None:
    rows: list[list[Any]] = [*titles, ["Xã", "Kế hoạch năm 2025", "Số hộ", heading], ["An Bình", 9, 1, 2]]
    options = {"name_time": "%Y.xlsx", "name": "Xã", "columns": {"a-{name}": "Số hộ", "b-{name}": heading}}
    batch = parse(row("/in", options), Payload((ResponsePage(xlsx({"S": rows}), address="2025.xlsx"),)), NOW)
    assert [(one.series, one.value) for one in batch.readings] == [("a-an-binh", 1), ("b-an-binh", 2)][: 1 + is_read]
    failures = [item.failure for item in batch.rejected_items]
    assert [failure.params for failure in failures] == ([] if is_read else [{"heading": heading}])


def test_the_year_below_a_heading_of_several_columns_is_that_of_the_figures() -> None:
    rows: list[list[Any]] = [["Xã", "Sản lượng", ""], ["", "Năm 2024", "Năm 2025"], ["An Bình", 1, 2]]
    columns = {f"{year}-{{name}}": ["Sản lượng", f"Năm {year}"] for year in (2024, 2025)}
    source = row("/in", {"name_time": "%Y.xlsx", "name": "Xã", "columns": columns})
    batch = parse(source, Payload((ResponsePage(xlsx({"S": rows}), address="2025.xlsx"),)), NOW)
    assert [(one.series, one.value) for one in batch.readings] == [("2025-an-binh", 2)]
    assert [item.failure.params for item in batch.rejected_items] == [{"heading": "Sản lượng / Năm 2024"}]
