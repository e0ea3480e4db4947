"""From a snapshot, or from what the store holds of one event, to what the API says of events. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ioc.domain.events.event import Area, Event
from ioc.domain.snapshot import EventView, Snapshot
from ioc.storage.events.events import Told
from ioc.web.api import schemas
from ioc.web.api.serializers import head


def events(snapshot: Snapshot) -> schemas.Events:
    """The events that stand."""
    return schemas.Events(**head(snapshot), events=[_event(snapshot, one) for one in snapshot.events])


def revisions(snapshot: Snapshot, source: str, told: Iterable[Told]) -> schemas.Revisions | None:
    """All that `source` told of one event; None where that is nothing, or the source is configured no more."""
    rows = {one.source.key: one.source for one in snapshot.sources}
    found = [schemas.Telling(**_telling(one.event, one.revision, one.known, snapshot.at)) for one in told]
    if not found or source not in rows:
        return None
    return schemas.Revisions(**{**head(snapshot), "simulated": rows[source].simulated}, source=source, revisions=found)


def _event(snapshot: Snapshot, view: EventView) -> schemas.Event:
    told = _telling(view.event, view.revision, view.known, snapshot.at)
    return schemas.Event(
        **{**told, "drill": view.drill}, sources=list(view.sources), apart=list(view.apart),
        simulated=view.simulated, health=view.health, state=view.state, heard=view.heard,
    )  # fmt: skip


def _telling(one: Event, revision: int, known: datetime, at: datetime) -> dict[str, Any]:
    return {
        "kind": one.kind, "key": one.key, "revision": revision, "observed": one.observed, "known": known,
        "title": one.title, "text": one.text, "stage": one.stage, "word": one.word, "severity": one.severity,
        "started": one.started, "due": one.due, "closed": one.closed, "expires": one.expires, "late": one.late(at),
        "place": one.place, "places": list(one.units), "area": _area(one.area), "link": one.link,
        "facts": dict(one.facts), "drill": one.drill,
    }  # fmt: skip


def _area(area: Area | None) -> schemas.Area | None:
    if area is None:
        return None
    rings = [[(lon, lat) for lon, lat in ring] for ring in area.rings]
    return schemas.Area(lon=area.lon, lat=area.lat, rings=rings, radius_km=area.radius_km)
