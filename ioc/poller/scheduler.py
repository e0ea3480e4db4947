"""The scheduler of the polling process: APScheduler, waking in short steps instead of for each job alone."""

import random
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from ioc.domain.base.clock_set_back import was_set_back

# Jobs that fall due within a step start together: waking for each poll alone costs more than the poll itself.
STEP_SECONDS = 0.1
# Longest time between two checks, so that a clock that is set back is noticed: APScheduler reads it after us once more.
_CHECK_SECONDS = 1.0
# A clock that is steered goes back by less; a clock that goes back by more was set.
_SET_BACK = timedelta(seconds=1)


class JitteredIntervalTrigger(BaseTrigger):  # type: ignore[misc]  # it has no types
    """Once in every period `every` from `start` on, at random up to `jitter` seconds into it.

    Each period is counted from the start, not from the run before: a late run delays none after it, and a day has as
    many runs as the row says.
    """

    def __init__(self, start: datetime, every: timedelta, jitter: float = 0.0) -> None:
        self._start, self._every, self._jitter = start, every, jitter

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first time after both `now` and `previous_fire_time`.

        Periods that a sleep or a jump of the clock left out are skipped at once: APScheduler would step through each.
        """
        period = (max(previous_fire_time or now, now) - self._start) // self._every + 1
        return self._start + period * self._every + timedelta(seconds=random.uniform(0, self._jitter))


class Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # it has no types
    """Starts a job at most one step after its time. Only for use within its event loop."""

    def __init__(self) -> None:
        self._last_now = datetime.min.replace(tzinfo=UTC)
        super().__init__(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def wakeup(self) -> None:
        """Start what is due, directly: APScheduler would go through the loop's pipe, for calls from other threads."""
        self._stop_timer()
        self._handle_clock_set_back(datetime.now(UTC))
        wait = self._process_jobs()
        self._start_timer(None if wait is None else min(max(wait, STEP_SECONDS), _CHECK_SECONDS))

    def _handle_clock_set_back(self, now: datetime) -> None:
        """After the clock was set back, no job waits until the clock has reached the old time again."""
        previous, self._last_now = self._last_now, now
        if was_set_back(previous, now, _SET_BACK):
            for job in self.get_jobs():
                job.modify(next_run_time=job.trigger.get_next_fire_time(None, now))
