"""Schemas of events."""

from pydantic import Field

from ioc.web.api.schemas.base import ApiModel, Moment, SnapshotEnvelope


class Area(ApiModel):
    """Where an event is, WGS 84."""

    lon: float = Field(description="Longitude of its point in degrees.")
    lat: float = Field(description="Latitude of its point in degrees.")
    rings: list[list[tuple[float, float]]] = Field(
        description="Outlines as lists of longitude and latitude; one of a single position is a further point, any "
        "other that does not end where it begins is a line."
    )
    radius_km: float = Field(description="Radius of a circle around the point in km; 0 for none.")


class ReportedEvent(ApiModel):
    """What a source reported of an event, without personal data."""

    kind: str = Field(description="Kind of the event, such as incident, alert or vehicle.")
    key: str = Field(description="The source's own id of the event.")
    revision: int = Field(description="Number of this state of the event, from 1.")
    known_since: Moment = Field(description="When the centre received the report that changed it to this state.")
    title: str = Field(description="Its title.")
    text: str = Field(description="Its description; empty for none.")
    stage: str = Field(description="open, closed or cancelled.")
    source_status: str = Field(description="The source's own word for the stage; empty for none.")
    severity: str = Field(description="normal, attention or critical.")
    started_at: Moment | None = Field(
        validation_alias="started", description="When it began; null when the source does not say."
    )
    due_at: Moment | None = Field(validation_alias="due", description="When it must be handled; null for no deadline.")
    closed_at: Moment | None = Field(
        validation_alias="closed", description="When it was closed; null while it is open."
    )
    expires_at: Moment | None = Field(validation_alias="expires", description="When it ends by itself; null for never.")
    is_late: bool = Field(description="Whether it is, or was closed, after its deadline.")
    unit_code: str = Field(
        validation_alias="place",
        description="Code of the commune-level unit in which it lies; empty for none or several.",
    )
    unit_codes: list[str] = Field(description="Codes of all commune-level units that it concerns.")
    area: Area | None = Field(description="Where it is; null when that is not known.")
    link: str = Field(description="Address of the source's own page about it; empty for none.")
    facts: dict[str, str] = Field(description="Further fields of the source by name, as the source wrote them.")
    is_drill: bool = Field(description="Whether it belongs to an exercise.")


class EventRevision(ReportedEvent):
    """An event as a source reported it at a moment, without personal data."""

    observed_at: Moment = Field(validation_alias="observed", description="Time of the report, by the source's clock.")


class Event(ReportedEvent):
    """An open event with the state of its sources."""

    observed_at: Moment | None = Field(
        validation_alias="observed",
        description="Time of the last report, by the source's clock; null at a past moment, since reports that change "
        "nothing are not logged.",
    )
    sources: list[str] = Field(description="Keys of the sources that report it, the first one first.")
    disagreeing_fields: list[str] = Field(
        validation_alias="disagreements", description="Names of the fields in which these sources disagree."
    )
    is_simulated: bool = Field(description="Whether its sources are simulated.")
    state: str = Field(description="ok, no_data, stale, error or off: whether its sources can be relied on.")
    source_state: str = Field(description="State of its best source: live, late, no_data, stale, down, refused or off.")
    last_heard: Moment | None = Field(description="When that source last answered; null for never.")


class Events(SnapshotEnvelope):
    """The open events, at most 5,000."""

    has_all_events: bool = Field(description="False where more are open than are listed.")
    events: list[Event] = Field(description="The events, newest first.")


class EventRevisions(SnapshotEnvelope):
    """The reports of one source about one event, at most 500."""

    source: str = Field(description="Key of the source.")
    revisions: list[EventRevision] = Field(description="The reports, newest first.")
