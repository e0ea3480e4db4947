"""A row of figures that are due says why they were returned."""

from dataclasses import replace
from datetime import timedelta

import pytest

from components.directives.work_list import work_groups
from components.directives.work_views import WorkShown
from ioc.domain.directives.acts import PositionKind
from ioc.domain.submissions.obligation import period_containing
from ioc.domain.submissions.submission import (
    ObligationPeriod,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
)
from tests.domain.directives.cases import at
from tests.pages.submission_site import MONTHLY
from tests.storage.directives.cases import START

REASON = "Thiếu số liệu hai phường " * 20


@pytest.mark.parametrize("state", [SubmissionState.OVERDUE, SubmissionState.REJECTED])
def test_returned_figures_have_the_beginning_of_the_reason(state: SubmissionState) -> None:
    def shown(event_type: SubmissionEventType) -> str:
        decision = SubmissionEvent(2, "m", "2024-12", event_type, at(START), "x", "mp-a", refers_to=1, reason=REASON)
        status = SubmissionStatus(state, at(START), is_late=False, decision=decision)
        obligation = replace(MONTHLY, since=START - timedelta(days=400))
        period = period_containing(obligation, START)
        item = ObligationPeriod(obligation, period, status, "mp-a", "mp-a")
        work = WorkShown(PositionKind.AGENCY_LEADER, (), {}, {}, [item], (), (), (), {}, START)
        return str(work_groups("my-work", work, "vi"))

    returned = shown(SubmissionEventType.REJECTED)
    assert "“Thiếu số liệu hai phường" in returned and REASON not in returned and "trả lại" in returned.lower()
    assert "hai phường" not in shown(SubmissionEventType.WITHDRAWN)
