"""Work in a thread of its own, for what may never end: it takes no thread from a pool that others wait for."""

import _thread
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event
from typing import TypeVar

T = TypeVar("T")

BEGIN_SECONDS = 5.0


class ThreadStartError(Exception):
    """The system starts no thread now, as where it refuses memory: no fault of the work."""


def start_in_own_thread(work: Callable[[], T]) -> Future[T]:
    """The result of `work`, to come. It cannot be cancelled; the process ends without waiting for it.

    Raises ThreadStartError. threading.Thread.start waits for ever for a thread that dies before it begins, for want of
    memory: here that takes BEGIN_SECONDS, and a thread that begins later ends without doing the work.
    """
    result, begun = Future[T](), Event()
    try:
        _thread.start_new_thread(_run, (work, result, begun))
    except (RuntimeError, MemoryError) as error:
        raise ThreadStartError from error
    if not begun.wait(BEGIN_SECONDS) and result.cancel():
        raise ThreadStartError
    return result


def _run(work: Callable[[], T], result: Future[T], begun: Event) -> None:
    is_wanted = result.set_running_or_notify_cancel()  # from here on nobody can cancel it
    begun.set()
    if not is_wanted:
        return
    try:
        value = work()
    except BaseException as error:  # noqa: BLE001 — it is for whoever waits
        result.set_exception(error)
    else:
        result.set_result(value)
