"""Jobs that fall due within a step are started together, none before its time, and as often as they should."""

import asyncio
import random
from datetime import datetime, timedelta

import pytest
from apscheduler.schedulers import base

from ioc.domain.base.times import utc_now
from ioc.poller import scheduler as poller_scheduler
from ioc.poller.scheduler import STEP_SECONDS, JitteredIntervalTrigger, Scheduler
from tests.city import NOW


class Counting(Scheduler):
    """How often it looked at its jobs."""

    looks = 0

    def wakeup(self) -> None:
        self.looks += 1
        super().wakeup()


async def test_what_falls_due_within_a_step_is_started_together_and_nothing_too_early() -> None:
    scheduler, started, done = Counting(), dict[datetime, datetime](), asyncio.Event()
    begun = utc_now()
    due = [begun + timedelta(milliseconds=10 * n) for n in range(50)]

    async def job(moment: datetime) -> None:
        started[moment] = utc_now()
        if len(started) == len(due):
            done.set()

    for moment in due:
        scheduler.add_job(job, "date", [moment], run_date=moment)
    scheduler.start()
    await asyncio.wait_for(done.wait(), 20)
    scheduler.shutdown(wait=False)
    assert all(moment <= at for moment, at in started.items())
    assert scheduler.looks <= (utc_now() - begun).total_seconds() / STEP_SECONDS + 2


@pytest.mark.parametrize("seconds", [1, 5, 60, 3600])
def test_a_row_is_asked_as_often_as_it_says_whatever_each_poll_is_late_by(seconds: int) -> None:
    every, now, chance = timedelta(seconds=seconds), NOW, random.Random(7)
    cadence = JitteredIntervalTrigger(NOW, every, jitter := seconds * 0.05)
    fired = [NOW]
    for _ in range(2_000):
        fired.append(cadence.get_next_fire_time(fired[-1], now))
        now = fired[-1] + timedelta(seconds=chance.uniform(0, STEP_SECONDS))  # when the scheduler comes to it
    late = [(at - NOW - n * every).total_seconds() for n, at in enumerate(fired)]
    assert all(0 <= one <= jitter for one in late) and len(set(late)) > 1_900
    assert abs((fired[-1] - fired[0]) / (2_000 * every) - 1) < 0.0001


def test_after_a_long_sleep_the_next_time_is_on_the_cadence_and_not_before_now() -> None:
    cadence = JitteredIntervalTrigger(NOW, timedelta(seconds=5))
    woken = NOW + timedelta(hours=8, seconds=1)
    for before in (None, NOW, woken):
        assert cadence.get_next_fire_time(before, woken) == NOW + timedelta(hours=8, seconds=5)
    assert cadence.get_next_fire_time(woken, NOW) == NOW + timedelta(hours=8, seconds=5)
    assert cadence.get_next_fire_time(None, NOW - timedelta(hours=1, seconds=1)) == NOW - timedelta(hours=1)


class Set(datetime):
    """A clock that can be set."""

    back = timedelta(0)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return utc_now() - cls.back


async def test_a_clock_that_is_set_back_by_hours_silences_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (base, poller_scheduler):
        monkeypatch.setattr(module, "datetime", Set)
    scheduler, runs, again = Scheduler(), [0], asyncio.Event()

    async def job() -> None:
        runs[0] += 1
        if runs[0] == 2:
            monkeypatch.setattr(Set, "back", timedelta(hours=3))
        if runs[0] == 5:
            again.set()

    scheduler.add_job(job, JitteredIntervalTrigger(utc_now(), timedelta(seconds=0.2)))
    scheduler.start()
    await asyncio.wait_for(again.wait(), 20)
    scheduler.shutdown(wait=False)
    assert runs[0] >= 5
