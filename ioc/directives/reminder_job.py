"""The reminders of the ladder, given once a day by the process that leads."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, time

from ioc.directives.context import DirectiveContext
from ioc.directives.reminders import remind_by_ladder, tasks_to_remind
from ioc.domain.base.times import CITY_ZONE
from ioc.storage.db.errors import StoreCode, StoreError

log = logging.getLogger("ioc.directives")

NOT_BEFORE = time(7)  # in the city: people find the reminders when their day begins
CHECK_SECONDS = 60.0
TASKS_PER_TRANSACTION = 20  # few enough that polls do not wait long for the transaction
PAUSE_SECONDS, _ATTEMPTS = 2.0, 15  # while somebody imports a sheet

RunInWriter = Callable[..., Awaitable[int]]


async def remind_daily(context: DirectiveContext, run_in_writer: RunInWriter) -> None:
    """Gives each day's reminders until it is cancelled. `run_in_writer` runs a function in the thread that writes."""
    done: date | None = None
    while True:
        if done != context.today() and context.clock().astimezone(CITY_ZONE).time() >= NOT_BEFORE:
            day = context.today()
            await remind_today(context, run_in_writer)
            done = day
        await asyncio.sleep(CHECK_SECONDS)


async def remind_today(context: DirectiveContext, run_in_writer: RunInWriter) -> int:
    """Gives the reminders of today that were not given yet, in short transactions; returns how many. StoreError."""
    tasks, count = await asyncio.to_thread(tasks_to_remind, context), 0
    for start in range(0, len(tasks), TASKS_PER_TRANSACTION):
        count += await _remind(context, run_in_writer, tasks[start : start + TASKS_PER_TRANSACTION])
    if count:
        log.info("%d tasks are reminded by the ladder", count)
    return count


async def _remind(context: DirectiveContext, run_in_writer: RunInWriter, tasks: Sequence[str]) -> int:
    """Reminds them once no import is stored; between two attempts the writer's thread is free."""
    for _ in range(_ATTEMPTS):
        try:
            return await run_in_writer(remind_by_ladder, context, tasks)
        except StoreError as error:
            if error.failure.code != StoreCode.BUSY:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
    return await run_in_writer(remind_by_ladder, context, tasks)
