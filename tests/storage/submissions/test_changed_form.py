"""Figures that wait while their form gets another cadence: they are listed with all others, and decided on."""

from dataclasses import replace

import pytest

from ioc.domain.submissions.obligation import ReportingCadence
from ioc.storage.db.store import Store
from tests.domain.submissions.cases import make_obligation
from tests.storage.submissions.test_submissions import SubmissionHarness

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
