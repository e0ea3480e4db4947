"""Polls on demand: a command queues a job in the store, the polling process runs it within a second."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
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


def request_repoll(conn: Conn, source: str, by: Principal, now: datetime, *, accept_schema: bool = False) -> None:
    """Queue a poll of `source`; queued twice it is polled once. PermissionDeniedError; the caller audits the act.

    `accept_schema`: the schema of its next answer is accepted without confirmation.
    """
    require(by, Action.ADMINISTER)
    key = f"{'accept-schema' if accept_schema else KIND} {source}"
    jobs.enqueue(conn, KIND, {"source": source, "accept_schema": accept_schema}, now, key=key)
    change_counter.bump(conn, {"jobs"}, now)


class RepollQueue:
    """Runs the queued polls. Those that were running when their process ended are run by the next one."""

    def __init__(
        self, store: Store, writer: Writer, poller: Poller, sources: Mapping[str, Source], clock: Clock
    ) -> None:
        self._store, self._writer, self._poller = store, writer, poller
        self._sources, self._clock = sources, clock
        self._seen_version = -1

    async def run_pending(self) -> None:
        """Run everything that was queued since the last call."""
        try:
            await asyncio.gather(*map(self._run_job, await self._writer.run_in_writer(self._claim_jobs)))
        except StoreError:
            self._seen_version = -1  # the next call claims it

    def _claim_jobs(self) -> list[Job]:
        with self._store.read() as conn:
            version = change_counter.read(conn).topics["jobs"]
        if version == self._seen_version:
            return []
        claimed, now = [], self._clock()
        with self._store.write() as conn:
            while job := jobs.claim(conn, [KIND], now, timedelta(0)):
                claimed.append(job)
        self._seen_version = version
        return claimed

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
