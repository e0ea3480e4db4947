"""Rows of the yaml files as pydantic models: sources, places and KPIs."""

from datetime import time, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from data_sources._mapping.strict_model import StrictModel
from ioc.config.row_codes import RowCode
from ioc.config.schema.field_types import (
    Duration,
    Finite,
    Id,
    Moment,
    Range,
    RepeatOver,
    Template,
    Unit,
    Weekday,
    Word,
    as_bilingual,
    parse_target,
)
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.option_errors import ConfigValueError
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.event_count import EventCountRule
from ioc.domain.ingest.maintenance import MaintenanceWindow
from ioc.domain.ingest.source import EventKind
from ioc.domain.kpis.kpi import FormulaOp, Severity, Target


class Row(StrictModel):
    """Base of the rows: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class BilingualText(Row):
    """A text in two languages."""

    vi: Annotated[str, Field(min_length=1, max_length=4000)]
    en: Annotated[str, Field(max_length=4000)] = ""

    def text(self) -> LocalizedText:
        """The value of the domain that the row describes."""
        return LocalizedText(self.vi, self.en)


TextRow = Annotated[BilingualText, BeforeValidator(as_bilingual)]


class EventCountRow(Row):
    """What a series counts over the events of its source."""

    kind: Id
    stage: EventStage | None = None
    late: bool | None = None
    within: Duration | None = None
    words: list[Word] = []
    facts: dict[str, Word] = {}

    def to_domain(self) -> EventCountRule:
        """The value of the domain that the row describes."""
        return EventCountRule(
            self.kind, self.stage, self.late, self.within, tuple(self.words), tuple(self.facts.items())
        )


class EventKindRow(Row):
    """A kind of events that a source brings."""

    kind: Id
    name: TextRow
    retention: Id = "normal"
    from_people: bool | None = None  # counts by unit under five are suppressed; None: so for reports

    def to_domain(self) -> EventKind:
        """The value of the domain that the row describes."""
        from_people = self.kind == "report" if self.from_people is None else self.from_people
        return EventKind(self.kind, self.name.text(), self.retention, from_people)


class SeriesRow(Row):
    """A series of a source; `each` repeats it over stations, units or words."""

    key: Template
    name: TextRow
    unit: Unit
    range: Range = (float("-inf"), float("inf"))
    place: Word = ""
    station: Word = ""
    retention: Id = "normal"
    event_count: EventCountRow | None = None
    redundant_with: Template | None = None
    tolerance: Annotated[Finite, Field(ge=0)] = 0.0
    each: RepeatOver = None


class MaintenanceRow(Row):
    """A window in which a source is not polled: from and to once, or at and lasts every week."""

    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None
    days: list[Weekday] = []
    at: time | None = None
    lasts: Duration | None = None
    reason: Word = ""

    @model_validator(mode="after")
    def _check_times(self) -> "MaintenanceRow":
        is_single, is_weekly = self.start and self.end, self.at is not None and self.lasts
        if bool(is_single) == bool(is_weekly):
            raise ConfigValueError(RowCode.MAINTENANCE_TIMES)
        if self.start and self.end and self.start >= self.end:
            raise ConfigValueError(RowCode.MAINTENANCE_ORDER)
        return self

    def to_domain(self) -> MaintenanceWindow:
        """The window of the domain; times without a zone are the city's."""
        days = tuple(get_args(Weekday).index(day) for day in self.days)
        return MaintenanceWindow(self.start, self.end, days, self.at, self.lasts or timedelta(0), self.reason)


class SourceRow(Row):
    """A row of sources.yaml."""

    key: Id
    name: TextRow
    protocol: str
    address: Annotated[str, Field(max_length=2000)] = ""
    every: Duration = timedelta(seconds=60)
    deadline: Duration = timedelta(seconds=5)
    age_limit: Duration
    owner: Id
    licence: TextRow
    simulated: bool = False
    enabled: bool = True
    hosts: list[str] = []
    series: Annotated[list[SeriesRow], Field(max_length=2000)] = []
    events: Annotated[list[EventKindRow], Field(max_length=20)] = []
    drill: bool = False
    duplicates: DuplicateRule | None = None  # of several values of a series at one moment in one answer
    private: bool = False
    maintenance: Annotated[list[MaintenanceRow], Field(max_length=50)] = []
    options: dict[str, Any] = {}

    @model_validator(mode="after")
    def _check_not_empty(self) -> "SourceRow":
        if not self.series and not self.events:
            raise ConfigValueError(RowCode.NO_SERIES_NO_EVENTS)
        return self


class StationRow(Row):
    """A row of stations.yaml."""

    key: Id
    name: TextRow
    kind: Id
    lon: Annotated[Finite, Field(ge=-180, le=180)]
    lat: Annotated[Finite, Field(ge=-90, le=90)]
    place: Word = ""


class UnitRow(Row):
    """A row of units.yaml."""

    code: Id
    name: Word
    kind: Literal["phường", "xã", "đặc khu"]
    area_km2: Annotated[Finite, Field(ge=0)]
    lon: Annotated[Finite, Field(ge=-180, le=180)]
    lat: Annotated[Finite, Field(ge=-90, le=90)]
    former: Word = ""


class FormulaRow(Row):
    """How a KPI is computed. `inputs` and `to` are series keys or patterns with *, ? and […]."""

    op: FormulaOp
    inputs: Annotated[list[Word], Field(min_length=1)]
    to: list[Word] = []
    window: Duration | None = None
    scale: Finite = 1.0
    min_share: Annotated[float, Field(ge=0, le=1)] = 1.0


class LimitRow(Row):
    """A named level of a KPI."""

    key: Id
    name: TextRow
    at: Finite
    when: Literal["above", "below"]
    severity: Severity
    deadband: Annotated[Finite, Field(ge=0)] = 0.0


class KpiRow(Row):
    """A row of kpis.yaml: the definition card."""

    key: Id
    name: TextRow
    short: TextRow | None = None
    unit: Unit
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    formula: FormulaRow
    domain: Id
    owner: Id
    definition: TextRow
    legal_basis: TextRow
    version: Word
    cadence: Duration
    target: Annotated[
        Target | None, BeforeValidator(parse_target), WithJsonSchema({"type": "string", "pattern": "^(>=|<=|≥|≤)"})
    ] = None
    target_deadband: Annotated[Finite, Field(ge=0)] = 0.0  # how far beyond the target a missed one is met again
    target_severity: Severity = Severity.NORMAL  # of the KPI while the target is missed
    limits: list[LimitRow] = []
    by_place: bool = False
    change_over: Duration = timedelta(hours=1)
    unit_text: TextRow | None = None
    small_cells: bool | None = None  # counts by unit under five are suppressed; None: so for citizen reports
