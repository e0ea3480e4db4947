"""How new the data of an answer are, by its own times."""

from collections.abc import Iterable
from datetime import datetime

from ioc.domain.events.event import Event
from ioc.domain.ingest.reading import Batch, Reading


def latest_event_time(events: Iterable[Event], now: datetime) -> datetime | None:
    """The latest time of an event before `now`, which an event without a time of its own has; None without one."""
    return max((event.observed for event in events if event.observed < now), default=None)


def own_data_time(batch: Batch, *, has_events: bool) -> datetime | None:
    """How new `batch` is by its own time; None when it states none. `has_events`: whether its source brings events."""
    return (batch.source_time if has_events else None) or latest_value_time(batch.readings)


def latest_value_time(readings: Iterable[Reading]) -> datetime | None:
    """The latest observed time of a reading with a value; None when there is none."""
    return max((reading.observed for reading in readings if reading.value is not None), default=None)
