"""Scheduler: jobs due within a step start together, none early, and each at its interval."""

import asyncio
import random
from datetime import datetime, timedelta
from itertools import count

import pytest
from apscheduler.schedulers import base

from ioc.domain.base.times import utc_now
from ioc.poller import scheduler as poller_scheduler
from ioc.poller.scheduler import STEP_SECONDS, JitteredIntervalTrigger, Scheduler
from tests.city import NOW


class CountingScheduler(Scheduler):
    """Counts how often it checks its jobs."""

    checks = 0

    def wakeup(self) -> None:
        self.checks += 1
        super().wakeup()


async def test_jobs_due_within_a_step_start_together_and_none_early() -> None:
    scheduler, started, done = CountingScheduler(), dict[datetime, datetime](), asyncio.Event()
    begun = utc_now()
    due = [begun + timedelta(milliseconds=10 * n) for n in range(50)]

    async def job(moment: datetime) -> None:
        started[moment] = utc_now()
        if len(started) == len(due):
            done.set()

    for moment in due:
        scheduler.add_job(job, "date", [moment], run_date=moment)
    scheduler.start()
    await asyncio.wait_for(done.wait(), 60)
    scheduler.shutdown(wait=False)
    assert all(moment <= at for moment, at in started.items())
    assert scheduler.checks <= (utc_now() - begun).total_seconds() / STEP_SECONDS + 2


@pytest.mark.parametrize("seconds", [1, 5, 60, 3600])
def test_interval_is_kept_although_each_poll_starts_late(seconds: int) -> None:
    every, now, chance = timedelta(seconds=seconds), NOW, random.Random(7)
    cadence = JitteredIntervalTrigger(NOW, every, jitter := seconds * 0.05)
    fired = [NOW]
    for _ in range(2_000):
        fired.append(cadence.get_next_fire_time(fired[-1], now))
        now = fired[-1] + timedelta(seconds=chance.uniform(0, STEP_SECONDS))  # when the scheduler starts it
    late = [(at - NOW - n * every).total_seconds() for n, at in enumerate(fired)]
    assert all(0 <= delay <= jitter for delay in late) and len(set(late)) > 1_900
    assert abs((fired[-1] - fired[0]) / (2_000 * every) - 1) < 0.0001


def test_next_time_after_a_long_sleep_is_on_the_cadence_and_in_the_future() -> None:
    cadence = JitteredIntervalTrigger(NOW, timedelta(seconds=5))
    woken = NOW + timedelta(hours=8, seconds=1)
    for before in (None, NOW, woken):
        assert cadence.get_next_fire_time(before, woken) == NOW + timedelta(hours=8, seconds=5)
    assert cadence.get_next_fire_time(woken, NOW) == NOW + timedelta(hours=8, seconds=5)
    assert cadence.get_next_fire_time(None, NOW - timedelta(hours=1, seconds=1)) == NOW - timedelta(hours=1)


class AdjustableDatetime(datetime):
    """A clock that can be set."""

    back = timedelta(0)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return utc_now() - cls.back


async def test_jobs_run_after_the_clock_is_set_back_by_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (base, poller_scheduler):
        monkeypatch.setattr(module, "datetime", AdjustableDatetime)
    scheduler, runs, again = Scheduler(), [0], asyncio.Event()

    async def job() -> None:
        runs[0] += 1
        if runs[0] == 2:
            monkeypatch.setattr(AdjustableDatetime, "back", timedelta(hours=3))
        if runs[0] == 5:
            again.set()

    scheduler.add_job(job, JitteredIntervalTrigger(utc_now(), timedelta(seconds=0.2)))
    scheduler.start()
    await asyncio.wait_for(again.wait(), 60)
    scheduler.shutdown(wait=False)
    assert runs[0] >= 5


class ClockSettingTrigger(JitteredIntervalTrigger):
    """Sets the clock back by hours while APScheduler looks through the jobs for the second time."""

    calls = 0

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        found = super().get_next_fire_time(previous_fire_time, now)
        self.calls += 1
        if self.calls == 3:
            AdjustableDatetime.back = timedelta(hours=3)
        return found


async def test_jobs_run_after_the_clock_is_set_back_while_they_are_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(AdjustableDatetime, "back", timedelta(0))
    for module in (base, poller_scheduler):
        monkeypatch.setattr(module, "datetime", AdjustableDatetime)
    scheduler, runs, again = Scheduler(), count(1), asyncio.Event()

    async def job() -> None:
        if next(runs) == 5:
            again.set()

    scheduler.add_job(job, ClockSettingTrigger(utc_now(), timedelta(seconds=0.2)))
    scheduler.start()
    await asyncio.wait_for(again.wait(), 30)
    scheduler.shutdown(wait=False)
    assert AdjustableDatetime.back == timedelta(hours=3)
