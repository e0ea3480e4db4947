"""Threads of a pool are started with it, and no address fills its queue."""

import asyncio
import threading
from functools import partial

import pytest

from ioc.web.server.asgi import PoolName, open_pools
from ioc.web.server.pools import PoolFullError, PoolLimits, WorkPool

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


async def test_a_queue_that_an_address_has_filled_takes_one_task_of_each_known_owner() -> None:
    release, pool = threading.Event(), WorkPool("filled", PoolLimits(threads=1, waiting=2, per_owner=2, per_network=3))
    strangers = [asyncio.ensure_future(pool.run(release.wait, "address", is_network=True)) for _ in range(3)]
    known = [asyncio.ensure_future(pool.run(partial(pow, n, 2), f"display {n}")) for n in range(3)]
    await asyncio.sleep(0)
    for owner, is_network in (("display 0", False), ("another", True)):
        with pytest.raises(PoolFullError):
            await pool.run(release.wait, owner, is_network=is_network)
    release.set()
    assert await asyncio.gather(*known) == [0, 1, 4]
    assert all(await asyncio.gather(*strangers))
    pool.close()


async def test_work_that_was_given_up_before_it_began_counts_no_more() -> None:
    release, begun = threading.Event(), list[int]()
    pool = WorkPool("given-up", PoolLimits(threads=2, waiting=2, per_owner=3))  # one thread of an owner
    running = asyncio.ensure_future(pool.run(release.wait, "a"))
    dropped, kept = (asyncio.ensure_future(pool.run(partial(begun.append, n), "a")) for n in range(2))
    await asyncio.sleep(0)
    running.cancel()
    dropped.cancel()
    await asyncio.wait((running, dropped))
    again = asyncio.ensure_future(pool.run(partial(begun.append, 2), "a"))
    await asyncio.sleep(0)
    with pytest.raises(PoolFullError):  # what has begun counts until it ends
        await pool.run(release.wait, "a")
    release.set()
    await asyncio.gather(kept, again)
    assert begun == [1, 2] and not pool._owners and not pool._waiting
    pool.close()


@pytest.mark.parametrize("name", PoolName)
def test_one_address_cannot_fill_a_queue(name: PoolName) -> None:
    pools = open_pools(page_threads=2)
    limits = pools[name]._limits
    assert max(limits.per_owner, limits.per_network) < limits.waiting
    for pool in pools.values():
        pool.close()


def refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
