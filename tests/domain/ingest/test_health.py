"""The health of a source through every change of its state."""

from datetime import timedelta

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import (
    SourceState,
    after_failure,
    after_success,
    assess_health,
    initial_health,
    is_poll_time,
)
from tests.city import NOW, source

SECOND = timedelta(seconds=1)
ROW = source()  # poll interval 60 s, deadline 5 s, age limit 10 min
FAILURE = Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 5.0})


def test_new_source_has_no_data_and_a_disabled_one_is_off() -> None:
    assert initial_health(ROW, NOW).state is SourceState.NO_DATA
    assert initial_health(source(is_enabled=False), NOW).state is SourceState.OFF


def test_source_that_answers_without_ever_a_value_has_no_data() -> None:
    answered = assess_health(after_success(initial_health(ROW, NOW), NOW, None, 0, 0), ROW, NOW, is_refused=False)
    assert answered.state is SourceState.NO_DATA
    much_later = NOW + timedelta(days=3)
    assert assess_health(answered, ROW, much_later, is_refused=False).state is SourceState.NO_DATA
    first_value = assess_health(
        after_success(answered, much_later, much_later, 1, 0), ROW, much_later, is_refused=False
    )
    assert (first_value.state, first_value.since) == (SourceState.LIVE, much_later)
    empty_again = after_success(first_value, much_later + SECOND, None, 0, 0)
    assert assess_health(empty_again, ROW, much_later + SECOND, is_refused=False).state is SourceState.LIVE


def test_data_time_is_that_of_the_poll_only_when_both_are_the_same_moment() -> None:
    asked = after_success(initial_health(ROW, NOW), NOW, NOW, 0, 0)
    assert is_poll_time(asked)
    assert not is_poll_time(after_success(asked, NOW + SECOND, None, 0, 0))
    assert not is_poll_time(initial_health(ROW, NOW))


def test_source_is_live_since_its_first_good_poll() -> None:
    health = assess_health(after_success(initial_health(ROW, NOW), NOW, NOW, 4, 1), ROW, NOW, is_refused=False)
    assert (health.state, health.since, health.accepted_count, health.rejected_count) == (SourceState.LIVE, NOW, 4, 1)


def test_since_moves_only_when_the_state_does() -> None:
    health = assess_health(after_success(initial_health(ROW, NOW), NOW, NOW, 4, 0), ROW, NOW, is_refused=False)
    later = NOW + 30 * SECOND
    again = assess_health(after_success(health, later, later, 4, 0), ROW, later, is_refused=False)
    assert again.since == NOW and again.last_success == later


def test_source_whose_last_answer_lies_ahead_of_a_clock_that_was_set_back_is_not_live() -> None:
    answered_ahead = after_success(initial_health(ROW, NOW), NOW + timedelta(hours=3), NOW, 4, 0)
    assert assess_health(answered_ahead, ROW, NOW, is_refused=False).state is SourceState.LATE
    other_clock = after_success(initial_health(ROW, NOW), NOW + 5 * SECOND, NOW, 4, 0)
    assert assess_health(other_clock, ROW, NOW, is_refused=False).state is SourceState.LIVE


def test_source_is_late_after_interval_and_deadline_and_stale_after_the_age_limit() -> None:
    health = assess_health(after_success(initial_health(ROW, NOW), NOW, NOW, 4, 0), ROW, NOW, is_refused=False)
    assert assess_health(health, ROW, NOW + 65 * SECOND, is_refused=False).state is SourceState.LIVE
    assert assess_health(health, ROW, NOW + 66 * SECOND, is_refused=False).state is SourceState.LATE
    assert assess_health(health, ROW, NOW + 601 * SECOND, is_refused=False).state is SourceState.STALE


def test_source_with_old_data_is_stale_although_the_poll_was_good() -> None:
    health = after_success(initial_health(ROW, NOW), NOW, NOW - timedelta(hours=1), 4, 0)
    assert assess_health(health, ROW, NOW, is_refused=False).state is SourceState.STALE


def test_source_is_down_after_a_failure_refused_after_401_and_live_after_a_good_poll() -> None:
    health = assess_health(after_success(initial_health(ROW, NOW), NOW, NOW, 4, 0), ROW, NOW, is_refused=False)
    down = assess_health(after_failure(health, NOW + SECOND, FAILURE), ROW, NOW + SECOND, is_refused=False)
    assert (down.state, down.consecutive_failures, down.last_error, down.accepted_count) == (
        SourceState.DOWN,
        1,
        FAILURE,
        4,
    )
    assert assess_health(down, ROW, NOW + SECOND, is_refused=True).state is SourceState.REFUSED
    back = assess_health(after_success(down, NOW + 2 * SECOND, NOW, 4, 0), ROW, NOW + 2 * SECOND, is_refused=False)
    assert (back.state, back.consecutive_failures, back.last_error) == (SourceState.LIVE, 0, None)


def test_the_data_time_never_goes_back() -> None:
    health = after_success(initial_health(ROW, NOW), NOW, NOW, 1, 0)
    assert after_success(health, NOW, NOW - timedelta(hours=2), 1, 0).data_time == NOW
    assert after_success(health, NOW, None, 0, 0).data_time == NOW
