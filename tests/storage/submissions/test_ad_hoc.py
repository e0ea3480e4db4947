"""Reports by telephone of an obligation without periods: none is late, and a correction replaces the whole report."""

from datetime import timedelta

import orjson
import pytest

from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.obligation import ReportingCadence, parse_phone_period
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionState
from ioc.storage.db.store import Store
from ioc.submissions.service import NewSubmission
from tests.domain.submissions.cases import make_obligation
from tests.storage.submissions.test_submissions import NOW, SubmissionHarness, assert_refused

MINUTE = "2026-11-03t08-30"


def call(harness: SubmissionHarness, **values: float) -> int:
    period = harness.service.open_period(harness.obligation, MINUTE)
    report = NewSubmission(harness.obligation, period, values, SubmissionChannel.PHONE, "trực ban xã A")
    return harness.service.submit(report, harness.person("truc")).id


def sent_values(harness: SubmissionHarness) -> list[dict[str, float | None]]:
    return [orjson.loads(message.page.body)["values"] for message in harness.queued_messages()]


def test_figure_that_a_correction_leaves_out_counts_no_more(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(ReportingCadence.AD_HOC, may_phone=True))
    call(harness, x=10.0, y=20.0)
    call(harness, x=12.0)
    call(harness, y=7.0)
    assert sent_values(harness) == [{"x": 10.0, "y": 20.0}, {"x": 12.0, "y": None}, {"x": None, "y": 7.0}]


def test_correction_that_is_approved_replaces_the_whole_report(store: Store) -> None:
    obligation = make_obligation(ReportingCadence.AD_HOC, may_phone=True, requires_approval=True)
    harness = SubmissionHarness(store, obligation)
    for values in ({"x": 10.0, "y": 20.0}, {"x": 12.0}):
        harness.service.approve(call(harness, **values), harness.person("binh"))
    assert sent_values(harness)[-1] == {"x": 12.0, "y": None}


def test_nothing_is_late_and_nobody_is_reminded(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(ReportingCadence.AD_HOC, may_phone=True))
    minute = harness.service.open_period(harness.obligation, MINUTE)
    harness.now = NOW + timedelta(hours=36)
    for state in (SubmissionState.NOT_DUE, SubmissionState.SUBMITTED):
        assert harness.service.status(harness.obligation, minute).state is state
        assert_refused(SubmissionCode.UNKNOWN_OBLIGATION, harness.service.reminder_form, "d", MINUTE, harness.person())
        assert_refused(
            SubmissionCode.NOT_OVERDUE, harness.service.remind, harness.obligation, minute, harness.person(), "Gửi số"
        )
        if state is SubmissionState.NOT_DUE:
            call(harness, x=1.0)


@pytest.mark.parametrize("key", ["2026-11-03T08-30", "2026-11-03t8-30", "2026-11-3t08-30", "2026-11-03t08-30 "])
def test_a_minute_has_one_key(key: str) -> None:
    assert parse_phone_period(MINUTE) is not None
    assert parse_phone_period(key) is None
