"""Jobs that fall due within a step are started together, none before its time."""

import asyncio
from datetime import datetime, timedelta

from domain.times import utc_now
from operations.schedule import STEP_SECONDS, Scheduler


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
