"""The fetches of all polls: one that does not end, although it was cancelled, is left behind.

No task can be forced to end: one that was cancelled may wait again, as for a server that is to confirm the end. Its
source fails then and is polled again at its next time. What the fetch still brings or notes is lost.
"""

import asyncio
import logging

from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.protocol import (
    LAST_SUCCESS_KEY,
    NEWEST_DATA_KEY,
    Connector,
    FetchContext,
    Payload,
    SourceError,
)
from ioc.domain.ingest.source import Source
from ioc.poller.retry_split import PollerCode

log = logging.getLogger("ioc.poll")

PATIENCE_SECONDS = 5.0  # beside the deadline once more, from when the fetch was cancelled
MAX_LEFT_OF_SOURCE = 2  # fetches that were left behind and run on: from then on the source is not asked


def note_known_times(context: FetchContext, health: SourceHealth) -> None:
    """What a protocol may know of earlier polls, by other processes too."""
    context.memory.update({LAST_SUCCESS_KEY: health.last_success, NEWEST_DATA_KEY: health.data_time})


class Fetching:
    """Runs the fetches of all polls of one event loop."""

    def __init__(self) -> None:
        self._left = dict[asyncio.Task[Payload], str]()  # key of the source of each that was left behind and runs on

    async def run(self, connector: Connector, source: Source, context: FetchContext) -> Payload:
        """The payload. Raises what the fetch raises, also where it was cancelled meanwhile."""
        work = asyncio.create_task(connector.fetch(source, context))
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            await self._cancel(work, source, context)
            if not work.done() or work.cancelled() or work.exception() is None:
                raise
        return work.result()

    def refusal(self, source: str) -> SourceError | None:
        """Why a source may not be asked now: fetches of its polls that were given up still run; None when it may."""
        own = list(self._left.values()).count(source)
        return None if own < MAX_LEFT_OF_SOURCE else SourceError(PollerCode.FETCH_UNFINISHED, n=own)

    async def _cancel(self, work: asyncio.Task[Payload], source: Source, context: FetchContext) -> None:
        work.cancel()
        try:
            await asyncio.wait({work}, timeout=source.deadline.total_seconds() + PATIENCE_SECONDS)
        finally:
            if not work.done():
                self._leave(work, source, context)

    def _leave(self, work: asyncio.Task[Payload], source: Source, context: FetchContext) -> None:
        log.error("%s: its fetch does not end although it was cancelled, and is left behind", source.key)
        context.memory = {}  # that of the source is for later polls
        self._left[work] = source.key
        work.add_done_callback(self._end)
        work.cancel()  # what kept it from ending may end by that

    def _end(self, work: asyncio.Task[Payload]) -> None:
        del self._left[work]
        if not work.cancelled():
            work.exception()  # nobody else asks for it
