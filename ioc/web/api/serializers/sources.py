"""Sources, the events that they report, and the host's health, from a snapshot."""

from collections.abc import Iterable

from ioc.domain.base.host_health import HostComponent
from ioc.domain.ingest.health import states_own_time
from ioc.domain.snapshot import Snapshot, SourceView
from ioc.storage.events.events import EventRecord
from ioc.web.api.schemas import events as event_schemas
from ioc.web.api.schemas import sources as schemas
from ioc.web.api.serializers.base import Attributes, agency_name

_UNITS = {
    HostComponent.DISK: "GB",
    HostComponent.CLOCK: "s",
    HostComponent.CERTIFICATE: "d",
    HostComponent.TLS: "d",
    HostComponent.BACKUP: "h",
    HostComponent.WRITING: "",
    HostComponent.BACKGROUND_TASK: "",
    HostComponent.WEBHOOK: "",
    HostComponent.TEMPORARY_DISK: "GB",
}


def sources(snapshot: Snapshot) -> schemas.Sources:
    """All sources, without their addresses."""
    rows = [_source(snapshot, view) for view in snapshot.sources]
    return schemas.Sources.model_validate(Attributes(snapshot, sources=rows))


def _source(snapshot: Snapshot, view: SourceView) -> Attributes:
    row, health = view.source, view.health
    return Attributes(
        row,
        health,
        has_own_time=states_own_time(health, row),
        owner_name=agency_name(snapshot, row.owner),
        licence=row.licence.vi,
        series=[series.key for series in row.series],
    )


def host_health(snapshot: Snapshot) -> schemas.HostHealth:
    """The checks of the host."""
    conditions = [Attributes(condition, unit=_UNITS[condition.component]) for condition in snapshot.host_conditions]
    return schemas.HostHealth.model_validate(Attributes(snapshot, conditions=conditions))


def events(snapshot: Snapshot) -> event_schemas.Events:
    """The open events; at a past moment without the times of their last reports, which are not logged."""
    rows = [  # one by one: to validate thousands in one call keeps other threads waiting
        event_schemas.Event.model_validate(
            Attributes(
                view.event,
                view,
                observed=view.event.observed if snapshot.is_live else None,
                known_since=view.recorded_at,
                is_late=view.event.is_late(snapshot.at),
                is_drill=view.is_drill,
            )
        )
        for view in snapshot.events
    ]
    return event_schemas.Events.model_validate(Attributes(snapshot, events=rows))


def revisions(snapshot: Snapshot, source: str, records: Iterable[EventRecord]) -> event_schemas.EventRevisions | None:
    """The reports of `source` about one event; None where there are none, or the source is no longer configured."""
    sources = {view.source.key: view.source for view in snapshot.sources}
    rows = [
        Attributes(record.event, record, known_since=record.known_at, is_late=record.event.is_late(snapshot.at))
        for record in records
    ]
    if not rows or source not in sources:
        return None
    is_simulated = sources[source].is_simulated
    return event_schemas.EventRevisions.model_validate(
        Attributes(snapshot, is_simulated=is_simulated, source=source, revisions=rows)
    )
