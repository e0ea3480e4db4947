"""One poll of one source: ask, read, admit; then say what came of it. Nothing that a source does gets out of here."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock
from ioc.domain.events.event import Event
from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.geo.unit_index import EMPTY_UNIT_INDEX, UnitIndex
from ioc.domain.ingest.clock_skew import SKEW_CODES, clock_lead, skew_failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import LOST_STATES, SourceHealth, after_failure, after_success, assess_health
from ioc.domain.ingest.maintenance import active_window
from ioc.domain.ingest.protocol import Connector, FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, RejectedItem, latest_value_time, validate_batch
from ioc.domain.ingest.schema_drift import DriftCheck, SchemaProfile, check_drift
from ioc.domain.ingest.source import Source
from ioc.poller.retry_split import SplitRetry

log = logging.getLogger("ioc.poll")

# Bodies from this size on are parsed beside the event loop, so that no other source waits for them.
LARGE_BODY_BYTES = 32 * 1024
MAX_BACK_OFF = timedelta(seconds=60)
MAX_RETRY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll brought, ready to be committed with the health that it leaves behind."""

    source: Source
    batch: Batch
    received: datetime
    health: SourceHealth
    message_ids: tuple[int, ...] = ()  # letters that the batch was made from
    schema: SchemaProfile | None = None  # of the source's answers, when it is another one from now on
    is_countable: bool = False  # whether the source itself gave an answer whose events may be counted


ResultSink = Callable[[PollResult], None]


