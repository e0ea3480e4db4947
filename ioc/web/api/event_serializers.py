"""From a snapshot, or from what the store holds of one event, to what the API says of events. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ioc.domain.events.event import Area, Event
from ioc.domain.snapshot import EventView, Snapshot
from ioc.storage.events.events import EventRecord
from ioc.web.api import schemas
from ioc.web.api.serializers import envelope


def events(snapshot: Snapshot) -> schemas.Events:
    """The events that stand."""
    return schemas.Events(**envelope(snapshot), events=[_event(snapshot, one) for one in snapshot.events])


def revisions(snapshot: Snapshot, source: str, records: Iterable[EventRecord]) -> schemas.EventRevisions | None:
    """All that `source` told of one event; None where that is nothing, or the source is configured no more."""
    rows = {one.source.key: one.source for one in snapshot.sources}
    found = [
        schemas.EventRevision(**_revision_fields(one.event, one.revision, one.known_at, snapshot.at)) for one in records
    ]
    if not found or source not in rows:
        return None
    return schemas.EventRevisions(
        **{**envelope(snapshot), "simulated": rows[source].is_simulated}, source=source, revisions=found
    )


def _event(snapshot: Snapshot, view: EventView) -> schemas.Event:
    told = _revision_fields(view.event, view.revision, view.recorded_at, snapshot.at)
    return schemas.Event(
        **{**told, "drill": view.is_drill}, sources=list(view.sources), apart=list(view.disagreements),
        simulated=view.is_simulated, health=view.source_state, state=view.state, heard=view.last_heard,
    )  # fmt: skip


def _revision_fields(one: Event, revision: int, known: datetime, at: datetime) -> dict[str, Any]:
    return {
        "kind": one.kind, "key": one.key, "revision": revision, "observed": one.observed, "known": known,
        "title": one.title, "text": one.text, "stage": one.stage, "word": one.source_status, "severity": one.severity,
        "started": one.started, "due": one.due, "closed": one.closed, "expires": one.expires, "late": one.is_late(at),
        "place": one.place, "places": list(one.unit_codes), "area": _area(one.area), "link": one.link,
        "facts": dict(one.facts), "drill": one.is_drill,
    }  # fmt: skip


def _area(area: Area | None) -> schemas.Area | None:
    if area is None:
        return None
    rings = [[(lon, lat) for lon, lat in ring] for ring in area.rings]
    return schemas.Area(lon=area.lon, lat=area.lat, rings=rings, radius_km=area.radius_km)
