"""The polling process: one event loop that polls every source on its own schedule, and one writer that commits."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from data_sources._http.factory import HttpClientFactory
from ioc.config.configuration import Configuration
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.times import Clock
from ioc.domain.geo.unit_index import EMPTY_UNIT_INDEX, UnitIndex
from ioc.domain.geo.unit_names import UnitNames
from ioc.domain.ingest.health import initial_health
from ioc.domain.ingest.protocol import Connector
from ioc.domain.ingest.source import Source
from ioc.poller.background import BackgroundTasks
from ioc.poller.host_monitor import CHECK_SECONDS as HOST_CHECK_SECONDS
from ioc.poller.host_monitor import HostMonitor
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import Poller
from ioc.poller.repoll_queue import CHECK_SECONDS as REPOLL_CHECK_SECONDS
from ioc.poller.repoll_queue import RepollQueue
from ioc.poller.scheduler import JitteredIntervalTrigger, Scheduler
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage import clock_evidence, config_log
from ioc.storage.db import change_counter
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.leader_lease import LEASE_SECONDS
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.events import camera_images, duplicates, event_retention
from ioc.storage.timeseries import kpi_values, readings, retention, schema_profiles, source_health

log = logging.getLogger("ioc.poller")

HEARTBEAT_SECONDS = 1
STANDBY_SECONDS = 2
LEADING_CHECK_SECONDS = 0.5
# First polls are spread over this time, so that they do not all start at once.
SPREAD_SECONDS = 2.0
JITTER = 0.05  # of a source's interval, so that sources with the same one are not polled at the same moment
LAST_POLL_SECONDS = 3.0  # of all sources together, when the process ends
SWEEP_SECONDS = 6 * 3600
FIRST_SWEEP = timedelta(minutes=10)  # after the start: a process that is replaced often deletes too what is due
# DATABASE_ERROR: as when the server or its administrator closed the connection. BUSY: a transaction holds it up.
# READ_ONLY: the server became a standby.
_STANDBY_CODES = {
    StoreCode.LEADERSHIP_LOST, StoreCode.NOT_ANSWERING, StoreCode.DATABASE_ERROR, StoreCode.READ_ONLY,
    StoreCode.BUSY,
}  # fmt: skip


class PollingService:
    """Everything that the polling process needs while it leads. Construct it once the store leads."""

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        connectors: Mapping[str, Connector],
        http_clients: HttpClientFactory,
        clock: Clock,
        unit_index: UnitIndex = EMPTY_UNIT_INDEX,
        *,
        id_key: bytes,
    ) -> None:
        self.store, self.configuration = store, configuration
        self.sources = {source.key: source for source in configuration.sources}
        with store.write() as conn:
            readings.declare_series(conn, configuration.sources)
        with store.read() as conn:
            stored, latest, current = source_health.current(conn), readings.latest(conn), kpi_values.current(conn)
            schemas = schema_profiles.current(conn)
        healths = {key: stored.get(key) or initial_health(source, clock()) for key, source in self.sources.items()}
        # The clock may have been set back while no poller ran.
        watch = ClockWatch(clock, (health.last_attempt for health in healths.values() if health.last_attempt))
        self.clock, now = watch.now, watch.now()
        self.latest_values = LatestValues(configuration.sources, latest, healths)
        self.kpi_engine = KpiEngine(configuration.kpis, self.latest_values, current)
        rules = configuration.deduplication_rules
        self.writer = Writer(store, self.latest_values, self.kpi_engine, watch, rules)
        with store.write() as conn:
            self._log_configuration(conn, now)
            known_at = change_counter.bump_measured(conn, {"events"}, now)
            duplicates.release_unfit(conn, configuration.deduplication_rules, known_at)
        self.poller = Poller(
            connectors, http_clients.context_for, watch, dict(healths), self.writer.enqueue, unit_index, schemas,
            UnitNames(configuration.units.values()), self.writer.message_ids, self.writer.is_full, id_key=id_key,
        )  # fmt: skip
        self.writer.enqueue_health(self.poller.judge_all(self.sources) or list(healths.values()))

    def _log_configuration(self, conn: Conn, now: datetime) -> None:
        """What a clock that was behind has logged is dated first: the new row is later than all of it."""
        self.writer.clock_correction.watch(now)
        self.writer.clock_correction.follow(conn, now)
        if config_log.record(conn, self.configuration.body, change_counter.bump_measured(conn, {"config"}, now)):
            log.info("a new configuration is in force")

    def schedule(self) -> Scheduler:
        """One job per source, and those for heartbeat, passing of time, polls on demand and retention."""
        scheduler = Scheduler()
        for source in self.sources.values():
            if source.is_enabled:
                self._add_source_job(scheduler, source)
        scheduler.add_job(
            _ignore_cancellation(self.writer.heartbeat),
            self._every(HEARTBEAT_SECONDS),
            id="heartbeat",
            next_run_time=self.clock(),
        )
        scheduler.add_job(_ignore_cancellation(self._tick), self._every(1), id="tick")
        scheduler.add_job(self._poll_postponed, self._every(1), [scheduler], id="postponed")
        repolls = RepollQueue(self.store, self.writer, self.poller, self.sources, self.clock)
        scheduler.add_job(_ignore_cancellation(repolls.run_pending), self._every(REPOLL_CHECK_SECONDS), id="repoll")
        scheduler.add_job(
            _ignore_cancellation(self._sweep),
            self._every(SWEEP_SECONDS),
            id="retention",
            next_run_time=self.clock() + FIRST_SWEEP,
        )
        return scheduler

    def _add_source_job(self, scheduler: Scheduler, source: Source) -> None:
        seconds = source.poll_interval.total_seconds()
        start = self.clock() + timedelta(seconds=random.uniform(0, min(seconds, SPREAD_SECONDS)))
        trigger = JitteredIntervalTrigger(start, source.poll_interval, seconds * JITTER)
        scheduler.add_job(_ignore_cancellation(self.poller.poll), trigger, [source], id=source.key, next_run_time=start)

    def early_polls(self, scheduler: Scheduler) -> Callable[[str], None]:
        """A function for any thread that has the source with a key polled at once."""
        loop, poll = asyncio.get_running_loop(), _ignore_cancellation(self.poller.poll)

        def start(key: str) -> None:
            scheduler.add_job(poll, args=[self.sources[key]])

        def start_soon(key: str) -> None:
            loop.call_soon_threadsafe(start, key)

        return start_soon

    async def poll_listeners(self, keys: Collection[str]) -> None:
        """The last polls of sources that listen: messages without acknowledgement would be lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_POLL_SECONDS):
                await asyncio.gather(*(self.poller.poll(self.sources[key], force=True) for key in keys))

    def _every(self, seconds: float) -> JitteredIntervalTrigger:
        return JitteredIntervalTrigger(self.clock(), timedelta(seconds=seconds))

    async def _poll_postponed(self, scheduler: Scheduler) -> None:
        """The sources that could not be asked while too much waited for the store."""
        if not self.writer.is_full():
            for key in self.poller.take_postponed():
                scheduler.add_job(_ignore_cancellation(self.poller.poll), args=[self.sources[key]])

    async def _tick(self) -> None:
        self.writer.enqueue_health(self.poller.judge_all(self.sources))
        self.writer.on_tick()

    async def _sweep(self) -> None:
        with contextlib.suppress(StoreError):  # the next sweep deletes what this one could not
            while await self.writer.run_in_writer(self.sweep_batch):
                await asyncio.sleep(1)

    def sweep_batch(self) -> bool:
        """Deletes what is kept no longer, as far as one transaction may; whether there is more. StoreError."""
        now, classes = self.clock(), self.configuration.retention
        with self.store.write() as conn:
            camera_images.expire(conn, now)
            if not clock_evidence.has_run_by(conn, now):
                log.info("nothing old is deleted: the store does not show that the clock was right a day ago")
                return False
            has_more_events = event_retention.sweep(conn, now, classes, self.sources.values())
            return retention.sweep(conn, now, classes).has_more or has_more_events


