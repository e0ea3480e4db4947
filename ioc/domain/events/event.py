"""An event: something with a beginning and an end, such as a citizen report, an alert, a vehicle or a news item.

Readings are numbers over time; events are what lists and maps show. Figures about events (how many are open, how many
were closed on time) are readings too, counted from the events after each poll of their source.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self

from ioc.domain.base.severity import Severity
from ioc.domain.events.pii_masking import LONGEST

LONGEST_TEXT = 20_000  # characters of a text as a source wrote it, several times what is stored; the rest is cut


class EventStage(StrEnum):
    """The stage of an event. Expired is no stage: it follows from `expires` and the moment shown."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class EventMoment(NamedTuple):
    """An event of a source, by its kind and key, and the time of one of its states."""

    kind: str
    key: str
    observed: datetime


@dataclass(frozen=True, slots=True)
class Area:
    """The place of an event in WGS 84: a point, and what it covers: outlines of (lon, lat) or a circle (0: none).

    An outline of one vertex is a further point; any other whose last vertex is not its first is a line.
    """

    lon: float
    lat: float
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    radius_km: float = 0.0

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Its point, then the further ones."""
        return ((self.lon, self.lat), *(ring[0] for ring in self.rings if len(ring) == 1))

    def thinned_out(self, limit: int) -> Self:
        """Where it has more than `limit` vertices: of outlines and of further points every nth.

        An outline keeps at least four vertices; the largest come first, as far as they fit, the first one always.
        """
        step = -(-sum(map(len, self.rings)) // limit)
        if step <= 1:
            return self
        left, free = list[tuple[tuple[float, float], ...]](), limit
        for ring in sorted((ring for ring in self.rings if len(ring) > 1), key=len, reverse=True):
            part = (*ring[: -1 : min(step, max(1, (len(ring) - 1) // 3))], ring[-1])
            free -= len(part)
            if free < 0 and left:
                break
            left.append(part)
        return replace(self, rings=(*left, *[ring for ring in self.rings if len(ring) == 1][::step]))


# Not the kind: it is one of the row, or the event is rejected. A key cut here is still too long to be accepted.
_TEXT_FIELDS = ("key", "title", "source_status", "text", "link", "shared_id")


def _beginning(text: str) -> str:
    """A text as it is, or the beginning of a long one, without what the cut may have split: it would not be masked."""
    return text if len(text) <= LONGEST_TEXT else " ".join(text[:LONGEST_TEXT].split())[:-LONGEST]


@dataclass(frozen=True, slots=True)
class Event:
    """The current state of an event. `key` is the source's own id; times are aware.

    `source_status`: the source's own word for the stage. `place`: code of the commune-level unit in which it lies;
    `places`: codes of all units that it concerns when there are several (`place` is "" then). `shared_id`: an id that
    other sources use for the same event. `replaces`: keys of events that this one ends. `facts` are shown as they are;
    `personal` is stored apart and shown only with a permission.
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

    def __post_init__(self) -> None:
        """Bounds the texts, so that no later step pays for a long one, whatever protocol it came by."""
        for name in _TEXT_FIELDS:
            if len(text := getattr(self, name)) > LONGEST_TEXT:
                object.__setattr__(self, name, _beginning(text))
        for name in ("facts", "personal"):
            texts = getattr(self, name)
            if any(len(key) > LONGEST_TEXT or len(text) > LONGEST_TEXT for key, text in texts.items()):
                bounded = {_beginning(key): _beginning(text) for key, text in texts.items()}
                object.__setattr__(self, name, bounded)

    @property
    def unit_codes(self) -> tuple[str, ...]:
        """Codes of all units that it concerns; empty when none is known."""
        return self.places or ((self.place,) if self.place else ())

    def with_units(self, units: Iterable[str]) -> "Event":
        """A copy that concerns the units with these codes."""
        codes = tuple(dict.fromkeys(filter(None, units)))
        return replace(self, place=codes[0] if len(codes) == 1 else "", places=codes if len(codes) > 1 else ())

    @property
    def is_severe(self) -> bool:
        """Whether it is critical, or its issuer calls it severe or extreme (CAP 1.2).

        An alert of the latter kind may be far ahead or only possible, so that its severity is no more than attention.
        """
        issued = self.facts.get("severity", "").casefold()
        return self.severity is Severity.CRITICAL or (
            self.severity is not Severity.NORMAL and issued in ("severe", "extreme")
        )

    def is_current(self, at: datetime) -> bool:
        """Whether it is open and not expired at `at`."""
        return self.stage is EventStage.OPEN and (self.expires is None or self.expires > at)

    def is_late(self, at: datetime) -> bool:
        """Whether it was closed after its due time, or is open past it at `at`."""
        return self.due is not None and (self.closed or at) > self.due
