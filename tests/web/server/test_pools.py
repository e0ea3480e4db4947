"""Threads of a pool are started with it: one that the machine does not give later would stop all screens for good."""

import threading
from functools import partial

import pytest

from ioc.web.server.pools import PoolLimits, WorkPool

LIMITS = PoolLimits(threads=3, waiting=1, per_owner=4, owners=1)


def names(pool: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(pool)]


async def test_a_pool_needs_no_further_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = WorkPool("started", LIMITS)
    assert len(names("started")) == LIMITS.threads
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert [await pool.run(partial(pow, n, 2), "a") for n in range(4)] == [0, 1, 4, 9]
    monkeypatch.undo()
    pool.close()


def test_a_pool_that_lacks_threads_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[threading.Thread]()
    start = threading.Thread.start

    def start_one(thread: threading.Thread) -> None:
        if begun:
            refuse(thread)
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    with pytest.raises(RuntimeError):
        WorkPool("lacking", LIMITS)
    monkeypatch.undo()


def refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
