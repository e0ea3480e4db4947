"""Which late agencies need attention, how urgently, and in which words."""

from dataclasses import replace

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.submissions.obligation import Obligation
from ioc.domain.submissions.overdue_alerts import overdue_submission_attention
from ioc.domain.submissions.submission import (
    ComplianceRules,
    ComplianceThreshold,
    Reminder,
    SubmissionData,
    SubmissionEvent,
)
from tests.domain.obligation_cases import act, at, duty

LIMITS = (
    ComplianceThreshold("review", LocalizedText("xem xét trách nhiệm", "reviewed"), 1, Severity.ATTENTION),
    ComplianceThreshold("discipline", LocalizedText("xem xét kỷ luật", "discipline"), 2, Severity.CRITICAL),
)
NOW = at("2026-11-07 09:00")  # October was due on the fifth


def agency(key: str) -> Agency:
    return Agency(key, LocalizedText(f"Cơ quan {key}"), LocalizedText(f"CQ {key}", f"Agency {key}"))


AGENCIES = {key: agency(key) for key in (duty().agency, "b", "c")}


def other(key: str) -> Obligation:
    return replace(duty(), key=f"of-{key}", agency=key)


def urged(n: int, who: str) -> tuple[Reminder, ...]:
    return tuple(Reminder(i, f"of-{who}", "2026-10", at("2026-11-06 09:00"), "x", who) for i in range(n))


def city(
    *duties: Obligation,
    acts: tuple[SubmissionEvent, ...] = (),
    reminders: tuple[Reminder, ...] = (),
    limits: bool = True,
) -> SubmissionData:
    # Only October is owed, so that what stands before it is no part of the count.
    one_month = tuple(replace(one, since=at("2026-10-01 00:00").date()) for one in duties)
    return SubmissionData(one_month, acts, reminders, ComplianceRules("reminders", LIMITS if limits else ()))


@pytest.mark.parametrize(("n", "severity", "word"), [(1, "attention", "trách nhiệm"), (2, "critical", "kỷ luật")])
def test_who_has_reached_a_threshold_stands_by_itself_as_serious_as_the_threshold(
    n: int, severity: str, word: str
) -> None:
    (found,) = overdue_submission_attention(city(other("b"), reminders=urged(n, "b")), AGENCIES, NOW)
    assert (found.kind, found.key, found.severity.value, found.link) == ("submission", "b", severity, "/cham-so-lieu")
    assert found.title.vi == "Chậm cập nhật số liệu: CQ b" and "Agency b" in found.title.get("en")
    assert found.detail.vi.endswith(" · quá hạn 1 ngày") and word in found.detail.vi
    assert found.detail.get("en").endswith(" · 1 day overdue")
    assert found.since == at("2026-11-05 17:00")


@pytest.mark.parametrize("limits", [True, False])
def test_those_under_every_threshold_are_one_line_however_many(limits: bool) -> None:
    (found,) = overdue_submission_attention(city(other("b"), other("c"), limits=limits), AGENCIES, NOW)
    assert found.title.vi == "Chậm cập nhật số liệu: 2 cơ quan" and found.severity is Severity.ATTENTION
    assert found.detail.vi == "2 kỳ chưa gửi, quá hạn đến 1 ngày"
    assert found.detail.get("en") == "2 periods not sent, up to 1 day overdue"
    (alone,) = overdue_submission_attention(city(other("b"), limits=limits), AGENCIES, NOW)
    assert alone.title.vi == "Chậm cập nhật số liệu: CQ b" and alone.detail.vi == "1 kỳ chưa gửi, quá hạn 1 ngày"


def test_who_has_sent_is_late_no_more_whatever_the_year_adds_up_to() -> None:
    sent = replace(act(1, "2026-11-06 10:00"), obligation="of-b", agency="b")
    assert overdue_submission_attention(city(other("b"), acts=(sent,), reminders=urged(2, "b")), AGENCIES, NOW) == ()


def test_nobody_is_late_before_the_due_moment_and_in_the_minute_after_it_says_so() -> None:
    held = city(other("b"))
    assert overdue_submission_attention(held, AGENCIES, at("2026-11-05 17:00")) == ()
    (found,) = overdue_submission_attention(held, AGENCIES, at("2026-11-05 17:01"))
    assert "dưới 1 giờ" in found.detail.vi


def test_what_nobody_is_known_to_owe_is_told_too_and_simulated_stays_simulated() -> None:
    (found,) = overdue_submission_attention(city(replace(other("gone"), is_simulated=True)), AGENCIES, NOW)
    assert "chưa xác định cơ quan gửi" in found.title.vi and found.is_simulated