def _ignore_cancellation(job: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """`job` without its CancelledError, which the scheduler would log as an error at the end of the process."""

    @wraps(job)  # the scheduler logs its name when it fails
    async def run_job(*args: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await job(*args)

    return run_job


async def run(
    store: Store,
    configuration: Configuration,
    connectors: Mapping[str, Connector],
    http_clients: HttpClientFactory,
    clock: Clock,
    stop: asyncio.Event,
    unit_index: UnitIndex = EMPTY_UNIT_INDEX,
    host_monitor: HostMonitor | None = None,
    background: BackgroundTasks | None = None,
    lease_seconds: float = LEASE_SECONDS,
    *,
    id_key: bytes,
) -> None:
    """Poll until `stop` is set. Waits as a standby while another process leads, and again once one has taken over.

    `unit_index`: the official outlines of the units, by which the units of an event are found.
    `background`: tasks that run beside the polls while this process leads, each with the service and its HTTP clients.
    `lease_seconds`: after which another process takes over from one that commits nothing. `id_key`: see
    `validate_events`.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(16, "fetch"))
    while await _become_leader(store, stop, lease_seconds, clock):
        try:
            service = await asyncio.to_thread(
                PollingService, store, configuration, connectors, http_clients, clock, unit_index, id_key=id_key
            )
            await _lead(service, http_clients, stop, host_monitor, background)
        except StoreError as error:  # while the service was constructed
            if error.failure.code not in _STANDBY_CODES:
                raise
            log.warning("this process leads no more: %s", error)
        finally:
            await asyncio.to_thread(store.stop_leading)
        await _wait(stop, STANDBY_SECONDS)  # for a standby, or until the store is usable again


async def _lead(
    service: PollingService,
    http_clients: HttpClientFactory,
    stop: asyncio.Event,
    host_monitor: HostMonitor | None,
    background: BackgroundTasks | None,
) -> None:
    """Poll until `stop` is set or another process leads."""
    scheduler, clock = service.schedule(), service.clock
    if host_monitor is not None:
        check, trigger = host_monitor.check, JitteredIntervalTrigger(clock(), timedelta(seconds=HOST_CHECK_SECONDS))
        scheduler.add_job(_ignore_cancellation(check), trigger, [service.writer], id="host", next_run_time=clock())
    async with http_clients:
        scheduler.start()
        http_clients.poll_soon = service.early_polls(scheduler)
        writer_task = asyncio.create_task(service.writer.run())
        tasks = [writer_task, *(background.start(service, http_clients) if background else ())]
        try:
            await _wait_while_leading(service.store, stop, writer_task)
        finally:
            scheduler.shutdown(wait=False)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if service.store.is_leading:
                await service.poll_listeners(http_clients.listening())
            await service.writer.commit()
            await asyncio.to_thread(service.writer.close)


async def _wait_while_leading(store: Store, stop: asyncio.Event, writer_task: asyncio.Task[None]) -> None:
    """Wait for `stop` or another leader. RuntimeError when the writer ended: the process must restart."""
    while not stop.is_set():
        if writer_task.done():
            raise RuntimeError("the writer ended") from writer_task.exception()
        if not store.is_leading:
            log.warning("another process has taken over, or the database lacks what this one wrote")
            return
        await _wait(stop, LEADING_CHECK_SECONDS)


async def _become_leader(store: Store, stop: asyncio.Event, lease_seconds: float, clock: Clock) -> bool:
    """Wait until this process leads; False when `stop` is set."""
    logged = ""
    while not stop.is_set():
        try:
            if await asyncio.to_thread(store.try_lead, lease_seconds, clock):
                return True
            reason = "another process polls"
        except StoreError as error:
            reason = str(error)
        if reason != logged:
            log.info("standing by: %s", reason)
            logged = reason
        await _wait(stop, STANDBY_SECONDS)
    return False


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait for `stop`, at most `seconds`."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
