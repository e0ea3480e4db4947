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

KIND = "repoll"
CHECK_SECONDS = 1


def request_repoll(conn: Conn, source: str, now: datetime, *, accept_schema: bool = False) -> None:
    """Notes that `source` is to be asked; noted twice it is still asked once.

    `believe`: whatever its next answer looks like is its shape from then on.
    """
    name = "accept-schema" if accept_schema else KIND
    jobs.enqueue(conn, KIND, {"source": source, "accept_schema": accept_schema}, now, key=f"{name} {source}")
    change_counter.bump(conn, {"jobs"}, now)


class RepollQueue:
    """Looks for what was noted, and asks. One that was being asked when its process ended is asked by the next."""

    def __init__(
        self, store: Store, writer: Writer, poller: Poller, sources: Mapping[str, Source], clock: Clock
    ) -> None:
        self._store, self._writer, self._poller = store, writer, poller
        self._sources, self._clock = sources, clock
        self._seen_version = -1

    async def run_pending(self) -> None:
        """Everything that was noted since the last look."""
        try:
            await asyncio.gather(*map(self._run_job, await self._writer.run_in_writer(self._take_jobs)))
        except StoreError:
            self._seen_version = -1  # the next look finds it

    def _take_jobs(self) -> list[Job]:
        with self._store.read() as conn:
            seen = change_counter.read(conn).topics["jobs"]
        if seen == self._seen_version:
            return []
        taken, now = [], self._clock()
        with self._store.write() as conn:
            while job := jobs.claim(conn, [KIND], now, timedelta(0)):
                taken.append(job)
        self._seen_version = seen
        return taken

    async def _run_job(self, job: Job) -> None:
        source = self._sources.get(str(job.params.get("source")))
        if source is not None:
            if job.params.get("accept_schema"):
                self._poller.schemas.pop(source.key, None)
            await self._poller.poll(source, force=True)
        await self._writer.run_in_writer(self._finish, job)

    def _finish(self, job: Job) -> None:
        with self._store.write() as conn:
            jobs.finish(conn, job.id, {}, self._clock())
