"""Threads in which a fetch reads an answer, for the links and lists that it follows: never on the event loop.

A thread cannot be stopped: that of a poll that gave up goes on until the answer is read. So hostile answers must not
take the threads of other sources:
- A source has one thread at a time. While that of an earlier poll goes on its next one fails, and its health says so.
- Few answers are read at once, for one takes ten times its size and more. Each has a place, but for a short time only:
  then the next one is read beside it.
- A source whose answer took longer than that is slow. Slow sources have a place of their own until they were quick.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from data_sources._http.errors import HttpCode
from ioc.domain.base.own_thread import start_in_own_thread
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.source import Source

QUICK_PLACES, QUICK_SECONDS = 2, 1.0
SLOW_PLACES, SLOW_SECONDS = 1, 5.0
P = ParamSpec("P")
T = TypeVar("T")


class _Group(NamedTuple):
    """The places of quick or of slow sources, and for how long an answer keeps one."""

    places: asyncio.Semaphore
    seconds: float


class _Place:
    """A place that was taken. Whoever calls `leave` first gives it back."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places, self._is_taken = places, True

    def leave(self) -> None:
        """Give it back, unless that was done."""
        if self._is_taken:
            self._is_taken = False
            self._places.release()


class AnswerThreads:
    """The threads of all polls of one event loop."""

    def __init__(self) -> None:
        self._quick = _Group(asyncio.Semaphore(QUICK_PLACES), QUICK_SECONDS)
        self._slow = _Group(asyncio.Semaphore(SLOW_PLACES), SLOW_SECONDS)
        self._slow_sources = set[str]()
        self._late = set[str]()  # sources whose poll gave up, and whose thread goes on
        self._turns: dict[str, asyncio.Lock] = {}

    async def run(self, source: str, read: Callable[[], T]) -> T:
        """What `read` returns. Raises SourceError while an earlier answer of `source` is still read."""
        async with self._turns.setdefault(source, asyncio.Lock()):
            if source in self._late:
                raise SourceError(HttpCode.ANSWER_STILL_READ)
            places, seconds = self._slow if source in self._slow_sources else self._quick
            await places.acquire()
            place, loop = _Place(places), asyncio.get_running_loop()
            timer = loop.call_later(seconds, place.leave)
            slow_timer = loop.call_later(QUICK_SECONDS, self._slow_sources.add, source)
            try:
                value = await self._result(source, read)
                if slow_timer.when() > loop.time():
                    self._slow_sources.discard(source)
                return value
            finally:
                timer.cancel()
                slow_timer.cancel()
                place.leave()

    async def _result(self, source: str, read: Callable[[], T]) -> T:
        work = asyncio.wrap_future(start_in_own_thread(read))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if not work.done():
                self._slow_sources.add(source)
                self._late.add(source)
                work.add_done_callback(partial(self._end_late, source))
            raise

    def _end_late(self, source: str, work: asyncio.Future[Any]) -> None:
        self._late.discard(source)
        if not work.cancelled():
            work.exception()  # nobody else asks for it


_threads_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, AnswerThreads] = WeakKeyDictionary()


async def read_in_thread(source: Source, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read` returns, called in a thread; waiting for a place counts towards the deadline of the poll.

    Raises SourceError while an earlier answer of `source` is still read, and what `read` raises.
    """
    loop = asyncio.get_running_loop()
    threads = _threads_by_loop.get(loop)
    if threads is None:
        threads = _threads_by_loop[loop] = AnswerThreads()
    return await threads.run(source.key, partial(read, *args, **kwargs))
