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
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.ingest.dropped import DropCounter, DropReason, single_drop
from ioc.domain.ingest.health import SourceHealth
from ioc.domain.kpis.kpi import Aggregate, Latest
from ioc.poller.event_counts import count_events
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.load_shedding import LoadSheddingCounters
from ioc.poller.poller import PollResult
from ioc.poller.state import LatestValues
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
MAX_WAITING_READINGS = 200_000


@dataclass(frozen=True, slots=True)
class _TransactionHistory:
    """A transaction as the KPI arithmetic sees it."""

    conn: Conn

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        return readings.aggregate_window(self.conn, series, start, end)

    def before(self, series: str, moment: datetime) -> Latest | None:
        return readings.latest_before(self.conn, series, moment)


def _record_events(
    conn: Conn, results: Sequence[PollResult], now: datetime, deduplication_rules: Sequence[DeduplicationRule]
) -> set[str]:
    """Keeps the events of `arrivals`; the topics that moved."""
    given = [one for one in results if one.batch.events or one.batch.complete_kinds]
    if not given:
        return set()
    known_at = change_counter.bump(conn, {"events"}, now)
    for one in given:
        events.record(
            conn, one.source.key, one.batch.events, known_at, one.batch.complete_kinds, deduplication_rules, now
        )
    return {"events"}


def _rejected_counts(results: Sequence[PollResult]) -> list[DropCounter]:
    some = [one for one in results if one.batch.rejected_items]
    return [single_drop(one.source.key, len(one.batch.rejected_items), one.received) for one in some]


