"""Answers of many events in parts: a transaction records few enough that no sign-in and no webhook waits for it long.

All but the last part of an answer only record events, each as it was reported. Health, readings, counts over the
events, the end of events that are listed no more, and the acknowledgement of messages come with the last part.
"""

from collections.abc import Iterable
from dataclasses import replace

from ioc.domain.events.event import Event
from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.reading import Batch
from ioc.poller.poll_result import PollResult

MAX_EVENTS = 500  # of one transaction
MAX_SOURCE_EVENTS = 250  # of one source in it: the others need not wait for the end of a large answer


def take_part(waiting: Iterable[PollResult]) -> tuple[list[PollResult], list[PollResult]]:
    """What the next transaction takes of `waiting`, and what waits for the next one.

    Of each source the order stays. Sources of which something is taken wait behind the others.
    """
    taken: list[PollResult] = []
    untouched: list[PollResult] = []
    begun: list[PollResult] = []
    held: dict[str, list[PollResult]] = {}  # by source: where its results wait
    used: dict[str, int] = {}
    left = MAX_EVENTS
    for result in waiting:
        source, count = result.source.key, len(result.batch.events)
        if source in held:
            held[source].append(result)
            continue
        part_size = min(count, left, MAX_SOURCE_EVENTS - used.get(source, 0))
        left -= part_size
        used[source] = used.get(source, 0) + part_size
        if part_size == count:
            taken.append(result)
            continue
        held[source] = begun if used[source] else untouched
        if part_size:
            part, result = _split(result, part_size)
            taken.append(part)
        held[source].append(result)
    return taken, untouched + begun


def carry_counts(written: PollResult, waiting: Iterable[PollResult]) -> list[PollResult]:
    """`waiting`; the rest of the answer of which a part was written has the counts of that part's health.

    They differ when the store did not accept an event. Only the health of the rest is recorded.
    """
    return [
        replace(result, health=_with_counts(result.health, written.health))
        if written.is_part and not result.is_part and _is_rest_of(result, written)
        else result
        for result in waiting
    ]


def _is_rest_of(result: PollResult, part: PollResult) -> bool:
    is_rest = bool(result.recorded_keys)
    return is_rest and (result.source.key, result.received) == (part.source.key, part.received)


def _with_counts(health: SourceHealth, counted: SourceHealth) -> SourceHealth:
    return replace(health, accepted_count=counted.accepted_count, rejected_count=counted.rejected_count)


def _split(result: PollResult, size: int) -> tuple[PollResult, PollResult]:
    """The first `size` events of an answer, and the rest with everything else."""
    batch, listed = result.batch, result.recorded_keys
    events = batch.events if listed else tuple(sorted(batch.events, key=_replacing_first))
    listed = listed or frozenset(event.key for event in events)
    part = PollResult(
        result.source, Batch(events=events[:size]), result.received, result.health, is_part=True,
        set_back_by=result.set_back_by,
    )  # fmt: skip
    return part, replace(result, batch=replace(batch, events=events[size:]), recorded_keys=listed)


def _replacing_first(event: Event) -> tuple[bool, float]:
    """An event that another one of the answer replaces must not be open from one part to the next."""
    return not event.replaces, -event.observed.timestamp() if event.replaces else 0.0
