"""Maintenance windows: single and weekly ones, over midnight; and the state of a source within one."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.health import SourceState, assess_health, initial_health
from ioc.domain.ingest.maintenance import MaintenanceWindow, active_window
from tests.city import source

SATURDAY_NIGHT = MaintenanceWindow(
    days=(5,), start_time=time(23, 0), duration=timedelta(hours=2), reason="thay cảm biến"
)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CITY_ZONE)


@pytest.mark.parametrize(
    ("now", "is_active"),
    [(local(28, 22, 59), False), (local(28, 23), True), (local(29, 0, 59), True), (local(29, 1), False),
     (local(27, 23, 30), False)],
)  # fmt: skip
def test_weekly_window_reaches_over_midnight(now: datetime, is_active: bool) -> None:
    assert (SATURDAY_NIGHT.active_until(now) is not None) is is_active
    if is_active:
        assert SATURDAY_NIGHT.active_until(now) == local(29, 1)


def test_single_window_is_half_open_and_of_several_the_longest_counts() -> None:
    once = MaintenanceWindow(local(24, 8), local(24, 9))
    longer = MaintenanceWindow(local(24, 8), local(24, 12), reason="mất điện")
    assert once.active_until(local(24, 8)) == local(24, 9) and once.active_until(local(24, 9)) is None
    assert active_window([once, longer], local(24, 8, 30)) == (longer, local(24, 12))
    assert active_window([once], local(24, 10)) is None


def test_source_is_off_within_its_window_only() -> None:
    row = replace(source("s"), maintenance=(SATURDAY_NIGHT,))
    health = initial_health(row, local(28, 20))
    assert assess_health(health, row, local(28, 23, 30), is_refused=False).state is SourceState.OFF
    assert assess_health(health, row, local(29, 2), is_refused=False).state is SourceState.NO_DATA


def test_source_is_late_not_stale_until_its_first_poll_after_a_window() -> None:
    row = replace(
        source("s"), maintenance=(MaintenanceWindow(local(24, 8), local(24, 9)),), age_limit=timedelta(minutes=1)
    )
    minute = timedelta(minutes=1)
    before = replace(
        initial_health(row, local(24, 7)),
        last_attempt=local(24, 7, 59),
        last_success=local(24, 7, 59),
        data_time=local(24, 7, 59),
    )
    patience = row.poll_interval + row.deadline
    assert assess_health(before, row, local(24, 9) + patience / 2, is_refused=False).state is SourceState.LATE
    assert assess_health(before, row, local(24, 9) + patience + minute, is_refused=False).state is SourceState.STALE
    failed = replace(before, last_attempt=local(24, 9), consecutive_failures=1)
    assert assess_health(failed, row, local(24, 9) + patience / 2, is_refused=False).state is SourceState.DOWN
