"""How a period stands after what was done about it, and what an agency's year adds up to."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import Text
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.directives.directive import Transfer
from ioc.domain.submissions.compliance import records
from ioc.domain.submissions.obligation import named
from ioc.domain.submissions.submission import (
    Act,
    Did,
    HandedIn,
    Lateness,
    Reminder,
    Standing,
    Status,
    Threshold,
    everything,
    standing,
)
from tests.domain.owing import act, at, duty

OCTOBER = named(duty(), "2026-10")
assert OCTOBER is not None
SENT, RELEASED, RETURNED = Did.SENT, Did.RELEASED, Did.RETURNED
LIMITS = (
    Threshold("review", Text("xem xét"), 3, Severity.ATTENTION),
    Threshold("discipline", Text("kỷ luật"), 6, Severity.CRITICAL),
)


def stands(now: str, *acts: Act, release: bool = False) -> Standing:
    assert OCTOBER is not None
    return standing(duty(release=release), OCTOBER, acts, at(now))


@pytest.mark.parametrize(
    ("now", "status", "late"),
    [
        ("2026-11-01 00:00", Status.NOT_YET, False),
        ("2026-11-03 17:00", Status.SOON, False),
        ("2026-11-05 17:00", Status.SOON, False),
        ("2026-11-05 17:01", Status.LATE, True),
    ],
)
def test_before_anything_is_sent(now: str, status: Status, late: bool) -> None:
    found = stands(now)
    assert (found.status, found.late) == (status, late)


def test_sent_in_time_and_sent_late() -> None:
    assert stands("2026-12-01 00:00", act(1, "2026-11-05 17:00")).status is Status.SENT
    late = stands("2026-12-01 00:00", act(1, "2026-11-05 17:00:01"))
    assert (late.status, late.late) == (Status.SENT_LATE, True)


def test_the_clock_stops_when_it_is_sent_and_resumes_when_it_is_returned() -> None:
    sent, back = act(1, "2026-11-05 09:00", open=True), act(2, "2026-11-06 09:00", RETURNED, of=1, why="thiếu")
    waiting = stands("2026-11-06 08:00", sent)
    assert (waiting.status, waiting.late, waiting.waiting) == (Status.WAITING, False, sent)
    assert stands("2026-11-07 00:00", sent, replace(back, did=RELEASED)).status is Status.SENT
    again = stands("2026-11-07 00:00", sent, back)
    assert (again.status, again.late, again.verdict) == (Status.LATE, True, back)
    resent = stands("2026-11-08 00:00", sent, back, act(3, "2026-11-07 09:00", open=True))
    assert (resent.status, resent.late) == (Status.WAITING, True)


def test_returned_within_its_time_is_not_late_yet() -> None:
    sent, back = act(1, "2026-11-02 09:00", open=True), act(2, "2026-11-02 10:00", RETURNED, of=1)
    assert stands("2026-11-03 00:00", sent, back).status is Status.RETURNED


def test_a_correction_changes_neither_when_it_was_sent_nor_what_counts_until_it_is_released() -> None:
    first, yes = act(1, "2026-11-04 09:00", open=True), act(2, "2026-11-04 10:00", RELEASED, of=1)
    better = act(3, "2026-11-20 09:00", open=True, of=1, why="cộng nhầm")
    waiting = stands("2026-11-21 00:00", first, yes, better)
    assert (waiting.status, waiting.late, waiting.good, waiting.waiting) == (Status.WAITING, False, first, better)
    done = stands("2026-11-22 00:00", first, yes, better, act(4, "2026-11-21 09:00", RELEASED, of=3))
    assert (done.status, done.late, done.good) == (Status.SENT, False, better)
    kept = stands("2026-11-22 00:00", first, yes, better, act(4, "2026-11-21 09:00", RETURNED, of=3))
    assert (kept.status, kept.good) == (Status.SENT, first)


MOMENTS = [f"2026-11-{day:02} {hour:02}:00" for day in range(1, 12) for hour in (9, 18)]
COURSES = st.lists(st.tuples(st.sampled_from(MOMENTS), st.sampled_from([None, RELEASED, RETURNED])), max_size=5)


@given(COURSES, st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))
def test_what_was_known_at_a_moment_does_not_move_with_what_came_later(
    given: list[tuple[str, Did | None]], now: str, later: str
) -> None:
    acts: list[Act] = []
    for moment, verdict in sorted(given, key=lambda one: one[0]):
        acts.append(act(len(acts) + 1, moment, open=True))
        if verdict:
            acts.append(act(len(acts) + 1, moment, verdict, of=len(acts)))
    whole, known = stands(now, *acts), stands(now, *(one for one in acts if one.at <= at(now)))
    assert whole == known
    if whole.late and now <= later:
        assert stands(later, *acts).late or any(one.did is SENT and one.at <= whole.due for one in acts)


def agencies() -> dict[str, Agency]:
    july = Succession("b", date(2026, 7, 1), Text("sáp nhập"))
    return {
        "a": Agency("a", Text("A"), Text("A"), until=date(2026, 6, 30), successors=(july,)),
        "b": Agency("b", Text("B"), Text("B")),
        "c": Agency("c", Text("C"), Text("C")),
    }


def test_who_takes_a_duty_over_answers_for_what_falls_due_from_then_on() -> None:
    now = at("2026-11-24 09:00")
    found = records(HandedIn((duty(since=date(2026, 1, 1)),)), everything(HandedIn((duty(since=date(2026, 1, 1)),)),
                    agencies(), now), now)  # fmt: skip
    assert {one.agency: (one.owed, one.late, one.open) for one in found} == {"a": (5, 5, 5), "b": (5, 5, 5)}
    moved = duty(since=date(2026, 1, 1), transfers=(Transfer(date(2026, 9, 1), "c", Text("chuyển giao")),))
    every = everything(HandedIn((moved,)), agencies(), now)
    assert {one.agency for one in every} == {"c"}
    assert [one.blamed for one in every] == ["a"] * 5 + ["b"] * 2 + ["c"] * 3


def test_a_duty_without_a_holder_is_nobodys_fault() -> None:
    lost = {"a": Agency("a", Text("A"), Text("A"), until=date(2026, 6, 30))}
    now, handed = at("2026-11-24 09:00"), HandedIn((duty(since=date(2026, 9, 1)),))
    every = everything(handed, lost, now)
    assert [(one.agency, one.blamed) for one in every] == [(None, None)] * 2
    assert records(handed, every, now) == []


@given(st.integers(0, 9), st.integers(0, 9))
def test_thresholds_count_the_reminders_of_a_rolling_year(old: int, new: int) -> None:
    now = at("2026-11-24 09:00")
    urged = [Reminder(n, "d", "2026-10", now - timedelta(days=366), "vp", "b") for n in range(old)]
    urged += [Reminder(n, "d", "2026-10", now - timedelta(days=364), "vp", "b") for n in range(new)]
    handed = HandedIn((), (), urged, Lateness("reminders", LIMITS))
    found = records(handed, [], now)
    if not new:
        assert found == []
        return
    (record,) = found
    assert record.reminders == new
    assert (record.reached.key if record.reached else "") == ("discipline" if new > 5 else "review" if new > 2 else "")
    assert (record.coming.at if record.coming else None) == (None if new > 5 else 6 if new > 2 else 3)


def test_where_late_periods_are_counted_they_are_what_reaches_a_threshold() -> None:
    now, handed = at("2026-11-24 09:00"), HandedIn((duty(since=date(2026, 7, 1)),), (), (), Lateness("late", LIMITS))
    (record,) = records(handed, everything(handed, agencies(), now), now)
    assert (record.late, record.on_time, record.reached) == (4, 0.0, LIMITS[0])
