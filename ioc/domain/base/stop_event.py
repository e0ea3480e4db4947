"""A request to stop that a signal handler may make.

A handler runs in the main thread between two steps of the code that it interrupts. threading.Event.set takes a lock
that this code may hold, in `wait` or in `set` itself: then the process hangs. SimpleQueue.put is documented to be safe
there (https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put).
"""

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue


class StopEvent:
    """Set once, by a signal handler or by any thread; one thread waits for it."""

    def __init__(self) -> None:
        self._is_set, self._wakeups = False, SimpleQueue[None]()

    def set(self) -> None:
        """Makes `is_set` true and ends a `wait`."""
        self._is_set = True
        self._wakeups.put(None)

    def set_on_signals(self) -> None:
        """Has SIGTERM and SIGINT call `set`. In the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.set())

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Waits for `set`, so many seconds at most; whether to stop."""
        if not self._is_set:
            with suppress(Empty):
                self._wakeups.get(timeout=seconds)
        return self._is_set
