"""The health of a source, through every way that it can go."""

from datetime import timedelta

from ioc.domain.ingest.health import SourceState, after_failure, after_good, first, judge
from tests.city import NOW, source

SECOND = timedelta(seconds=1)
ROW = source()  # every 60 s, deadline 5 s, age limit 10 min


def test_a_new_source_waits_and_an_off_one_is_off() -> None:
    assert first(ROW, NOW).state is SourceState.LATE
    assert first(source(enabled=False), NOW).state is SourceState.OFF


def test_a_good_poll_makes_it_live_since_then() -> None:
    health = judge(after_good(first(ROW, NOW), NOW, NOW, 4, 1), ROW, NOW, stopped=False)
    assert (health.state, health.since, health.kept, health.refused) == (SourceState.LIVE, NOW, 4, 1)


def test_since_moves_only_when_the_state_does() -> None:
    health = judge(after_good(first(ROW, NOW), NOW, NOW, 4, 0), ROW, NOW, stopped=False)
    later = NOW + 30 * SECOND
    again = judge(after_good(health, later, later, 4, 0), ROW, later, stopped=False)
    assert again.since == NOW and again.last_good == later


def test_late_is_past_interval_and_deadline_stale_is_past_the_age_limit() -> None:
    health = judge(after_good(first(ROW, NOW), NOW, NOW, 4, 0), ROW, NOW, stopped=False)
    assert judge(health, ROW, NOW + 65 * SECOND, stopped=False).state is SourceState.LIVE
    assert judge(health, ROW, NOW + 66 * SECOND, stopped=False).state is SourceState.LATE
    assert judge(health, ROW, NOW + 601 * SECOND, stopped=False).state is SourceState.STALE


def test_an_answer_with_old_data_is_stale_although_the_poll_was_good() -> None:
    health = after_good(first(ROW, NOW), NOW, NOW - timedelta(hours=1), 4, 0)
    assert judge(health, ROW, NOW, stopped=False).state is SourceState.STALE


def test_down_after_a_failure_refused_after_401_and_live_again() -> None:
    health = judge(after_good(first(ROW, NOW), NOW, NOW, 4, 0), ROW, NOW, stopped=False)
    down = judge(after_failure(health, NOW + SECOND, "no connection"), ROW, NOW + SECOND, stopped=False)
    assert (down.state, down.failures, down.last_error, down.kept) == (SourceState.DOWN, 1, "no connection", 4)
    assert judge(down, ROW, NOW + SECOND, stopped=True).state is SourceState.REFUSED
    back = judge(after_good(down, NOW + 2 * SECOND, NOW, 4, 0), ROW, NOW + 2 * SECOND, stopped=False)
    assert (back.state, back.failures, back.last_error) == (SourceState.LIVE, 0, "")


def test_the_data_time_never_goes_back() -> None:
    health = after_good(first(ROW, NOW), NOW, NOW, 1, 0)
    assert after_good(health, NOW, NOW - timedelta(hours=2), 1, 0).data_time == NOW
    assert after_good(health, NOW, None, 0, 0).data_time == NOW
