"""The status of a period after its events, and the compliance record of an agency."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.directives.directive import Transfer
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.obligation import parse_period
from ioc.domain.submissions.submission import (
    ComplianceRules,
    ComplianceThreshold,
    Reminder,
    SubmissionData,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
    obligation_periods,
    submission_status,
)
from tests.domain.submissions.cases import act, at, make_obligation

OCTOBER = parse_period(make_obligation(), "2026-10")
assert OCTOBER is not None
SUBMITTED, APPROVED, REJECTED, WITHDRAWN = (
    SubmissionEventType.SUBMITTED,
    SubmissionEventType.APPROVED,
    SubmissionEventType.REJECTED,
    SubmissionEventType.WITHDRAWN,
)
LIMITS = (
    ComplianceThreshold("review", LocalizedText("xem xét"), 3, Severity.ATTENTION),
    ComplianceThreshold("discipline", LocalizedText("kỷ luật"), 6, Severity.CRITICAL),
)


def status_at(now: str, *events: SubmissionEvent, requires_approval: bool = False) -> SubmissionStatus:
    assert OCTOBER is not None
    return submission_status(make_obligation(requires_approval=requires_approval), OCTOBER, events, at(now))


@pytest.mark.parametrize(
    ("now", "status", "late"),
    [
        ("2026-11-01 00:00", SubmissionState.NOT_DUE, False),
        ("2026-11-03 17:00", SubmissionState.DUE_SOON, False),
        ("2026-11-05 17:00", SubmissionState.DUE_SOON, False),
        ("2026-11-05 17:01", SubmissionState.OVERDUE, True),
    ],
)
def test_the_state_before_any_submission_follows_the_due_time(now: str, status: SubmissionState, late: bool) -> None:
    found = status_at(now)
    assert (found.state, found.is_late) == (status, late)


def test_a_submission_is_on_time_until_the_due_time() -> None:
    assert status_at("2026-12-01 00:00", act(1, "2026-11-05 17:00")).state is SubmissionState.SUBMITTED
    late = status_at("2026-12-01 00:00", act(1, "2026-11-05 17:00:01"))
    assert (late.state, late.is_late) == (SubmissionState.SUBMITTED_LATE, True)


def test_a_submission_stops_the_clock_and_a_rejection_resumes_it() -> None:
    sent, rejected = (
        act(1, "2026-11-05 09:00", awaits_approval=True),
        act(2, "2026-11-06 09:00", REJECTED, refers_to=1, reason="thiếu"),
    )
    waiting = status_at("2026-11-06 08:00", sent)
    assert (waiting.state, waiting.is_late, waiting.pending) == (SubmissionState.AWAITING_APPROVAL, False, sent)
    assert (
        status_at("2026-11-07 00:00", sent, replace(rejected, event_type=APPROVED)).state is SubmissionState.SUBMITTED
    )
    again = status_at("2026-11-07 00:00", sent, rejected)
    assert (again.state, again.is_late, again.decision) == (SubmissionState.OVERDUE, True, rejected)
    resent = status_at("2026-11-08 00:00", sent, rejected, act(3, "2026-11-07 09:00", awaits_approval=True))
    assert (resent.state, resent.is_late) == (SubmissionState.AWAITING_APPROVAL, True)


def test_a_rejection_before_the_due_time_is_not_overdue() -> None:
    sent, rejected = act(1, "2026-11-02 09:00", awaits_approval=True), act(2, "2026-11-02 10:00", REJECTED, refers_to=1)
    assert status_at("2026-11-03 00:00", sent, rejected).state is SubmissionState.REJECTED


def test_a_withdrawal_leaves_the_period_as_it_was_before() -> None:
    sent, withdrawn = (
        act(1, "2026-11-02 09:00", awaits_approval=True),
        act(2, "2026-11-02 10:00", WITHDRAWN, refers_to=1),
    )
    before = status_at("2026-11-03 18:00", sent, withdrawn)
    assert (before.state, before.is_late, before.pending) == (SubmissionState.DUE_SOON, False, None)
    assert (before.latest, before.decision, before.corrected) == (sent, withdrawn, None)
    assert status_at("2026-11-06 00:00", sent, withdrawn).state is SubmissionState.OVERDUE


def test_a_correction_changes_neither_lateness_nor_the_effective_submission_until_it_is_approved() -> None:
    first, approved = (
        act(1, "2026-11-04 09:00", awaits_approval=True),
        act(2, "2026-11-04 10:00", APPROVED, refers_to=1),
    )
    better = act(3, "2026-11-20 09:00", awaits_approval=True, refers_to=1, reason="cộng nhầm")
    waiting = status_at("2026-11-21 00:00", first, approved, better)
    assert (waiting.state, waiting.is_late, waiting.effective, waiting.pending) == (
        SubmissionState.AWAITING_APPROVAL,
        False,
        first,
        better,
    )
    done = status_at("2026-11-22 00:00", first, approved, better, act(4, "2026-11-21 09:00", APPROVED, refers_to=3))
    assert (done.state, done.is_late, done.effective) == (SubmissionState.SUBMITTED, False, better)
    kept = status_at("2026-11-22 00:00", first, approved, better, act(4, "2026-11-21 09:00", REJECTED, refers_to=3))
    assert (kept.state, kept.effective) == (SubmissionState.SUBMITTED, first)


MOMENTS = [f"2026-11-{day:02} {hour:02}:00" for day in range(1, 12) for hour in (9, 18)]
HISTORIES = st.lists(
    st.tuples(st.sampled_from(MOMENTS), st.sampled_from([None, APPROVED, REJECTED, WITHDRAWN])), max_size=5
)


@given(HISTORIES, st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))
def test_what_was_late_stays_late_unless_a_submission_in_time_counts_again(
    given: list[tuple[str, SubmissionEventType | None]], now: str, later: str
) -> None:
    acts: list[SubmissionEvent] = []
    for moment, verdict in sorted(given, key=lambda one: one[0]):
        acts.append(act(len(acts) + 1, moment, awaits_approval=True))
        if verdict:
            acts.append(act(len(acts) + 1, moment, verdict, refers_to=len(acts)))
    now, later = sorted((now, later))
    before, after = (status_at(end, *(one for one in acts if one.at <= at(end))) for end in (now, later))
    if before.is_late:
        assert after.is_late or any(one.event_type is SUBMITTED and one.at <= before.due for one in acts)


def test_an_event_whose_time_lies_ahead_of_a_clock_set_back_counts() -> None:
    sent = act(1, "2026-11-04 12:00", awaits_approval=True)
    approved = act(2, "2026-11-04 12:00", APPROVED, refers_to=1)
    assert status_at("2026-11-04 09:00", sent).pending == sent
    assert status_at("2026-11-04 09:00", sent, approved).state is SubmissionState.SUBMITTED


def agencies() -> dict[str, Agency]:
    july = Succession("b", date(2026, 7, 1), LocalizedText("sáp nhập"))
    return {
        "a": Agency("a", LocalizedText("A"), LocalizedText("A"), until=date(2026, 6, 30), successors=(july,)),
        "b": Agency("b", LocalizedText("B"), LocalizedText("B")),
        "c": Agency("c", LocalizedText("C"), LocalizedText("C")),
    }


def test_a_successor_answers_for_what_falls_due_after_the_succession() -> None:
    now = at("2026-11-24 09:00")
    found = compliance_records(
        SubmissionData((make_obligation(since=date(2026, 1, 1)),)),
        obligation_periods(SubmissionData((make_obligation(since=date(2026, 1, 1)),)), agencies(), now),
        now,
    )
    assert {one.agency: (one.due_count, one.late_count, one.open_count) for one in found} == {
        "a": (5, 5, 5),
        "b": (5, 5, 5),
    }
    moved = make_obligation(
        since=date(2026, 1, 1), transfers=(Transfer(date(2026, 9, 1), "c", LocalizedText("chuyển giao")),)
    )
    every = obligation_periods(SubmissionData((moved,)), agencies(), now)
    assert {one.agency for one in every} == {"c"}
    assert [one.agency_when_due for one in every] == ["a"] * 5 + ["b"] * 2 + ["c"] * 3


def test_year_begins_with_periods_that_ended_long_before_they_fell_due() -> None:
    now = at("2026-11-24 09:00")
    handed = SubmissionData((make_obligation(since=date(2025, 9, 1), due_day=90),))
    records = compliance_records(handed, obligation_periods(handed, agencies(), now), now)
    assert sum(record.due_count for record in records) == 11  # the first ended 420 days ago


def test_an_obligation_without_a_holder_counts_against_no_agency() -> None:
    lost = {"a": Agency("a", LocalizedText("A"), LocalizedText("A"), until=date(2026, 6, 30))}
    now, handed = at("2026-11-24 09:00"), SubmissionData((make_obligation(since=date(2026, 9, 1)),))
    every = obligation_periods(handed, lost, now)
    assert [(one.agency, one.agency_when_due) for one in every] == [(None, None)] * 2
    assert compliance_records(handed, every, now) == []


@given(st.integers(0, 9), st.integers(0, 9))
def test_thresholds_count_the_reminders_of_a_rolling_year(old: int, new: int) -> None:
    now = at("2026-11-24 09:00")
    urged = [Reminder(n, "d", "2026-10", now - timedelta(days=366), "vp", "b") for n in range(old)]
    urged += [Reminder(n, "d", "2026-10", now - timedelta(days=364), "vp", "b") for n in range(new)]
    handed = SubmissionData((), (), urged, ComplianceRules("reminders", LIMITS))
    found = compliance_records(handed, [], now)
    if not new:
        assert found == []
        return
    (record,) = found
    assert record.reminder_count == new
    assert (record.threshold.key if record.threshold else "") == (
        "discipline" if new > 5 else "review" if new > 2 else ""
    )
    assert (record.next_threshold.count if record.next_threshold else None) == (
        None if new > 5 else 6 if new > 2 else 3
    )


def test_late_periods_reach_a_threshold_where_they_are_the_metric() -> None:
    now, handed = (
        at("2026-11-24 09:00"),
        SubmissionData((make_obligation(since=date(2026, 7, 1)),), (), (), ComplianceRules("late", LIMITS)),
    )
    (record,) = compliance_records(handed, obligation_periods(handed, agencies(), now), now)
    assert (record.late_count, record.on_time_share, record.threshold) == (4, 0.0, LIMITS[0])


def test_figure_sent_after_a_step_back_is_judged_by_the_time_that_the_clock_showed() -> None:
    sent = act(1, "2026-11-05 18:00", clock_at=at("2026-11-05 16:59"))
    assert status_at("2026-11-05 17:30", sent).state is SubmissionState.SUBMITTED
    sent = act(1, "2026-11-05 19:00", clock_at=at("2026-11-05 17:01"))
    assert status_at("2026-11-05 17:30", sent).is_late


@pytest.mark.parametrize(
    ("number", "clock", "late"),
    [
        (6, "2026-11-05 16:30", False),  # the clock was ahead when the figure was timed
        (6, "2026-11-05 17:00", False),
        (6, "2026-11-05 17:01", True),  # set back, but not to before the due time
        (6, "2026-11-01 00:00", False),
        (6, "2026-10-31 23:59", True),  # before the period ended: this clock is wrong itself
        (6, "1970-01-01 00:00", True),
        (4, "2026-11-05 16:30", True),  # set back before the figure was timed
    ],
)
def test_figure_timed_past_due_is_in_time_when_a_later_entry_was_made_before_due(
    number: int, clock: str, late: bool
) -> None:
    assert OCTOBER is not None
    sent = act(5, "2026-11-05 18:00")
    other = act(number, "2026-11-05 18:00", obligation="other", clock_at=at(clock))
    found = submission_status(make_obligation(), OCTOBER, [sent], at("2026-11-09 09:00"), (), [other])
    assert found.is_late is late
