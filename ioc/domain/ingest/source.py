"""A source: its protocol and address, how often it is polled, the series and events that it may bring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.maintenance import MaintenanceWindow

DEFAULT_RETENTION_CLASS = "normal"  # there is always one of this name
KEPT_CLASS = "kept"  # of series whose readings are never deleted; no configuration gives it days


@dataclass(frozen=True, slots=True)
class Series:
    """A series of values over time. `unit`: the stored unit; `low`..`high`: the plausible range in it."""

    key: str
    name: LocalizedText
    unit: str
    low: float = float("-inf")
    high: float = float("inf")
    place: str = ""  # code of the commune-level unit, "" for the whole city
    station: str = ""  # key of its point on the map, "" for none
    retention_class: str = DEFAULT_RETENTION_CLASS
    count_rule: EventCountRule | None = None  # which events of the source are counted; None: it brings the values
    redundant_with: str = ""  # key of another source's series of the same quantity at the same place
    tolerance: float = 0.0  # how far the two may differ, in the unit, before it is shown


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of events that a source may bring. `retention_class`: of events that have ended."""

    key: str  # report, alert, vehicle, press, …
    name: LocalizedText
    retention_class: str = DEFAULT_RETENTION_CLASS
    is_from_people: bool = False  # people send them: small counts by unit are suppressed


@dataclass(frozen=True, slots=True)
class Source:
    """A validated row of sources.yaml. `fingerprint` changes whenever the row does."""

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
    allowed_hosts: tuple[str, ...] = ()  # hosts, besides its own, that a redirect or a next-link may lead to
    series: tuple[Series, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)  # validated by its protocol
    events: tuple[EventKind, ...] = ()
    is_drill: bool = False  # of an exercise: marked wherever it is shown, never counted with real data
    maintenance: tuple[MaintenanceWindow, ...] = ()
    duplicates: DuplicateRule | None = None  # of several values at one moment in one answer; None: rejected
    may_be_private: bool = False  # whether its address may lie on a private network or on this machine
    has_own_time: bool = True  # whether its answers say how new they are; False: the moment of the poll counts
    off_reason: Failure | None = None  # why it is off although its row is enabled
    # Of its protocol, those within one as "events.key"; None: not known. The row's own values are `options`.
    option_names: frozenset[str] | None = field(default=None, repr=False, compare=False)
    may_lack_time: bool = field(default=False, repr=False)  # whether an answer may not, although `has_own_time`
    series_units: Mapping[str, str] = field(init=False, repr=False, compare=False)  # by the key of the series

    def __post_init__(self) -> None:
        object.__setattr__(self, "series_units", {series.key: series.unit for series in self.series})

    @property
    def advised_options(self) -> frozenset[str] | None:
        """`option_names` that a reason may tell to set: not `unit`, of all values, where series have several units."""
        has_several = len({series.unit for series in self.polled_series().values()}) > 1
        return self.option_names - {"unit"} if self.option_names and has_several else self.option_names

    def polled_series(self) -> Mapping[str, Series]:
        """The series whose values come from the answers, by key."""
        return {series.key: series for series in self.series if series.count_rule is None}

    def counted_series(self) -> tuple[tuple[Series, EventCountRule], ...]:
        """The series that are counted over its events, each with its rule."""
        return tuple((series, series.count_rule) for series in self.series if series.count_rule is not None)
