"""Events on the map: points, areas, lines of what stands, sent apart from the figure; assets/41-events.js draws them.

A kind that is switched off sends nothing. What moves (vehicles) travels apart from what stands, tips apart from both.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import htpy as h

from components.events.descriptions import place_name, source_names, state_line
from components.events.kinds import kinds
from components.map.points import carried
from components.ui.format import moment, number
from components.ui.i18n import say
from components.ui.icons import glyph, path_of
from components.ui.status_badges import drill_badge, sight, source_word
from ioc.domain.base.severity import RANK
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Area
from ioc.domain.events.state import as_seen
from ioc.domain.geo.circle import ring
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import EventView, Snapshot

Json = dict[str, Any]
MOVING = frozenset({"vehicle"})
PREFIX = "event-"
STATES = tuple(State)  # by whose number the state of an event travels
TIPS = 300  # events that a pointer is told of without a tap, the most serious first


def event_switches(snapshot: Snapshot) -> tuple[str, ...]:
    """A switch for each kind of events that a source declares."""
    return tuple(f"{PREFIX}{kind}" for kind in dict.fromkeys(_declared(snapshot)))


def _declared(snapshot: Snapshot) -> Iterable[str]:
    return (kind.key for view in snapshot.sources for kind in view.source.events)


def on_map(snapshot: Snapshot, on: Collection[str]) -> list[EventView]:
    """What stands, has a place on the map and is switched on; the most serious last, so that it lies above."""
    found = [
        one
        for one in snapshot.events
        if one.event.area is not None and f"{PREFIX}{one.event.kind}" in on and one.event.current(snapshot.at)
    ]
    return sorted(found, key=lambda one: (RANK[one.event.severity], one.id))


def standing(snapshot: Snapshot, lang: str, on: Collection[str], *, taps: bool) -> str:
    """What does not move, and where stations of an exercise are. `taps` False leaves the ids out."""
    views = [one for one in on_map(snapshot, on) if one.event.kind not in MOVING]
    drills = [
        _spot(one.station.lon, one.station.lat)
        for one in snapshot.points
        if f"kind-{one.station.kind}" in on and any(seen.drill for seen in one.series)
    ]
    return _sent(views, lang, taps=taps, drills=drills)


def moving(snapshot: Snapshot, lang: str, on: Collection[str], *, taps: bool) -> str:
    """What moves."""
    return _sent([one for one in on_map(snapshot, on) if one.event.kind in MOVING], lang, taps=taps)


def _sent(views: Sequence[EventView], lang: str, *, taps: bool, drills: Sequence[list[float]] = ()) -> str:
    if not views and not drills:
        return ""
    names = list(dict.fromkeys(one.event.kind for one in views))
    place = {name: n for n, name in enumerate(names)}
    body: Json = {
        "kinds": [[name, path_of(name)] for name in names],
        "points": [_point(one, place, taps=taps) for one in views],
    }
    if areas := [found for one in views if (found := _area(one, place, taps=taps))]:
        body["areas"] = areas
    if drills:
        body["drills"] = drills
    if drills or any(one.drill for one in views):
        body["drill"] = say("common.drill", lang)
    return str(carried(body))


def _point(view: EventView, place: Mapping[str, int], *, taps: bool) -> list[object]:
    area = view.event.area
    assert area is not None
    return [*_head(view, place), *_spot(area.lon, area.lat), *([view.id] if taps else [])]


def _head(view: EventView, place: Mapping[str, int]) -> list[int]:
    """Kind, severity, exercise, state of those who tell it."""
    return [place[view.event.kind], RANK[view.event.severity], int(view.drill), STATES.index(view.state)]


def _spot(lon: float, lat: float) -> list[float]:
    return [round(lon, 4), round(lat, 4)]


def _area(view: EventView, place: Mapping[str, int], *, taps: bool) -> list[object] | None:
    area = view.event.area
    assert area is not None
    rings = outlines(area)
    return [*_head(view, place), rings, *([view.id] if taps else [])] if rings else None


def outlines(area: Area) -> list[list[list[float]]]:
    """What it covers, each outline once: closed ones are areas, others lines; a circle as a ring of its true radius."""
    rings = [*area.rings, *([ring(area.lon, area.lat, area.radius_km)] if area.radius_km > 0 else [])]
    return [[_spot(*corner) for corner in one] for one in rings if len(one) > 1]


def tips(snapshot: Snapshot, lang: str, on: Collection[str]) -> str:
    """For each event its lines, by id, and since when; read by assets/41-events.js."""
    views = on_map(snapshot, on)[-TIPS:]
    if not views and not any(seen.drill for one in snapshot.points for seen in one.series):
        return ""
    keys = {"drill": "common.drill", "simulated": "common.simulated_short", "tap": "map.tap"}
    words = {name: say(key, lang) for name, key in keys.items()}
    return str(carried({"words": words, "told": {one.id: _told(one, snapshot, lang) for one in views}}))


def _told(view: EventView, snapshot: Snapshot, lang: str) -> list[object]:
    """Title, kind and place, severity and stage, times, who tells it; then since when, its marks, its sources."""
    one, names = view.event, kinds(snapshot, lang)
    lines = [
        one.title,
        " · ".join((names.get(one.kind, one.kind), place_name(view, snapshot, lang))),
        state_line(view, lang),
        times_line(view, snapshot, lang),
        source_names(view, snapshot, lang),
    ]
    begun = round(view.begun.timestamp())
    return [lines, begun, int(view.drill), int(view.simulated), list(view.sources)]


def heard(snapshot: Snapshot, lang: str) -> str:
    """For each source of events what its state is called, "" for live, and when it was last heard: apart from the tips,
    which stand still while their sources answer.
    """
    told = {}
    for view in snapshot.sources:
        if view.source.events:
            now = as_seen(view, snapshot.at)
            word = "" if now.state is SourceState.LIVE else source_word(sight(now), lang)
            told[view.source.key] = [word, round(to_ms(now.data_time) / 1000) if now.data_time else 0]
    return str(carried({"sources": told, "last": say("map.last_heard", lang)})) if told else ""


def times_line(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """Since when, by when it is due or until when it holds."""
    one, now = view.event, snapshot.at
    parts = [say("map.from", lang, time=moment(view.begun, now))]
    if one.due:
        parts.append(say("map.due", lang, time=moment(one.due, now)))
    if one.expires:
        parts.append(say("events.until", lang, time=moment(one.expires, now)))
    if one.late(now):
        parts.append(say("events.late", lang))
    return " · ".join(parts)


def marked(snapshot: Snapshot, on: Collection[str]) -> Counter[str]:
    """How many of the events on the map wear each mark: of severity, and of a state that is not OK. No exercises."""
    views = [one for one in on_map(snapshot, on) if not one.drill]
    grave = Counter(one.event.severity.value for one in views if RANK[one.event.severity])
    return grave + Counter(one.state.value for one in views if one.state is not State.OK)


def event_legend(snapshot: Snapshot, lang: str, on: Collection[str]) -> h.Fragment | None:
    """What each drawing stands for and how many there are; those of exercises apart."""
    views = on_map(snapshot, on)
    real, names = [one for one in views if not one.drill], kinds(snapshot, lang)
    counts, areas = Counter(one.event.kind for one in real), sum(_covers(one) for one in real)
    if not views:
        return None
    return h.fragment[
        (h.li[glyph(kind), " ", name, " ", h.b[number(counts[kind])]] for kind, name in names.items() if counts[kind]),
        areas > 0 and h.li[h.i(".map-area"), " ", say("map.key_area", lang), " ", h.b[number(areas)]],
        len(views) > len(real) and h.li[drill_badge(lang), " ", h.b[number(len(views) - len(real))]],
    ]


def _covers(view: EventView) -> bool:
    """Whether it is drawn as ground or as a line, besides its point."""
    return view.event.area is not None and bool(outlines(view.event.area))
