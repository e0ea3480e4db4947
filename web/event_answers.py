"""From a snapshot, or from what the store holds of one event, to what the API says of events. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.event import Area, Event
from domain.snapshot import EventView, Snapshot
from storage.events import Told
from web import shapes
from web.answers import head


def events(snapshot: Snapshot) -> shapes.Events:
    """The events that stand."""
    return shapes.Events(**head(snapshot), events=[_event(snapshot, one) for one in snapshot.events])


def revisions(snapshot: Snapshot, source: str, told: Iterable[Told]) -> shapes.Revisions | None:
    """All that `source` told of one event; None where that is nothing, or the source is configured no more."""
    rows = {one.source.key: one.source for one in snapshot.sources}
    found = [shapes.Telling(**_telling(one.event, one.revision, one.known, snapshot.at)) for one in told]
    if not found or source not in rows:
        return None
    return shapes.Revisions(**{**head(snapshot), "simulated": rows[source].simulated}, source=source, revisions=found)


def _event(snapshot: Snapshot, view: EventView) -> shapes.Event:
    told = _telling(view.event, view.revision, view.known, snapshot.at)
    return shapes.Event(
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


def _area(area: Area | None) -> shapes.Area | None:
    if area is None:
        return None
    rings = [[(lon, lat) for lon, lat in ring] for ring in area.rings]
    return shapes.Area(lon=area.lon, lat=area.lat, rings=rings, radius_km=area.radius_km)
