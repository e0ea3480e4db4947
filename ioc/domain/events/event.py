"""An event: one thing that happens or is told somewhere and has a life: a citizen report, an alert, a vehicle, an item.

Readings are numbers over time; an event is what a list and a map show. Its numbers (how many are open, how many were
closed on time) are tallies: readings like all others, counted from the events each time their source has answered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from ioc.domain.base.severity import Severity


class EventStage(StrEnum):
    """Where an event is in its life. Expired is not a stage: it follows from `expires` and the moment shown."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Area:
    """Where an event is, WGS 84: its point, and what it covers: outlines of (lon, lat), a circle (0: none).

    An outline that does not end where it begins is a line.
    """

    lon: float
    lat: float
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    radius_km: float = 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """What a source tells of one thing now. `key` is the source's own id; times are aware.

    `word`: the source's own word for the stage. `place`: code of the commune-level unit in which it lies; `places`: of
    all that it concerns, where they are several, `place` is "" then. `same`: what other sources
    call the same thing by. `replaces`: keys of events that this one ends. `facts` are shown as they are;
    `personal` is kept apart and never shown without a permission.
    """

    kind: str
    key: str
    observed: datetime
    title: str
    stage: EventStage = EventStage.OPEN
    source_status: str = ""
    severity: Severity = Severity.NORMAL
    text: str = ""
    started: datetime | None = None
    due: datetime | None = None
    closed: datetime | None = None
    expires: datetime | None = None
    place: str = ""
    area: Area | None = None
    link: str = ""
    shared_id: str = ""
    replaces: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    is_drill: bool = False  # of an exercise: shown as such, never counted with what is real

    @property
    def unit_codes(self) -> tuple[str, ...]:
        """Codes of all units that it concerns, one or several; empty where none is known."""
        return self.places or ((self.place,) if self.place else ())

    def with_units(self, units: Iterable[str]) -> "Event":
        """Itself, concerning the units of these codes: one, several or none."""
        codes = tuple(dict.fromkeys(filter(None, units)))
        return replace(self, place=codes[0] if len(codes) == 1 else "", places=codes if len(codes) > 1 else ())

    @property
    def is_severe(self) -> bool:
        """Whether it asks for eyes by itself: critical, or called severe or extreme by who issued it (CAP 1.2).

        The latter may be far ahead or only possible, and is then no more than attention.
        """
        issued = self.facts.get("severity", "").casefold()
        return self.severity is Severity.CRITICAL or (
            self.severity is not Severity.NORMAL and issued in ("severe", "extreme")
        )

    def is_current(self, at: datetime) -> bool:
        """Whether it stands at `at`: open and not expired."""
        return self.stage is EventStage.OPEN and (self.expires is None or self.expires > at)

    def is_late(self, at: datetime) -> bool:
        """Whether it was, or still is, past its due time."""
        return self.due is not None and (self.closed or at) > self.due
