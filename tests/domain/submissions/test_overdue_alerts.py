"""Which overdue agencies need attention, how urgently, and with which facts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.snapshot import AttentionKind, OverdueSubmissions
from ioc.domain.submissions.obligation import Obligation
from ioc.domain.submissions.overdue_alerts import overdue_submission_attention
from ioc.domain.submissions.submission import (
    ComplianceRules,
    ComplianceThreshold,
    Reminder,
    SubmissionData,
    SubmissionEvent,
)
from tests.domain.submissions.cases import act, at, make_obligation

LIMITS = (
    ComplianceThreshold("review", LocalizedText("xem xét trách nhiệm", "reviewed"), 1, Severity.ATTENTION),
    ComplianceThreshold("discipline", LocalizedText("xem xét kỷ luật", "discipline"), 2, Severity.CRITICAL),
)
NOW = at("2026-11-07 09:00")  # October was due on the fifth at 17:00
OVERDUE_FOR = timedelta(days=1, hours=16)


def agency(key: str) -> Agency:
    return Agency(key, LocalizedText(f"Cơ quan {key}"), LocalizedText(f"CQ {key}", f"Agency {key}"))


AGENCIES = {key: agency(key) for key in (make_obligation().agency, "b", "c")}


def obligation_of(key: str) -> Obligation:
    return replace(make_obligation(), key=f"of-{key}", agency=key)


def reminders_of(n: int, agency_key: str) -> tuple[Reminder, ...]:
    return tuple(Reminder(i, f"of-{agency_key}", "2026-10", at("2026-11-06 09:00"), "x", agency_key) for i in range(n))


def city(
    *duties: Obligation,
    acts: tuple[SubmissionEvent, ...] = (),
    reminders: tuple[Reminder, ...] = (),
    limits: bool = True,
) -> SubmissionData:
    # Only October is owed, so that what stands before it is no part of the count.
    one_month = tuple(replace(one, since=at("2026-10-01 00:00").date()) for one in duties)
    return SubmissionData(one_month, acts, reminders, ComplianceRules("reminders", LIMITS if limits else ()))


@pytest.mark.parametrize("n", [1, 2])
def test_an_agency_at_a_threshold_is_an_item_of_its_own_with_the_severity_of_the_threshold(n: int) -> None:
    (found,) = overdue_submission_attention(city(obligation_of("b"), reminders=reminders_of(n, "b")), AGENCIES, NOW)
    threshold = LIMITS[n - 1]
    assert (found.kind, found.key, found.link) == (AttentionKind.SUBMISSIONS, "b", "/cham-so-lieu")
    assert (found.severity, found.since) == (threshold.severity, at("2026-11-05 17:00"))
    assert found.facts == OverdueSubmissions(AGENCIES["b"].short_name, 1, 1, OVERDUE_FOR, threshold.name)


@pytest.mark.parametrize("limits", [True, False])
def test_agencies_below_all_thresholds_are_one_item_together(limits: bool) -> None:
    (found,) = overdue_submission_attention(city(obligation_of("b"), obligation_of("c"), limits=limits), AGENCIES, NOW)
    assert (found.key, found.severity) == ("others", Severity.ATTENTION)
    assert found.facts == OverdueSubmissions(None, 2, 2, OVERDUE_FOR)
    (alone,) = overdue_submission_attention(city(obligation_of("b"), limits=limits), AGENCIES, NOW)
    assert alone.facts == OverdueSubmissions(AGENCIES["b"].short_name, 1, 1, OVERDUE_FOR)


def test_an_agency_that_has_submitted_needs_no_attention_whatever_its_year_adds_up_to() -> None:
    sent = replace(act(1, "2026-11-06 10:00"), obligation="of-b", agency="b")
    assert (
        overdue_submission_attention(
            city(obligation_of("b"), acts=(sent,), reminders=reminders_of(2, "b")), AGENCIES, NOW
        )
        == ()
    )


def test_an_obligation_is_overdue_from_the_minute_after_it_was_due() -> None:
    submissions = city(obligation_of("b"))
    assert overdue_submission_attention(submissions, AGENCIES, at("2026-11-05 17:00")) == ()
    (found,) = overdue_submission_attention(submissions, AGENCIES, at("2026-11-05 17:01"))
    assert found.facts == OverdueSubmissions(AGENCIES["b"].short_name, 1, 1, timedelta(minutes=1))


def test_an_obligation_without_an_agency_needs_attention_and_is_marked_as_simulated() -> None:
    (found,) = overdue_submission_attention(city(replace(obligation_of("gone"), is_simulated=True)), AGENCIES, NOW)
    assert found.facts == OverdueSubmissions(None, 1, 1, OVERDUE_FOR) and found.is_simulated
