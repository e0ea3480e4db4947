"""Sheets with the same headings: titles or values that differ tell that they are not one table."""

from typing import Any

import pytest

from components.ui.i18n import t
from data_sources._mapping import options_of
from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options
from ioc.cli.batch_report import BatchReport
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

HEAD = ["Ngành", "Số dự án"]
STOCK: Rows = [["ĐẦU TƯ THEO NGÀNH 1988-2026"], [], HEAD, ["Dịch vụ", 1072.0], ["Thủy sản", 109.0]]
NEW: Rows = [["CẤP MỚI 9 THÁNG - 2026 THEO NGÀNH"], [], HEAD, ["Dịch vụ", 98.0], ["Công nghiệp", 344.0]]
ONE_MOMENT = {"name_time": "so-lieu-%Y-%m.xlsx", "name": "Ngành", "columns": {"{name}": "Số dự án"}}
KEYS = ("dich-vu", "thuy-san", "cong-nghiep")


def read(
    book: dict[str, Rows], duplicates: DuplicateRule | None = None, keys: tuple[str, ...] = KEYS, **options: Any
) -> tuple[Batch, tuple[str, ...]]:
    """The batch, and the sheets from which its values came."""
    units = dict.fromkeys(KEYS, "tấn")
    source = row("/in", {**ONE_MOMENT, **options}, duplicates=duplicates, series_keys=keys, units=units)
    batch = parse(source, Payload((ResponsePage(xlsx(book), address="so-lieu-2026-09.xlsx"),)), NOW)
    return validate_batch(batch, source.polled_series(), NOW, duplicates=duplicates), options_of(
        source, Options
    ).sheets_read


def values(batch: Batch) -> dict[str, float | None]:
    return {one.series: one.value for one in batch.readings}


@pytest.mark.parametrize("duplicates", [None, DuplicateRule.FIRST])
@pytest.mark.parametrize("keys", [KEYS, ("cong-nghiep",)])
def test_no_value_of_sheets_with_other_titles_is_accepted(
    duplicates: DuplicateRule | None, keys: tuple[str, ...]
) -> None:
    batch, _ = read({"Sheet1": STOCK, "Sheet2": NEW}, duplicates, keys)
    assert not batch.readings
    failure = next(item.failure for item in batch.rejected_items if item.location == "cong-nghiep")
    assert failure.code == SpreadsheetCode.SHEETS_OF_OTHER_TITLES
    assert failure.params == {
        "first": "Sheet1", "first_title": "ĐẦU TƯ THEO NGÀNH 1988-2026",
        "second": "Sheet2", "second_title": "CẤP MỚI 9 THÁNG - 2026 THEO NGÀNH",
    }  # fmt: skip


def test_the_row_says_which_sheets_are_one_table() -> None:
    book: dict[str, Rows] = {"Sheet1": STOCK, "Sheet2": [*NEW[:3], NEW[4]]}
    one, sheets = read(book, sheets=["Sheet1"])
    assert values(one) == {"dich-vu": 1072, "thuy-san": 109} and sheets == ("Sheet1",)
    both, sheets = read(book, sheets=["Sheet1", "Sheet2"])
    assert values(both) == {"dich-vu": 1072, "thuy-san": 109, "cong-nghiep": 344}
    assert sheets == ("Sheet1", "Sheet2")


