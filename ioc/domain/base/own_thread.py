"""Work in a thread of its own, for what may never end: it takes no thread from a pool that others wait for."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def start_in_own_thread(work: Callable[[], T], name: str) -> Future[T]:
    """The result of `work`, to come. It cannot be cancelled; the process ends without waiting for it."""
    result = Future[T]()
    result.set_running_or_notify_cancel()  # from here on nobody can cancel it
    Thread(target=_run, args=(work, result), name=name, daemon=True).start()
    return result


def _run(work: Callable[[], T], result: Future[T]) -> None:
    try:
        value = work()
    except BaseException as error:  # noqa: BLE001 — it is for whoever waits
        result.set_exception(error)
    else:
        result.set_result(value)
