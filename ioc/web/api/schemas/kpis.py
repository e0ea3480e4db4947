"""Schemas of KPIs and of readings."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from ioc.web.api.schemas.base import ApiModel, Moment, Seconds, SnapshotEnvelope, TranslatedText


def _direction(is_upper: object) -> object:
    return ("above" if is_upper else "below") if isinstance(is_upper, bool) else is_upper


Direction = Annotated[str, BeforeValidator(_direction)]


class KpiValue(ApiModel):
    """The value of a KPI at the moment that is shown."""

    state: str = Field(description="ok, no_data, stale, error or off. A value of 0 is ok.")
    state_since: Moment = Field(
        validation_alias="since", description="When state, limit and verdict on the target became what they are."
    )
    value: float | None = Field(description="The value in the KPI's unit; null unless state is ok.")
    last_value: float | None = Field(description="The last known value in the KPI's unit; null if there never was one.")
    data_time: Moment | None = Field(description="Time of the oldest input; null when there is none.")
    limit_key: str = Field(validation_alias="level", description="Key of the limit that is reached, empty for none.")
    is_target_met: bool | None = Field(
        description="Whether the value, rounded as it is given, meets the target; null without a target or a value."
    )
    severity: str = Field(
        description="normal, attention or critical: the worse one of the limit's and of the missed target's."
    )
    change: float | None = Field(
        description="Difference to the value one change window ago, in the KPI's unit; null when that is not known."
    )
    is_simulated: bool = Field(description="Whether any input is simulated.")
    is_phone_report: bool = Field(
        validation_alias="is_phoned", description="Whether any input was reported by telephone."
    )
    reason: str = Field(
        description="Why there is no value: key of the source, or a word for a suppressed small count; empty otherwise."
    )


class Disagreement(ApiModel):
    """Two sources of one quantity that differ by more than the tolerance; both values in `unit`."""

    series: str = Field(description="Key of the main series.")
    unit: str = Field(description="Unit of both values.")
    source: str = Field(description="Key of the source whose value is shown.")
    value: float | None = Field(description="Its value; null when it has none.")
    data_time: Moment | None = Field(description="Time of its value; null when it has none.")
    other_source: str = Field(description="Key of the source that differs most.")
    other_value: float = Field(description="The value of that source.")
    other_data_time: Moment = Field(description="Time of that value.")
    difference: float = Field(description="Absolute difference of the two values.")


class Kpi(KpiValue):
    """A KPI with its value for the whole city."""

    key: str = Field(description="Key of the KPI.")
    name: TranslatedText = Field(description="Its name.")
    unit: str = Field(description="Unit of all its values.")
    decimals: int = Field(description="Decimals to which its values are rounded.")
    domain: str = Field(description="Key of the domain that it belongs to, such as traffic or health.")
    owner: str = Field(description="Key of the agency that is responsible for it.")
    owner_name: TranslatedText = Field(description="Name of that agency.")
    redundant_sources: list[str] = Field(description="Keys of all sources of those inputs that have several sources.")
    failover_source: str = Field(
        description="Key of the source that replaces a main source which is not live; empty for none."
    )
    disagreements: list[Disagreement] = Field(
        description="The inputs whose sources disagree by more than the tolerance."
    )


class Kpis(SnapshotEnvelope):
    """All KPIs."""

    overview: list[str] = Field(description="Keys of the KPIs on the overview page, in order.")
    kpis: list[Kpi] = Field(description="The KPIs in the order of the configuration.")


class Limit(ApiModel):
    """A named level of a KPI."""

    key: str = Field(description="Key of the limit.")
    name: TranslatedText = Field(description="Its name, such as báo động I.")
    threshold: float = Field(
        validation_alias="value", description="The value at which it is reached, in the KPI's unit."
    )
    direction: Direction = Field(
        validation_alias="is_upper",
        description="above: reached at or over the threshold; below: reached at or under it.",
    )
    severity: str = Field(description="attention or critical: the severity of the KPI while the limit is reached.")
    deadband: float = Field(description="How far the value must retreat from the threshold to leave it, in the unit.")


class KpiUnitValue(KpiValue):
    """The value of a KPI for one commune-level unit."""

    unit_code: str = Field(description="Code of the commune-level unit.")
    unit_name: str = Field(description="Kind and name of the unit; its code when it is not known.")


class KpiDetail(SnapshotEnvelope):
    """One KPI with its definition card and its values by commune-level unit."""

    kpi: Kpi = Field(description="The KPI with its value for the whole city.")
    definition: TranslatedText = Field(description="What it measures.")
    legal_basis: TranslatedText = Field(description="The documents that it rests on; empty for none.")
    formula: str = Field(description="How it is computed: operation, number of inputs, scale, window.")
    inputs: list[str] = Field(description="Keys of the series that it is computed from.")
    definition_version: str = Field(description="Version of the definition.")
    cadence_seconds: Seconds = Field(
        validation_alias="cadence", description="How often its inputs are updated, in seconds."
    )
    target: str = Field(description="The target as an operator and a value in the unit, such as >= 95; empty for none.")
    target_deadband: float = Field(
        description="How far beyond the target a value must be to meet it again once it was missed, in the unit."
    )
    target_severity: str = Field(description="normal, attention or critical: the severity while the target is missed.")
    limits: list[Limit] = Field(description="Its limits, in the order of the configuration.")
    unit_values: list[KpiUnitValue] = Field(description="Its values by commune-level unit; empty where it has none.")
    series: str = Field(description="Key of the series that holds its history, for /readings.")


class Readings(SnapshotEnvelope):
    """The readings of one series, thinned to at most `points` with the extremes kept."""

    series: str = Field(description="Key of the series.")
    name: TranslatedText = Field(description="Its name.")
    unit: str = Field(description="Unit of its values.")
    source: str = Field(description="Key of its source; empty for the history of a KPI.")
    start: Moment = Field(serialization_alias="from", validation_alias="from", description="Begin of the period.")
    end: Moment = Field(serialization_alias="to", validation_alias="to", description="End of the period.")
    points: list[tuple[Moment, float | None]] = Field(
        description="Pairs of time and value in rising time; a value of null is a gap in the line."
    )
    phone_report_times: list[Moment] = Field(description="Times of those readings that were reported by telephone.")
