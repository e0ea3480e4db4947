"""What the API answers: the shapes, from which OpenAPI is written, too. Times are ISO 8601 with the city's offset."""

from datetime import date

from pydantic import Field

from ioc.web.api.schema_base import ApiModel as ApiModel
from ioc.web.api.schema_base import Moment as Moment
from ioc.web.api.schema_base import TranslatedText as TranslatedText


class ErrorBody(ApiModel):
    """Why there is no answer. `error` is a short word for programs, `detail` a sentence for people."""

    error: str
    detail: TranslatedText


class SnapshotEnvelope(ApiModel):
    """`at`: the moment shown; `live` false for a past one; `version`: of the store."""

    at: Moment
    version: int
    live: bool
    simulated: bool = Field(description="Whether anything here is simulated.")


class KpiValue(ApiModel):
    """A figure. `value` only when `state` is ok; `last_value` is the last one known."""

    state: str = Field(description="ok, no_data, stale, error or off. A value of 0 is ok.")
    value: float | None
    last_value: float | None
    since: Moment = Field(description="When state and level became what they are.")
    data_time: Moment | None = Field(description="Of its oldest input.")
    level: str = Field(description="Key of the limit that holds, empty for none.")
    severity: str = Field(description="normal, attention or critical.")
    change: float | None
    simulated: bool
    reason: str
    phoned: bool = Field(description="Rests on a reading that was told by telephone.")


class Disagreement(ApiModel):
    """Two sources that tell one quantity differently, by more than the tolerance; both values in `unit`."""

    series: str = Field(description="Key of the main series.")
    unit: str
    source: str = Field(description="Key of the source whose value is shown.")
    value: float | None
    data_time: Moment | None
    other_source: str
    other_value: float
    other_data_time: Moment
    gap: float


class Kpi(KpiValue):
    """A KPI with its value for the whole city."""

    also: list[str] = Field(description="Keys of all sources that tell those inputs that several sources tell.")
    stand_in: str = Field(description="Key of the source that stands in for a main one that is not good, else empty.")
    apart: list[Disagreement] = Field(description="Where those sources disagree by more than the tolerance.")

    key: str
    name: TranslatedText
    unit: str
    decimals: int
    domain: str
    owner: str
    owner_name: TranslatedText


class Kpis(SnapshotEnvelope):
    """All KPIs; `overview`: the keys of those on the overview, in order."""

    overview: list[str]
    kpis: list[Kpi]


class Limit(ApiModel):
    """A named level, entered at `at`."""

    key: str
    name: TranslatedText
    at: float
    when: str
    severity: str
    deadband: float


class KpiUnitValue(KpiValue):
    """A KPI's value for one commune-level unit."""

    place: str
    place_name: str


class KpiDetail(SnapshotEnvelope):
    """One KPI: its value, its definition card, its values by place. Its history is the series `kpi-<key>`."""

    kpi: Kpi
    definition: TranslatedText
    legal_basis: TranslatedText
    formula: str
    inputs: list[str]
    version_of_definition: str
    cadence_seconds: float
    target: str
    limits: list[Limit]
    places: list[KpiUnitValue]
    series: str


class Readings(SnapshotEnvelope):
    """One series, thinned to at most `points`, its extremes kept; a value of null is where the line breaks."""

    series: str
    name: TranslatedText
    unit: str
    source: str = Field(description="Key of the source, empty for the history of a KPI.")
    start: Moment = Field(serialization_alias="from", validation_alias="from")
    end: Moment = Field(serialization_alias="to", validation_alias="to")
    points: list[tuple[Moment, float | None]]
    phoned: list[Moment] = Field(description="Which readings of the time asked for were told by telephone.")


class Area(ApiModel):
    """Where an event is, WGS 84."""

    lon: float
    lat: float
    rings: list[list[tuple[float, float]]] = Field(description="Outlines, of lists of longitude and latitude.")
    radius_km: float


