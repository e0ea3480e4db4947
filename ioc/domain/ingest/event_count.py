"""Tallies: what is counted over the events of a source, as the row of a series says."""

from dataclasses import dataclass
from datetime import timedelta

from ioc.domain.events.event import EventStage


@dataclass(frozen=True, slots=True)
class EventCountRule:
    """Which events count; an empty condition holds for all, and cancelled events count only when asked for.

    `stage` open: not expired either. `late` True: past due when closed, or now; False: not. `within`: started (closed
    ones: closed) no longer ago than this. `words`: the source's own words for a stage. `facts`: names with their value.
    """

    kind: str
    stage: EventStage | None = None
    is_late: bool | None = None
    max_age: timedelta | None = None
    source_statuses: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
