"""Submissions after the clock was set back: the times in their log then lie ahead of it, and all of it counts."""

from dataclasses import replace
from datetime import date, timedelta

from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from tests.domain.submissions.cases import make_obligation
from tests.storage.city import configuration
from tests.storage.submissions.test_submissions import AGENCIES, NOW, SubmissionHarness, assert_refused


def test_submission_waits_and_its_approval_counts_at_once_after_the_clock_was_set_back(store: Store) -> None:
    obligation = make_obligation(requires_approval=True, since=date(2026, 10, 1))
    harness = SubmissionHarness(store, obligation)
    harness.now = NOW + timedelta(days=4)  # overdue
    reminder = harness.service.remind(obligation, harness.period(), harness.person("vp"), "")
    number = harness.submit()
    harness.now -= timedelta(hours=3)
    assert harness.status() is SubmissionState.AWAITING_APPROVAL
    assert [event.id for event in harness.service.awaiting_approval(harness.person("binh"))] == [number]
    assert_refused(SubmissionCode.ALREADY_AWAITING_APPROVAL, harness.submit)
    config = replace(configuration(), obligations=(obligation,), agencies=AGENCIES)
    reads = SnapshotCache(store, config, lambda: harness.now)

    def read_year(snapshot: Snapshot) -> tuple[list[SubmissionState], list[int], list[tuple[int, int]]]:
        (period,) = obligation_periods(snapshot.submissions, AGENCIES, snapshot.at)
        records = compliance_records(snapshot.submissions, [period], snapshot.at)
        return (
            [period.status.state],
            [len(period.reminders)],
            [(record.open_count, record.reminder_count) for record in records],
        )

    assert read_year(reads.snapshot()) == ([SubmissionState.AWAITING_APPROVAL], [1], [(0, 1)])
    approved = harness.service.approve(number, harness.person("binh"))
    assert approved.at == reminder.at > harness.now  # known times never decrease
    assert harness.status() is SubmissionState.SUBMITTED_LATE
    assert harness.service.awaiting_approval(harness.person("binh")) == []
    present = SnapshotCache(store, config, lambda: harness.now)
    assert read_year(present.snapshot()) == ([SubmissionState.SUBMITTED_LATE], [1], [(0, 1)])
    # A past moment shows what was known then.
    assert read_year(present.at(harness.now)) == ([SubmissionState.OVERDUE], [0], [(1, 0)])


def test_reminder_is_refused_until_the_clock_shows_the_due_time_again(store: Store) -> None:
    harness = SubmissionHarness(store)
    due = harness.service.status(harness.obligation, harness.period()).due
    with store.write() as conn:
        change_counter.bump(conn, {"submissions"}, due + timedelta(hours=1))
    harness.now = due - timedelta(hours=2)
    remind = harness.service.remind
    assert harness.status() is SubmissionState.DUE_SOON
    assert_refused(SubmissionCode.NOT_OVERDUE, remind, harness.obligation, harness.period(), harness.person("vp"), "")
