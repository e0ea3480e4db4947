"""All that a screen or a sheet of paper shows, frozen at one moment. Operations build it, components draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ioc.domain.base.host_health import HostCondition
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.events.event import Event
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.dropped import DropCounter, DropReason
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import StoredRejection
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Severity
from ioc.domain.submissions.submission import NO_SUBMISSIONS, SubmissionData

# A line of a chart: times rising, value None where the line breaks.
Line = tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source and how it is."""

    source: Source
    health: SourceHealth


@dataclass(frozen=True, slots=True)
class Disagreement:
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
    state: FigureState
    value: float | None
    last_value: float | None
    data_time: datetime | None
    is_simulated: bool
    source: str
    decimals: int = 1
    severity: Severity = Severity.NORMAL
    is_drill: bool = False
    redundant_sources: tuple[str, ...] = ()  # other sources that bring the same quantity
    disagreement: Disagreement | None = None  # the farthest of them; None when all are within the tolerance
    is_phoned: bool = False  # whether it was told by telephone
    failover_for: str = ""  # key of the main source, where that one is not good


@dataclass(frozen=True, slots=True)
class KpiFigure:
    """A KPI with its value, its line of the last 24 hours and its values by unit code.

    `drill`: all its inputs are of an exercise; the configuration lets none be of both.
    """

    kpi: Kpi
    value: KpiValue
    line: Line = ()
    values_by_place: Mapping[str, KpiValue] = field(default_factory=dict)
    is_drill: bool = False
    redundant_series: tuple[SeriesView, ...] = ()  # those of its inputs that several sources tell


@dataclass(frozen=True, slots=True)
class EventView:
    """An event that stands. `sources`: those that tell of it, as they are configured; `apart`: what they disagree on.

    `id`: "source/key" of the first telling: it stays while others join. `health`, `heard`, `age_limit`: of those that
    tell the severity shown the source that is heard best, and when it last told something; `state`: the same as figures
    have it. `revision`: which telling of it this is, 1 for the first. `first`: when it was told first, None: as known.
    """

    event: Event
    sources: tuple[str, ...]
    recorded_at: datetime
    is_simulated: bool
    is_drill: bool
    disagreements: tuple[str, ...] = ()
    id: str = ""
    state: FigureState = FigureState.OK
    source_state: SourceState = SourceState.LIVE
    last_heard: datetime | None = None
    age_limit: timedelta = timedelta(0)
    revision: int = 1
    first_reported: datetime | None = None

    @property
    def began_at(self) -> datetime:
        """When it began or, where nobody tells that, when it was told first. It may lie ahead."""
        return self.event.started or self.first_reported or self.recorded_at

    def visible_since(self, at: datetime) -> datetime:
        """Since when there is something to see at `at`: it began, or was told to come."""
        return self.began_at if self.began_at <= at else self.first_reported or self.recorded_at


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A station with its series. Its state is the best of them, its severity the worst."""

    station: Station
    series: tuple[SeriesView, ...]
    state: FigureState
    severity: Severity
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that needs eyes now. `link`: the page that tells more. `severity` is never NORMAL."""

    kind: str  # event, kpi, source, drift, disagreement, host, task, submission
    key: str
    severity: Severity
    title: LocalizedText
    detail: LocalizedText
    since: datetime
    link: str
    is_simulated: bool = False
    is_drill: bool = False


@dataclass(frozen=True, slots=True)
class CentreIdentity:
    """Who the centre is: configuration, never code."""

    centre: LocalizedText
    city: LocalizedText


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`at`: the moment shown. `version`: of the store then. `live`: False for a past moment.

    `register` is a directive.Register: documents, tasks, agencies; statuses are derived from it at `at`.
    """

    at: datetime
    version: int
    is_live: bool
    identity: CentreIdentity
    figures: Mapping[str, KpiFigure]
    sources: tuple[SourceView, ...]
    map_points: tuple[MapPoint, ...]
    units: Mapping[str, AdminUnit]
    register: Register
    attention: tuple[AttentionItem, ...] = ()
    agency_names: Mapping[str, LocalizedText] = field(default_factory=dict)
    events: tuple[EventView, ...] = ()  # the newest first
    camera_image_times: Mapping[str, datetime] = field(
        default_factory=dict
    )  # when the last one of a camera was taken, by its id
    host_conditions: tuple[HostCondition, ...] = ()  # how the machine under the centre is
    rejections: Sequence[StoredRejection] = ()  # the newest first, of each source some
    drop_counters: Mapping[DropReason, Mapping[str, DropCounter]] = field(
        default_factory=dict
    )  # by source; of the present alone
    overview_kpis: tuple[str, ...] = ()  # keys of the KPIs that the overview shows, in order
    submissions: SubmissionData = NO_SUBMISSIONS

    @property
    def is_simulated(self) -> bool:
        """Whether anything here is simulated: then the screen says so."""
        return any(one.source.is_simulated for one in self.sources) or self.register.is_simulated
