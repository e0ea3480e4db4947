"""The read model: everything that a screen or a printed page shows, at one moment. ioc.snapshot builds it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from ioc.domain.base.host_health import HostCondition
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.directives.followed import NO_FOLLOWED_TASKS, FollowedTasks, NewlyOverdue
from ioc.domain.directives.instruction import LateInstructions
from ioc.domain.events.event import Event
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.dropped import DropCounter, DropReason
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import StoredRejection
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Severity
from ioc.domain.submissions.submission import NO_SUBMISSIONS, SubmissionData

# A line of a chart: (time, value) in order of time; None where the line breaks.
Line = tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source and its health."""

    source: Source
    health: SourceHealth


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The value of another source for the same quantity, `gap` away from the active one; in the main series' unit."""

    gap: float
    value: float
    source: str
    data_time: datetime


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One series as a map point or a table shows it. `value` is set only when the state is OK.

    `source`: key of the source that brings the value, which may be that of a redundant series.
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
    disagreement: Disagreement | None = None  # the largest one; None when all are within the tolerance
    is_phoned: bool = False  # reported by telephone
    is_target_met: bool | None = None  # by the target of the KPI that applies to it
    failover_for: str = ""  # key of the main source where a redundant one is shown in its place


@dataclass(frozen=True, slots=True)
class KpiFigure:
    """A KPI with its value, its line of the last 24 hours and its values by unit code.

    `is_drill`: its inputs belong to a drill; the configuration does not allow inputs of both kinds.
    """

    kpi: Kpi
    value: KpiValue
    line: Line = ()
    values_by_place: Mapping[str, KpiValue] = field(default_factory=dict)
    is_drill: bool = False
    redundant_series: tuple[SeriesView, ...] = ()  # those of its inputs that several sources bring


@dataclass(frozen=True, slots=True)
class EventView:
    """An open event. `sources`: keys of those that report it, in the order of the configuration.

    `disagreements`: names of the fields on which they disagree. `id`: "source/key" of the first report, which stays
    when other sources join. `source_state`, `last_heard`, `age_limit`: of the healthiest source that reports the
    severity shown; `state`: the same as the state of a figure. `revision`: number of the report, from 1.
    `first_reported`: None means at `recorded_at`. `has_personal`: whether personal data of the report shown is kept.
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
    has_personal: bool = False

    @property
    def began_at(self) -> datetime:
        """When it began; where no source says so, when it was first reported. It may lie in the future."""
        return self.event.started or self.first_reported or self.recorded_at

    def visible_since(self, at: datetime) -> datetime:
        """Since when it is shown, at the moment `at`: since it began, or since it was announced for the future."""
        return self.began_at if self.began_at <= at else self.first_reported or self.recorded_at


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A station with its series. `state`: the best of theirs; `severity`: the worst."""

    station: Station
    series: tuple[SeriesView, ...]
    state: FigureState
    severity: Severity
    is_simulated: bool


class AttentionKind(StrEnum):
    """What an item of the attention list is about, in the order of the list among equal severities."""

    EVENT = "event"
    KPI = "kpi"
    SOURCE = "source"  # it is down, refused or stale
    SCHEMA_DRIFT = "drift"
    DISAGREEMENT = "disagreement"  # of redundant sources
    HOST = "host"
    TASK = "task"  # of the configuration, newly overdue
    FOLLOWED_TASKS = "followed"  # newly overdue
    SUBMISSIONS = "submission"  # overdue
    INSTRUCTIONS = "instruction"  # that wait too long for a number


@dataclass(frozen=True, slots=True)
class OverdueTask:
    """What the attention list says of a task besides its title. `holder`: None when it has none."""

    document_number: str
    due: date
    days_overdue: int
    holder: LocalizedText | None


@dataclass(frozen=True, slots=True)
class OverdueSubmissions:
    """What the attention list says of overdue submissions: of one agency, or of several together.

    `agency`: its name, None for several agencies and when it is unknown. `longest`: of the longest overdue period.
    `threshold`: what the city does at the threshold that the agency has reached, None below all thresholds.
    """

    agency: LocalizedText | None
    agency_count: int
    period_count: int
    longest: timedelta
    threshold: LocalizedText | None = None


OverdueFacts = OverdueTask | NewlyOverdue | OverdueSubmissions | LateInstructions


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that needs attention now. `severity` is never NORMAL. `link`: the page with its details.

    `name`: of the thing, empty where it follows from `key` or `facts`. `facts`: what else is said of an overdue task,
    of overdue submissions or of instructions; the other kinds are looked up in the snapshot by `key`.
    """

    kind: AttentionKind
    key: str
    severity: Severity
    since: datetime
    link: str
    name: LocalizedText = field(default_factory=lambda: LocalizedText(""))
    is_simulated: bool = False
    is_drill: bool = False
    facts: OverdueFacts | None = None


@dataclass(frozen=True, slots=True)
class CentreIdentity:
    """The names of the centre and its city, from the configuration."""

    centre: LocalizedText
    city: LocalizedText


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The read model at the moment `at`. `version`: of the store then. `is_live`: False for a past moment.

    `register`: documents, tasks and agencies of the configuration, of which the statuses at `at` are derived;
    `followed`: tasks that people act on, counted at `at`.
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
    has_all_events: bool = True  # False: more are open than `events` has, so that counts of them are lower bounds
    camera_image_times: Mapping[str, datetime] = field(default_factory=dict)  # of the last image, by id of the camera
    host_conditions: tuple[HostCondition, ...] = ()
    rejections: Sequence[StoredRejection] = ()  # some of each source, the newest first
    # By source; only in the live snapshot.
    drop_counters: Mapping[DropReason, Mapping[str, DropCounter]] = field(default_factory=dict)
    overview_kpis: tuple[str, ...] = ()  # keys of the KPIs that the overview shows, in order
    submissions: SubmissionData = NO_SUBMISSIONS
    topic_versions: Mapping[str, int] = field(default_factory=dict)  # change counters; only in the live snapshot
    followed: FollowedTasks = NO_FOLLOWED_TASKS
    kpi_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # see `kpi_source_keys`
    sources_by_key: Mapping[str, SourceView] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources_by_key", {view.source.key: view for view in self.sources})

    @property
    def is_simulated(self) -> bool:
        """Whether anything shown is simulated: then every screen says so."""
        sources = any(view.source.is_simulated for view in self.sources)
        return sources or self.register.is_simulated or any(part.is_simulated for part in self.followed.parts)


def kpi_source_keys(kpis: Iterable[Kpi], sources: Sequence[Source]) -> dict[str, tuple[str, ...]]:
    """By KPI the keys of the sources of its inputs, in the order of `sources`."""
    inputs = {kpi.key: {*kpi.formula.inputs, *kpi.formula.denominator} for kpi in kpis}
    return {
        key: tuple(source.key for source in sources if not needed.isdisjoint(source.series_units))
        for key, needed in inputs.items()
    }


def people_series(snapshot: Snapshot, code: str) -> list[Series]:
    """The series of a unit that count people: its small counts are personal data."""
    keys = {
        key
        for figure in snapshot.figures.values()
        if figure.kpi.has_small_cells
        for key in (*figure.kpi.formula.inputs, *figure.kpi.formula.denominator)
    }
    every = (series for view in snapshot.sources for series in view.source.series)
    return [series for series in every if series.place == code and series.key in keys]
