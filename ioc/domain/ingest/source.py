"""A source of readings: what it is, how often it is asked, and which series it may bring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.maintenance import MaintenanceWindow


@dataclass(frozen=True, slots=True)
class Series:
    """One line of values over time. `unit` is the unit kept; `low`..`high` the plausible range in it."""

    key: str
    name: LocalizedText
    unit: str
    low: float = float("-inf")
    high: float = float("inf")
    place: str = ""  # code of the commune-level unit, "" for the whole city
    station: str = ""  # key of the map point that it belongs to, "" for none
    retention_class: str = "normal"  # retention class
    count_rule: EventCountRule | None = (
        None  # what is counted over the source's events; None: the source brings the values itself
    )
    redundant_with: str = ""  # key of the series of another source that is the same quantity at the same place
    tolerance: float = 0.0  # how far the two may be apart, in the unit, before that is shown


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of events that a source may bring. `keep`: class of retention of those that have ended."""

    key: str  # report, alert, vehicle, press, …
    name: LocalizedText
    retention_class: str = "normal"
    is_from_people: bool = False  # people send them: counts by unit under FEW (ioc/domain/kpis/kpi.py) are not told


@dataclass(frozen=True, slots=True)
class Source:
    """A row of sources.yaml, checked. `fingerprint` changes whenever the row does. `keys`: of its series."""

    key: str
    name: LocalizedText
    protocol: str
    address: str
    poll_interval: timedelta
    deadline: timedelta
    age_limit: timedelta
    owner: str
    licence: LocalizedText
    is_simulated: bool
    is_enabled: bool
    fingerprint: str
    allowed_hosts: tuple[str, ...] = ()  # hosts that a redirect or a next-link may lead to, besides the address's own
    series: tuple[Series, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)  # validated by its protocol
    events: tuple[EventKind, ...] = ()
    is_drill: bool = False  # of an exercise: marked wherever it is shown, never mixed into figures of others
    maintenance: tuple[MaintenanceWindow, ...] = ()
    may_be_private: bool = False  # whether it may lie on a private network or on this machine
    series_keys: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "series_keys", frozenset(one.key for one in self.series))

    def polled_series(self) -> Mapping[str, Series]:
        """The series that its answers may bring, by key."""
        return {one.key: one for one in self.series if one.count_rule is None}

    def counted_series(self) -> tuple[tuple[Series, EventCountRule], ...]:
        """The series that are counted over its events."""
        return tuple((one, one.count_rule) for one in self.series if one.count_rule is not None)
