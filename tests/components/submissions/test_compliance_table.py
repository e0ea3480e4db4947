"""Compliance tables in both languages."""

from dataclasses import replace

import pytest

from components.submissions.compliance_table import compliance_summary, overdue_section, upcoming_section, year_section
from components.ui.i18n import LANGS
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from tests.city import empty_city, full_city

CITY = full_city()
PERIODS = obligation_periods(CITY.submissions, CITY.register.agencies, CITY.at)
OVERDUE = [item for item in PERIODS if item.status.state is SubmissionState.OVERDUE]
RECORDS = compliance_records(CITY.submissions, PERIODS, CITY.at)


def test_overdue_row_shows_agency_period_due_and_reminders() -> None:
    markup = str(overdue_section(CITY, OVERDUE, "vi"))
    assert [item.period.key for item in OVERDUE] == ["2026-10"]
    assert "Cơ quan A (mô phỏng)" in markup and "tháng 10/2026" in markup and "17:00 05/11/2026" in markup
    assert "3 lần, gần nhất" in markup and 'href="/don-doc/sim-tide/2026-10"' in markup and "18 ngày" in markup


def test_year_row_shows_reached_and_next_threshold() -> None:
    markup = str(year_section(CITY, RECORDS, "vi"))
    assert (
        "đã đến mức báo cáo lãnh đạo cơ quan" in markup
        and "thêm 3 lần thì đã đến mức báo cáo lãnh đạo thành phố" in markup
    )
    assert "33,3 %" in markup  # one of three in time
    late = replace(
        CITY,
        submissions=replace(
            CITY.submissions, compliance_rules=replace(CITY.submissions.compliance_rules, metric="late")
        ),
    )
    assert "mức báo cáo lãnh đạo tính theo số kỳ chậm" in str(
        year_section(late, compliance_records(late.submissions, PERIODS, CITY.at), "vi")
    )


@pytest.mark.parametrize("lang", LANGS)
def test_city_without_obligations_says_so(lang: str) -> None:
    bare = empty_city()
    markups = [
        str(overdue_section(bare, [], lang)),
        str(upcoming_section(bare, [], lang)),
        str(year_section(bare, [], lang)),
    ]
    assert all("nothing" in markup for markup in markups)
    assert "counter" in str(compliance_summary(bare, [], [], lang))
