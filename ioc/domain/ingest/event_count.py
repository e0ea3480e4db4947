"""The rule by which events of a source are counted into a series."""

from dataclasses import dataclass
from datetime import timedelta

from ioc.domain.events.event import EventStage


@dataclass(frozen=True, slots=True)
class EventCountRule:
    """Which events count. An empty condition holds for all; cancelled events count only when `stage` asks for them.

    `stage` open: not expired either. `is_late`: whether past due when closed, or now. `max_age`: longest time since the
    event started (closed events: since they closed). `source_statuses`: the source's own words for a stage. `facts`:
    pairs of name and value.
    """

    kind: str
    stage: EventStage | None = None
    is_late: bool | None = None
    max_age: timedelta | None = None
    source_statuses: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