class EventRevision(ApiModel):
    """What a source told of an event at a moment. Without what is personal."""

    kind: str
    key: str
    revision: int = Field(description="Which telling of it this is: 1 for the first, one more whenever anything moved.")
    observed: Moment
    known: Moment = Field(description="Since when it is known so.")
    title: str
    text: str
    stage: str = Field(description="open, closed or cancelled.")
    word: str = Field(description="The source's own word for the stage.")
    severity: str
    started: Moment | None
    due: Moment | None
    closed: Moment | None
    expires: Moment | None
    late: bool
    place: str = Field(description="Code of the unit in which it lies; empty where it concerns several.")
    places: list[str] = Field(description="Codes of all units that it concerns.")
    area: Area | None
    link: str
    facts: dict[str, str]
    drill: bool = Field(description="Of an exercise.")


class Event(EventRevision):
    """Something with a life: a report, an alert, a vehicle, an item; how it stands, and how those are who tell it."""

    sources: list[str] = Field(description="Keys of the sources that tell of it, the first one first.")
    apart: list[str] = Field(description="What these sources disagree on.")
    simulated: bool
    health: str = Field(description="Of the source that is heard best: live, late, stale, down, refused or off.")
    state: str = Field(description="ok, no_data, stale, error or off: whether its sources are heard.")
    heard: Moment | None = Field(description="When that source last answered.")


class Events(SnapshotEnvelope):
    """The events that stand, the newest first, at most 5,000."""

    events: list[Event]


class EventRevisions(SnapshotEnvelope):
    """What one source told of one event, the newest first, at most 500."""

    source: str
    revisions: list[EventRevision]


class Source(ApiModel):
    """A source and its health; counts are those of its newest good poll."""

    key: str
    name: TranslatedText
    protocol: str
    health: str = Field(description="live, late, stale, down, refused or off.")
    simulated: bool
    enabled: bool
    since: Moment
    last_try: Moment | None
    last_good: Moment | None
    data_time: Moment | None
    last_error: str
    surprise: str = Field(description="How its answers differ from what is believed of them, empty for not at all.")
    surprised: Moment | None = Field(description="When they last began to differ.")
    last_surprise: str = Field(description="How they differed then.")
    failures: int
    kept: int
    refused: int
    repeated: int = Field(description="Told more than once in the same answer.")
    every_seconds: float
    age_limit_seconds: float
    owner: str
    owner_name: TranslatedText
    licence: str
    series: list[str]


class Sources(SnapshotEnvelope):
    """All sources."""

    sources: list[Source]


class Directive(ApiModel):
    """A document. `number` as it is printed."""

    key: str
    number: str
    title: TranslatedText
    kind: str
    issuer: str
    issuer_name: TranslatedText
    issued: date | None
    published: date | None
    simulated: bool
    tasks: int
    open: int
    overdue: int


class Directives(SnapshotEnvelope):
    """The register."""

    directives: list[Directive]


class Task(ApiModel):
    """A task; its status is derived at `at`. `percent` null: nobody has reported."""

    key: str
    title: TranslatedText
    lead: str = Field(description="The agency that it was given to.")
    lead_name: TranslatedText
    holder: str = Field(description="The agency that leads it now, empty for none.")
    holder_name: TranslatedText | None
    assigned: date
    due: date | None
    first_due: date | None
    work: str = Field(description="not-started, active, waiting, done or withdrawn.")
    time: str = Field(description="no-deadline, in-time, soon, overdue, on-time, late; empty when withdrawn.")
    days_over: int
    percent: float | None
    reported: Moment | None


class DirectiveDetail(SnapshotEnvelope):
    """One document with its tasks."""

    directive: Directive
    summary: TranslatedText
    parents: list[str]
    tasks: list[Task]


class AdminUnit(ApiModel):
    """A commune-level unit; the point is its centre, for illustration, not an official boundary."""

    code: str
    name: str
    kind: str
    area_km2: float
    lon: float
    lat: float
    former: str


class AdminUnits(SnapshotEnvelope):
    """All units of the city."""

    units: list[AdminUnit]
