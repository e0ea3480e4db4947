"""Tallies worked out: after each good answer of a source, its events are counted into readings of its own series."""

from datetime import datetime

from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Conn
from ioc.storage.events import events


def count_events(conn: Conn, source: Source, now: datetime) -> tuple[Reading, ...]:
    """A reading for each counting series of `source`, observed at `now`: 0 is a value, the source has answered."""
    held: dict[EventCountRule, events.EventCount] = {}
    found = []
    for series, tally in source.counted_series():
        if tally not in held:
            held[tally] = events.count(conn, source.key, tally, now, drill=source.is_drill)
        number = held[tally].units.get(series.place, 0) if series.place else held[tally].total
        found.append(Reading(series.key, now, float(number), series.unit))
    return tuple(found)
