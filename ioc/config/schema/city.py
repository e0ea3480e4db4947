"""city.yaml: who the centre is, what it shows first, what it keeps, and where it acts."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Duration, Finite, Id, Word
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.kpis.kpi import Severity
from ioc.domain.submissions.submission import ComplianceRules, ComplianceThreshold


class DeduplicationRow(Row):
    """How the same thing from two sources is recognised."""

    kind: Id
    metres: Annotated[Finite, Field(gt=0, le=50_000)]
    within: Duration
    facts: list[Word] = []

    def to_domain(self) -> DeduplicationRule:
        """As the domain has it."""
        return DeduplicationRule(self.kind, self.metres, self.within, tuple(self.facts))


class RetentionRow(Row):
    """For how many days a class of series is kept raw, and by minute."""

    raw_days: Annotated[int, Field(ge=1, le=36500)] = 90
    minute_days: Annotated[int, Field(ge=1, le=36500)] = 400


class TaskLimitsRow(Row):
    """When a task is soon due, behind, far behind."""

    soon_days: Annotated[int, Field(ge=0, le=365)] = 7
    behind: Annotated[Finite, Field(ge=0, le=100)] = 5.0
    far_behind: Annotated[Finite, Field(ge=0, le=100)] = 15.0


class ThresholdRow(Row):
    """Where the city acts, and what then happens."""

    key: Id
    name: TextRow
    at: Annotated[int, Field(ge=1, le=10_000)]
    severity: Severity


class ComplianceRow(Row):
    """What is counted of an agency over a year, at which counts the city acts, days of rest."""

    counts: Literal["reminders", "late"] = "reminders"
    limits: list[ThresholdRow] = []
    rest: list[date] = []

    @model_validator(mode="after")
    def _check_rising(self) -> "ComplianceRow":
        if [one.at for one in self.limits] != sorted({one.at for one in self.limits}):
            raise ValueError("limits must rise")
        return self

    def to_domain(self) -> ComplianceRules:
        """As the domain has it."""
        limits = (ComplianceThreshold(one.key, one.name.text(), one.at, Severity(one.severity)) for one in self.limits)
        return ComplianceRules(self.counts, tuple(limits), tuple(sorted(self.rest)))


class IdentityRow(Row):
    """Who the centre is."""

    centre: TextRow
    city: TextRow


class PublicPageRow(Row):
    """What anyone may see at /cong-khai, without signing in."""

    kpis: list[Id] = []
    directives: bool = False


class CityRow(Row):
    """city.yaml."""

    identity: IdentityRow
    overview: list[Id] = []
    extends: str = ""
    owners: dict[Id, Id] = {}
    retention: dict[Id, RetentionRow] = {"normal": RetentionRow()}
    limits: TaskLimitsRow = TaskLimitsRow()
    twins: list[DeduplicationRow] = []
    lateness: ComplianceRow = ComplianceRow()
    public: PublicPageRow = PublicPageRow()
    backup_every: Duration = timedelta(days=1)
