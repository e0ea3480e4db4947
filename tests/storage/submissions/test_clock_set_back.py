"""Submissions after the clock was set back: the times in their log then lie ahead of it, and all of it counts."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionState, obligation_periods
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.submissions import submissions
from ioc.submissions.service import NewSubmission
from tests.domain.submissions.cases import make_obligation
from tests.storage.city import configuration
from tests.storage.submissions.test_submissions import AGENCIES, NOW, VALUES, SubmissionHarness, assert_refused


def set_known_time(store: Store, known: datetime) -> datetime:
    """What was logged last is of `known`."""
    with store.write() as conn:
        return change_counter.bump(conn, {"submissions"}, known)


def late_counts(harness: SubmissionHarness) -> list[int]:
    """The late periods of each agency, from a new snapshot."""
    obligations = tuple(harness.service.obligations.values())
    config = replace(configuration(), obligations=obligations, agencies=AGENCIES)
    snapshot = SnapshotCache(harness.store, config, lambda: harness.now).snapshot()
    periods = obligation_periods(snapshot.submissions, AGENCIES, snapshot.at)
    return [record.late_count for record in compliance_records(snapshot.submissions, periods, snapshot.at)]


def test_submission_waits_and_its_approval_counts_at_once_after_the_clock_was_set_back(store: Store) -> None:
    obligation = make_obligation(requires_approval=True, since=date(2026, 10, 1))
    harness = SubmissionHarness(store, obligation)
    harness.now = NOW + timedelta(days=4)  # overdue
    reminder = harness.service.remind(obligation, harness.period(), harness.person("vp"), "gửi gấp")
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
    with store.read() as conn:
        assert len(webhook_queue.pending(conn, "d", harness.now)) == 1  # the poller reads it now
    assert harness.status() is SubmissionState.SUBMITTED_LATE
    assert harness.service.awaiting_approval(harness.person("binh")) == []
    present = SnapshotCache(store, config, lambda: harness.now)
    assert read_year(present.snapshot()) == ([SubmissionState.SUBMITTED_LATE], [1], [(0, 1)])
    # A past moment shows what was known then.
    assert read_year(present.at(harness.now)) == ([SubmissionState.OVERDUE], [0], [(1, 0)])


def test_correction_does_not_overtake_the_figures_that_wait_for_the_clock(store: Store) -> None:
    harness = SubmissionHarness(store)
    harness.submit()  # not yet read by the poller
    harness.now -= timedelta(minutes=20)
    harness.submit(reason="cộng nhầm một xã", x=13.0)
    taken = list[int]()
    for minutes in (0, 19, 21):
        with store.write() as conn:
            messages = webhook_queue.pending(conn, "d", harness.now + timedelta(minutes=minutes))
            webhook_queue.acknowledge(conn, "d", [message.id for message in messages])
        taken += [message.id for message in messages]
    assert len(taken) == 2 and taken == sorted(taken)


def test_reminder_is_refused_until_the_clock_shows_the_due_time_again(store: Store) -> None:
    harness = SubmissionHarness(store)
    due = harness.service.status(harness.obligation, harness.period()).due
    set_known_time(store, due + timedelta(hours=1))
    harness.now = due - timedelta(hours=2)
    remind = harness.service.remind
    assert harness.status() is SubmissionState.DUE_SOON
    assert_refused(
        SubmissionCode.NOT_OVERDUE, remind, harness.obligation, harness.period(), harness.person("vp"), "gửi gấp"
    )


def test_figure_sent_in_time_after_a_step_back_is_in_time_and_its_agency_has_no_late_period(store: Store) -> None:
    harness = SubmissionHarness(store, make_obligation(since=date(2026, 10, 1)))
    due = harness.service.status(harness.obligation, harness.period()).due
    set_known_time(store, due + timedelta(hours=2))
    harness.now = due - timedelta(minutes=1)
    number = harness.submit()
    (sent,) = harness.record().history
    assert (sent.id, sent.at, sent.clock_time) == (number, due + timedelta(hours=2), harness.now)
    harness.now = due + timedelta(days=1)
    assert harness.status() is SubmissionState.SUBMITTED
    assert late_counts(harness) == [0]


def test_figure_timed_by_a_clock_that_was_ahead_is_in_time_once_a_later_entry_shows_it(store: Store) -> None:
    since = date(2026, 10, 1)
    harness = SubmissionHarness(store, make_obligation(since=since), make_obligation(key="other", since=since))
    due = harness.service.status(harness.obligation, harness.period()).due
    harness.now = due + timedelta(hours=2)
    harness.submit()
    assert harness.status() is SubmissionState.SUBMITTED_LATE
    harness.now = due - timedelta(hours=1)
    other = NewSubmission(harness.service.obligations["other"], harness.period(), VALUES, SubmissionChannel.FORM)
    harness.service.submit(other, harness.person())
    harness.now = due + timedelta(days=1)
    assert (harness.status(), late_counts(harness)) == (SubmissionState.SUBMITTED, [0])


def test_reminder_keeps_the_time_that_the_clock_showed_and_is_refused_while_one_is_of_today_or_later(
    store: Store,
) -> None:
    harness = SubmissionHarness(store)
    harness.now = NOW + timedelta(days=6)
    known = set_known_time(store, harness.now + timedelta(days=3))
    remind = partial(harness.service.remind, harness.obligation, harness.period(), harness.person("vp"), "gửi gấp")
    assert remind().at == known
    with store.read() as conn:
        assert [reminder.clock_time for reminder in submissions.reminders(conn)] == [harness.now]
    assert_refused(SubmissionCode.ALREADY_REMINDED, remind)
    harness.now += timedelta(days=1)  # the known time is the same still
    remind()
    harness.now -= timedelta(days=1)
    assert_refused(SubmissionCode.ALREADY_REMINDED, remind)
