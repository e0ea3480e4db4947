"""Events on the map as JSON panels: points, areas and lines beside the figure; assets/41-map-events.js draws them.

A kind that is switched off is not sent. Moving events (vehicles), static events and tooltips are separate panels.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import htpy as h

from components.events.descriptions import place_name, source_names, status_line
from components.events.event_kinds import kind_names
from components.map.points import json_element
from components.map.style import Json
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import event_icon, event_icon_path
from components.ui.status_badges import drill_badge, source_status, source_status_label
from ioc.domain.base.severity import RANK
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Area
from ioc.domain.geo.circle import circle_ring
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot

MOVING_KINDS = frozenset({"vehicle"})
SWITCH_PREFIX = "event-"
STATE_ORDER = tuple(FigureState)  # an event's state is sent as its index
MAX_TOOLTIPS = 300  # the most severe events; others need a tap
MAX_VERTICES = 30_000  # of the outlines and further points that one map draws


def event_switches(snapshot: Snapshot) -> tuple[str, ...]:
    """One switch for each kind of events that a source declares."""
    return tuple(f"{SWITCH_PREFIX}{kind}" for kind in dict.fromkeys(_declared(snapshot)))


def _declared(snapshot: Snapshot) -> Iterable[str]:
    return (kind.key for view in snapshot.sources for kind in view.source.events)


def events_on_map(snapshot: Snapshot, on: Collection[str]) -> list[EventView]:
    """Open events with a place whose kind is switched on; the most severe last, so that they are drawn on top."""
    views = [
        view
        for view in snapshot.events
        if view.event.area is not None
        and f"{SWITCH_PREFIX}{view.event.kind}" in on
        and view.event.is_current(snapshot.at)
    ]
    return sorted(views, key=lambda view: (RANK[view.event.severity], view.id))


def static_events_json(snapshot: Snapshot, lang: str, on: Collection[str], *, has_ids: bool) -> str:
    """JSON of static events, and of stations with exercise data. `has_ids` False omits the ids (nothing to tap)."""
    views = [view for view in events_on_map(snapshot, on) if view.event.kind not in MOVING_KINDS]
    drills = [
        _coordinates(point.station.lon, point.station.lat)
        for point in snapshot.map_points
        if f"kind-{point.station.kind}" in on and any(series_view.is_drill for series_view in point.series)
    ]
    return _events_json(views, lang, has_ids=has_ids, drills=drills)


def moving_events_json(snapshot: Snapshot, lang: str, on: Collection[str], *, has_ids: bool) -> str:
    """JSON of moving events."""
    return _events_json(
        [view for view in events_on_map(snapshot, on) if view.event.kind in MOVING_KINDS], lang, has_ids=has_ids
    )


def _events_json(views: Sequence[EventView], lang: str, *, has_ids: bool, drills: Sequence[list[float]] = ()) -> str:
    if not views and not drills:
        return ""
    names = list(dict.fromkeys(view.event.kind for view in views))
    place = {name: n for n, name in enumerate(names)}
    limit = _vertices_of_each(views)
    drawn = [(view, view.event.area.thinned_out(limit)) for view in views if view.event.area]
    body: Json = {
        "kinds": [[name, event_icon_path(name)] for name in names],
        "points": [point for view, area in drawn for point in _points(view, area, place, has_ids=has_ids)],
    }
    if areas := [row for view, area in drawn if (row := _area(view, area, place, has_ids=has_ids))]:
        body["areas"] = areas
    if drills:
        body["drills"] = drills
    if drills or any(view.is_drill for view in views):
        body["drill"] = t("common.drill", lang)
    return str(json_element(body))


def _vertices_of_each(views: Iterable[EventView]) -> int:
    """How many vertices an event may have, so that all together have at most MAX_VERTICES."""
    sizes = [sum(map(len, view.event.area.rings)) for view in views if view.event.area]
    limit = MAX_VERTICES
    while limit > 1 and sum(min(size, limit) for size in sizes) > MAX_VERTICES:
        limit //= 2
    return limit


def _points(view: EventView, area: Area, kind_index: Mapping[str, int], *, has_ids: bool) -> list[list[object]]:
    head, end = _head(view, kind_index), [view.id] if has_ids else []
    return [[*head, *_coordinates(*point), *end] for point in area.points]


def _head(view: EventView, kind_index: Mapping[str, int]) -> list[int]:
    """Kind, severity rank, exercise (0 or 1), state of its sources."""
    return [kind_index[view.event.kind], RANK[view.event.severity], int(view.is_drill), STATE_ORDER.index(view.state)]


def _coordinates(lon: float, lat: float) -> list[float]:
    return [round(lon, 4), round(lat, 4)]


def _area(view: EventView, area: Area, kind_index: Mapping[str, int], *, has_ids: bool) -> list[object] | None:
    rings = outlines(area)
    return [*_head(view, kind_index), rings, *([view.id] if has_ids else [])] if rings else None


def outlines(area: Area) -> list[list[list[float]]]:
    """Outlines as rings of [lon, lat]: closed rings are areas, others lines; a circle becomes a ring of its radius."""
    rings = [*area.rings, *([circle_ring(area.lon, area.lat, area.radius_km)] if area.radius_km > 0 else [])]
    return [[_coordinates(*corner) for corner in ring] for ring in rings if len(ring) > 1]


def tooltips_json(snapshot: Snapshot, lang: str, on: Collection[str]) -> str:
    """JSON of the tooltips by event id; read by assets/41-map-events.js."""
    views = events_on_map(snapshot, on)[-MAX_TOOLTIPS:]
    if not views and not any(series_view.is_drill for point in snapshot.map_points for series_view in point.series):
        return ""
    keys = {"drill": "common.drill", "simulated": "common.simulated_short", "tap": "map.tap_hint"}
    words = {name: t(key, lang) for name, key in keys.items()}
    return str(
        json_element({"labels": words, "events": {view.id: _encode_tooltip(view, snapshot, lang) for view in views}})
    )


def _encode_tooltip(view: EventView, snapshot: Snapshot, lang: str) -> list[object]:
    """[lines, start in epoch seconds, exercise, simulated, source keys]."""
    event, names = view.event, kind_names(snapshot, lang)
    lines = [
        event.title,
        " · ".join((names.get(event.kind, event.kind), place_name(view, snapshot, lang))),
        status_line(view, lang),
        times_line(view, snapshot, lang),
        source_names(view, snapshot, lang),
    ]
    begun = round(view.began_at.timestamp())
    return [lines, begun, int(view.is_drill), int(view.is_simulated), list(view.sources)]


def source_contacts_json(snapshot: Snapshot, lang: str) -> str:
    """JSON of each event source: status label ("" while live) and last contact in epoch seconds.

    Separate from the tooltips, which do not change with every poll.
    """
    contacts = {}
    for view in snapshot.sources:
        if view.source.events:
            health = view.health
            word = "" if health.state is SourceState.LIVE else source_status_label(source_status(health), lang)
            contacts[view.source.key] = [word, round(to_ms(health.data_time) / 1000) if health.data_time else 0]
    return str(json_element({"sources": contacts, "last": t("map.last_contact", lang)})) if contacts else ""


def times_line(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """Start, due time or end, and whether it is late."""
    event, now = view.event, snapshot.at
    parts = [t("map.from", lang, time=format_datetime(view.began_at, now))]
    if event.due:
        parts.append(t("map.due", lang, time=format_datetime(event.due, now)))
    if event.expires:
        parts.append(t("events.until", lang, time=format_datetime(event.expires, now)))
    if event.is_late(now):
        parts.append(t("events.late", lang))
    return " · ".join(parts)


def event_mark_counts(snapshot: Snapshot, on: Collection[str]) -> Counter[str]:
    """Events on the map by mark: of severity above normal and of states other than OK; without exercises."""
    views = [view for view in events_on_map(snapshot, on) if not view.is_drill]
    grave = Counter(view.event.severity.value for view in views if RANK[view.event.severity])
    return grave + Counter(view.state.value for view in views if view.state is not FigureState.OK)


def event_legend(snapshot: Snapshot, lang: str, on: Collection[str]) -> h.Fragment | None:
    """The legend of events with counts; exercises separately. None without events."""
    views = events_on_map(snapshot, on)
    real, names = [view for view in views if not view.is_drill], kind_names(snapshot, lang)
    counts, areas = Counter(view.event.kind for view in real), sum(_has_outline(view) for view in real)
    if not views:
        return None
    return h.fragment[
        (
            h.li[event_icon(kind), " ", name, " ", h.b[format_number(counts[kind])]]
            for kind, name in names.items()
            if counts[kind]
        ),
        areas > 0 and h.li[h.i(".map-area"), " ", t("map.key_area", lang), " ", h.b[format_number(areas)]],
        len(views) > len(real) and h.li[drill_badge(lang), " ", h.b[format_number(len(views) - len(real))]],
    ]


def _has_outline(view: EventView) -> bool:
    """Whether it is drawn as an area or line besides its point."""
    area = view.event.area
    return area is not None and (area.radius_km > 0 or any(len(ring) > 1 for ring in area.rings))
