"""city.yaml: name of the centre, KPIs of the overview, retention, deduplication, compliance thresholds."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from ioc.config.row_codes import RowCode
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Day, Duration, Finite, Id, Word
from ioc.domain.base.option_errors import ConfigValueError
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.ingest.source import KEPT_CLASS
from ioc.domain.kpis.kpi import Severity
from ioc.domain.submissions.submission import ComplianceRules, ComplianceThreshold


class DeduplicationRow(Row):
    """When events of one kind from two sources are the same."""

    kind: Id
    metres: Annotated[Finite, Field(gt=0, le=50_000)]
    within: Duration
    facts: list[Word] = []

    def to_domain(self) -> DeduplicationRule:
        """The rule of the domain that the row describes."""
        return DeduplicationRule(self.kind, self.metres, self.within, tuple(self.facts))


class RetentionRow(Row):
    """For how many days a class of series is kept raw, and by minute."""

    raw_days: Annotated[int, Field(ge=1, le=36500)] = 90
    minute_days: Annotated[int, Field(ge=1, le=36500)] = 400


def _check_not_kept(classes: dict[str, RetentionRow]) -> dict[str, RetentionRow]:
    if KEPT_CLASS in classes:
        raise ConfigValueError(RowCode.RESERVED_RETENTION_CLASS, name=KEPT_CLASS)
    return classes


class TaskLimitsRow(Row):
    """When a task is soon due, behind, far behind; on which days after its due date it is reminded (before: -n).

    `instruction_days`: how many days after its own an instruction may wait for a number. `evidence_gb`: how large all
    evidence files may be together, in GB.
    """

    soon_days: Annotated[int, Field(ge=0, le=365)] = 7
    behind: Annotated[Finite, Field(ge=0, le=100)] = 5.0
    far_behind: Annotated[Finite, Field(ge=0, le=100)] = 15.0
    reminders: Annotated[tuple[Annotated[int, Field(ge=-365, le=365)], ...], Field(max_length=12)] = (-7, 1, 8, 31)
    instruction_days: Annotated[int, Field(ge=0, le=365)] = 3
    evidence_gb: Annotated[Finite, Field(gt=0, le=100_000)] = 20.0


class ThresholdRow(Row):
    """A count at which the city acts, with the name of the act."""

    key: Id
    name: TextRow
    at: Annotated[int, Field(ge=1, le=10_000)]
    severity: Severity


class ComplianceRow(Row):
    """What is counted of an agency over a year, thresholds of the counts, and public holidays."""

    counts: Literal["reminders", "late"] = "reminders"
    limits: list[ThresholdRow] = []
    holidays: list[Day] = []

    @model_validator(mode="after")
    def _check_rising(self) -> "ComplianceRow":
        counts = [threshold.at for threshold in self.limits]
        if counts != sorted(set(counts)):
            raise ConfigValueError(RowCode.THRESHOLDS_NOT_RISING)
        return self

    def to_domain(self) -> ComplianceRules:
        """The rule of the domain that the row describes."""
        thresholds = tuple(
            ComplianceThreshold(row.key, row.name.text(), row.at, Severity(row.severity)) for row in self.limits
        )
        return ComplianceRules(self.counts, thresholds, tuple(sorted(self.holidays)))


class IdentityRow(Row):
    """Name of the centre and of the city."""

    centre: TextRow
    city: TextRow


class PublicPageRow(Row):
    """What the public page shows without a login."""

    kpis: list[Id] = []
    directives: bool = False


class CityRow(Row):
    """city.yaml."""

    identity: IdentityRow
    overview: list[Id] = []
    extends: Annotated[Any, WithJsonSchema({"type": "string"})] = ""  # checked when the folders are opened
    owners: dict[Id, Id] = {}
    retention: Annotated[dict[Id, RetentionRow], AfterValidator(_check_not_kept)] = {"normal": RetentionRow()}
    limits: TaskLimitsRow = TaskLimitsRow()
    deduplication: list[DeduplicationRow] = []
    compliance: ComplianceRow = ComplianceRow()
    public: PublicPageRow = PublicPageRow()
    backup_every: Duration = timedelta(days=1)
