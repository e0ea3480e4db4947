"""From a snapshot to what the API says of events. Pure."""

from domain.event import Area
from domain.snapshot import EventView, Snapshot
from web import shapes
from web.answers import head


def events(snapshot: Snapshot) -> shapes.Events:
    """The events that stand."""
    return shapes.Events(**head(snapshot), events=[_event(snapshot, one) for one in snapshot.events])


def _event(snapshot: Snapshot, view: EventView) -> shapes.Event:
    one = view.event
    return shapes.Event(
        kind=one.kind, key=one.key, sources=list(view.sources), apart=list(view.apart), observed=one.observed,
        known=view.known, title=one.title, text=one.text, stage=one.stage, word=one.word, severity=one.severity,
        started=one.started, due=one.due, closed=one.closed, expires=one.expires, late=one.late(snapshot.at),
        place=one.place, area=_area(one.area), link=one.link, facts=dict(one.facts), simulated=view.simulated,
        drill=view.drill,
    )  # fmt: skip


def _area(area: Area | None) -> shapes.Area | None:
    if area is None:
        return None
    rings = [[(lon, lat) for lon, lat in ring] for ring in area.rings]
    return shapes.Area(lon=area.lon, lat=area.lat, rings=rings, radius_km=area.radius_km)
