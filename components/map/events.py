"""Events on the map: points, areas, lines of what stands, sent apart from the figure; assets/41-events.js draws them.

A kind that is switched off sends nothing. What moves (vehicles) travels apart from what stands, tips apart from both.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import htpy as h

from components.events.descriptions import place_name, source_names, status_line
from components.events.event_kinds import kind_names
from components.map.points import json_element
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import event_icon, event_icon_path
from components.ui.status_badges import drill_badge, source_status, source_status_label
from ioc.domain.base.severity import RANK
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Area
from ioc.domain.events.state import effective_health
from ioc.domain.geo.circle import circle_ring
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot

Json = dict[str, Any]
MOVING_KINDS = frozenset({"vehicle"})
SWITCH_PREFIX = "event-"
STATE_ORDER = tuple(FigureState)  # by whose number the state of an event travels
MAX_TOOLTIPS = 300  # events that a pointer is told of without a tap, the most serious first


def event_switches(snapshot: Snapshot) -> tuple[str, ...]:
    """A switch for each kind of events that a source declares."""
    return tuple(f"{SWITCH_PREFIX}{kind}" for kind in dict.fromkeys(_declared(snapshot)))


def _declared(snapshot: Snapshot) -> Iterable[str]:
    return (kind.key for view in snapshot.sources for kind in view.source.events)


def events_on_map(snapshot: Snapshot, on: Collection[str]) -> list[EventView]:
    """What stands, has a place on the map and is switched on; the most serious last, so that it lies above."""
    found = [
        one
        for one in snapshot.events
        if one.event.area is not None and f"{SWITCH_PREFIX}{one.event.kind}" in on and one.event.is_current(snapshot.at)
    ]
    return sorted(found, key=lambda one: (RANK[one.event.severity], one.id))


def static_events_json(snapshot: Snapshot, lang: str, on: Collection[str], *, has_ids: bool) -> str:
    """What does not move, and where stations of an exercise are. `taps` False leaves the ids out."""
    views = [one for one in events_on_map(snapshot, on) if one.event.kind not in MOVING_KINDS]
    drills = [
        _coordinates(one.station.lon, one.station.lat)
        for one in snapshot.map_points
        if f"kind-{one.station.kind}" in on and any(seen.is_drill for seen in one.series)
    ]
    return _events_json(views, lang, has_ids=has_ids, drills=drills)


def moving_events_json(snapshot: Snapshot, lang: str, on: Collection[str], *, has_ids: bool) -> str:
    """What moves."""
    return _events_json(
        [one for one in events_on_map(snapshot, on) if one.event.kind in MOVING_KINDS], lang, has_ids=has_ids
    )


def _events_json(views: Sequence[EventView], lang: str, *, has_ids: bool, drills: Sequence[list[float]] = ()) -> str:
    if not views and not drills:
        return ""
    names = list(dict.fromkeys(one.event.kind for one in views))
    place = {name: n for n, name in enumerate(names)}
    body: Json = {
        "kinds": [[name, event_icon_path(name)] for name in names],
        "points": [_point(one, place, has_ids=has_ids) for one in views],
    }
    if areas := [found for one in views if (found := _area(one, place, has_ids=has_ids))]:
        body["areas"] = areas
    if drills:
        body["drills"] = drills
    if drills or any(one.is_drill for one in views):
        body["drill"] = t("common.drill", lang)
    return str(json_element(body))


def _point(view: EventView, kind_index: Mapping[str, int], *, has_ids: bool) -> list[object]:
    area = view.event.area
    assert area is not None
    return [*_head(view, kind_index), *_coordinates(area.lon, area.lat), *([view.id] if has_ids else [])]


def _head(view: EventView, kind_index: Mapping[str, int]) -> list[int]:
    """Kind, severity, exercise, state of those who tell it."""
    return [kind_index[view.event.kind], RANK[view.event.severity], int(view.is_drill), STATE_ORDER.index(view.state)]


def _coordinates(lon: float, lat: float) -> list[float]:
    return [round(lon, 4), round(lat, 4)]


def _area(view: EventView, kind_index: Mapping[str, int], *, has_ids: bool) -> list[object] | None:
    area = view.event.area
    assert area is not None
    rings = outlines(area)
    return [*_head(view, kind_index), rings, *([view.id] if has_ids else [])] if rings else None


def outlines(area: Area) -> list[list[list[float]]]:
    """What it covers, each outline once: closed ones are areas, others lines; a circle as a ring of its true radius."""
    rings = [*area.rings, *([circle_ring(area.lon, area.lat, area.radius_km)] if area.radius_km > 0 else [])]
    return [[_coordinates(*corner) for corner in one] for one in rings if len(one) > 1]


def tooltips_json(snapshot: Snapshot, lang: str, on: Collection[str]) -> str:
    """For each event its lines, by id, and since when; read by assets/41-events.js."""
    views = events_on_map(snapshot, on)[-MAX_TOOLTIPS:]
    if not views and not any(seen.is_drill for one in snapshot.map_points for seen in one.series):
        return ""
    keys = {"drill": "common.drill", "simulated": "common.simulated_short", "tap": "map.tap"}
    words = {name: t(key, lang) for name, key in keys.items()}
    return str(json_element({"words": words, "told": {one.id: _encode_tooltip(one, snapshot, lang) for one in views}}))


def _encode_tooltip(view: EventView, snapshot: Snapshot, lang: str) -> list[object]:
    """Title, kind and place, severity and stage, times, who tells it; then since when, its marks, its sources."""
    one, names = view.event, kind_names(snapshot, lang)
    lines = [
        one.title,
        " · ".join((names.get(one.kind, one.kind), place_name(view, snapshot, lang))),
        status_line(view, lang),
        times_line(view, snapshot, lang),
        source_names(view, snapshot, lang),
    ]
    begun = round(view.began_at.timestamp())
    return [lines, begun, int(view.is_drill), int(view.is_simulated), list(view.sources)]


def source_contacts_json(snapshot: Snapshot, lang: str) -> str:
    """For each source of events what its state is called, "" for live, and when it was last heard: apart from the tips,
    which stand still while their sources answer.
    """
    told = {}
    for view in snapshot.sources:
        if view.source.events:
            now = effective_health(view, snapshot.at)
            word = "" if now.state is SourceState.LIVE else source_status_label(source_status(now), lang)
            told[view.source.key] = [word, round(to_ms(now.data_time) / 1000) if now.data_time else 0]
    return str(json_element({"sources": told, "last": t("map.last_heard", lang)})) if told else ""


def times_line(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """Since when, by when it is due or until when it holds."""
    one, now = view.event, snapshot.at
    parts = [t("map.from", lang, time=format_datetime(view.began_at, now))]
    if one.due:
        parts.append(t("map.due", lang, time=format_datetime(one.due, now)))
    if one.expires:
        parts.append(t("events.until", lang, time=format_datetime(one.expires, now)))
    if one.is_late(now):
        parts.append(t("events.late", lang))
    return " · ".join(parts)


def event_mark_counts(snapshot: Snapshot, on: Collection[str]) -> Counter[str]:
    """How many of the events on the map wear each mark: of severity, and of a state that is not OK. No exercises."""
    views = [one for one in events_on_map(snapshot, on) if not one.is_drill]
    grave = Counter(one.event.severity.value for one in views if RANK[one.event.severity])
    return grave + Counter(one.state.value for one in views if one.state is not FigureState.OK)


def event_legend(snapshot: Snapshot, lang: str, on: Collection[str]) -> h.Fragment | None:
    """What each drawing stands for and how many there are; those of exercises apart."""
    views = events_on_map(snapshot, on)
    real, names = [one for one in views if not one.is_drill], kind_names(snapshot, lang)
    counts, areas = Counter(one.event.kind for one in real), sum(_has_outline(one) for one in real)
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
    """Whether it is drawn as ground or as a line, besides its point."""
    return view.event.area is not None and bool(outlines(view.event.area))
