"""Reading of answers (parsing and admission): small ones at once, large ones in threads and in turn.

That spares memory and other polls.

Of a packed answer (xlsx, zip) counts what it may become when it is unpacked.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from ioc.domain.ingest.packed import unpacked_limit
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.source import Source

# Bodies from this size on are parsed in a thread, so that the event loop serves the other sources meanwhile.
LARGE_BODY_BYTES = 8 * 1024
# Bodies from this size on wait for their turn. Parsed, an answer takes ten times its size and more.
QUEUED_BODY_BYTES = 1_048_576
BUDGET_BYTES = 16 * 1_048_576  # of queued bodies that are parsed at once; a larger one is parsed alone
MAX_WAIT_SECONDS = 60.0
T = TypeVar("T")


class NoTurnError(Exception):
    """Others were parsed for too long: no fault of the source whose answer waited."""


class Parsing:
    """Reads the answers of all polls of one event loop."""

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._budget, self._used = budget, 0
        self._turn = asyncio.Lock()  # first come, first served
        self._freed = asyncio.Event()
        self.waiting = set[str]()  # keys of the sources whose answers wait

    async def run(self, read: Callable[[], T], source: Source, payload: Payload, limit: asyncio.Timeout) -> T:
        """What `read` makes of `payload`. Raises NoTurnError, and what `read` raises.

        `limit`: of the poll; waiting for the turn does not count.
        """
        size = sum(unpacked_limit(page.body) for page in payload.pages)
        if size < LARGE_BODY_BYTES:
            return read()
        if size < QUEUED_BODY_BYTES:
            return await asyncio.to_thread(read)
        ends_at, began = limit.when(), asyncio.get_running_loop().time()
        limit.reschedule(None)
        self.waiting.add(source.key)
        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._take_turn(size)
        except TimeoutError:
            raise NoTurnError from None
        finally:
            self.waiting.discard(source.key)
        limit.reschedule(None if ends_at is None else ends_at + asyncio.get_running_loop().time() - began)
        work = asyncio.create_task(asyncio.to_thread(read))
        work.add_done_callback(lambda done: self._free(size, done))
        return await asyncio.shield(work)  # the thread of a poll that gives up goes on, and its bytes with it

    async def _take_turn(self, size: int) -> None:
        async with self._turn:
            while self._used and self._used + size > self._budget:
                self._freed.clear()
                await self._freed.wait()
            self._used += size

    def _free(self, size: int, done: asyncio.Task[T]) -> None:
        self._used -= size
        self._freed.set()
        if not done.cancelled():
            done.exception()  # a poll that gave up does not ask for it