class Poller:
    """Owns the polling of all sources and their health. It never raises for anything that a source did."""

    def __init__(
        self, connectors: Mapping[str, Connector], context_for: Callable[[Source], FetchContext], clock: Clock,
        healths: dict[str, SourceHealth], enqueue: ResultSink, unit_index: UnitIndex = EMPTY_UNIT_INDEX,
        schemas: Mapping[str, SchemaProfile] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self._unit_index = unit_index
        self.schemas = dict(schemas)
        self._connectors = connectors
        self._context_for = context_for
        self._clock = clock
        self._enqueue = enqueue
        self.healths = healths
        self._not_before: dict[str, datetime] = {}
        self._running: set[str] = set()
        self._split_retry = SplitRetry()

    async def poll(self, source: Source, *, force: bool = False) -> None:
        """Ask `source` once, unless it is still being asked, off, maintained, stopped or backing off.

        `again`: even one that is stopped or backing off.
        """
        if source.key in self._running or not self._may_poll(source, self._clock(), force):
            return
        self._running.add(source.key)
        try:
            await self._poll_once(source)
        finally:
            self._running.discard(source.key)

    def _may_poll(self, source: Source, now: datetime, force: bool) -> bool:
        wait = self._not_before.get(source.key, now) - now
        # A clock that was set back must not silence a source for longer than any back-off lasts.
        backing_off = timedelta(0) < wait <= MAX_RETRY_AFTER
        maintained = active_window(source.maintenance, now) is not None
        return source.is_enabled and not maintained and (force or not (self._is_stopped(source) or backing_off))

    def _is_stopped(self, source: Source) -> bool:
        """After a 401 or 403, until the row changes."""
        health = self.healths[source.key]
        return health.state == "refused" and health.fingerprint == source.fingerprint

    async def _poll_once(self, source: Source) -> None:
        connector, world = self._connectors[source.protocol], self._context_for(source)
        failures, payload = self.healths[source.key].failures, Payload()
        try:
            async with asyncio.timeout(source.deadline.total_seconds()):
                payload = self._split_retry.next_part(source.key) or await connector.fetch(source, world)
                batch = await _parse(connector, source, payload, self._clock())
        except SourceError as error:
            told = SourceError(
                error.failure.map_text(world.mask_secrets), is_refused=error.is_refused, retry_after=error.retry_after
            )
            self._handle_failure(source, told, message_ids=payload.message_ids)
        except TimeoutError:
            late, aside = self._split_retry.handle_timeout(source.key, payload, source.deadline.total_seconds())
            self._handle_failure(source, late, aside)
        except Exception as error:  # a fault of ours in one protocol must not end the poller
            log.exception("%s: the protocol %s failed", source.key, source.protocol)
            self._handle_failure(
                source,
                SourceError(IngestCode.INTERNAL_ERROR, kind=type(error).__name__),
                message_ids=payload.message_ids,
            )
        else:
            if left := self._split_retry.pending_error(source.key, payload):
                self._handle_failure(source, left)
            else:
                self._handle_success(source, payload, batch, world)
        if self.healths[source.key].failures > failures and not self._split_retry.has_pending(source.key):
            # An answer that was no good must be brought again, not be called unchanged.
            world.memory.clear()

    def _handle_failure(
        self,
        source: Source,
        error: SourceError,
        rejected: tuple[RejectedItem, ...] = (),
        message_ids: tuple[int, ...] = (),
    ) -> None:
        now = self._clock()
        health = after_failure(self.healths[source.key], now, error.failure)
        if rejected:
            health = replace(health, accepted_count=0, duplicate_count=0, rejected_count=len(rejected))
        self._not_before[source.key] = now + back_off(source, health.failures, error.retry_after)
        self._finish(
            source,
            PollResult(source, Batch(rejected_items=rejected), now, health, message_ids),
            is_stopped=error.is_refused,
        )

    def _handle_success(self, source: Source, payload: Payload, raw: Batch, context: FetchContext) -> None:
        now = self._clock()
        seen = self._check_schema(source, payload, raw)
        batch = admit_batch(seen.batch, source, context, now, self._unit_index)
        kept, skew = len(batch.readings) + len(batch.events), clock_skew_failure(raw, now)
        if not payload.is_unchanged:
            drift = [one.map_text(context.mask_secrets) for one in seen.drift]
            others = (skew if kept else None, _dropped_failure(payload.dropped))
            self._record_drift(source, (*drift, *filter(None, others)), now)
        if batch.rejected_items and not kept:
            first = batch.rejected_items[0]
            told = SourceError(
                skew or Failure(IngestCode.NOTHING_ACCEPTED, {"location": first.location, "cause": first.failure})
            )
            self._handle_failure(source, told, batch.rejected_items, payload.message_ids)
            return
        if payload.is_unchanged and _is_unusable(self.healths[source.key]):
            health = replace(self.healths[source.key], last_attempt=now)
            self._finish(source, PollResult(source, batch, now, health, payload.message_ids), is_stopped=False)
            return
        self._not_before.pop(source.key, None)
        held = self.healths[source.key]
        counts = (held.accepted_count, held.rejected_count, held.duplicate_count)
        if not payload.is_unchanged:
            counts = (kept, len(batch.rejected_items) + payload.dropped, batch.duplicate_count)
        batch = _with_dropped(batch, payload.dropped)
        health = after_success(held, now, _data_time(source, payload, batch, now), *counts)
        if not seen.is_count_trusted:
            context.memory.clear()  # what is not believed yet must be brought again, not be called unchanged
        shape = seen.profile if seen.profile != self.schemas.get(source.key) else None
        self.schemas[source.key] = seen.profile
        good = payload.has_data and seen.is_count_trusted
        self._finish(source, PollResult(source, batch, now, health, payload.message_ids, shape, good), is_stopped=False)

    def _record_drift(self, source: Source, drift: tuple[Failure, ...], now: datetime) -> None:
        held = self.healths[source.key]
        if drift != held.drift:
            began = now if drift and not held.drift else held.drift_since
            last = drift or held.last_drift
            self.healths[source.key] = replace(held, drift=drift, drift_since=began, last_drift=last)

    def _check_schema(self, source: Source, payload: Payload, raw: Batch) -> DriftCheck:
        """The answer held against the shape of those before it; a row that changed begins anew."""
        held = self.schemas.get(source.key, SchemaProfile())
        if payload.is_unchanged:
            return DriftCheck(held, raw)
        fresh = (
            held if held.row_fingerprint == source.fingerprint else SchemaProfile(row_fingerprint=source.fingerprint)
        )
        return check_drift(fresh, raw, self._clock(), source.series_keys, is_partial=payload.is_partial)

    def _finish(self, source: Source, result: PollResult, *, is_stopped: bool) -> None:
        before, fresh = self.healths[source.key], result.health
        if fresh.fingerprint != source.fingerprint:
            fresh = replace(fresh, fingerprint=source.fingerprint)
        health = assess_health(fresh, source, result.received, is_refused=is_stopped)
        self.healths[source.key] = health
        _log_transition(before, health)
        self._enqueue(result if health is result.health else replace(result, health=health))

    def judge_all(self, sources: Mapping[str, Source], now: datetime) -> list[SourceHealth]:
        """Healths that moved by the mere passing of time: late, stale."""
        moved = []
        for key, source in sources.items():
            before = self.healths[key]
            health = assess_health(before, source, now, is_refused=self._is_stopped(source))
            if health is not before:
                self.healths[key] = health
                _log_transition(before, health)
                moved.append(health)
        return moved


def _is_unusable(health: SourceHealth) -> bool:
    """Whether the last that came could not be used: until something comes, as a listener waits for, that stands."""
    return health.last_error is not None and health.last_error.code in {*SKEW_CODES, IngestCode.NOTHING_ACCEPTED}


def clock_skew_failure(raw: Batch, now: datetime) -> Failure | None:
    """That the clock of the source runs ahead, and by how much; None when it does not."""
    lead = clock_lead(raw, now)
    return skew_failure(lead) if lead else None


def _dropped_failure(dropped: int) -> Failure | None:
    return Failure(IngestCode.MESSAGES_DROPPED, {"n": dropped}) if dropped else None


def _with_dropped(batch: Batch, dropped: int) -> Batch:
    """With a line among the refused that tells what was given up, and stays when the count has gone."""
    failure = _dropped_failure(dropped)
    return replace(batch, rejected_items=(*batch.rejected_items, RejectedItem("", failure))) if failure else batch


def _data_time(source: Source, payload: Payload, batch: Batch, now: datetime) -> datetime | None:
    """How new the data are. A source of events that answers tells what stands now, however old each event is."""
    if source.events and payload.has_data:
        return now
    return latest_value_time(batch.readings)


def admit_batch(
    raw: Batch, source: Source, context: FetchContext, now: datetime, unit_index: UnitIndex = EMPTY_UNIT_INDEX
) -> Batch:
    """What of `raw` may be shown; what is refused is kept without the secrets that the source may have echoed."""
    batch = validate_batch(raw, source.polled_series(), now)
    events, aside = admit_events(raw.events, {one.key for one in source.events}, now)
    masked = context.mask_secrets
    refused = (
        RejectedItem(masked(one.location), one.failure.map_text(masked), masked(one.sample))
        for one in (*batch.rejected_items, *aside)
    )
    once = _without_repeats(events)
    shown = tuple(_with_drill_and_units(one, source, unit_index) for one in once)
    # An event that may not be shown is not one that has ended.
    whole = frozenset() if aside else raw.complete_kinds
    repeated = batch.duplicate_count + len(events) - len(once)
    return Batch(batch.readings, tuple(refused), shown, whole, raw.camera_images, repeated)


def _without_repeats(events: Sequence[Event]) -> list[Event]:
    """The events without those that say what was said of the same thing before."""
    newest: dict[tuple[str, str], Event] = {}
    once = []
    for one in events:
        if newest.get((one.kind, one.key)) != one:
            once.append(one)
        newest[one.kind, one.key] = one
    return once


def _with_drill_and_units(event: Event, source: Source, ground: UnitIndex) -> Event:
    """With the mark of its source's exercise; where it names no unit, with those that its area covers."""
    drill = event.is_drill or source.is_drill
    if event.unit_codes or event.area is None:
        return replace(event, is_drill=drill)
    return replace(event.with_units(ground.units_overlapping(event.area)), is_drill=drill)


async def _parse(connector: Connector, source: Source, payload: Payload, now: datetime) -> Batch:
    if sum(len(page.body) for page in payload.pages) < LARGE_BODY_BYTES:
        return connector.parse(source, payload, now)
    return await asyncio.to_thread(connector.parse, source, payload, now)


def back_off(source: Source, failures: int, retry_after: float | None) -> timedelta:
    """How long to leave a failing source alone: what it asked for, else twice as long each time up to a minute."""
    if retry_after is not None:
        return min(timedelta(seconds=max(0.0, retry_after)), MAX_RETRY_AFTER)
    if failures < 2:
        return timedelta(0)
    longest = max(MAX_BACK_OFF - source.poll_interval, timedelta(0))
    return min(source.poll_interval * float(2 ** min(failures - 2, 16)), longest)


def _log_transition(before: SourceHealth, after: SourceHealth) -> None:
    """One line when a source is lost, one when it is back."""
    if (before.state in LOST_STATES) is (after.state in LOST_STATES):
        return
    if after.state in LOST_STATES:
        log.warning("%s is lost (%s): %s", after.source, after.state, after.last_error or "its data are too old")
    else:
        log.info("%s is back", after.source)
