"""Tasks that run beside the polls: one that fails is logged and run again, and the health of the host says so."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from ioc.domain.base.failure import FailureError
from ioc.domain.base.times import Clock

log = logging.getLogger("ioc.background")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 60.0
STEADY_SECONDS = 120.0  # a task that has run for so long works again
BackgroundTask = Callable[..., Coroutine[Any, Any, None]]


class BackgroundTasks:
    """`tasks` by name: each is run with the arguments of `start`, and again after any error."""

    def __init__(self, tasks: Mapping[str, BackgroundTask], clock: Clock) -> None:
        self._tasks, self._clock = tasks, clock
        self._failing_since = dict[str, datetime]()

    def failing_since(self) -> dict[str, datetime]:
        """Since when tasks fail, by name. Thread-safe."""
        return self._failing_since.copy()

    def start(self, *args: object) -> list[asyncio.Task[None]]:
        """Start all; each runs until it returns or is cancelled."""
        return [asyncio.create_task(self._supervise(name, task, args)) for name, task in self._tasks.items()]

    async def _supervise(self, name: str, task: BackgroundTask, args: tuple[object, ...]) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            steady = asyncio.get_running_loop().call_later(STEADY_SECONDS, self._failing_since.pop, name, None)
            try:
                await task(*args)
                self._failing_since.pop(name, None)
                return
            except Exception as error:
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS) if name in self._failing_since else FIRST_PAUSE_SECONDS
                self._failing_since.setdefault(name, self._clock())
                is_coded = isinstance(error, FailureError)
                code = error if is_coded else type(error).__name__
                log.error("%s failed and is run again in %.0f s: %s", name, pause, code, exc_info=not is_coded)
            finally:
                steady.cancel()
            await asyncio.sleep(pause)
