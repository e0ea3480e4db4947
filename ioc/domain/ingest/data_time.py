"""How new the data of an answer are, by its own times."""

from collections.abc import Iterable
from datetime import datetime

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.events.event import Event
from ioc.domain.ingest.health import SourceHealth, is_poll_time
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch, Reading, lies_ahead
from ioc.domain.ingest.source import Source


def is_out_of_order(made: datetime, last: datetime, received: datetime | None) -> bool:
    """Whether what was sent after `last`, though made before it, came late: else a clock was set back by far.

    `received`: None: not known when.
    """
    return received is None or received - made > CLOCK_TOLERANCE or last - made <= CLOCK_TOLERANCE


def latest_event_time(events: Iterable[Event], now: datetime) -> datetime | None:
    """The latest time of an event before `now`, which an event without a time of its own has; None without one."""
    return max((event.observed for event in events if event.observed < now), default=None)


def own_data_time(batch: Batch, *, has_events: bool) -> datetime | None:
    """How new `batch` is by its own time; None when it states none. `has_events`: whether its source brings events."""
    return (batch.source_time if has_events else None) or latest_value_time(batch.readings)


def latest_value_time(readings: Iterable[Reading]) -> datetime | None:
    """The latest observed time of a reading with a value; None when there is none."""
    return max((reading.observed for reading in readings if reading.value is not None), default=None)


def data_time_after(
    source: Source, payload: Payload, batch: Batch, previous: SourceHealth, now: datetime, read_at: datetime
) -> datetime | None:
    """How new the data are: by the answer's own time, else by its newest value; None: as new as before.

    `read_at`: the time of a value whose answer states none; then they are as new as the poll, `now`.

    A list of events that states no time is as new as the poll, however old each event is; but neither an answer that
    did not change nor one that holds only what is new makes data newer that once had a time of their own.
    """
    own_time = own_data_time(batch, has_events=bool(source.events))
    if own_time is not None and lies_ahead(own_time, now):  # it tells nothing of their age
        own_time = latest_event_time(batch.events, now) or latest_value_time(batch.readings)
    if own_time is not None:
        return now if own_time == read_at else min(own_time, now)
    is_list = bool(source.events) and payload.has_data
    is_first = previous.data_time is None and not payload.is_unchanged
    is_new = bool(batch.events) or not (payload.is_unchanged or payload.is_partial)
    return now if is_list and (is_new or is_first or is_poll_time(previous)) else None
