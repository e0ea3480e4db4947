"""The scheduler of the polling process: APScheduler, looking at its jobs in short steps instead of for each alone."""

import random
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

# What falls due within a step is started together: waking for each poll alone costs more than the poll's own reading.
STEP_SECONDS = 0.1
# A clock that is steered goes back by less; one that goes back by more was set.
_SET_BACK = timedelta(seconds=1)


class JitteredIntervalTrigger(BaseTrigger):  # type: ignore[misc]  # it has no types
    """Once in every `every` from `start` on, by chance up to `jitter` seconds into it.

    Each time is counted from the start, not from the time before: what one run came late by makes none after it late,
    and in a day there are as many as the row says.
    """

    def __init__(self, start: datetime, every: timedelta, jitter: float = 0.0) -> None:
        self._start, self._every, self._jitter = start, every, jitter

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The time after `now`; after `previous_fire_time` where the clock has not come to that yet.

        What a sleep or a clock that leapt left out is passed over at once: APScheduler would ask for each time of it.
        """
        rounds = (max(previous_fire_time or now, now) - self._start) // self._every + 1
        return self._start + rounds * self._every + timedelta(seconds=random.uniform(0, self._jitter))


class Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # it has no types
    """Starts a job at most a step after its time. To be used in its event loop only."""

    def __init__(self) -> None:
        self._last_now = datetime.min.replace(tzinfo=UTC)
        super().__init__(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def wakeup(self) -> None:
        """Start what is due. Without the way over the loop's pipe that APScheduler takes for other threads."""
        self._stop_timer()
        self._handle_clock_set_back(datetime.now(UTC))
        wait = self._process_jobs()
        self._start_timer(None if wait is None else max(wait, STEP_SECONDS))

    def _handle_clock_set_back(self, now: datetime) -> None:
        """After the clock was set back: nothing waits until it has come again to where it was."""
        before, self._last_now = self._last_now, now
        if before - now > _SET_BACK:
            for job in self.get_jobs():
                job.modify(next_run_time=job.trigger.get_next_fire_time(None, now))
