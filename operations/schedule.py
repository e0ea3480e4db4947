"""The scheduler of the polling process: APScheduler, looking at its jobs in short steps instead of for each alone."""

from apscheduler.schedulers.asyncio import AsyncIOScheduler

# What falls due within a step is started together: waking for each poll alone costs more than the poll's own reading.
STEP_SECONDS = 0.1


class Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # it has no types
    """Starts a job at most a step after its time. To be used in its event loop only."""

    def __init__(self) -> None:
        super().__init__(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def wakeup(self) -> None:
        """Start what is due. Without the way over the loop's pipe that APScheduler takes for other threads."""
        self._stop_timer()
        wait = self._process_jobs()
        self._start_timer(None if wait is None else max(wait, STEP_SECONDS))
