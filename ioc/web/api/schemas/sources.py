"""Schemas of sources and of the host's health."""

from pydantic import Field

from ioc.web.api.schemas.base import ApiModel, Failure, Moment, Seconds, SnapshotEnvelope, TranslatedText


class Source(ApiModel):
    """A source and its health. Counts are those of its last successful poll."""

    key: str = Field(description="Key of the source.")
    name: TranslatedText = Field(description="Its name.")
    protocol: str = Field(description="The protocol by which it is read.")
    state: str = Field(description="live, late, no_data (it has not brought a value yet), stale, down, refused or off.")
    state_since: Moment = Field(validation_alias="since", description="When it entered this state.")
    is_simulated: bool = Field(description="Whether it is simulated.")
    is_enabled: bool = Field(description="Whether it is switched on in the configuration.")
    last_attempt: Moment | None = Field(description="When it was last polled; null for never.")
    last_success: Moment | None = Field(description="When a poll last succeeded; null for never.")
    data_time: Moment | None = Field(
        description="How new its data are: time of its newest reading or of its list of events; null for none."
    )
    has_own_time: bool = Field(
        description="Whether the source states that time; false: it states none, and data_time is when its answer came."
    )
    last_error: Failure | None = Field(description="Why its last poll failed; null after a successful one.")
    drift: list[Failure] = Field(
        description="How its last response differs from the learned schema; empty when it does not."
    )
    drift_since: Moment | None = Field(description="When its responses last began to differ; null for never.")
    last_drift: list[Failure] = Field(description="How they differed then.")
    consecutive_failures: int = Field(description="Failed polls in a row.")
    accepted_count: int = Field(description="Readings and events that were accepted.")
    rejected_count: int = Field(description="Items that were rejected.")
    duplicate_count: int = Field(description="Items that stood more than once in the same response.")
    poll_interval_seconds: Seconds = Field(validation_alias="poll_interval", description="Seconds between two polls.")
    age_limit_seconds: Seconds = Field(
        validation_alias="age_limit", description="Age in seconds beyond which its readings are stale."
    )
    owner: str = Field(description="Key of the agency that is responsible for it.")
    owner_name: TranslatedText = Field(description="Name of that agency.")
    licence: str = Field(description="Licence of its data; empty when none is stated.")
    series: list[str] = Field(description="Keys of its series.")


class Sources(SnapshotEnvelope):
    """All sources. Their addresses are not disclosed."""

    sources: list[Source] = Field(description="The sources in the order of the configuration.")


class HostCondition(ApiModel):
    """One checked component of the host."""

    key: str = Field(description="Key of the check: the component, and the source, task or system that it concerns.")
    component: str = Field(
        description="disk, temporary_disk, clock, certificate, tls, backup, write_queue, background_task or webhook."
    )
    source: str = Field(
        validation_alias="subject",
        description="The source whose TLS certificate was checked, the background task, or the system of a webhook; "
        "empty otherwise.",
    )
    severity: str = Field(description="normal, attention or critical.")
    severity_since: Moment = Field(
        validation_alias="since", description="When it entered this severity for this reason."
    )
    value: float | None = Field(
        description="Free GB of the disk, seconds that the clock is ahead, days until a certificate ends, hours since "
        "the last backup, or readings and events that were lost; null when it could not be measured."
    )
    unit: str = Field(description="Unit of the value: GB, s, d or h; empty for a count.")
    free_percent: float | None = Field(
        description="Percent of the disk's bytes that is free, of its inodes with the reason inodes; null for other "
        "components."
    )
    reason: str = Field(description="Word for what is wrong; empty when nothing is.")


class HostHealth(SnapshotEnvelope):
    """The health of the host."""

    conditions: list[HostCondition] = Field(description="One entry for each check.")
