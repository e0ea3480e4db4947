"""All that a screen or a sheet of paper shows, frozen at one moment. Operations build it, components draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ioc.domain.base.host_health import Condition
from ioc.domain.base.localized_text import Text
from ioc.domain.directives.directive import Register
from ioc.domain.events.event import Event
from ioc.domain.geo.place import Station, Unit
from ioc.domain.ingest.dropped import GivenUp, Way
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.reading import Aside
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import Kpi, KpiValue, Severity, State
from ioc.domain.submissions.submission import NOTHING_HANDED, HandedIn

# A line of a chart: times rising, value None where the line breaks.
Line = tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source and how it is."""

    source: Source
    health: Health


@dataclass(frozen=True, slots=True)
class Apart:
    """Another telling of a quantity, which is `gap` away from the one shown; both in the unit of its main series."""

    gap: float
    value: float
    source: str
    data_time: datetime


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One series as a map point or a table shows it. `value` only when state is OK.

    `source`: who tells it, which is a twin where that stands in for the main one.
    """

    series: Series
    state: State
    value: float | None
    last_value: float | None
    data_time: datetime | None
    simulated: bool
    source: str
    decimals: int = 1
    severity: Severity = Severity.NORMAL
    drill: bool = False
    also: tuple[str, ...] = ()  # other sources that bring the same quantity
    apart: Apart | None = None  # the farthest of them; None when all are within the tolerance
    phoned: bool = False  # whether it was told by telephone
    stands_in_for: str = ""  # key of the main source, where that one is not good


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI with its value, its line of the last 24 hours and its values by unit code.

    `drill`: all its inputs are of an exercise; the configuration lets none be of both.
    """

    kpi: Kpi
    value: KpiValue
    line: Line = ()
    places: Mapping[str, KpiValue] = field(default_factory=dict)
    drill: bool = False
    pairs: tuple[SeriesView, ...] = ()  # those of its inputs that several sources tell


@dataclass(frozen=True, slots=True)
class EventView:
    """An event that stands. `sources`: those that tell of it, as they are configured; `apart`: what they disagree on.

    `id`: "source/key" of the first telling: it stays while others join. `health`, `heard`, `age_limit`: of those that
    tell the severity shown the source that is heard best, and when it last told something; `state`: the same as figures
    have it. `revision`: which telling of it this is, 1 for the first. `first`: when it was told first, None: as known.
    """

    event: Event
    sources: tuple[str, ...]
    known: datetime
    simulated: bool
    drill: bool
    apart: tuple[str, ...] = ()
    id: str = ""
    state: State = State.OK
    health: SourceState = SourceState.LIVE
    heard: datetime | None = None
    age_limit: timedelta = timedelta(0)
    revision: int = 1
    first: datetime | None = None

    @property
    def begun(self) -> datetime:
        """When it began or, where nobody tells that, when it was told first. It may lie ahead."""
        return self.event.started or self.first or self.known

    def since(self, at: datetime) -> datetime:
        """Since when there is something to see at `at`: it began, or was told to come."""
        return self.begun if self.begun <= at else self.first or self.known


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A station with its series. Its state is the best of them, its severity the worst."""

    station: Station
    series: tuple[SeriesView, ...]
    state: State
    severity: Severity
    simulated: bool


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that needs eyes now. `link`: the page that tells more. `severity` is never NORMAL."""

    kind: str  # event, kpi, source, answers, apart, machine, task, figures
    key: str
    severity: Severity
    title: Text
    detail: Text
    since: datetime
    link: str
    simulated: bool = False
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the centre is: configuration, never code."""

    centre: Text
    city: Text


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`at`: the moment shown. `version`: of the store then. `live`: False for a past moment.

    `register` is a directive.Register: documents, tasks, agencies; statuses are derived from it at `at`.
    """

    at: datetime
    version: int
    live: bool
    identity: Identity
    figures: Mapping[str, Figure]
    sources: tuple[SourceView, ...]
    points: tuple[MapPoint, ...]
    units: Mapping[str, Unit]
    register: Register
    attention: tuple[Attention, ...] = ()
    agency_names: Mapping[str, Text] = field(default_factory=dict)
    events: tuple[EventView, ...] = ()  # the newest first
    pictures: Mapping[str, datetime] = field(default_factory=dict)  # when the last one of a camera was taken, by its id
    machine: tuple[Condition, ...] = ()  # how the machine under the centre is
    refused: Sequence[Aside] = ()  # the newest first, of each source some
    given_up: Mapping[Way, Mapping[str, GivenUp]] = field(default_factory=dict)  # by source; of the present alone
    overview: tuple[str, ...] = ()  # keys of the KPIs that the overview shows, in order
    handed: HandedIn = NOTHING_HANDED

    @property
    def simulated(self) -> bool:
        """Whether anything here is simulated: then the screen says so."""
        return any(one.source.simulated for one in self.sources) or self.register.simulated
