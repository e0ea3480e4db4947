"""Tallies worked out: after each good answer of a source, its events are counted into readings of its own series."""

from datetime import datetime

from domain.reading import Reading
from domain.source import Source
from domain.tally import Tally
from storage import events
from storage.store import Conn


def counted(conn: Conn, source: Source, now: datetime) -> tuple[Reading, ...]:
    """A reading for each counting series of `source`, observed at `now`: 0 is a value, the source has answered."""
    held: dict[Tally, events.Counted] = {}
    found = []
    for series, tally in source.tallies():
        if tally not in held:
            held[tally] = events.count(conn, source.key, tally, now, drill=source.drill)
        number = held[tally].units.get(series.place, 0) if series.place else held[tally].total
        found.append(Reading(series.key, now, float(number), series.unit))
    return tuple(found)
