"""Ends a process whose event loop hangs, by whatever cause, so that its supervisor starts it again."""

import asyncio
import faulthandler
import logging
import os
import signal
from threading import Thread
from time import sleep

log = logging.getLogger("ioc.watchdog")

CHECK_SECONDS = 1.0
MAX_MISSED = 60  # checks in turn
_LOG_SECONDS = 5


class LoopWatchdog:
    """Construct it before the loop starts, when threads can still be started; then call `tick` on the loop.

    It counts its own checks, not the time: while the process is paused, and where the machine is slow, it is late too.
    It needs the interpreter, so it ends no process in which one call of a library keeps that for ever.
    """

    def __init__(self) -> None:
        self._has_ticked = True
        Thread(target=self._watch, name="watchdog", daemon=True).start()

    def tick(self) -> None:
        """Shows that the loop runs, now and from now on."""
        self._has_ticked = True
        asyncio.get_running_loop().call_later(CHECK_SECONDS, self.tick)

    def _watch(self) -> None:
        missed = 0
        while missed < MAX_MISSED:
            sleep(CHECK_SECONDS)
            missed = 0 if self._has_ticked else missed + 1
            self._has_ticked = False
        signal.alarm(_LOG_SECONDS)  # ends the process also where nothing can be logged
        log.error("the event loop has hung for %.0f s: this process ends, to be started again", missed * CHECK_SECONDS)
        faulthandler.dump_traceback()
        os._exit(1)
