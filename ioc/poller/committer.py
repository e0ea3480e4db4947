"""The transactions of the writer, one after the other in its thread: kept, undone, or not yet known which."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.ingest.dropped import DropCounter
from ioc.domain.ingest.health import SourceHealth
from ioc.poller.answer_parts import MAX_SOURCE_EVENTS
from ioc.poller.isolation import is_fault_of_data, reason_of
from ioc.poller.kpi_engine import EngineState, KpiEngine
from ioc.poller.load_shedding import LoadSheddingCounters
from ioc.poller.poll_result import PollResult
from ioc.poller.transaction import Transaction, Withdrawn
from ioc.storage.clock_correction import ClockState
from ioc.storage.db import change_counter
from ioc.storage.db.errors import OutcomeUnknownError, StoreCode, StoreError, TransactionId
from ioc.storage.db.store import Store
from ioc.storage.events import endings


class Pending(NamedTuple):
    """What one transaction takes: poll results, and healths that changed without a poll by source key."""

    results: list[PollResult]
    healths: dict[str, SourceHealth]


class _Unsettled(NamedTuple):
    """A transaction of which it is not known whether it is kept: see Store.was_committed.

    `shed`: the counters that it took; `before`: the states before it.
    """

    transaction: TransactionId
    pending: Pending
    shed: list[DropCounter]
    before: "_Before"


class _Before(NamedTuple):
    """What a transaction that is undone returns to."""

    engine: EngineState
    clock: ClockState
    withdrawn: Withdrawn | None


class _TrialEndError(Exception):
    """Rolls a trial back."""


class Committer:
    """Commits results with what follows from them. `on_kept`: called with each result that is kept, in its thread."""

    def __init__(
        self, store: Store, transaction: Transaction, kpi_engine: KpiEngine, watch: ClockWatch,
        shed: LoadSheddingCounters, on_kept: Callable[[PollResult], None],
    ) -> None:  # fmt: skip
        self._store, self._transaction, self._kpi_engine, self._watch = store, transaction, kpi_engine, watch
        self._shed, self._on_kept = shed, on_kept
        self._unsettled: _Unsettled | None = None

    @property
    def is_unsettled(self) -> bool:
        """Whether there is a transaction of which it is not known whether it is kept."""
        return self._unsettled is not None

    def write(self, results: Sequence[PollResult], healths: Mapping[str, SourceHealth]) -> None:
        """One transaction. StoreError: nothing is kept.

        OutcomeUnknownError: that is not known; the results wait here until `settle` knows, and nothing is written
        before.
        """
        if self._unsettled is not None:
            raise StoreError(StoreCode.OUTCOME_UNKNOWN)
        _close_all_but_last_part(self._store, results, self._watch.now())
        shed, shown = self._shed.drain(), self._watch.read()
        self._transaction.clock_correction.watch(shown.now)
        transaction = self._transaction
        before = _Before(self._kpi_engine.save_state(), transaction.clock_correction.state, transaction.withdrawn)
        pending = Pending(list(results), dict(healths))
        try:
            with self._store.write() as conn:
                self._transaction.write(conn, results, healths, shed, shown)
        except OutcomeUnknownError as error:
            self._unsettled = _Unsettled(error.transaction, pending, shed, before)
            raise
        except Exception:
            self._undo(pending, shed, before)
            raise
        self._confirm(results)

    def settle(self) -> Pending | None:
        """What a transaction took whose COMMIT was not answered and that is not kept; None where there is none.

        StoreError while it is not known whether it is kept.
        """
        if self._unsettled is None:
            return None
        transaction, pending, shed, before = self._unsettled
        is_kept = self._store.was_committed(transaction)
        self._unsettled = None
        if is_kept:
            self._confirm(pending.results)
            return None
        self._undo(pending, shed, before)
        return pending

    def _undo(self, pending: Pending, shed: list[DropCounter], before: _Before) -> None:
        self._shed.put_back(shed)
        self._kpi_engine.restore_state(before.engine)
        self._transaction.withdrawn = before.withdrawn
        self._transaction.clock_correction.restore(before.clock)
        self._kpi_engine.mark_changed(self._transaction.changed_series(*pending))

    def _confirm(self, results: Sequence[PollResult]) -> None:
        for result in results:
            self._on_kept(result)

    def try_batch(self, result: PollResult) -> str:
        """Why the store does not accept the readings and events of `result`; "" if it does. Nothing is committed."""
        try:
            with self._store.write() as conn:
                self._transaction.try_batch(conn, result, self._watch.now())
                raise _TrialEndError
        except _TrialEndError:
            return ""
        except Exception as error:
            if not is_fault_of_data(error):
                raise
            return reason_of(error)

    def record_heartbeat(self) -> None:
        """That the poller lives and can write. StoreError."""
        now = self._watch.now()
        with self._store.write() as conn:
            change_counter.record_heartbeat(conn, now)


def _close_all_but_last_part(store: Store, results: Iterable[PollResult], now: datetime) -> None:
    """Closes the events that an answer lists no more, except a last part: that one ends with the answer's own commit.

    The counts over the events come with that commit, when all have ended.
    """
    for result in results:
        source = result.source.key
        keys = _unlisted_keys(store, result) if result.batch.complete_kinds else []
        for start in range(0, len(keys) - MAX_SOURCE_EVENTS, MAX_SOURCE_EVENTS):
            with store.write() as conn:
                known_at = change_counter.bump_measured(conn, {"events"}, now)
                endings.close(conn, source, keys[start : start + MAX_SOURCE_EVENTS], known_at)


def _unlisted_keys(store: Store, result: PollResult) -> list[str]:
    batch = result.batch
    with store.read() as conn:
        return endings.unlisted_keys(conn, result.source.key, batch.events, batch.complete_kinds, result.recorded_keys)
