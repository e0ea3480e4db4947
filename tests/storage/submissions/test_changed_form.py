"""Figures that wait while their form gets another cadence: they are listed with all others, and decided on."""

from dataclasses import replace

import pytest

from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.obligation import ReportingCadence
from ioc.domain.submissions.submission import SubmissionState
from ioc.storage.db.store import Store
from tests.domain.submissions.cases import cell, make_obligation
from tests.storage.submissions.test_submissions import SubmissionHarness, assert_refused

OTHER_CADENCES = [cadence for cadence in ReportingCadence if cadence is not ReportingCadence.MONTHLY]


@pytest.mark.parametrize("cadence", OTHER_CADENCES)
def test_figures_of_the_former_cadence_are_listed_and_decided_on(store: Store, cadence: ReportingCadence) -> None:
    before = make_obligation(requires_approval=True)
    first, second = SubmissionHarness(store, before), SubmissionHarness(store, replace(before, key="e"))
    numbers = [harness.submit() for harness in (first, second)]
    after = SubmissionHarness(store, replace(before, cadence=cadence), second.obligation)
    approver = after.person("binh")
    pending = after.service.pending_submissions(approver)
    assert [(each.submission.id, each.period) for each in pending] == [(number, first.period()) for number in numbers]
    after.service.approve(numbers[0], approver)
    after.service.reject(numbers[1], approver, "sai cột tổng số")
    assert after.service.pending_submissions(approver) == []
    assert len(after.queued_messages()) == 1


def test_figures_of_a_series_that_the_form_no_longer_has_are_returned_and_not_approved(store: Store) -> None:
    """Approved, they would be lost, and the period would count as sent."""
    before = make_obligation(requires_approval=True)
    number = SubmissionHarness(store, before).submit()
    after = SubmissionHarness(store, replace(before, cells=(cell("x"), cell("z"))))
    approver = after.person("binh")
    assert_refused(SubmissionCode.FORM_CHANGED, after.service.approve, number, approver)
    assert after.status() is SubmissionState.AWAITING_APPROVAL and not after.queued_messages()
    after.service.reject(number, approver, "biểu mẫu đã đổi")
    assert after.service.pending_submissions(approver) == []
