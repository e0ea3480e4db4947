"""Pools of threads with bounded queues: one kind of work cannot hold up another."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class PoolFullError(Exception):
    """No room in the queue: the client may ask again later."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """`threads`; `waiting`: tasks in the queue; `per_owner`: tasks of one owner, running or waiting.

    `per_network`: the same for one that stands for many people, an address without a sign-in.
    """

    threads: int
    waiting: int
    per_owner: int
    per_network: int = 0


class WorkPool:
    """Runs functions in threads. Used by one event loop alone."""

    def __init__(self, name: str, limits: PoolLimits) -> None:
        self._limits = limits
        self._executor = ThreadPoolExecutor(limits.threads, name)
        self._owners: Counter[str] = Counter()

    @property
    def is_busy(self) -> bool:
        """Whether no thread is free."""
        return self._owners.total() >= self._limits.threads

    async def run(self, work: Callable[[], T], owner: str, *, is_network: bool = False) -> T:
        """The result of `work`. PoolFullError when the queue is full, or `owner` has its share of it.

        Work that has begun goes on when the caller is cancelled, and counts until it ends.
        """
        is_full = self._owners.total() >= self._limits.threads + self._limits.waiting
        share = max(self._limits.per_owner, self._limits.per_network if is_network else 0)
        if is_full or self._owners[owner] >= share:
            raise PoolFullError
        self._owners[owner] += 1
        loop = asyncio.get_running_loop()

        def release(_: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody counts any more
                loop.call_soon_threadsafe(self._release, owner)

        future = self._executor.submit(work)
        future.add_done_callback(release)
        return await asyncio.wrap_future(future)

    def _release(self, owner: str) -> None:
        self._owners[owner] -= 1
        if not self._owners[owner]:
            del self._owners[owner]

    def close(self) -> None:
        """Takes no more work; what waits is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)
