"""Isolation of items that the store does not accept: they become rejected items, the others are written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ioc.domain.base.failure import Failure
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Event
from ioc.domain.events.pii_masking import mask_key, mask_start
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, ValidationCode
from ioc.poller.poll_result import PollResult
from ioc.storage.db.errors import StoreCode, StoreError, first_line

MAX_TRIALS = 200  # trial transactions for one answer; a part that still fails after them is rejected as a whole

# Writes the readings and events of a result and rolls back: why the store does not accept them, "" if it does.
Trial = Callable[[PollResult], str]


def isolate(result: PollResult, trial: Trial) -> PollResult:
    """`result` without the readings and events that make `trial` fail; each becomes a rejected item with the reason.

    The image of a removed event goes with it. Its source still reports it, so nothing ends by its absence
    (`complete_kinds`).
    """
    failing = _failing_parts(result, trial)
    if not failing:
        return result
    reasons = {id(item): reason for part, reason in failing for item in (*part.readings, *part.events)}
    batch = result.batch
    rejected = tuple(_rejected_item(part, reason) for part, reason in failing)
    removed = {event.key for event in batch.events if id(event) in reasons}
    sound = replace(
        batch,
        readings=tuple(reading for reading in batch.readings if id(reading) not in reasons),
        events=tuple(event for event in batch.events if id(event) not in reasons),
        camera_images=tuple(image for image in batch.camera_images if image.key not in removed),
        complete_kinds=frozenset(),
        rejected_items=(*batch.rejected_items, *rejected),
    )
    return _with_counts(result, sound, len(reasons))


def without_refused(result: PollResult, refused: Collection[tuple[str, int, float | None]]) -> PollResult:
    """`result` without the readings, by series, time in ms and value, that differ from an hour in the store which
    cannot be corrected any more. They are one rejected item of each series, before those of the answer: of many items
    the last ones are stored.
    """
    by_series: dict[str, dict[datetime, Reading]] = {}
    kept = []
    for reading in result.batch.readings:
        if (reading.series, to_ms(reading.observed), reading.value) in refused:
            by_series.setdefault(reading.series, {})[reading.observed] = reading
        else:
            kept.append(reading)
    if not by_series:
        return result
    items = (*map(_too_late, by_series.values()), *result.batch.rejected_items)
    batch = replace(result.batch, readings=tuple(kept), rejected_items=items)
    return _with_counts(result, batch, sum(map(len, by_series.values())))


def _too_late(readings: Mapping[datetime, Reading]) -> RejectedItem:
    """Of the readings of one series, by time; the first one is the sample."""
    first = min(readings)
    value, unit = readings[first].value, readings[first].unit
    failure = Failure(ValidationCode.CORRECTION_TOO_LATE, {"n": len(readings), "first": first, "last": max(readings)})
    return RejectedItem(readings[first].series, failure, f"{'–' if value is None else value} {unit}")


def without_report(result: PollResult, reason: str) -> PollResult:
    """`result` with one rejected item in place of its own ones, without its schema and camera images.

    Its readings and events are kept.
    """
    item = RejectedItem("", Failure(IngestCode.NOT_STORABLE, external=mask_start(clean_text(reason), 120)))
    return replace(result, schema=None, batch=replace(result.batch, rejected_items=(item,), camera_images=()))


def reject_whole(result: PollResult, reason: str) -> PollResult:
    """The health of `result` and one rejected item in place of all its content, when nothing else can be stored.

    Nothing is counted over the events that are stored: a count of them would not be that of this answer. Its webhook
    messages count as taken: read again, they would fail again and hold up those behind them.
    """
    count = len(result.batch.readings) + len(result.batch.events)
    batch = Batch(rejected_items=(_rejected_item(result.batch, reason),))
    return _with_counts(replace(result, schema=None, is_countable=False), batch, count)


def _failing_parts(result: PollResult, trial: Trial) -> list[tuple[Batch, str]]:
    """The smallest parts that fail, found by halving: single items, or more once MAX_TRIALS are used up."""
    failing: list[tuple[Batch, str]] = []
    waiting, trials = [Batch(result.batch.readings, events=result.batch.events)], 0
    while waiting:
        part = waiting.pop()
        size = len(part.readings) + len(part.events)
        reason = trial(replace(result, batch=part)) if size else ""
        trials += 1
        if reason and (size == 1 or trials >= MAX_TRIALS):
            failing.append((part, reason))
        elif reason:
            waiting += _halves(part)
    return failing


def _halves(part: Batch) -> tuple[Batch, Batch]:
    items = (*part.readings, *part.events)
    middle = len(items) // 2
    return _batch_of(items[:middle]), _batch_of(items[middle:])


def _batch_of(items: Sequence[object]) -> Batch:
    readings = tuple(item for item in items if isinstance(item, Reading))
    return Batch(readings, events=tuple(item for item in items if isinstance(item, Event)))


def _rejected_item(part: Batch, reason: str) -> RejectedItem:
    """The first item of `part` stands for all of them."""
    failure = Failure(IngestCode.NOT_STORABLE, external=mask_start(clean_text(reason), 120))
    if part.readings:
        reading = part.readings[0]
        return RejectedItem(clean_text(reading.series, 120), failure, f"{reading.value} {clean_text(reading.unit, 40)}")
    if part.events:
        event = part.events[0]
        location = f"{event.kind}/{mask_key(clean_text(event.key), 120)}"[:120]
        return RejectedItem(location, failure, mask_start(clean_text(event.title), 120))
    return RejectedItem("", failure)


def _with_counts(result: PollResult, batch: Batch, removed: int) -> PollResult:
    health = result.health
    counted = replace(
        health,
        accepted_count=max(health.accepted_count - removed, 0),
        rejected_count=health.rejected_count + max(removed, 1),
    )
    return replace(result, batch=batch, health=counted)


def is_fault_of_data(error: Exception) -> bool:
    """Whether store and machine are sound, and what was to be written is not accepted, cannot be encoded or is wrong.

    Without memory, descriptors or threads anything may fail: what was to be written is written later.
    """
    if isinstance(error, StoreError):
        return error.failure.code == StoreCode.DATA_REJECTED
    return not isinstance(error, MemoryError | OSError) and str(error) != "can't start new thread"


def reason_of(error: Exception) -> str:
    """What the store says of what it does not accept."""
    return error.failure.external if isinstance(error, StoreError) else first_line(error)