class Writer:
    """Gathers arrivals and health changes, commits them, evaluates the KPIs in the same transaction."""

    def __init__(
        self,
        store: Store,
        latest_values: LatestValues,
        kpi_engine: KpiEngine,
        clock: Clock,
        deduplication_rules: Sequence[DeduplicationRule] = (),
    ) -> None:
        self._deduplication_rules = deduplication_rules
        self._store, self._latest_values, self._kpi_engine, self._clock = store, latest_values, kpi_engine, clock
        self._results: deque[PollResult] = deque()
        self._healths: dict[str, SourceHealth] = {}
        self._waiting_readings = 0
        self._wake = asyncio.Event()
        # A thread of its own: a commit waits for the disk, and must wait for no parser.
        self._thread = ThreadPoolExecutor(1, "writer")
        self._shed = LoadSheddingCounters()
        self.broken_since: datetime | None = None
        self._is_stuck = False  # since the last commit was refused

    def enqueue(self, result: PollResult) -> None:
        """Take one arrival for the next transaction."""
        self._results.append(result)
        self._waiting_readings += len(result.batch.readings)
        while self._waiting_readings > MAX_WAITING_READINGS and len(self._results) > 1:
            oldest = self._results.popleft()
            self._waiting_readings -= len(oldest.batch.readings)
            self._drop(oldest)
        self._wake.set()

    def _drop(self, arrival: PollResult) -> None:
        if not arrival.message_ids:  # letters stay until they are committed, and are read again
            batch = arrival.batch
            self._shed.add(arrival.source.key, len(batch.readings) + len(batch.events), arrival.received)

    def enqueue_health(self, healths: Sequence[SourceHealth]) -> None:
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
        arrivals, healths = list(self._results), dict(self._healths)
        self._results.clear()
        self._healths.clear()
        self._waiting_readings = 0
        await self._run_guarded(self._write, arrivals, healths, undo=(arrivals, healths))

    async def heartbeat(self) -> None:
        """Tell that the poller is alive, and that it can write: a store that takes nothing must look dead.

        A full disk may still have room for a heartbeat, and none for what was polled: then none is told.
        """
        if not self._is_stuck:
            await self._run_guarded(self._write_heartbeat)

    async def _run_guarded(
        self, work: Any, *given: Any, undo: tuple[list[PollResult], dict[str, SourceHealth]] | None = None
    ) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)
        except StoreError as error:
            if undo:
                self._is_stuck = True
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
            self._is_stuck = False
            if self.broken_since is not None:
                log.info("the store can be written again")
            self.broken_since = None

    async def _one_by_one(self, results: list[PollResult], healths: dict[str, SourceHealth]) -> None:
        """The arrivals of a transaction that failed, each by itself: only the one that makes it fail is given up."""
        for one in (*results, None):
            part, noted = ([one], {}) if one else ([], healths)
            try:
                await self.run_in_writer(self._write, part, noted)
            except StoreError:
                self._put_back(part, noted)
            except Exception:
                if one:
                    self._drop(one)
                log.exception("given up: an arrival of %s", one.source.key if one else "healths alone")

    def _put_back(self, results: list[PollResult], healths: dict[str, SourceHealth]) -> None:
        newer = self._healths
        self._healths = {**healths, **newer}
        later, self._results, self._waiting_readings = self._results, deque(), 0
        for one in (*results, *later):
            # A picture is large, and taken anew before long: it does not wait for the store.
            self.enqueue(replace(one, batch=replace(one.batch, camera_images=())))

    def _write(self, results: Sequence[PollResult], healths: dict[str, SourceHealth]) -> None:
        held, shed = self._kpi_engine.save_state(), self._shed.drain()
        try:
            self._transact(results, healths, shed)
        except Exception:
            self._shed.put_back(shed)
            self._kpi_engine.restore_state(held)
            self._kpi_engine.mark_changed(self._changed_series(results, healths))
            raise

    def _transact(
        self, results: Sequence[PollResult], healths: dict[str, SourceHealth], shed: Sequence[DropCounter]
    ) -> None:
        now = self._clock()
        healths = healths | {one.source.key: one.health for one in results}
        topics = set()
        with self._store.write() as conn:
            brought = [(one.source.key, one.batch.readings, one.received) for one in results]
            if any(one.source.events for one in results):
                topics |= _record_events(conn, results, now, self._deduplication_rules)
                brought += [
                    (one.source.key, count_events(conn, one.source, one.received), one.received)
                    for one in results
                    if one.is_countable and one.source.events
                ]
            readings.append_all(conn, brought)
            for _, some, _ in brought:
                self._latest_values.update(some)
            if any(some for _, some, _ in brought):
                topics.add("readings")
            schema_profiles.save_all(conn, [(one.source.key, one.schema) for one in results if one.schema])
            drop_counters.add(conn, DropReason.SHED, shed)
            drop_counters.add(conn, DropReason.REJECTED, _rejected_counts(results))
            for one in results:
                rejected_items.add(conn, one.source.key, one.batch.rejected_items, one.received)
                webhook_queue.acknowledge(conn, one.source.key, one.message_ids)
                camera_images.save(conn, one.source.key, one.batch.camera_images)
                if one.batch.camera_images:
                    topics.add("events")  # a picture moves what is shown of its camera
            if healths:
                self._latest_values.healths.update(healths)
                topics.add("sources")
            self._kpi_engine.mark_changed(self._changed_series(results, healths))
            self._latest_values.history = _TransactionHistory(conn)
            values = self._kpi_engine.evaluate_due(now)
            if values:
                topics.add("kpis")
            if topics:
                known_at = change_counter.bump(conn, topics, now)
                source_health.record(conn, list(healths.values()), known_at)
                kpi_values.record(conn, values, known_at)

    def _changed_series(self, results: Sequence[PollResult], healths: dict[str, SourceHealth]) -> set[str]:
        series = {reading.series for one in results for reading in one.batch.readings}
        for key in healths:
            series |= {one.key for one in self._latest_values.sources[key].series}
        return series

    def _write_heartbeat(self) -> None:
        now = self._clock()
        with self._store.write() as conn:
            change_counter.record_heartbeat(conn, now)

    async def run_in_writer(self, work: Callable[..., T], *given: Any) -> T:
        """Run `work` on the writer's thread, between two commits. StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    def on_tick(self) -> None:
        """Time has passed: values may have become too old, slow figures may be due."""
        if self._kpi_engine.is_due(self._clock()):
            self._wake.set()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown()
