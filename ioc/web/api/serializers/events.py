"""Events, from a snapshot or from the store's revisions of one event."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ioc.domain.events.event import Area, Event
from ioc.domain.snapshot import EventView, Snapshot
from ioc.storage.events.events import EventRecord
from ioc.web.api.schemas import events as schemas
from ioc.web.api.serializers.base import envelope


def events(snapshot: Snapshot) -> schemas.Events:
    """The open events."""
    return schemas.Events(**envelope(snapshot), events=[_event(snapshot, view) for view in snapshot.events])


def revisions(snapshot: Snapshot, source: str, records: Iterable[EventRecord]) -> schemas.EventRevisions | None:
    """The reports of `source` about one event; None where there are none, or the source is no longer configured."""
    sources = {view.source.key: view.source for view in snapshot.sources}
    rows = [
        schemas.EventRevision(**_revision_fields(record.event, record.revision, record.known_at, snapshot.at))
        for record in records
    ]
    if not rows or source not in sources:
        return None
    return schemas.EventRevisions(
        **{**envelope(snapshot), "is_simulated": sources[source].is_simulated}, source=source, revisions=rows
    )


def _event(snapshot: Snapshot, view: EventView) -> schemas.Event:
    fields = _revision_fields(view.event, view.revision, view.recorded_at, snapshot.at)
    return schemas.Event(
        **{**fields, "is_drill": view.is_drill},
        sources=list(view.sources),
        disagreeing_fields=list(view.disagreements),
        is_simulated=view.is_simulated,
        state=view.state,
        source_state=view.source_state,
        last_heard=view.last_heard,
    )


def _revision_fields(event: Event, revision: int, known_since: datetime, at: datetime) -> dict[str, Any]:
    return {
        "kind": event.kind, "key": event.key, "revision": revision, "observed_at": event.observed,
        "known_since": known_since, "title": event.title, "text": event.text, "stage": event.stage,
        "source_status": event.source_status, "severity": event.severity, "started_at": event.started,
        "due_at": event.due, "closed_at": event.closed, "expires_at": event.expires, "is_late": event.is_late(at),
        "unit_code": event.place, "unit_codes": list(event.unit_codes), "area": _area(event.area), "link": event.link,
        "facts": dict(event.facts), "is_drill": event.is_drill,
    }  # fmt: skip


def _area(area: Area | None) -> schemas.Area | None:
    if area is None:
        return None
    rings = [[(lon, lat) for lon, lat in ring] for ring in area.rings]
    return schemas.Area(lon=area.lon, lat=area.lat, rings=rings, radius_km=area.radius_km)
