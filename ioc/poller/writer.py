"""The one writer: commits the results of about 200 ms of polls in one transaction. Acknowledged means committed."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.ingest.health import SourceHealth
from ioc.poller.answer_parts import carry_counts, take_part
from ioc.poller.committer import Committer, Pending
from ioc.poller.isolation import is_fault_of_data, isolate, reason_of, reject_whole, without_report
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.load_shedding import LoadSheddingCounters
from ioc.poller.poll_result import PollResult
from ioc.poller.state import LatestValues
from ioc.poller.transaction import Transaction
from ioc.storage.clock_correction import ClockCorrection
from ioc.storage.db import change_counter
from ioc.storage.db.errors import OutcomeUnknownError, StoreError
from ioc.storage.db.store import Store

log = logging.getLogger("ioc.write")
T = TypeVar("T")

GATHER_SECONDS = 0.2
RETRY_SECONDS = 1.0
# Poll results and their items that may be held in memory until the store has them; then no source is asked.
MAX_WAITING_ITEMS = 200_000


class Writer:
    """Gathers poll results and health changes, commits them, evaluates the KPIs in the same transaction."""

    def __init__(
        self,
        store: Store,
        latest_values: LatestValues,
        kpi_engine: KpiEngine,
        watch: ClockWatch,
        deduplication_rules: Sequence[DeduplicationRule] = (),
    ) -> None:
        """`watch`: that of the poller."""
        self._kpi_engine, self._clock, self._shed = kpi_engine, watch.now, LoadSheddingCounters()
        with store.read() as conn:
            self.clock_correction = ClockCorrection(change_counter.read(conn))
        transaction = Transaction(latest_values, kpi_engine, self.clock_correction, deduplication_rules)
        self._committer = Committer(store, transaction, kpi_engine, watch, self._shed, self._on_kept)
        self._results: deque[PollResult] = deque()
        self._healths: dict[str, SourceHealth] = {}
        self._held_items, self._wake = 0, asyncio.Event()  # of a transaction that is under way or not settled too
        self._message_ids = set[int]()  # changed by both threads, by single calls only
        # A thread of its own: a commit waits for the disk, and must not wait for a parser.
        self._thread = ThreadPoolExecutor(1, "writer")
        self._last_commit_failed = False
        self.write_failing_since: datetime | None = None

    def enqueue(self, result: PollResult) -> None:
        """Take a poll result for the next transaction. It waits however long the store cannot be written: its source
        would not send it again.
        """
        self._results.append(result)
        self._healths.pop(result.source.key, None)  # that of the result is newer
        self._message_ids.update(result.message_ids)
        self._held_items += _size(result)
        self._wake.set()

    def is_full(self) -> bool:
        """Whether so much waits for the store, or is being written, that no source is to be asked for more."""
        return self._held_items > MAX_WAITING_ITEMS

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
        while await self._settle():
            taken, rest = take_part(self._results)
            later = {result.source.key for result in rest}  # a health is newer than the results of its source
            pending = Pending(taken, {key: health for key, health in self._healths.items() if key not in later})
            self._results = deque(rest)
            self._healths = {key: health for key, health in self._healths.items() if key in later}
            await self._run_guarded(self._committer.write, *pending, undo=pending)
            self._count_held()
            if not rest or self._last_commit_failed:
                return

    async def _settle(self) -> bool:
        """Finds out whether a transaction whose COMMIT was not answered is kept; False while that is not known."""
        if not self._committer.is_unsettled:
            return True
        try:
            undone = await self.run_in_writer(self._committer.settle)
        except StoreError:
            return False
        if undone is not None:
            self._put_back(*undone)
        self._count_held()
        return True

    def _count_held(self) -> None:
        if not self._committer.is_unsettled:
            self._held_items = sum(map(_size, self._results))

    async def heartbeat(self) -> None:
        """Record that the poller is alive and that it can write: a store that takes nothing must look dead.

        A full disk may have room for a heartbeat but not for poll results: then no heartbeat is recorded.
        """
        if not self._last_commit_failed:
            await self._run_guarded(self._committer.record_heartbeat)

    async def _run_guarded(self, work: Callable[..., None], *args: Any, undo: Pending | None = None) -> None:
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
            self._on_failure(error)
            if undo is not None:
                self._last_commit_failed = True
                if not isinstance(error, OutcomeUnknownError):  # else `_settle` finds out what is to be done with it
                    self._put_back(*undo)
        else:
            if undo is None and self._last_commit_failed:
                return  # a heartbeat that was under way when the commit failed proves nothing
            self._last_commit_failed = False
            if self.write_failing_since is not None:
                log.info("the store can be written again")
            self.write_failing_since = None

    def _on_failure(self, error: Exception) -> None:
        if self.write_failing_since is None:
            self.write_failing_since = self._clock()
            log.error("the store cannot be written: %s", str(error) or type(error).__name__)

    async def _write_one_by_one(self, pending: Pending) -> None:
        """The results of a transaction that failed, each in its own: one that fails costs no other one.

        Once the store cannot be written, what is left waits, in its order.
        """
        parts = deque([*(Pending([result], {}) for result in pending.results), Pending([], pending.healths)])
        while parts:
            part = parts.popleft()
            try:
                for written in await self.run_in_writer(self._write_part, part):
                    self._results = deque(carry_counts(written, self._results))
            except Exception as error:  # noqa: BLE001 — both ways log it
                if is_fault_of_data(error):
                    self._set_aside(part, error)
                    continue
                self._on_failure(error)
                self._last_commit_failed = True
                if not isinstance(error, OutcomeUnknownError):
                    parts.appendleft(part)
                healths = parts[-1].healths if parts else {}
                self._put_back([result for each in parts for result in each.results], healths)
                return

    def _set_aside(self, part: Pending, error: Exception) -> None:
        """What cannot be written alone: it waits where the store refuses it, and is dropped where it raises."""
        if isinstance(error, StoreError):
            self._put_back(*part)
            return
        for result in part.results:
            self._drop(result)
            if result.on_committed:
                result.on_committed()  # it would fail again
        log.exception("dropped: a result of %s", part.results[0].source.key if part.results else "healths alone")

    def _write_part(self, part: Pending) -> list[PollResult]:
        """One result as it was written: whole, else without the items that the store refuses, else without its report
        of rejected items, else without its content. StoreError when the store cannot be written at all.
        """
        if not part.results:
            self._committer.write(*part)
            return []
        (result,) = part.results
        kept, reason = result, self._write_or_reason(result)
        if reason:
            kept = isolate(result, self._committer.try_batch)
            reason = self._write_or_reason(kept)
        if reason:
            kept = without_report(kept, reason)
            reason = self._write_or_reason(kept)
        if reason:
            kept = reject_whole(result, reason)
            self._committer.write([kept], {})
        return [kept]

    def _write_or_reason(self, result: PollResult) -> str:
        """Writes `result`; why the store does not accept it, "" once it is written."""
        try:
            self._committer.write([result], {})
        except Exception as error:
            if not is_fault_of_data(error):
                raise
            log.exception("%s: an item cannot be stored", result.source.key)
            return reason_of(error)
        return ""

    def _on_kept(self, result: PollResult) -> None:
        self._message_ids.difference_update(result.message_ids)
        if result.on_committed:
            result.on_committed()

    def _put_back(self, results: Sequence[PollResult], healths: Mapping[str, SourceHealth]) -> None:
        newer = {*self._healths, *(result.source.key for result in self._results)}
        self._healths |= {key: health for key, health in healths.items() if key not in newer}
        self._results.extendleft(map(_without_images, reversed(results)))
        self._wake.set()

    async def run_in_writer(self, work: Callable[..., T], *args: Any) -> T:
        """Run `work` on the writer's thread, between two commits. StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    def on_tick(self) -> None:
        """Time has passed: wake when values have expired, slow KPIs are due, or readings may lie ahead of the clock."""
        now = self._clock()
        self.clock_correction.watch(now)
        clock = self.clock_correction.state
        if self._kpi_engine.is_due(now) or clock.is_behind or clock.set_back_from is not None:
            self._wake.set()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown()


def _without_images(result: PollResult) -> PollResult:
    """`result` without camera images: these are large and taken anew before long, they do not wait for the store."""
    batch = result.batch
    return replace(result, batch=replace(batch, camera_images=())) if batch.camera_images else result


def _size(result: PollResult) -> int:
    """What it counts in memory: itself and its items."""
    return 1 + len(result.batch.readings) + len(result.batch.events) + len(result.batch.rejected_items)
