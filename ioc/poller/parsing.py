"""Reading of answers (parsing and admission): small ones at once, large ones in threads and in turn.

That spares memory and other polls.

Of a packed answer (xlsx, zip) counts what it may become when it is unpacked.

No thread can be stopped: that of a poll that gave up goes on. So few of them may be late, and they are no pool's.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ioc.domain.base.own_thread import ThreadStartError, start_in_own_thread
from ioc.domain.ingest.packed import unpacked_limit
from ioc.domain.ingest.protocol import MAX_LATE_SECONDS, MAX_TURN_SECONDS, Payload, SourceError
from ioc.domain.ingest.source import Source
from ioc.poller.retry_split import PollerCode

# Bodies from this size on are parsed in a thread, so that the event loop serves the other sources meanwhile.
LARGE_BODY_BYTES = 8 * 1024
# Bodies from this size on wait for their turn. Parsed, an answer takes ten times its size and more.
QUEUED_BODY_BYTES = 1_048_576
BUDGET_BYTES = 16 * 1_048_576  # of queued bodies that are parsed at once; a larger one is parsed alone
MAX_THREADS = 48  # late ones included
MAX_LATE_OF_SOURCE = 8  # threads that run on after their poll gave up: so one file of many is found by halving
MAX_LATE = 16  # of all sources: from then on a source may have only one
MAX_BYTES_SECONDS = 25.0  # for which an answer keeps its bytes of the budget: two that never end hold up no third one
T = TypeVar("T")


class NoTurnError(Exception):
    """Others were parsed for too long, or no thread can be started: no fault of the source whose answer waited."""


@contextmanager
def _uncounted(limit: asyncio.Timeout) -> Iterator[None]:
    """What is waited for within does not count to `limit`."""
    ends_at, began = limit.when(), asyncio.get_running_loop().time()
    limit.reschedule(None)
    yield
    limit.reschedule(None if ends_at is None else ends_at + asyncio.get_running_loop().time() - began)


class Parsing:
    """Reads the answers of all polls of one event loop."""

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._budget = budget
        self._bytes: dict[asyncio.Future[Any], int] = {}  # of the budget, by the work that has them
        self._sources: dict[asyncio.Future[Any], str] = {}  # of all work that runs
        self._late = set[asyncio.Future[Any]]()
        self._turn = asyncio.Lock()  # first come, first served
        self._freed = asyncio.Event()
        self.waiting = set[str]()  # keys of the sources whose answers wait

    async def run(
        self, read: Callable[[], T], source: Source, payload: Payload, limit: asyncio.Timeout, *, was_late: bool = False
    ) -> T:
        """What `read` makes of `payload`. Raises NoTurnError, and what `read` raises.

        `limit`: of the poll; waiting for the turn does not count. `was_late`: it is a message that was late alone.
        """
        if was_late:
            with _uncounted(limit):
                await self._until_late_ended(source.key)
        size = sum(unpacked_limit(page.body) for page in payload.pages)
        if size < LARGE_BODY_BYTES:
            return read()
        if size < QUEUED_BODY_BYTES:
            return await self._result(self._start(read, source.key, 0))
        self.waiting.add(source.key)
        try:
            with _uncounted(limit):
                async with asyncio.timeout(MAX_TURN_SECONDS), self._turn:
                    await self._until_free(size)
                    work = self._start(read, source.key, size)
        except TimeoutError:
            raise NoTurnError from None
        finally:
            self.waiting.discard(source.key)
        return await self._result(work)

    def refusal(self, source: str) -> SourceError | None:
        """Why nothing of a source may be read now: threads of its polls that gave up still run; None when it may."""
        own = sum(self._sources[work] == source for work in self._late)
        if own < (1 if len(self._late) >= MAX_LATE else MAX_LATE_OF_SOURCE):
            return None
        return SourceError(PollerCode.PARSE_UNFINISHED, n=own)

    async def _until_late_ended(self, source: str) -> None:
        """Waits, some minutes at most, for earlier reads of the source.

        A message that is read again does not compete with what reads it in vain.
        """
        if late := [work for work in self._late if self._sources[work] == source]:
            await asyncio.wait(late, timeout=MAX_LATE_SECONDS)

    async def _until_free(self, size: int) -> None:
        while (used := sum(self._bytes.values())) and used + size > self._budget:
            self._freed.clear()
            await self._freed.wait()

    def _start(self, read: Callable[[], T], source: str, size: int) -> asyncio.Future[T]:
        """Begins `read` in a thread. Raises NoTurnError when too many run or none can be started."""
        if len(self._sources) >= MAX_THREADS:
            raise NoTurnError
        try:
            work = asyncio.wrap_future(start_in_own_thread(read))
        except ThreadStartError as error:
            raise NoTurnError from error
        self._sources[work], self._bytes[work] = source, size
        work.add_done_callback(self._end)
        if size:
            asyncio.get_running_loop().call_later(MAX_BYTES_SECONDS, self._free, work)
        return work

    async def _result(self, work: asyncio.Future[T]) -> T:
        try:
            return await asyncio.shield(work)  # the thread of a poll that gives up goes on
        except asyncio.CancelledError:
            if not work.done():
                self._late.add(work)
            raise

    def _end(self, work: asyncio.Future[Any]) -> None:
        del self._sources[work]
        self._late.discard(work)
        self._free(work)
        if not work.cancelled():
            work.exception()  # a poll that gave up does not ask for it

    def _free(self, work: asyncio.Future[Any]) -> None:
        self._bytes.pop(work, None)
        self._freed.set()
