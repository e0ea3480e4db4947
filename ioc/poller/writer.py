"""The one writer: what about 200 ms of polls brought becomes one transaction. Acknowledged means committed."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from ioc.domain.base.times import Clock
from ioc.domain.events.deduplication import Twins
from ioc.domain.ingest.dropped import GivenUp, Way, once
from ioc.domain.ingest.health import Health
from ioc.domain.kpis.kpi import Aggregate, Latest
from ioc.poller.event_counts import counted
from ioc.poller.kpi_engine import Evaluator
from ioc.poller.load_shedding import Shed
from ioc.poller.poller import Arrival
from ioc.poller.state import Board
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.events import camera_images, events
from ioc.storage.timeseries import drop_counters, kpi_values, readings, rejected_items, schema_profiles, source_health

log = logging.getLogger("ioc.write")
T = TypeVar("T")

GATHER_SECONDS = 0.2
RETRY_SECONDS = 1.0
# Readings that may wait in memory while the store cannot be written; the oldest arrivals give way beyond it.
MOST_WAITING = 200_000


@dataclass(frozen=True, slots=True)
class _PastOf:
    """A transaction as the KPI arithmetic sees it."""

    conn: Conn

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        return readings.window(self.conn, series, start, end)

    def before(self, series: str, moment: datetime) -> Latest | None:
        return readings.before(self.conn, series, moment)


def _take_events(conn: Conn, arrivals: Sequence[Arrival], now: datetime, twins: Sequence[Twins]) -> set[str]:
    """Keeps the events of `arrivals`; the topics that moved."""
    given = [one for one in arrivals if one.batch.events or one.batch.whole]
    if not given:
        return set()
    known_at = change_counter.bump(conn, {"events"}, now)
    for one in given:
        events.record(conn, one.source.key, one.batch.events, known_at, one.batch.whole, twins, now)
    return {"events"}


def _refused(arrivals: Sequence[Arrival]) -> list[GivenUp]:
    some = [one for one in arrivals if one.batch.refused]
    return [once(one.source.key, len(one.batch.refused), one.received) for one in some]


class Writer:
    """Gathers arrivals and health changes, commits them, evaluates the KPIs in the same transaction."""

    def __init__(
        self, store: Store, board: Board, evaluator: Evaluator, clock: Clock, twins: Sequence[Twins] = ()
    ) -> None:
        self._twins = twins
        self._store, self._board, self._evaluator, self._clock = store, board, evaluator, clock
        self._arrivals: deque[Arrival] = deque()
        self._healths: dict[str, Health] = {}
        self._waiting = 0
        self._wake = asyncio.Event()
        # A thread of its own: a commit waits for the disk, and must wait for no parser.
        self._thread = ThreadPoolExecutor(1, "writer")
        self._shed = Shed()
        self.broken_since: datetime | None = None
        self._stuck = False  # since the last commit was refused

    def deliver(self, arrival: Arrival) -> None:
        """Take one arrival for the next transaction."""
        self._arrivals.append(arrival)
        self._waiting += len(arrival.batch.readings)
        while self._waiting > MOST_WAITING and len(self._arrivals) > 1:
            oldest = self._arrivals.popleft()
            self._waiting -= len(oldest.batch.readings)
            self._give_up(oldest)
        self._wake.set()

    def _give_up(self, arrival: Arrival) -> None:
        if not arrival.mail:  # letters stay until they are committed, and are read again
            batch = arrival.batch
            self._shed.add(arrival.source.key, len(batch.readings) + len(batch.events), arrival.received)

    def note(self, healths: Sequence[Health]) -> None:
        """Take healths that moved without a poll."""
        self._healths.update((one.source, one) for one in healths)
        if healths:
            self._wake.set()

    async def run(self) -> None:
        """Commit for ever; cancel to stop, then call `close`."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self.commit()
            if self.broken_since:
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    async def commit(self) -> None:
        """One transaction with all that waits. When the store refuses it, everything goes on waiting."""
        self._wake.clear()
        arrivals, healths = list(self._arrivals), dict(self._healths)
        self._arrivals.clear()
        self._healths.clear()
        self._waiting = 0
        await self._guarded(self._write, arrivals, healths, undo=(arrivals, healths))

    async def beat(self) -> None:
        """Tell that the poller is alive, and that it can write: a store that takes nothing must look dead.

        A full disk may still have room for a heartbeat, and none for what was polled: then none is told.
        """
        if not self._stuck:
            await self._guarded(self._write_beat)

    async def _guarded(
        self, work: Any, *given: Any, undo: tuple[list[Arrival], dict[str, Health]] | None = None
    ) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)
        except StoreError as error:
            if undo:
                self._stuck = True
                self._put_back(*undo)
            if self.broken_since is None:
                self.broken_since = self._clock()
                log.error("the store cannot be written: %s", error)
        except Exception:  # a fault of ours over one arrival must cost neither the others nor the writer
            if undo is None:
                raise
            log.exception("a transaction failed: its arrivals are taken one by one")
            await self._one_by_one(*undo)
        else:
            self._stuck = False
            if self.broken_since is not None:
                log.info("the store can be written again")
            self.broken_since = None

    async def _one_by_one(self, arrivals: list[Arrival], healths: dict[str, Health]) -> None:
        """The arrivals of a transaction that failed, each by itself: only the one that makes it fail is given up."""
        for one in (*arrivals, None):
            part, noted = ([one], {}) if one else ([], healths)
            try:
                await self.do(self._write, part, noted)
            except StoreError:
                self._put_back(part, noted)
            except Exception:
                if one:
                    self._give_up(one)
                log.exception("given up: an arrival of %s", one.source.key if one else "healths alone")

    def _put_back(self, arrivals: list[Arrival], healths: dict[str, Health]) -> None:
        newer = self._healths
        self._healths = {**healths, **newer}
        later, self._arrivals, self._waiting = self._arrivals, deque(), 0
        for one in (*arrivals, *later):
            # A picture is large, and taken anew before long: it does not wait for the store.
            self.deliver(replace(one, batch=replace(one.batch, pictures=())))

    def _write(self, arrivals: Sequence[Arrival], healths: dict[str, Health]) -> None:
        held, shed = self._evaluator.held(), self._shed.take()
        try:
            self._transact(arrivals, healths, shed)
        except Exception:
            self._shed.put_back(shed)
            self._evaluator.back(held)
            self._evaluator.touch(self._touched(arrivals, healths))
            raise

    def _transact(self, arrivals: Sequence[Arrival], healths: dict[str, Health], shed: Sequence[GivenUp]) -> None:
        now = self._clock()
        healths = healths | {one.source.key: one.health for one in arrivals}
        topics = set()
        with self._store.write() as conn:
            brought = [(one.source.key, one.batch.readings, one.received) for one in arrivals]
            if any(one.source.events for one in arrivals):
                topics |= _take_events(conn, arrivals, now, self._twins)
                brought += [
                    (one.source.key, counted(conn, one.source, one.received), one.received)
                    for one in arrivals
                    if one.good and one.source.events
                ]
            readings.append_all(conn, brought)
            for _, some, _ in brought:
                self._board.take(some)
            if any(some for _, some, _ in brought):
                topics.add("readings")
            schema_profiles.put_all(conn, [(one.source.key, one.shape) for one in arrivals if one.shape])
            drop_counters.add(conn, Way.SHED, shed)
            drop_counters.add(conn, Way.REFUSED, _refused(arrivals))
            for one in arrivals:
                rejected_items.keep(conn, one.source.key, one.batch.refused, one.received)
                webhook_queue.read(conn, one.source.key, one.mail)
                camera_images.keep(conn, one.source.key, one.batch.pictures)
                if one.batch.pictures:
                    topics.add("events")  # a picture moves what is shown of its camera
            if healths:
                self._board.healths.update(healths)
                topics.add("sources")
            self._evaluator.touch(self._touched(arrivals, healths))
            self._board.past = _PastOf(conn)
            values = self._evaluator.work(now)
            if values:
                topics.add("kpis")
            if topics:
                known_at = change_counter.bump(conn, topics, now)
                source_health.record(conn, list(healths.values()), known_at)
                kpi_values.record(conn, values, known_at)

    def _touched(self, arrivals: Sequence[Arrival], healths: dict[str, Health]) -> set[str]:
        series = {reading.series for one in arrivals for reading in one.batch.readings}
        for key in healths:
            series |= {one.key for one in self._board.sources[key].series}
        return series

    def _write_beat(self) -> None:
        now = self._clock()
        with self._store.write() as conn:
            change_counter.beat(conn, now)

    async def do(self, work: Callable[..., T], *given: Any) -> T:
        """Run `work` on the writer's thread, between two commits. StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    def tick(self) -> None:
        """Time has passed: values may have become too old, slow figures may be due."""
        if self._evaluator.due(self._clock()):
            self._wake.set()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown()
