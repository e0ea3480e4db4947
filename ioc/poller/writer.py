"""The one writer: commits the results of about 200 ms of polls in one transaction. Acknowledged means committed."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from ioc.domain.base.times import Clock
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.ingest.dropped import DropCounter, single_drop
from ioc.domain.ingest.health import SourceHealth
from ioc.poller.answer_parts import carry_counts, take_part
from ioc.poller.isolation import is_fault_of_data, isolate, reason_of, reject_whole, without_report
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poller import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.transaction import Transaction
from ioc.poller.unlisted_events import close_all_but_last_part
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store, StoreError

log = logging.getLogger("ioc.write")
T = TypeVar("T")

GATHER_SECONDS = 0.2
RETRY_SECONDS = 1.0
# Readings that may wait in memory while the store cannot be written; beyond it the oldest poll results are dropped.
MAX_WAITING_READINGS = 200_000


class LoadSheddingCounters:
    """What was dropped because the store could not be written, counted in memory until it can be committed.

    Thread-safe: the event loop adds, the writer's thread drains. The counts are lost with the process.
    """

    def __init__(self) -> None:
        self._lock, self._counters = Lock(), dict[str, DropCounter]()

    def add(self, source: str, count: int, at: datetime) -> None:
        """`count` readings and events of `source` were dropped."""
        if count:
            self.put_back([single_drop(source, count, at)])

    def drain(self) -> list[DropCounter]:
        """All counters, to be committed; they start anew."""
        with self._lock:
            counters, self._counters = self._counters, {}
        return list(counters.values())

    def put_back(self, counters: Iterable[DropCounter]) -> None:
        """Merge counters that could not be committed, or new ones."""
        with self._lock:
            for counter in counters:
                other = self._counters.get(counter.source)
                if other:
                    first, second = sorted((other, counter), key=lambda each: each.began_at)
                    counter = first.merge(second)
                self._counters[counter.source] = counter


class _TrialEndError(Exception):
    """Rolls a trial back."""


class _Pending(NamedTuple):
    """What one transaction takes: poll results, and healths that changed without a poll by source key."""

    results: list[PollResult]
    healths: dict[str, SourceHealth]


class Writer:
    """Gathers poll results and health changes, commits them, evaluates the KPIs in the same transaction."""

    def __init__(
        self,
        store: Store,
        latest_values: LatestValues,
        kpi_engine: KpiEngine,
        clock: Clock,
        deduplication_rules: Sequence[DeduplicationRule] = (),
    ) -> None:
        self._store, self._kpi_engine, self._clock = store, kpi_engine, clock
        self._transaction = Transaction(latest_values, kpi_engine, deduplication_rules)
        self._results: deque[PollResult] = deque()
        self._healths: dict[str, SourceHealth] = {}
        self._waiting_readings, self._wake = 0, asyncio.Event()
        self._message_ids = set[int]()  # changed by both threads, by single calls only
        # A thread of its own: a commit waits for the disk, and must not wait for a parser.
        self._thread = ThreadPoolExecutor(1, "writer")
        self._shed, self._last_commit_failed = LoadSheddingCounters(), False
        self.write_failing_since: datetime | None = None

    def enqueue(self, result: PollResult) -> None:
        """Take a poll result for the next transaction; when too much waits, the oldest results are dropped."""
        self._results.append(result)
        self._message_ids.update(result.message_ids)
        self._waiting_readings += len(result.batch.readings)
        while self._waiting_readings > MAX_WAITING_READINGS and len(self._results) > 1:
            oldest = self._results.popleft()
            self._waiting_readings -= len(oldest.batch.readings)
            self._drop(oldest)
        self._wake.set()

    @property
    def waiting_count(self) -> int:
        """The number of poll results that wait for a commit to take them."""
        return len(self._results)

    def message_ids(self) -> frozenset[int]:
        """The webhook messages of results that wait for a commit: read again, what is rejected would count twice."""
        return frozenset(self._message_ids)

    def _drop(self, result: PollResult) -> None:
        self._message_ids.difference_update(result.message_ids)
        if not result.message_ids:  # webhook messages stay in their queue until they are committed: nothing is lost
            batch = result.batch
            self._shed.add(result.source.key, len(batch.readings) + len(batch.events), result.received)

    def enqueue_health(self, healths: Sequence[SourceHealth]) -> None:
        """Take healths that changed without a poll."""
        self._healths.update((health.source, health) for health in healths)
        if healths:
            self._wake.set()

    async def run(self) -> None:
        """Commit for ever; cancel to stop, then call `close`."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self.commit()
            if self.write_failing_since:
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    async def commit(self) -> None:
        """All that waits, in transactions of a bounded size. When the store refuses one, what is left goes on waiting.

        A commit that has begun is finished also when its caller is cancelled, as at the end of the process.
        """
        work = asyncio.ensure_future(self._commit_waiting())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await work
            raise

    async def _commit_waiting(self) -> None:
        self._wake.clear()
        while True:
            taken, rest = take_part(self._results)
            pending = _Pending(taken, dict(self._healths))
            self._results = deque(rest)
            self._healths.clear()
            self._waiting_readings = sum(len(result.batch.readings) for result in rest)
            await self._run_guarded(self._write, *pending, undo=pending)
            if not rest or self._last_commit_failed:
                return

    async def heartbeat(self) -> None:
        """Record that the poller is alive and that it can write: a store that takes nothing must look dead.

        A full disk may have room for a heartbeat but not for poll results: then no heartbeat is recorded.
        """
        if not self._last_commit_failed:
            await self._run_guarded(self._write_heartbeat)

    async def _run_guarded(self, work: Callable[..., None], *args: Any, undo: _Pending | None = None) -> None:
        try:
            await self.run_in_writer(work, *args)
        except Exception as error:
            if is_fault_of_data(error):  # over one result: it must cost neither the others nor the writer
                if undo is None:
                    raise
                if not isinstance(error, StoreError):
                    log.exception("a transaction failed: its results are written one by one")
                await self._write_one_by_one(undo)
                return
            if undo:
                self._last_commit_failed = True
                self._put_back(*undo)
            if self.write_failing_since is None:
                self.write_failing_since = self._clock()
                log.error("the store cannot be written: %s", str(error) or type(error).__name__)
        else:
            if undo is None and self._last_commit_failed:
                return  # a heartbeat that was under way when the commit failed proves nothing
            self._last_commit_failed = False
            if self.write_failing_since is not None:
                log.info("the store can be written again")
            self.write_failing_since = None

    async def _write_one_by_one(self, pending: _Pending) -> None:
        """The results of a transaction that failed, each in its own: one that fails costs no other one."""
        parts = [*(_Pending([result], {}) for result in pending.results), _Pending([], pending.healths)]
        for part in parts:
            try:
                for written in await self.run_in_writer(self._write_part, part):
                    self._results = deque(carry_counts(written, self._results))
            except Exception as error:
                if isinstance(error, StoreError) or not is_fault_of_data(error):
                    self._put_back(*part)
                    continue
                for result in part.results:
                    self._drop(result)
                source = part.results[0].source.key if part.results else "healths alone"
                log.exception("dropped: a result of %s", source)

    def _write_part(self, part: _Pending) -> list[PollResult]:
        """One result as it was written: whole, else without the items that the store refuses, else without its report
        of rejected items, else without its content. StoreError when the store cannot be written at all.
        """
        if not part.results:
            self._write(*part)
            return []
        (result,) = part.results
        kept, reason = result, self._write_or_reason(result)
        if reason:
            kept = isolate(result, self._try)
            reason = self._write_or_reason(kept)
        if reason:
            kept = without_report(kept, reason)
            reason = self._write_or_reason(kept)
        if reason:
            kept = reject_whole(result, reason)
            self._write([kept], {})
        return [kept]

    def _write_or_reason(self, result: PollResult) -> str:
        """Writes `result`; why the store does not accept it, "" once it is written."""
        try:
            self._write([result], {})
        except Exception as error:
            if not is_fault_of_data(error):
                raise
            log.exception("%s: an item cannot be stored", result.source.key)
            return reason_of(error)
        return ""

    def _try(self, result: PollResult) -> str:
        """Why the store does not accept the readings and events of `result`; "" if it does. Nothing is committed."""
        try:
            with self._store.write() as conn:
                self._transaction.try_batch(conn, result, self._clock())
                raise _TrialEndError
        except _TrialEndError:
            return ""
        except Exception as error:
            if not is_fault_of_data(error):
                raise
            return reason_of(error)

    def _put_back(self, results: list[PollResult], healths: dict[str, SourceHealth]) -> None:
        self._healths = {**healths, **self._healths}  # those that came meanwhile are newer
        later, self._results, self._waiting_readings = self._results, deque(), 0
        for result in (*results, *later):
            # A camera image is large and taken anew before long: it does not wait for the store.
            self.enqueue(replace(result, batch=replace(result.batch, camera_images=())))

    def _write(self, results: Sequence[PollResult], healths: dict[str, SourceHealth]) -> None:
        close_all_but_last_part(self._store, results, self._clock())
        engine_state, shed, now = self._kpi_engine.save_state(), self._shed.drain(), self._clock()
        try:
            with self._store.write() as conn:
                self._transaction.write(conn, results, healths, shed, now)
        except Exception:
            self._shed.put_back(shed)
            self._kpi_engine.restore_state(engine_state)
            self._kpi_engine.mark_changed(self._transaction.changed_series(results, healths))
            raise
        for result in results:
            self._message_ids.difference_update(result.message_ids)
            if result.on_committed:
                result.on_committed()

    def _write_heartbeat(self) -> None:
        now = self._clock()
        with self._store.write() as conn:
            change_counter.record_heartbeat(conn, now)

    async def run_in_writer(self, work: Callable[..., T], *args: Any) -> T:
        """Run `work` on the writer's thread, between two commits. StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    def on_tick(self) -> None:
        """Time has passed: wake when values have expired or slow KPIs are due."""
        now = self._clock()
        self._kpi_engine.watch_clock(now)
        if self._kpi_engine.is_due(now):
            self._wake.set()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown()
