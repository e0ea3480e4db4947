"""The words of overdue tasks and submissions in the attention list."""

from datetime import date, timedelta

import pytest

from components.events.overdue_text import overdue_detail, overdue_title
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.snapshot import OverdueSubmissions, OverdueTask

AGENCY, THRESHOLD = LocalizedText("CQ b", "Agency b"), LocalizedText("xem xét trách nhiệm", "review")
DAY, NO_NAME = timedelta(days=1), LocalizedText("")


@pytest.mark.parametrize(
    ("facts", "lang", "title", "detail"),
    [
        (OverdueSubmissions(AGENCY, 1, 1, DAY), "vi", "CQ b", "1 kỳ chưa gửi, quá hạn 1 ngày"),
        (OverdueSubmissions(AGENCY, 1, 1, DAY), "en", "Agency b", "1 period not submitted, 1 day overdue"),
        (OverdueSubmissions(None, 2, 2, DAY), "vi", "2 cơ quan", "2 kỳ chưa gửi, quá hạn đến 1 ngày"),
        (OverdueSubmissions(None, 2, 2, 3 * DAY), "en", "2 agencies", "2 periods not submitted, up to 3 days overdue"),
        (OverdueSubmissions(AGENCY, 1, 1, DAY, THRESHOLD), "vi", "CQ b", "xem xét trách nhiệm · quá hạn 1 ngày"),
        (OverdueSubmissions(AGENCY, 1, 2, DAY, THRESHOLD), "en", "Agency b", "review · 2 periods, up to 1 day overdue"),
        (
            OverdueSubmissions(None, 1, 1, DAY / 12),
            "en",
            "no responsible agency known",
            "1 period not submitted, 2 hours overdue",
        ),
        (
            OverdueSubmissions(None, 1, 1, DAY / 99),
            "vi",
            "chưa xác định cơ quan gửi",
            "1 kỳ chưa gửi, quá hạn dưới 1 giờ",
        ),
    ],
)
def test_overdue_submissions_name_the_agency_the_periods_and_the_time(
    facts: OverdueSubmissions, lang: str, title: str, detail: str
) -> None:
    prefix = {"vi": "Chậm cập nhật số liệu: ", "en": "Figures overdue: "}[lang]
    assert overdue_title(facts, NO_NAME, lang) == prefix + title
    assert overdue_detail(facts, lang) == detail


def test_an_overdue_task_names_its_document_and_its_holder() -> None:
    facts = OverdueTask("1/MP-UBND", date(2026, 4, 11), 2, AGENCY)
    assert overdue_title(facts, LocalizedText("Nhiệm vụ", "Task"), "vi") == "Quá hạn: Nhiệm vụ"
    assert overdue_detail(facts, "vi") == "Quá hạn 2 ngày, thời hạn 11/04/2026 · 1/MP-UBND · CQ b"
    assert overdue_detail(facts, "en") == "2 days overdue, due 11/04/2026 · 1/MP-UBND · Agency b"


def test_an_overdue_task_without_a_holder_says_so() -> None:
    facts = OverdueTask("1/MP-UBND", date(2026, 4, 11), 1, None)
    assert overdue_detail(facts, "vi").endswith("· chưa xác định cơ quan hiện chủ trì")
