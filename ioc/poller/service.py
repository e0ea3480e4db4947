"""The polling process: one loop in which every source is asked on its own schedule and one writer commits."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from data_sources._http import Door
from ioc.config.configuration import Configuration
from ioc.domain.base.times import Clock
from ioc.domain.geo.district_index import NOWHERE, Ground
from ioc.domain.ingest.health import first
from ioc.domain.ingest.protocol import Connector
from ioc.domain.ingest.source import Source
from ioc.poller.host_monitor import LOOK_SECONDS as MACHINE_SECONDS
from ioc.poller.host_monitor import Machine
from ioc.poller.kpi_engine import Evaluator
from ioc.poller.poller import Poller
from ioc.poller.repoll_queue import LOOK_SECONDS, Again
from ioc.poller.scheduler import Cadence, Scheduler
from ioc.poller.state import Board
from ioc.poller.writer import Writer
from ioc.storage import config_log
from ioc.storage.db import change_counter
from ioc.storage.db.store import Leader, Store, StoreError
from ioc.storage.events import camera_images, events
from ioc.storage.timeseries import kpi_values, readings, retention, schema_profiles, source_health

log = logging.getLogger("ioc.centre")

BEAT_SECONDS = 1
STANDBY_SECONDS = 2
# First polls are spread over this long, so that a start is no thunderclap.
SPREAD_SECONDS = 2.0
JITTER = 0.05  # of a source's interval: not all that share one are asked at the same moment
SWEEP_SECONDS = 6 * 3600


class Centre:
    """Everything that the polling process holds while it leads. Build it once the store is led."""

    def __init__(
        self, store: Store, configuration: Configuration, connectors: Mapping[str, Connector], door: Door, clock: Clock,
        ground: Ground = NOWHERE,
    ) -> None:  # fmt: skip
        self.store, self.configuration, self.clock = store, configuration, clock
        self.sources = {one.key: one for one in configuration.sources}
        with store.write() as conn:
            readings.declare(conn, configuration.sources)
            if config_log.remember(conn, configuration.body, change_counter.bump(conn, {"config"}, clock())):
                log.info("a new configuration is in force")
        with store.read() as conn:
            held, latest, current = source_health.current(conn), readings.latest(conn), kpi_values.current(conn)
            believed = schema_profiles.current(conn)
        now = clock()
        healths = {key: held.get(key) or first(one, now) for key, one in self.sources.items()}
        self.board = Board(configuration.sources, latest, healths)
        self.evaluator = Evaluator(configuration.kpis, self.board, current)
        self.writer = Writer(store, self.board, self.evaluator, clock, configuration.twins)
        self.poller = Poller(connectors, door.to, clock, dict(healths), self.writer.deliver, ground, believed)
        self.writer.note(self.poller.judge_all(self.sources, now) or list(healths.values()))

    def schedule(self) -> Scheduler:
        """One job a source, one for the heartbeat, one for the passing of time, one for retention."""
        scheduler = Scheduler()
        for source in self.sources.values():
            if source.enabled:
                self._add(scheduler, source)
        scheduler.add_job(_ending(self.writer.beat), self._every(BEAT_SECONDS), id="beat", next_run_time=self.clock())
        scheduler.add_job(_ending(self._tick), self._every(1), id="tick")
        again = Again(self.store, self.writer, self.poller, self.sources, self.clock)
        scheduler.add_job(_ending(again.look), self._every(LOOK_SECONDS), id="again")
        scheduler.add_job(_ending(self._sweep), self._every(SWEEP_SECONDS), id="sweep")
        return scheduler

    def _add(self, scheduler: Scheduler, source: Source) -> None:
        seconds = source.every.total_seconds()
        start = self.clock() + timedelta(seconds=random.uniform(0, min(seconds, SPREAD_SECONDS)))
        cadence = Cadence(start, source.every, seconds * JITTER)
        scheduler.add_job(_ending(self.poller.poll), cadence, [source], id=source.key, next_run_time=start)

    def _every(self, seconds: float) -> Cadence:
        return Cadence(self.clock(), timedelta(seconds=seconds))

    async def _tick(self) -> None:
        self.writer.note(self.poller.judge_all(self.sources, self.clock()))
        self.writer.tick()

    async def _sweep(self) -> None:
        with contextlib.suppress(StoreError):  # what is too old can wait for the next sweep
            while await self.writer.do(self._sweep_some):
                await asyncio.sleep(1)

    def _sweep_some(self) -> bool:
        now, classes = self.clock(), self.configuration.retention
        with self.store.write() as conn:
            for source in self.sources.values():
                for kind in source.events:
                    if days := classes.get(kind.keep):
                        events.sweep(conn, source.key, kind.key, now - timedelta(days=days.raw_days))
            camera_images.forget(conn, now)
            return retention.sweep(conn, now, classes).more


def _ending(job: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """`job` for a scheduler that would report its being cancelled, at the end of the process, as a fault."""

    async def done(*given: Source) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await job(*given)

    return done


BackgroundTask = Callable[[Centre, Door], Coroutine[None, None, None]]


async def run(
    store: Store, configuration: Configuration, connectors: Mapping[str, Connector], door: Door, clock: Clock,
    stop: asyncio.Event, ground: Ground = NOWHERE, machine: Machine | None = None,
    background: Sequence[BackgroundTask] = (),
) -> None:  # fmt: skip
    """Poll until `stop` is set. Waits as a standby while another process leads.

    `ground`: the official outlines of the units, by which events find their place.
    `machine`: looks at what lies under the centre.
    `background`: tasks that run beside the polls while this process leads, each with the service and its HTTP clients.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(16, "fetch"))
    if (leader := await _leading(store, stop)) is None:
        return
    with leader:
        centre = Centre(store, configuration, connectors, door, clock, ground)
        scheduler = centre.schedule()
        if machine is not None:
            look = partial(machine.look, centre.writer)
            each = Cadence(clock(), timedelta(seconds=MACHINE_SECONDS))
            scheduler.add_job(_ending(look), each, id="machine", next_run_time=clock())
        async with door:
            scheduler.start()
            writing = asyncio.create_task(centre.writer.run())
            work = [writing, *(asyncio.create_task(task(centre, door)) for task in background)]
            await _until(stop, leader, writing)
            scheduler.shutdown(wait=False)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await centre.writer.commit()
        centre.writer.close()


async def _until(stop: asyncio.Event, leader: Leader, writing: asyncio.Task[None]) -> None:
    """Wait for `stop`. RuntimeError when the right to poll is lost or the writer ended: the process begins anew."""
    while not stop.is_set():
        if writing.done():
            raise RuntimeError("the writer ended") from writing.exception()
        if not await asyncio.to_thread(leader.holds):
            raise RuntimeError("the right to poll is lost")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), STANDBY_SECONDS)


async def _leading(store: Store, stop: asyncio.Event) -> Leader | None:
    said = False
    while not stop.is_set():
        if (lead := store.leader()) is not None:
            return lead
        if not said:
            log.info("another process polls: standing by")
            said = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), STANDBY_SECONDS)
    return None
