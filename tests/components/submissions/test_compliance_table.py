"""Who is late: what is told of each, in both languages, and files in which nothing computes."""

from dataclasses import replace
from io import BytesIO

import openpyxl  # type: ignore[import-untyped]
import pytest

from components.submissions.compliance_table import compliance_summary, overdue_section, upcoming_section, year_section
from components.submissions.workbook_files import as_csv, as_xlsx
from components.ui.i18n import LANGS
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from tests.city import empty_city, full_city

CITY = full_city()
EVERY = obligation_periods(CITY.submissions, CITY.register.agencies, CITY.at)
LATE = [one for one in EVERY if one.status.state is SubmissionState.OVERDUE]
FOUND = compliance_records(CITY.submissions, EVERY, CITY.at)


def test_what_is_late_says_who_what_and_how_often_reminded() -> None:
    drawn = str(overdue_section(CITY, LATE, "vi"))
    assert [one.period.key for one in LATE] == ["2026-10"]
    assert "Cơ quan A (mô phỏng)" in drawn and "tháng 10/2026" in drawn and "17:00 05/11/2026" in drawn
    assert "3 lần, gần nhất" in drawn and 'href="/don-doc/sim-tide/2026-10"' in drawn and "18 ngày" in drawn


def test_an_agencys_year_names_the_threshold_that_it_has_reached() -> None:
    drawn = str(year_section(CITY, FOUND, "vi"))
    assert "xem xét trách nhiệm người đứng đầu" in drawn and "còn 3 lần đến mức “xử lý kỷ luật”" in drawn
    assert "33,3 %" in drawn  # one of three in time
    late = replace(
        CITY,
        submissions=replace(
            CITY.submissions, compliance_rules=replace(CITY.submissions.compliance_rules, metric="late")
        ),
    )
    assert "mức xử lý tính theo số lần chậm" in str(
        year_section(late, compliance_records(late.submissions, EVERY, CITY.at), "vi")
    )


@pytest.mark.parametrize("lang", LANGS)
def test_a_city_without_duties_says_so(lang: str) -> None:
    bare = empty_city()
    drawn = [
        str(overdue_section(bare, [], lang)),
        str(upcoming_section(bare, [], lang)),
        str(year_section(bare, [], lang)),
    ]
    assert all("nothing" in one for one in drawn)
    assert "counter" in str(compliance_summary(bare, [], [], lang))


TABLE: list[list[str | float | None]] = [["Tên", "=1+1"], ["@x", None], ["-5", -5.0], ["<b>&", 1234.5]]


def test_no_text_of_a_file_is_a_formula() -> None:
    assert as_csv(TABLE).decode("utf-8-sig").splitlines() == ["Tên;'=1+1", "'@x;", "'-5;-5", "<b>&;1234,5"]
    sheet = openpyxl.load_workbook(BytesIO(as_xlsx(TABLE, "Biểu", 0))).worksheets[0]
    assert sheet.title == "Biểu"
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Tên", "'=1+1"], ["'@x", None], ["'-5", -5], ["<b>&", 1234.5],
    ]  # fmt: skip
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
