"""Pools of threads with bounded queues: one kind of work cannot hold up another, nor one owner the others."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Barrier
from typing import Any, TypeVar

T = TypeVar("T")
_Task = tuple[Callable[[], Any], "asyncio.Future[Any]"]  # a function with the future of its caller


class PoolFullError(Exception):
    """No room in the queue: the client may ask again later."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """`threads`; `waiting`: tasks in the queue; `per_owner`: tasks of one owner, running or waiting.

    `per_network`: the same for one that stands for many people, an address without a sign-in. `owners`: among how many
    the threads are divided, at least.
    """

    threads: int
    waiting: int
    per_owner: int
    per_network: int = 0
    owners: int = 2

    @property
    def running_per_owner(self) -> int:
        """How many threads one owner may have, so that the tasks of others are never far behind."""
        return max(1, self.threads // self.owners)


class WorkPool:
    """Runs functions in threads, those of each owner in turn. Used by one event loop alone."""

    def __init__(self, name: str, limits: PoolLimits) -> None:
        self._limits = limits
        self._executor = _started(ThreadPoolExecutor(limits.threads, name), limits.threads)
        self._owners: Counter[str] = Counter()  # tasks of each owner, running or waiting
        self._running: Counter[str] = Counter()
        # By owner, whose turn is next first.
        self._waiting: OrderedDict[str, deque[_Task]] = OrderedDict()

    @property
    def is_busy(self) -> bool:
        """Whether no thread is free."""
        return self._running.total() >= self._limits.threads

    async def run(self, work: Callable[[], T], owner: str, *, is_network: bool = False, is_first: bool = False) -> T:
        """The result of `work`. PoolFullError when the queue is full, or `owner` has its share of it.

        One task of each known owner is taken also when it is full: those who are not signed in cannot keep them out.
        `is_first`: it is next, unless `owner` has other tasks: nobody can hold up all others with such work.
        When the caller is cancelled, work that has begun goes on and counts until it ends; other work is dropped.
        """
        is_full = self._owners.total() >= self._limits.threads + self._limits.waiting
        share = max(self._limits.per_owner, self._limits.per_network if is_network else 0)
        if self._owners[owner] >= share or (is_full and (is_network or self._owners[owner])):
            raise PoolFullError
        self._owners[owner] += 1
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        task = (work, result)
        self._waiting.setdefault(owner, deque()).append(task)
        if is_first and self._owners[owner] == 1:
            self._waiting.move_to_end(owner, last=False)
        self._start_waiting()
        try:
            return await result
        except asyncio.CancelledError:
            self._drop(owner, task)
            raise

    def _drop(self, owner: str, task: _Task) -> None:
        tasks = self._waiting.get(owner)
        if tasks and task in tasks:  # it has not begun
            tasks.remove(task)
            if not tasks:
                del self._waiting[owner]
            self._release(owner)

    def _start_waiting(self) -> None:
        """Starts what waits, as far as threads are free. An owner whose task is started goes to the end."""
        while not self.is_busy:
            owner = next((name for name in self._waiting if self._may_start(name)), None)
            if owner is None:
                return
            tasks = self._waiting[owner]
            work, result = tasks.popleft()
            self._waiting.move_to_end(owner)
            if not tasks:
                del self._waiting[owner]
            if result.cancelled():
                self._release(owner)
            else:
                self._start(owner, work, result)

    def _may_start(self, owner: str) -> bool:
        return self._running[owner] < self._limits.running_per_owner

    def _start(self, owner: str, work: Callable[[], Any], result: "asyncio.Future[Any]") -> None:
        loop = asyncio.get_running_loop()
        self._running[owner] += 1

        def finish(future: Future[Any]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._finish, owner, future, result)

        self._executor.submit(work).add_done_callback(finish)

    def _finish(self, owner: str, future: Future[Any], result: "asyncio.Future[Any]") -> None:
        self._running[owner] -= 1
        self._release(owner)
        if future.cancelled():
            result.cancel()
        elif not result.done():
            if error := future.exception():
                result.set_exception(error)
            else:
                result.set_result(future.result())
        self._start_waiting()

    def _release(self, owner: str) -> None:
        self._owners[owner] -= 1
        if not self._owners[owner]:
            del self._owners[owner]
            del self._running[owner]

    def close(self) -> None:
        """Takes no more work; what waits is dropped."""
        self._waiting.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)


def _started(executor: ThreadPoolExecutor, threads: int) -> ThreadPoolExecutor:
    """`executor` with all its threads: one that the machine does not give fails now, and not while somebody waits."""
    barrier = Barrier(threads + 1)
    try:
        for _ in range(threads):
            executor.submit(barrier.wait)
    except RuntimeError:
        barrier.abort()
        raise
    barrier.wait()
    return executor
