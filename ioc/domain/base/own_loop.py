"""Coroutines on an event loop in a thread of its own, for a protocol whose library decodes answers on its loop."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from ioc.domain.base.own_thread import ThreadStartError, start_in_own_thread

T = TypeVar("T")


async def run_in_own_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of `work()`. Raises what it raises; OSError where no thread can be started.

    When the caller is cancelled, `work` is too. The caller ends after its thread, also where it is cancelled again: so
    whoever counts callers counts threads.
    """
    stop = Future[None]()
    try:
        result = asyncio.wrap_future(start_in_own_thread(partial(_run, work, stop)))
    except ThreadStartError as error:
        raise OSError(errno.EAGAIN, "no thread can be started") from error
    try:
        await asyncio.wait({result})
    except asyncio.CancelledError:
        stop.set_result(None)
        while not result.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({result})
        result.exception()  # nobody else asks for it
        raise
    return result.result()


def _run(work: Callable[[], Coroutine[Any, Any, T]], stop: "Future[None]") -> T:
    async def run() -> T:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        stop.add_done_callback(lambda _: _cancel(task, loop))
        return await work()

    return asyncio.run(run())


def _cancel(task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(task.cancel)
