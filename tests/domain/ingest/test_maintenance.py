"""Maintenance windows: once and weekly, over midnight; and the state of a source within one."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from ioc.domain.base.times import CITY
from ioc.domain.ingest.health import SourceState, first, judge
from ioc.domain.ingest.maintenance import Window, current
from tests.city import source

NIGHT = Window(days=(5,), at=time(23, 0), lasts=timedelta(hours=2), reason="thay cảm biến")  # Saturday


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CITY)


@pytest.mark.parametrize(
    ("now", "within"),
    [(local(28, 22, 59), False), (local(28, 23), True), (local(29, 0, 59), True), (local(29, 1), False),
     (local(27, 23, 30), False)],
)  # fmt: skip
def test_a_weekly_window_reaches_over_midnight(now: datetime, within: bool) -> None:
    assert (NIGHT.ends(now) is not None) is within
    if within:
        assert NIGHT.ends(now) == local(29, 1)


def test_a_window_of_once_is_half_open_and_the_longest_is_told() -> None:
    once = Window(local(24, 8), local(24, 9))
    longer = Window(local(24, 8), local(24, 12), reason="mất điện")
    assert once.ends(local(24, 8)) == local(24, 9) and once.ends(local(24, 9)) is None
    assert current([once, longer], local(24, 8, 30)) == (longer, local(24, 12))
    assert current([once], local(24, 10)) is None


def test_a_source_in_its_window_is_off_and_comes_back_by_itself() -> None:
    row = replace(source("s"), maintenance=(NIGHT,))
    health = first(row, local(28, 20))
    assert judge(health, row, local(28, 23, 30), stopped=False).state is SourceState.OFF
    assert judge(health, row, local(29, 2), stopped=False).state is SourceState.LATE


def test_who_was_left_alone_is_not_lost_before_the_first_poll_since() -> None:
    row = replace(source("s"), maintenance=(Window(local(24, 8), local(24, 9)),), age_limit=timedelta(minutes=1))
    minute = timedelta(minutes=1)
    before = replace(
        first(row, local(24, 7)), last_try=local(24, 7, 59), last_good=local(24, 7, 59), data_time=local(24, 7, 59)
    )
    patience = row.every + row.deadline
    assert judge(before, row, local(24, 9) + patience / 2, stopped=False).state is SourceState.LATE
    assert judge(before, row, local(24, 9) + patience + minute, stopped=False).state is SourceState.STALE
    failed = replace(before, last_try=local(24, 9), failures=1)
    assert judge(failed, row, local(24, 9) + patience / 2, stopped=False).state is SourceState.DOWN
