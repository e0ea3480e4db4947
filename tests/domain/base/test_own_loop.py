"""Work on an event loop of its own thread: its result, and its end with its caller."""

import asyncio
import errno
import threading
from functools import partial

import pytest

from ioc.domain.base import own_loop
from ioc.domain.base.own_loop import run_in_own_loop
from ioc.domain.base.own_thread import ThreadStartError


async def test_the_result_or_the_error_of_the_work_is_given() -> None:
    async def loop_and_thread() -> tuple[object, int]:
        await asyncio.sleep(0)
        return asyncio.get_running_loop(), threading.get_ident()

    async def fail() -> None:
        raise ZeroDivisionError

    loop, thread = await run_in_own_loop(loop_and_thread)
    assert loop is not asyncio.get_running_loop() and thread != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await run_in_own_loop(fail)


async def test_thread_that_cannot_be_started_is_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_work: object) -> None:
        raise ThreadStartError

    monkeypatch.setattr(own_loop, "start_in_own_thread", refuse)
    with pytest.raises(OSError, match="no thread") as failure:
        await run_in_own_loop(partial(asyncio.sleep, 0))
    assert failure.value.errno == errno.EAGAIN


async def test_work_has_ended_when_the_end_of_its_caller_is_known() -> None:
    steps = list[str]()

    async def wait_for_ever() -> None:
        try:
            steps.append("begun")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            steps.append("ended")

    caller = asyncio.create_task(run_in_own_loop(wait_for_ever))
    while not steps:
        await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert steps == ["begun", "ended"]


async def test_caller_waits_for_a_busy_loop_however_often_it_is_cancelled() -> None:
    is_busy, may_end = threading.Event(), threading.Event()

    async def be_busy() -> None:
        is_busy.set()
        may_end.wait(60)

    caller = asyncio.create_task(run_in_own_loop(be_busy))
    while not is_busy.is_set():
        await asyncio.sleep(0.01)
    for _ in range(3):
        caller.cancel()
        assert (await asyncio.wait({caller}, timeout=0.05))[1]
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
