"""One poll of one source: fetch, parse, admit, and the health that follows. No fault of a source leaves this module."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from types import MappingProxyType

from ioc.domain.base.clock_set_back import ClockWatch, following
from ioc.domain.geo.unit_index import EMPTY_UNIT_INDEX, UnitIndex
from ioc.domain.geo.unit_names import NO_UNIT_NAMES, UnitNames
from ioc.domain.ingest.data_time import data_time_after
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceHealth, after_failure, after_success, is_unusable, with_drift
from ioc.domain.ingest.maintenance import active_window
from ioc.domain.ingest.option_reasons import with_options_of
from ioc.domain.ingest.protocol import (
    HAD_NO_TURN_KEY,
    HAS_FAILED_KEY,
    IS_LATE_KEY,
    PARSE_SECONDS_KEY,
    Connector,
    FetchContext,
    Payload,
    SourceError,
    forget_answers,
)
from ioc.domain.ingest.reading import Batch, RejectedItem
from ioc.domain.ingest.schema_drift import DriftCheck, SchemaProfile, check_drift
from ioc.domain.ingest.source import Source
from ioc.poller import admission
from ioc.poller.admission import AdmittedAnswer
from ioc.poller.doubtful_lists import DoubtfulLists
from ioc.poller.fetching import Fetching, note_known_times
from ioc.poller.health_tracker import HealthTracker
from ioc.poller.parsing import NoTurnError, Parsing
from ioc.poller.poll_result import PollResult, ResultSink
from ioc.poller.retry_split import SplitRetry
from ioc.storage.db.errors import StoreError

log = logging.getLogger("ioc.poll")


class Poller:
    """Owns the polling of all sources and their health. It never raises for anything that a source did."""

    def __init__(
        self, connectors: Mapping[str, Connector], context_for: Callable[[Source], FetchContext], watch: ClockWatch,
        healths: dict[str, SourceHealth], enqueue: ResultSink, unit_index: UnitIndex = EMPTY_UNIT_INDEX,
        schemas: Mapping[str, SchemaProfile] = MappingProxyType({}), unit_names: UnitNames = NO_UNIT_NAMES,
        uncommitted_messages: Callable[[], frozenset[int]] = frozenset, is_full: Callable[[], bool] = lambda: False, *,
        id_key: bytes,
    ) -> None:  # fmt: skip
        """`is_full`: whether results have no room. `id_key`: see `validate_events`. `watch`: that of the writer."""
        self._uncommitted_messages, self.schemas = uncommitted_messages, dict(schemas)
        self._admission, self._id_key, self._is_full = (unit_index, unit_names), id_key, is_full
        self._connectors, self._context_for = connectors, context_for
        self._watch, self._clock, self._enqueue, self.healths = watch, watch.now, enqueue, healths
        self._running, self._postponed = set[str](), set[str]()
        # Polled before the clock was set: "unchanged" would bring nothing in place of what is withdrawn or was ahead.
        self._to_forget = set[str]()
        self._split_retry, self._doubtful_lists = SplitRetry(), DoubtfulLists()
        self._fetching, self._parsing = Fetching(), Parsing()
        self._tracker = HealthTracker(healths, watch, self._doubtful_lists.forget)

    async def poll(self, source: Source, *, force: bool = False) -> None:
        """Poll `source` once, unless a poll of it still runs or it is off, in maintenance, stopped or backing off.

        A listener with more messages than one poll can read is polled until it has no more.
        `force`: poll even a source that is stopped or backing off.
        """
        if source.key in self._running or not self._may_poll(source, self._clock(), force):
            return
        if self._is_full() and not force:
            self._postponed.add(source.key)
            self._tracker.unasked.add(source.key)
            return
        if refusal := self._fetching.refusal(source.key) or self._parsing.refusal(source.key):
            self._handle_failure(source, refusal)
            return
        self._running.add(source.key)
        try:
            while await self._poll_once(source):
                await asyncio.sleep(0)  # a part of an answer is at hand: nothing else would let the other sources run
        finally:
            self._running.discard(source.key)

    def take_postponed(self) -> set[str]:
        """The sources that were not asked because results had no room."""
        taken, self._postponed = self._postponed, set()
        return taken

    def _may_poll(self, source: Source, now: datetime, force: bool) -> bool:
        is_in_maintenance = active_window(source.maintenance, now) is not None
        may_retry = force or not (self._tracker.is_stopped(source) or self._tracker.is_backing_off(source.key, now))
        return source.is_enabled and not is_in_maintenance and may_retry

    async def _poll_once(self, source: Source) -> bool:
        """Whether the answer was good and more waits."""
        connector, context = self._connectors[source.protocol], self._context_for(source)
        failures, payload = self.healths[source.key].consecutive_failures, Payload()
        deadline, is_late = source.deadline.total_seconds(), False
        try:
            async with asyncio.timeout(deadline) as limit:
                payload, started = await self._next_payload(connector, source, context), monotonic()
                deadline, was_late = self._split_retry.allow_time(source, payload, limit)
                read = partial(self._read, connector, source, payload, context)
                answer = await self._parsing.run(read, source, payload, limit, was_late=was_late)
                context.memory[PARSE_SECONDS_KEY] = seconds = monotonic() - started
                self._split_retry.confirm_read(source, payload, seconds)
        except SourceError as error:
            masked = error.failure.map_text(admission.text_filter(source, context))
            advised = with_options_of(masked, source.option_names)
            masked_error = SourceError(advised, is_refused=error.is_refused, retry_after=error.retry_after)
            self._handle_failure(source, masked_error, message_ids=payload.message_ids)
        except TimeoutError:
            is_late = True
            late = self._split_retry.handle_timeout(source.key, payload, deadline, self._clock())
            self._handle_failure(source, *late)
        except StoreError as error:  # messages pushed to us wait in our own store: no fault of the source
            log.error("%s: its messages cannot be read: %s", source.key, error)
            self._tracker.unasked.add(source.key)
        except NoTurnError:
            log.error("%s: its answer was not parsed: others took too long, or no thread starts", source.key)
            self._tracker.unasked.add(source.key)
            self._give_back(source, payload, context)
            return False
        except asyncio.CancelledError:  # this process polls no more, except for what came last
            self._give_back(source, payload, context)
            raise
        except Exception as error:  # a programming error in one protocol must not end the poller
            log.exception("%s: the protocol %s failed", source.key, source.protocol)
            internal = SourceError(IngestCode.INTERNAL_ERROR, kind=type(error).__name__)
            ids = () if isinstance(error, MemoryError) else payload.message_ids  # no fault of theirs: they are kept
            self._handle_failure(source, internal, message_ids=ids)
        else:
            if pending := self._split_retry.pending_error(source.key, payload):
                self._handle_failure(source, pending)
            else:
                self._handle_success(source, payload, answer, context)
        if self.healths[source.key].consecutive_failures > failures and not self._split_retry.has_pending(source.key):
            # An answer that failed must be fetched in full again, not be answered with "unchanged".
            memory = self._context_for(source).memory  # not of a fetch that was left behind
            memory.clear()
            memory[IS_LATE_KEY if is_late else HAS_FAILED_KEY] = True
            return False
        return payload.has_more

    def _give_back(self, source: Source, payload: Payload, context: FetchContext) -> None:
        """The answer was not read, for no fault of its own: it must be fetched again."""
        if not self._split_retry.put_back(source.key, payload):
            context.memory.clear()
            context.memory[HAD_NO_TURN_KEY] = True

    async def _next_payload(self, connector: Connector, source: Source, context: FetchContext) -> Payload:
        if self._split_retry.begin_retry(source.key, self._clock()):
            context.memory.clear()  # of what was read: all files come again
        if part := self._split_retry.next_part(source.key):
            return part
        if source.key in self._to_forget:  # not while a fetch is under way, which would note again what it began with
            self._to_forget.discard(source.key)
            forget_answers(context.memory)
        taken = self._uncommitted_messages()  # before the fetch: one that is committed meanwhile may still be read
        note_known_times(context, self.healths[source.key])
        payload = await self._fetching.run(connector, source, context)
        return self._split_retry.first_part(source.key, payload.without_messages(taken))

    def _handle_failure(
        self, source: Source, error: SourceError, rejected: tuple[RejectedItem, ...] = (),
        message_ids: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        previous, (now, back) = self._tracker.follow_clock(source.key), self._tracker.now(source.key)
        health = after_failure(previous, now, error.failure)
        if rejected:
            health = replace(health, accepted_count=0, duplicate_count=0, rejected_count=len(rejected))
        wait = 0 if message_ids else error.retry_after  # what was sent to us is taken: the next is no request
        self._tracker.begin_back_off(source, health.consecutive_failures, wait)
        result = PollResult(source, Batch(rejected_items=rejected), now, health, message_ids, set_back_by=back)
        self._finish(source, result, is_stopped=error.is_refused)

    def _read(self, connector: Connector, source: Source, payload: Payload, context: FetchContext) -> AdmittedAnswer:
        """Parses and admits the answer. May run in a thread, also after its poll gave up: it changes nothing here."""
        read_at, back = self._tracker.now(source.key, payload.heard_at)
        raw = connector.parse(source, payload, read_at)
        (now, total, _), check = self._watch.read(), self._check_schema(source, payload, raw)
        now = following(now + (total - back), read_at)  # by the same clock
        at = admission.latest_clock(payload, now)
        batch = admission.admit_batch(check.batch, source, context, at, *self._admission, id_key=self._id_key)
        return AdmittedAnswer(batch, check, admission.clock_skew_failure(raw, source, at), read_at, now, back)

    def _handle_success(self, source: Source, payload: Payload, answer: AdmittedAnswer, context: FetchContext) -> None:
        batch, check, skew, read_at, now, back = answer
        ids, on_committed = payload.message_ids, payload.on_committed
        self._tracker.follow_clock(source.key)
        now -= self._tracker.set_back_since(source.key, back)
        if payload.heard_at and payload.heard_at > read_at:  # before the clock was set back
            back = timedelta(0)
        accepted, failure = len(batch.readings) + len(batch.events), admission.failure_of(payload, answer)
        if not payload.is_unchanged:
            drift = tuple(failure.map_text(admission.text_filter(source, context)) for failure in check.drift)
            others = (None if failure else skew, admission.dropped_failure(payload.dropped))
            drift = (*drift, *filter(None, others))
            self.healths[source.key] = with_drift(self.healths[source.key], drift, now)
        if failure:
            error = SourceError(failure, retry_after=0 if on_committed else None)  # its server may wait for that
            self._handle_failure(source, error, batch.rejected_items, ids)
            return
        previous = self.healths[source.key]
        if payload.is_unchanged and is_unusable(previous):
            health = replace(previous, last_attempt=now)
            unchanged = PollResult(source, batch, now, health, ids, on_committed=on_committed, set_back_by=back)
            self._finish(source, unchanged, is_stopped=False)
            return
        self._tracker.end_back_off(source.key)
        counts = (previous.accepted_count, previous.rejected_count, previous.duplicate_count)
        if not payload.is_unchanged:
            counts = (accepted, len(batch.rejected_items) + payload.dropped, batch.duplicate_count)
        health = after_success(previous, now, data_time_after(source, payload, batch, previous, now, read_at), *counts)
        batch = self._doubtful_lists.confirm(source.key, payload, admission.with_dropped(batch, payload.dropped))
        if not check.is_count_trusted:
            context.memory.clear()  # it must be fetched in full until it is confirmed, not be answered with "unchanged"
        schema = check.profile if check.profile != self.schemas.get(source.key) else None
        self.schemas[source.key] = check.profile
        is_countable = payload.has_data and check.is_count_trusted
        result = PollResult(source, batch, now, health, ids, schema, is_countable, on_committed, set_back_by=back)
        self._finish(source, result, is_stopped=False)

    def _check_schema(self, source: Source, payload: Payload, raw: Batch) -> DriftCheck:
        """The answer compared with the profile of those before it; a changed row begins a new profile."""
        profile = self.schemas.get(source.key, SchemaProfile())
        if payload.is_unchanged:
            return DriftCheck(profile, raw)
        if profile.row_fingerprint != source.fingerprint:
            profile = SchemaProfile(row_fingerprint=source.fingerprint)
        parts = {"is_partial": payload.is_partial, "holds_messages": payload.holds_messages}
        return check_drift(profile, raw, self._clock(), source.series_units, **parts)

    def _finish(self, source: Source, result: PollResult, *, is_stopped: bool) -> None:
        health = self._tracker.keep(source, result.health, result.received, is_stopped=is_stopped)
        self._enqueue(result if health is result.health else replace(result, health=health))

    def judge_all(self, sources: Mapping[str, Source]) -> list[SourceHealth]:
        """The healths that changed since the last poll by the passing of time: late, stale. Called once a second."""
        return self._tracker.judge_all(sources, self._parsing.waiting, self._to_forget.update)
