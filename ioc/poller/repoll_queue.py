"""Sources that somebody wants asked again: a command notes it in the store, the process that polls asks."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from ioc.domain.base.times import Clock
from ioc.domain.ingest.source import Source
from ioc.poller.poller import Poller
from ioc.poller.writer import Writer
from ioc.storage import jobs
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.jobs import Job

KIND = "again"
LOOK_SECONDS = 1


def note(conn: Conn, source: str, now: datetime, *, believe: bool = False) -> None:
    """Notes that `source` is to be asked; noted twice it is still asked once.

    `believe`: whatever its next answer looks like is its shape from then on.
    """
    how = "believe" if believe else KIND
    jobs.add(conn, KIND, {"source": source, "believe": believe}, now, key=f"{how} {source}")
    change_counter.bump(conn, {"jobs"}, now)


class Again:
    """Looks for what was noted, and asks. One that was being asked when its process ended is asked by the next."""

    def __init__(
        self, store: Store, writer: Writer, poller: Poller, sources: Mapping[str, Source], clock: Clock
    ) -> None:
        self._store, self._writer, self._poller = store, writer, poller
        self._sources, self._clock = sources, clock
        self._seen = -1

    async def look(self) -> None:
        """Everything that was noted since the last look."""
        try:
            await asyncio.gather(*map(self._ask, await self._writer.do(self._taken)))
        except StoreError:
            self._seen = -1  # the next look finds it

    def _taken(self) -> list[Job]:
        with self._store.read() as conn:
            seen = change_counter.read(conn).topics["jobs"]
        if seen == self._seen:
            return []
        taken, now = [], self._clock()
        with self._store.write() as conn:
            while job := jobs.take(conn, [KIND], now, timedelta(0)):
                taken.append(job)
        self._seen = seen
        return taken

    async def _ask(self, job: Job) -> None:
        source = self._sources.get(str(job.body.get("source")))
        if source is not None:
            if job.body.get("believe"):
                self._poller.shapes.pop(source.key, None)
            await self._poller.poll(source, again=True)
        await self._writer.do(self._finish, job)

    def _finish(self, job: Job) -> None:
        with self._store.write() as conn:
            jobs.finish(conn, job.id, {}, self._clock())
