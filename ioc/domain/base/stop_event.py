"""Signals that ask a process to stop: a request that a handler may make, blocks that end with them or before them.

A handler runs in the main thread between two steps of the code that it interrupts. threading.Event.set takes a lock
that this code may hold, in `wait` or in `set` itself: then the process hangs. SimpleQueue.put is documented to be safe
there (https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put).
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType


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


@contextmanager
def exiting_on_sigterm() -> Iterator[None]:
    """SIGTERM ends the block by an exception, as Ctrl-C does, so that it cleans up. In the main thread only."""
    with _handler(lambda *_: sys.exit(128 + signal.SIGTERM), signal.SIGTERM):
        yield


@contextmanager
def delaying_signals() -> Iterator[None]:
    """SIGTERM and SIGINT come when the block has ended. In the main thread only.

    To block them there is not enough: another thread receives them then, and the handler runs in the main one all the
    same.
    """
    came = list[int]()
    try:
        with _handler(lambda number, _: came.append(number), signal.SIGTERM, signal.SIGINT):
            yield
    finally:
        for number in came[:1]:
            signal.raise_signal(number)


@contextmanager
def _handler(handle: Callable[[int, FrameType | None], object], *numbers: signal.Signals) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with ExitStack() as former:  # puts back each handler, whatever another one raises meanwhile
        for number in numbers:
            former.callback(signal.signal, number, signal.getsignal(number))
            signal.signal(number, handle)
        yield
