"""Units in headings, in the labels of rows and between the rows: no value keeps another unit than the file states."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.stated_unit import unit_in_name, unit_in_text
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

MONTH = {"name_time": "%Y-%m.xlsx", "name": "Xã", "columns": {"{name}": "Sản lượng"}}


def read(rows: Rows, units: dict[str, str], options: dict[str, Any]) -> Batch:
    source = row("/in", options, series_keys=tuple(units), units=units)
    page = ResponsePage(xlsx({"S": rows}), address="2026-10.xlsx")
    return validate_batch(parse(source, Payload((page,)), NOW), source.polled_series(), NOW)


def values(batch: Batch) -> list[float | None]:
    return [one.value for one in batch.readings]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Mực nước (cm)", "cm"), ("Mực nước [cm]", "cm"), ("Mực nước (ĐVT: cm)", "cm"), ("H, cm", "cm"),
        ("Mực nước (cm nước)", "cm nước"), ("Mực nước cm", "cm"), ("Mực nước [cm.]", "cm"), ("H=cm", "cm"),
        ("Mực nước (m so với mốc)", "m so với mốc"), ("Mực nước (milimet)", "milimet"), ("Lưu lượng m3/s", "m3/s"),
        ("Sông Hậu (trạm m 3)", ""), ("Hợp đồng", ""), ("Nguyễn Văn A (kế hoạch năm)", ""), ("Thanh Ha", ""),
        ("Số giờ (10 phút)", ""), ("Mực nước - cm", "cm"), ("Mực nước: cm", "cm"),
        ("Cần Thơ - Sóc Trăng", ""), ("Dân số/km2", ""),
        ("Tỷ lệ %", "%"), ("Nhiệt độ (°C) trung bình", "°C"), ("Mực nước (m)", "m"), ("Nhóm (A)", ""), ("Nam (N)", ""),
        ("SL (10³ tấn)", "10³ tấn"), ("Khách (x1000 lượt)", "x1000 lượt"), ("H (m) so với BĐ (cm)", "m, cm"),
        ("Khách (nghìn lượt)", "nghìn lượt"), ("Dân số (nghìn người)", "nghìn người"), ("Xã (10 ấp)", ""),
        ("Khách (lượt/ngày)", "lượt/ngày"), ("Dân số (Nam/Nữ)", ""), ("Bệnh viện (100 giường)", ""),
        ("% so KH", "%"), ("Tỷ lệ % TH/KH", "%"), ("Đạt % kế hoạch", "%"), ("% tăng (+), giảm (-)", "%"),
        ("Tỷ trọng, %", "%"), ("Tăng trưởng %/năm", "%/năm"), ("Tăng trưởng (%/năm)", "%/năm"),
        ("Khách (lượt/năm)", "lượt/năm"),
        ("Các khoản thu hưởng 100%", ""), ("hưởng 100 %", ""), ("So sánh 2004/2003%", "%"), ("So với tháng 8 %", "%"),
        ("Hộ mất trên 30% diện tích", ""), ("Hộ mất trên 30 % lúa", ""), ("So sánh (tấn, %)", ""),
        ("Lượng mưa (ngày)", ""), ("Dân số (ước)", ""), ("Nam, người", ""),
    ],
)  # fmt: skip
def test_a_unit_in_a_text(text: str, unit: str) -> None:
    assert unit_in_text(text, Options.model_validate(MONTH)) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Số hộ có dưới 1 ha", ""), ("Hộ dưới 0,5 ha", ""), ("Số vụ trong bán kính 5 km", ""), ("Hộ (trên 5 ha)", ""),
        ("Kênh 500 ha", ""), ("Kênh Xáng, 12 km", ""), ("Hộ từ 1-2 ha", ""), ("Hộ từ 1 đến dưới 3 ha", ""),
        ("Mưa (Jun)", ""), ("Mưa, Jun", ""), ("Hướng = gio", ""),
        ("Hộ (ha > 5)", ""), ("Hộ ≥ 5 ha", ""), ("Hộ >5 ha", ""), ("Độ ẩm - 10 cm", ""), ("Bán kính = 5 km", ""),
        ("Hộ có dưới một ha", ""), ("Chi phí trên ha", ""), ("DT x1000 ha", ""), ("Hộ (5 ha)", ""),
        ("Mưa tháng 8 mm", "mm"), ("Mưa tháng 8/2026 mm", "mm"), ("PM 2.5 µg/m3", "µg/m3"), ("H trạm 1 cm", "cm"),
        ("Lưu lượng cống số 2 m3/s", "m3/s"), ("Mưa (mm 24 giờ)", "mm 24 giờ"), ("Mưa (24 giờ, mm)", "24 giờ, mm"),
        ("Diện tích ha", "ha"), ("H (m so với mốc 2)", "m so với mốc 2"),
    ],
)  # fmt: skip
def test_a_threshold_or_an_ordinary_word_at_the_end_of_a_text_is_no_unit(text: str, unit: str) -> None:
    options = Options.model_validate(MONTH)
    assert unit_in_text(text, options) == unit_in_name(text, options) == unit


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Thu phân chia theo tỷ lệ %", ""), ("Thu phân chia theo tỷ lệ (%)", ""), ("NS huyện hưởng theo %", ""),
        ("Thu hưởng % giữa các cấp", ""), ("Cho vay lãi suất 5%", ""), ("Thu điều tiết 12,5%", ""),
        ("Thu hưởng 100%", ""),
        ("Thu phân chia theo tỷ lệ % (nghìn đồng)", "nghìn đồng"),
        ("Tỷ lệ hộ nghèo %", "%"), ("Tỷ lệ % hộ nghèo", "%"), ("Tỷ lệ hộ nghèo (%)", "%"), ("% so KH", "%"),
        ("So với tháng 8%", "%"), ("So sánh 2004/2003%", "%"), ("Tỷ lệ che phủ, %", "%"),
    ],
)  # fmt: skip
def test_a_per_cent_sign_that_belongs_to_the_words_of_a_name_is_no_unit(name: str, unit: str) -> None:
    assert unit_in_name(name, Options.model_validate(MONTH)) == unit


def test_money_that_is_divided_by_per_cent_is_read_in_the_unit_of_the_table() -> None:
    rows: Rows = [["Xã", "Sản lượng"], ["Thu theo tỷ lệ %", 5.5], ["Thu hưởng 50%", 7.0], ["Tỷ lệ thu (%)", 9.0]]
    units = {"thu-theo-ty-le": "triệu đồng", "thu-huong-50": "triệu đồng", "ty-le-thu": "triệu đồng"}
    batch = read(rows, units, {**MONTH, "unit": "triệu đồng"})
    assert values(batch) == [5.5, 7.0] and codes(batch) == [UnitCode.DIFFERENT_QUANTITY]
    meant = read(rows, units, {**MONTH, "unit": "triệu đồng", "units": {"%": "triệu đồng"}})
    assert values(meant) == [5.5, 7.0, 9.0]


def level(head: Rows, *cells: Any, **options: Any) -> Batch:
    heading = [str(one[1]) for one in head]
    columns = {"level": heading[0] if len(heading) == 1 else heading}
    return read([*head, *cells], {"level": "m"}, {"time": "Ngày", "columns": columns, **options})


DAY = ["05/10/2026", 125.0]


def test_the_unit_of_a_heading_is_that_of_its_column() -> None:
    assert values(level([["Ngày", "Mực nước (cm)"]], DAY)) == [1.25]
    assert values(level([["Ngày", "Mực nước (cm)"], [None, "Cao nhất"]], DAY)) == [1.25]
    assert values(level([["Ngày", "Mực nước (m)"], [None, "Cao nhất (mm)"]], DAY)) == [0.125]
    assert values(level([["Ngày", "Mực nước (cm)"]], DAY, unit="m")) == [1.25]  # `unit` is of columns without one


def test_a_unit_in_the_heading_that_is_contradicted_is_rejected() -> None:
    for batch in (
        level([["Ngày", "Mực nước (cm)"]], DAY, units={"level": "m"}),
        level([["Ngày", "Mực nước (cm)"]], [None, "(mm)"], DAY),
    ):
        assert not batch.readings and codes(batch) == [SpreadsheetCode.UNIT_IN_HEADING]


def test_the_unit_of_the_whole_table_gives_way_to_that_of_a_heading() -> None:
    rows: Rows = [["ĐVT: tấn"], ["Ngày", "Diện tích (ha)"], ["05/10/2026", 5.0]]
    options = {"time": "Ngày", "columns": {"area": "Diện tích (ha)"}}
    assert values(read(rows, {"area": "ha"}, options)) == [5.0]


def test_the_unit_in_a_label_is_that_of_its_row() -> None:
    rows: Rows = [["Xã", "Sản lượng"], ["Lúa (kg)", 500.0], ["Mía", 5.0]]
    units = {"lua-kg": "tấn", "mia": "tấn"}
    assert values(read(rows, units, MONTH)) == [0.5, 5.0]
    assert values(read([["ĐVT: tấn"], *rows], units, MONTH)) == [0.5, 5.0]
    batch = read(rows, units, {**MONTH, "units": {"{name}": "tấn"}})
    assert values(batch) == [5.0] and codes(batch) == [SpreadsheetCode.UNIT_IN_LABEL]


def test_what_an_empty_unit_means_is_no_unit_of_a_label() -> None:
    rows: Rows = [["Xã", "Sản lượng (tấn)"], ["Lúa", 5.0]]
    options = {**MONTH, "columns": {"{name}": "Sản lượng (tấn)"}, "units": {"": "kg"}}
    assert values(read(rows, {"lua": "tấn"}, options)) == [5.0]


def test_a_unit_that_is_not_known_is_never_replaced_by_that_of_the_series() -> None:
    for heading in ("Sản lượng (x1000 quả)", "Sản lượng (tấn) và giá (đồng)"):
        rows: Rows = [["Xã", heading], ["Lúa", 5.0]]
        batch = read(rows, {"lua": "tấn"}, {**MONTH, "columns": {"{name}": heading}})
        assert not batch.readings and codes(batch) == [UnitCode.UNKNOWN]


def test_a_share_below_a_heading_with_a_unit_is_read_where_the_row_says_so() -> None:
    rows: Rows = [["Xã", "Sản lượng (tấn)", None], [None, "Thực hiện", "Đạt"], ["Lúa", 5.0, 70.0]]
    columns = {"{name}": ["Sản lượng (tấn)", "Thực hiện"], "ss-{name}": ["Sản lượng (tấn)", "Đạt"]}
    units = {"lua": "tấn", "ss-lua": "%"}
    batch = read(rows, units, {**MONTH, "columns": columns})
    assert values(batch) == [5.0] and codes(batch) == [ValidationCode.UNIT_OF_OTHERS]
    assert values(read(rows, units, {**MONTH, "columns": columns, "units": {"ss-{name}": "%"}})) == [5.0, 70.0]


def test_a_share_of_what_the_label_names_has_its_own_unit() -> None:
    rows: Rows = [["Xã", "Sản lượng", "So kế hoạch (%)"], ["Lúa (kg)", 500.0, 67.9], ["Mía (kg)", 7.0, "54%"]]
    options = {**MONTH, "columns": {"{name}": "Sản lượng", "ss-{name}": "So kế hoạch (%)"}}
    units = {"lua-kg": "tấn", "ss-lua-kg": "%", "mia-kg": "kg", "ss-mia-kg": "ratio"}
    assert values(read(rows, units, options)) == [0.5, 67.9, 7.0, 0.54]


@pytest.mark.parametrize(
    "line", [["Đơn vị tính: kg"], [None, "ĐVT: kg"], [None, "(kg)"], ["ĐVT", "kg"], ["II. Cây ăn quả (kg)"]]
)
def test_rows_below_another_unit_are_rejected(line: list[Any]) -> None:
    rows: Rows = [["ĐVT: tấn"], ["Xã", "Sản lượng"], ["A", 5.0], line, ["B", 7.0], ["C (tạ)", 9.0]]
    batch = read(rows, {"a": "tấn", "b": "tấn", "c-ta": "tấn"}, MONTH)
    assert values(batch) == [5.0, 0.9] and codes(batch) == [SpreadsheetCode.UNIT_CHANGED]
    assert batch.rejected_items[0].failure.params == {"unit": "kg", "row": 4}


CROPS = {**MONTH, "columns": {"{name}": "Sản lượng", "dt-{name}": "Diện tích (ha)", "tt-{name}": "Tiêu thụ (tấn)"}}
CROP_UNITS = {"a": "tấn", "b": "tấn", "dt-a": "ha", "dt-b": "ha", "tt-a": "tấn", "tt-b": "tấn"}


@pytest.mark.parametrize("line", [["Đơn vị tính: kg"], ["II. Cây ăn quả (kg)"]])
def test_another_unit_leaves_columns_of_another_quantity(line: list[Any]) -> None:
    """A column in hectares cannot be meant by kilograms; one in tonnes may be."""
    head = ["Xã", "Sản lượng", "Diện tích (ha)", "Tiêu thụ (tấn)"]
    rows: Rows = [["ĐVT: tấn"], head, ["A", 5.0, 1.0, 4.0], line, ["B", 7.0, 2.0, 6.0]]
    batch = read(rows, CROP_UNITS, CROPS)
    assert {one.series: one.value for one in batch.readings} == {"a": 5.0, "dt-a": 1.0, "tt-a": 4.0, "dt-b": 2.0}
    assert codes(batch) == [SpreadsheetCode.UNIT_CHANGED] and batch.rejected_items[0].location.endswith("!B5")


def test_another_unit_below_all_rows_leaves_columns_of_another_quantity() -> None:
    rows: Rows = [["Xã", "Sản lượng", "Diện tích (ha)"], ["A", 5.0, 1.0], ["B", 7.0, 2.0], ["Đơn vị tính: kg"]]
    options = {**MONTH, "columns": {"{name}": "Sản lượng", "dt-{name}": "Diện tích (ha)"}}
    batch = read(rows, CROP_UNITS, options)
    assert {one.series: one.value for one in batch.readings} == {"dt-a": 1.0, "dt-b": 2.0}
    assert codes(batch) == [SpreadsheetCode.UNIT_CHANGED]


@pytest.mark.parametrize("line", [["Đơn vị tính: ha"], [None, "(ha)"]])
def test_another_quantity_is_a_change_where_no_other_column_can_be_meant(line: list[Any]) -> None:
    rows: Rows = [["Xã", "Thực hiện (tấn)"], ["A", 5.0], line, ["B", 7.0]]
    batch = read(rows, {"a": "tấn", "b": "tấn"}, {**MONTH, "columns": {"{name}": "Thực hiện (tấn)"}})
    assert values(batch) == [5.0] and codes(batch) == [SpreadsheetCode.UNIT_CHANGED]


def test_a_unit_in_a_column_itself_is_a_change_of_that_column_alone() -> None:
    rows: Rows = [["Xã", "Sản lượng", "Diện tích (ha)"], ["A", 5.0, 1.0], [None, None, "(m2)"], ["B", 7.0, 2.0]]
    options = {**MONTH, "columns": {"{name}": "Sản lượng", "dt-{name}": "Diện tích (ha)"}}
    batch = read(rows, CROP_UNITS, options)
    assert {one.series: one.value for one in batch.readings} == {"a": 5.0, "dt-a": 1.0, "b": 7.0}
    assert codes(batch) == [SpreadsheetCode.UNIT_CHANGED]


def test_a_unit_that_is_stated_again_changes_nothing() -> None:
    rows: Rows = [["ĐVT: tấn"], ["Xã", "Sản lượng"], ["A", 5.0], ["Đơn vị tính: tấn"], ["B", 7.0], [None, "(tấn)"]]
    batch = read(rows, {"a": "tấn", "b": "tấn"}, MONTH)
    assert values(batch) == [5.0, 7.0] and not batch.rejected_items


def test_the_first_unit_may_return() -> None:
    rows: Rows = [["ĐVT: tấn"], ["Xã", "Sản lượng"], ["ĐVT: kg"], ["A", 5.0], ["ĐVT: tấn"], ["B", 7.0]]
    batch = read(rows, {"a": "tấn", "b": "tấn"}, MONTH)
    assert values(batch) == [7.0] and codes(batch) == [SpreadsheetCode.UNIT_CHANGED]


def test_a_unit_stated_below_the_table_may_be_that_of_all_rows() -> None:
    rows: Rows = [["Xã", "Sản lượng"], ["A", 5.0], ["Đơn vị tính: kg"], ["Người lập biểu"]]
    batch = read(rows, {"a": "tấn"}, MONTH)
    assert not batch.readings and codes(batch) == [SpreadsheetCode.UNIT_CHANGED]
    assert values(read(rows, {"a": "tấn"}, {**MONTH, "unit": "kg"})) == [0.005]
    note: Rows = [*rows[:2], ["Ghi chú: số liệu cân tại kho (kg)"]]
    assert values(read(note, {"a": "tấn"}, MONTH)) == [5.0]


def test_with_a_column_of_units_no_other_text_states_one() -> None:
    rows: Rows = [["Xã", "Sản lượng", "ĐVT"], ["A (kg)", 5.0, "tấn"], ["Đơn vị tính: kg"], ["B", 7.0, "tạ"]]
    assert values(read(rows, {"a-kg": "tấn", "b": "tấn"}, {**MONTH, "unit_column": "ĐVT"})) == [5.0, 0.7]


COMPARED = {**MONTH, "columns": {"{name}": "Thực hiện", "ss-{name}": "So sánh (%)"}, "unit_column": "ĐVT"}
COMPARED_ROWS: Rows = [["Xã", "ĐVT", "Thực hiện", "So sánh (%)"], ["A", "nghìn tấn", 650, 77.02], ["B", "%", 3, 98]]


@pytest.mark.parametrize(
    "rows",
    [
        COMPARED_ROWS,
        [["Xã", "ĐVT", "Thực hiện", "So sánh (%)"], [None, None, None, "%"], *COMPARED_ROWS[1:]],
    ],
)  # fmt: skip
def test_a_row_s_unit_is_not_that_of_a_column_with_another_one(rows: Rows) -> None:
    units = {"a": "tấn", "b": "%", "ss-a": "tấn", "ss-b": "%"}
    batch = read(rows, units, COMPARED)
    assert {one.series: one.value for one in batch.readings} == {"a": 650_000, "b": 3, "ss-b": 98}
    (item,) = batch.rejected_items
    assert item.failure.code == SpreadsheetCode.UNIT_COLUMN_OTHER
    assert item.failure.params == {"unit": "nghìn tấn", "other": "%", "column": "ss-{name}"}


def test_the_remedy_for_a_column_with_another_unit_than_its_rows_is_the_unit_of_the_column() -> None:
    remedy = {**COMPARED, "units": {"ss-{name}": "%"}}
    batch = read(COMPARED_ROWS, {"a": "tấn", "b": "%", "ss-a": "%", "ss-b": "%"}, remedy)
    assert {one.series: one.value for one in batch.readings} == {"a": 650_000, "b": 3, "ss-a": 77.02, "ss-b": 98}
    assert not batch.rejected_items


def test_with_a_column_of_units_the_options_may_not_say_another_unit_than_the_heading() -> None:
    rows: Rows = [["Xã", "ĐVT", "Sản lượng (kg)"], ["A", "kg", 5.0]]
    options = {**MONTH, "columns": {"{name}": "Sản lượng (kg)"}, "unit_column": "ĐVT"}
    assert values(read(rows, {"a": "kg"}, options)) == [5.0]
    batch = read(rows, {"a": "kg"}, {**options, "units": {"{name}": "tấn"}})
    assert not batch.readings and codes(batch) == [SpreadsheetCode.UNIT_IN_HEADING]


@pytest.mark.parametrize("mark", ['"', "-nt-"])
def test_a_ditto_mark_for_a_unit_is_rejected_with_its_reason(mark: str) -> None:
    rows: Rows = [["Xã", "ĐVT", "Sản lượng"], ["A", "tấn", 5.0], ["B", mark, 7.0]]
    batch = read(rows, {"a": "tấn", "b": "tấn"}, {**MONTH, "unit_column": "ĐVT"})
    assert values(batch) == [5.0] and codes(batch) == [UnitCode.DITTO_MARK]
    below: Rows = [["Ngày", "Mực nước", "Khác"], [None, mark, "cm"], [*DAY, 1]]
    batch = level(below[:1], *below[1:])
    assert not batch.readings and codes(batch) == [UnitCode.DITTO_MARK]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("% so với kế hoạch", SpreadsheetCode.UNIT_COLUMN_OTHER), ("Tăng trưởng (%/năm)", UnitCode.UNKNOWN),
        ("Khách (x1000 lượt)", UnitCode.UNKNOWN),
    ],
)  # fmt: skip
def test_a_heading_with_any_unit_is_not_overruled_by_the_unit_of_the_row(heading: str, code: str) -> None:
    rows: Rows = [["Xã", "ĐVT", heading], ["A", "tấn", 77.02]]
    options = {**MONTH, "columns": {"{name}": heading}, "unit_column": "ĐVT"}
    batch = read(rows, {"a": "tấn"}, options)
    assert not batch.readings and codes(batch) == [code]
    assert values(read(rows, {"a": "%"}, {**options, "units": {"{name}": "%"}})) == [77.02]
