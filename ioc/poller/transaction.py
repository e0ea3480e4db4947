"""One transaction of the writer: readings, events, health and KPI values of several polls, all or none of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, ClockReading
from ioc.domain.base.times import RESOLUTION, to_ms
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.ingest.dropped import DropCounter, DropReason, single_drop
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.reading import ENDED, Reading
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Aggregate, Latest
from ioc.poller.isolation import without_refused
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.poll_result import PollResult
from ioc.poller.state import LatestValues
from ioc.storage import webhook_queue
from ioc.storage.clock_correction import ClockCorrection
from ioc.storage.db import change_counter
from ioc.storage.db.dialect import KEYS_PER_QUERY
from ioc.storage.db.store import Conn
from ioc.storage.events import camera_images, events
from ioc.storage.events import counts as event_counts
from ioc.storage.timeseries import (
    drop_counters,
    kpi_values,
    newest_reading,
    readings,
    rejected_items,
    schema_profiles,
    source_health,
    withdrawn_readings,
)

# What lies ahead of a clock that was set back is withdrawn so long before the clock shows its time, not all at once: it
# may be the readings of days, and right, where the clock was set back by mistake. What is timed after the step leads by
# CLOCK_TOLERANCE at most, so that it never lies where readings are still to be withdrawn.
_WITHDRAWAL_LEAD, _WITHDRAWAL_STEP = timedelta(minutes=3), timedelta(seconds=10)
_WITHDRAWAL = frozenset({"readings", "history"})  # the topics that it changes
Healths = Mapping[str, SourceHealth]


class Withdrawn(NamedTuple):
    """For how large a step back of the clock, in all, readings are withdrawn; until which time those that lie ahead.

    `until`: None where this process has withdrawn none since the last step.
    """

    set_back_by: timedelta
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _TransactionHistory:
    """The stored readings as the KPI engine asks for them, those of the open transaction included."""

    conn: Conn

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        return readings.aggregate_window(self.conn, series, start, end)

    def before(self, series: str, moment: datetime) -> Latest | None:
        return newest_reading.latest_before(self.conn, series, moment)


class Transaction:
    """Writes poll results into an open connection and keeps the values in memory in step with them."""

    def __init__(
        self, latest_values: LatestValues, kpi_engine: KpiEngine, clock_correction: ClockCorrection,
        deduplication_rules: Sequence[DeduplicationRule] = (),
    ) -> None:  # fmt: skip
        self._latest_values, self._kpi_engine = latest_values, kpi_engine
        self.clock_correction, self._deduplication_rules = clock_correction, deduplication_rules
        self.withdrawn: Withdrawn | None = None  # before the first transaction

    def write(
        self,
        conn: Conn,
        results: Sequence[PollResult],
        changed_healths: Healths,
        shed: Sequence[DropCounter],
        clock: ClockReading,
    ) -> None:
        """All of `results`, the healths that changed since without a poll and the counts of what was shed."""
        now = clock.now
        self.clock_correction.follow(conn, now)
        is_first = self.withdrawn is None or self.withdrawn.set_back_by != clock.set_back_by
        withdrawn = self._withdraw_timed_before(conn, clock)
        topics, results = self._write_readings(conn, results, now, after=clock.runs_from if is_first else now)
        topics |= withdrawn | self._write_side_tables(conn, results, shed)
        polled = {result.source.key: result.health for result in results if not result.is_part}
        healths = {**polled, **changed_healths}
        if healths:
            self._latest_values.healths.update(healths)
            topics.add("sources")
        self._kpi_engine.mark_changed(self.changed_series(results, healths))
        self._latest_values.history = _TransactionHistory(conn)
        values = self._kpi_engine.evaluate_due(now)
        if values:
            topics.add("kpis")
        if topics:
            known_at = change_counter.bump_measured(conn, topics, now)
            source_health.record(conn, list(healths.values()), known_at)
            kpi_values.record(conn, values, known_at)
            if is_first and withdrawn:
                kpi_values.resume_lines(conn, self._kpi_engine.current.values(), known_at)

    def _withdraw_timed_before(self, conn: Conn, clock: ClockReading) -> frozenset[str]:
        """After the clock was set back the age of what was timed by it is not known: it counts no more.

        Nor what lies ahead, in windows that will reach it. The topics that changed.
        """
        now, set_back_by, runs_from = clock
        last = self.withdrawn or Withdrawn(timedelta(0), runs_from + CLOCK_TOLERANCE)
        is_step, until = set_back_by != last.set_back_by, now + _WITHDRAWAL_LEAD
        if not is_step and not self.clock_correction.state.is_behind:
            self.withdrawn = Withdrawn(set_back_by, None)
            return frozenset()
        # From the step on, not from now: nothing that was timed since is stored yet, and the store may have taken none.
        after = runs_from if is_step else max(last.until or now + CLOCK_TOLERANCE, runs_from)
        if not is_step and until - after < _WITHDRAWAL_STEP:
            self.withdrawn = last
            return frozenset()
        self.withdrawn = Withdrawn(set_back_by, until)
        series = self._latest_values.timed_by_poll(self._latest_values.healths.values())
        is_any = withdrawn_readings.withdraw(conn, series, after, until, now, with_kpis=True)
        if is_step:
            webhook_queue.forget_receipts(conn)
            self._kpi_engine.mark_all_changed()
            self._withdraw_latest(conn, series)
        return _WITHDRAWAL if is_any or is_step else frozenset()

    def _withdraw_latest(self, conn: Conn, series: Sequence[str]) -> None:
        """The newest readings of `series` count no more."""
        for start in range(0, len(series), KEYS_PER_QUERY):
            readings.withdraw_latest(conn, series[start : start + KEYS_PER_QUERY])
        self._latest_values.withdraw(series)

    def try_batch(self, conn: Conn, result: PollResult, now: datetime) -> None:
        """Writes the readings and events of `result` only, and changes nothing in memory: for a trial."""
        if result.batch.events:
            self._record_events(conn, [result], now)
        readings.append_all(conn, [(result.source.key, result.batch.readings, result.received)])

    def _write_readings(
        self, conn: Conn, results: Sequence[PollResult], now: datetime, *, after: datetime
    ) -> tuple[set[str], Sequence[PollResult]]:
        """Events first: the readings of series that count events follow from them.

        The topics that changed; the results without the readings that the store refuses, which are rejected items.
        `after`: no reading that is timed rightly lies after it yet.
        """
        topics, counts = set[str](), dict[int, tuple[Reading, ...]]()
        if any(result.source.events for result in results):
            topics |= self._record_events(conn, results, now)
            counts = {id(result): self._counts(conn, result) for result in _countable(results)}
        has_readings = any(result.batch.readings for result in results) or any(counts.values())
        # Known from this commit on, as the KPI values that follow from them: a past moment shows both or neither.
        known_at = change_counter.bump_measured(conn, {"readings"}, now) if has_readings else now
        set_back_by, known_until = self.withdrawn or Withdrawn(timedelta(0), None)
        late = [result for result in results if result.set_back_by < set_back_by]
        refused, known = frozenset[tuple[str, int, float | None]](), self._latest_values.healths
        if late:  # read before the clock was set back
            refused = self._append(conn, late, counts, known_at, now)
            healths = [health for result in late for health in (result.health, known[result.source.key])]
            series = self._latest_values.timed_by_poll(healths)
            until = max(known_until or now, now + _WITHDRAWAL_LEAD)
            withdrawn_readings.withdraw(conn, series, after, until, now, with_kpis=False)
            self._withdraw_latest(conn, series)
        timely = [result for result in results if result.set_back_by >= set_back_by] if late else results
        refused |= self._append(conn, timely, counts, known_at, now)
        return topics, [without_refused(result, refused) for result in results] if refused else results

    def _append(
        self, conn: Conn, results: Sequence[PollResult], counts: Mapping[int, tuple[Reading, ...]], known_at: datetime,
        now: datetime,
    ) -> frozenset[tuple[str, int, float | None]]:  # fmt: skip
        """Stores the readings of `results` and the counts of their events, by id. Those that the store refuses."""
        polled = [(result.source.key, batch) for result, batch in zip(results, self._with_ends(results), strict=True)]
        polled += [(result.source.key, counts[id(result)]) for result in results if id(result) in counts]
        stored = readings.append_all(conn, [(source, batch, known_at) for source, batch in polled], now)
        moments = {each[:2] for each in stored.refused}
        for _, batch in polled:
            taken = [each for each in batch if (each.series, to_ms(each.observed)) not in moments] if moments else batch
            self._latest_values.update(taken, now)
        return frozenset(stored.refused)

    def _counts(self, conn: Conn, result: PollResult) -> tuple[Reading, ...]:
        """The counts over the events of a poll, observed at its data time: over a frozen list they become stale."""
        observed = result.health.data_time or result.received
        return count_events(conn, result.source, result.received, observed, self._latest_values.sources.values())

    def _with_ends(self, results: Sequence[PollResult]) -> list[tuple[Reading, ...]]:
        """The readings of each; the ends of senders that have gone follow what those sent, also by a clock ahead."""
        with_messages = [result for result in results if result.on_committed is not None]
        has_ends = any(reading.quality == ENDED for result in with_messages for reading in result.batch.readings)
        newest, polled = dict[str, datetime](), []
        for result in results:
            readings = result.batch.readings
            if has_ends and result.on_committed is not None:
                readings = tuple(self._after_values(reading, newest) for reading in readings)
            polled.append(readings)
        return polled

    def _after_values(self, reading: Reading, newest: dict[str, datetime]) -> Reading:
        """`reading`, of an end after the last value. `newest`: time of the last reading by series, kept up to date."""
        known = self._latest_values.latest(reading.series)
        last = newest.get(reading.series) or (known.observed if known else reading.observed)
        if reading.quality == ENDED and last >= reading.observed:
            reading = replace(reading, observed=last + RESOLUTION)
        newest[reading.series] = max(last, reading.observed)
        return reading

    def _record_events(self, conn: Conn, results: Sequence[PollResult], now: datetime) -> set[str]:
        with_events = [result for result in results if result.batch.events or result.batch.complete_kinds]
        if not with_events:
            return set()
        known_at = change_counter.bump_measured(conn, {"events"}, now)
        for result in with_events:
            batch = result.batch
            events.record(
                conn, result.source.key, batch.events, known_at, batch.complete_kinds, self._deduplication_rules, now,
                result.recorded_keys,
            )  # fmt: skip
        return {"events"}

    def _write_side_tables(
        self, conn: Conn, results: Sequence[PollResult], shed: Sequence[DropCounter]
    ) -> set[str]:  # fmt: skip
        """Schemas, counters, rejected items, consumed webhook messages, camera images. The topics that changed."""
        schema_profiles.save_all(conn, [(result.source.key, result.schema) for result in results if result.schema])
        drop_counters.add(conn, DropReason.SHED, shed)
        drop_counters.add(conn, DropReason.REJECTED, _rejected_counts(results))
        for result in results:
            key, batch = result.source.key, result.batch
            rejected_items.add(conn, key, batch.rejected_items, result.received)
            webhook_queue.acknowledge(conn, key, result.message_ids)
            camera_images.save(conn, key, batch.camera_images)
        # A new image changes what is shown of its camera, which is an event.
        return {"events"} if any(result.batch.camera_images for result in results) else set()

    def changed_series(self, results: Iterable[PollResult], healths: Iterable[str]) -> set[str]:
        """The series whose KPIs may change: those with new readings and all of a source whose health changed."""
        series = {reading.series for result in results for reading in result.batch.readings}
        for key in healths:
            series |= {declared.key for declared in self._latest_values.sources[key].series}
        return series


def _rejected_counts(results: Sequence[PollResult]) -> list[DropCounter]:
    return [
        single_drop(result.source.key, len(result.batch.rejected_items), result.received)
        for result in results
        if result.batch.rejected_items
    ]


def _countable(results: Sequence[PollResult]) -> list[PollResult]:
    """The results over whose events can be counted.

    None of a source of which this transaction also has events that nothing may be counted over: they are counted too.
    """
    uncounted = {result.source.key for result in results if result.batch.events and not result.is_countable}
    return [
        result
        for result in results
        if result.is_countable and result.source.events and result.source.key not in uncounted
    ]


def count_events(
    conn: Conn, source: Source, now: datetime, observed: datetime, sources: Iterable[Source]
) -> tuple[Reading, ...]:
    """A reading at `observed` for each series of `source` that counts its events, of those that count at `now`.

    0 is a value: the source has answered. `sources`: all that are configured.
    """
    counts: dict[EventCountRule, event_counts.EventCount] = {}
    counted = []
    for series, rule in source.counted_series():
        if rule not in counts:
            others = [other.key for other in sources if other.key != source.key and _counts_kind(other, rule.kind)]
            counts[rule] = event_counts.count(conn, source.key, rule, now, others, drill=source.is_drill)
        number = counts[rule].units.get(series.place, 0) if series.place else counts[rule].total
        counted.append(Reading(series.key, observed, float(number), series.unit))
    return tuple(counted)


def _counts_kind(source: Source, kind: str) -> bool:
    """Whether a source is polled and has a series for events of this kind."""
    return source.is_enabled and any(rule.kind == kind for _, rule in source.counted_series())