@pytest.mark.parametrize("names", [("Sheet1", "Sheet2"), ("Lũy kế", "Cấp mới")])
def test_sheets_that_contradict_each_other_are_not_one_table(names: tuple[str, str]) -> None:
    """Without titles: "Công nghiệp" stands in one of them only, but "Dịch vụ" shows that they are two tables."""
    batch, _ = read({names[0]: STOCK[2:], names[1]: NEW[2:]}, keys=("cong-nghiep",))
    assert not batch.readings
    failure = next(item.failure for item in batch.rejected_items if item.location == "cong-nghiep")
    assert failure.code == SpreadsheetCode.SHEETS_DIFFER
    assert failure.params == {"first": names[0], "second": names[1], "series": "dich-vu"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("BÁO CÁO THÁNG 9 NĂM 2026", "BÁO CÁO THÁNG 10/2026"),
        ("Báo cáo tháng chín", "BÁO CÁO THÁNG MƯỜI"),
        ("Báo cáo (từ ngày 01/9 đến ngày 30/9)", "Báo cáo (từ ngày 01/10 đến ngày 31/10)"),
        ("Báo cáo quý III năm 2026", "Báo cáo quý IV/2026"),
        ("Cần Thơ, ngày 5 tháng 10 năm 2026", "Cần Thơ, ngày … tháng 11 năm 2026"),
        ("Số: 15/BC-NN", "Số: 161/BC-NN"),
        ("Bản tin lúc 7 giờ 30 ngày 05/10/2026, trang 1/2", "Bản tin lúc 19h ngày 06/10/2026, trang 2/2"),
        ("Water levels, January 2026", "Water levels, February 2026"),
        ("ĐVT: tấn", "ĐVT: tấn/kỳ"),
        ("Báo cáo", None),
    ],
)
def test_titles_that_differ_in_a_period_only_are_those_of_one_table(first: str, second: str | None) -> None:
    head = [*HEAD, "Ngày"]
    book: dict[str, Rows] = {
        "Sheet1": [[first], head, ["Dịch vụ", 1.0, "01/09/2026"]],
        "Sheet2": [[second], head, ["Dịch vụ", 2.0, "01/10/2026"]],
    }
    batch, sheets = read(book, name_time="", time="Ngày", units={"tấn/kỳ": "tấn"})
    assert [one.value for one in batch.readings] == [1, 2] and not batch.rejected_items
    assert sheets == ("Sheet1", "Sheet2")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Trạm 1", "Trạm 2"), ("6 tháng đầu năm 2026", "9 tháng đầu năm 2026"), ("Lượng mưa ngày", "Lượng mưa tháng"),
        ("Kế hoạch năm 2026", "Thực hiện năm 2026"), ("BIỂU 2. LÚA", "BIỂU 2. MÍA"),
    ],
)  # fmt: skip
def test_titles_that_differ_in_more_are_those_of_two_tables(first: str, second: str) -> None:
    book: dict[str, Rows] = {"Sheet1": [[first], HEAD, ["Dịch vụ", 1.0]], "Sheet2": [[second], HEAD, ["Thủy sản", 2.0]]}
    batch, _ = read(book)
    assert not batch.readings and set(codes(batch)) == {SpreadsheetCode.SHEETS_OF_OTHER_TITLES}


def test_a_template_with_another_title_and_without_values_is_no_other_table() -> None:
    batch, sheets = read({"Sheet1": STOCK, "Mẫu": [["MẪU BÁO CÁO"], HEAD, ["Công nghiệp", None]]})
    assert values(batch) == {"dich-vu": 1072, "thuy-san": 109} and sheets == ("Sheet1",)


def test_twelve_monthly_sheets_of_a_year_are_one_table() -> None:
    book: dict[str, Rows] = {
        f"T{month}": [
            [f"MỰC NƯỚC THÁNG {month} NĂM 2026"], ["Ngày", "Giờ", "Mức"],
            *([f"{day:02}/{month:02}/2026", "07:00", month + day / 100] for day in (1, 2, 28)),
        ]
        for month in range(1, 13)
    }  # fmt: skip
    options = {"time": "Ngày", "clock": "Giờ", "columns": {"level": "Mức"}}
    source = row("/in", options, series_keys=("level",))
    batch = parse(source, Payload((ResponsePage(xlsx(book), address="2026.xlsx"),)), NOW)
    assert len(batch.readings) == 36 and not batch.rejected_items


def test_try_says_from_which_sheets_values_came() -> None:
    def report(sheets: tuple[str, ...]) -> str:
        return BatchReport(row("/in"), Batch(), NOW, "en", sheets=sheets).text()

    said = t("commands.sheets_read", "en", n=2, sheets="“T1”, “T2”")
    assert said in report(("T1", "T2")) and "“T1”" not in report(("T1",))
