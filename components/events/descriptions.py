"""One event in words: where it is, in what stage, what is told of it, who tells it and how they are heard."""

from collections.abc import Mapping

import htpy as h

from components.ui.format import moment
from components.ui.i18n import catalogue, say
from components.ui.status_badges import sight, source_state, state_mark, state_word
from ioc.domain.events.event import Event
from ioc.domain.events.state import as_seen
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import EventView, Snapshot, SourceView

_OURS = frozenset({"picture", "hls"})
_NAMES = {"service": "service-name"}  # codes that twins are known by, and what people call them
_STANDARD = frozenset({"category", "severity", "urgency", "certainty", "status", "word", "effect"})


def told_facts(event: Event, lang: str) -> list[tuple[str, str]]:
    """Its facts for people: what the program itself reads, of a camera or a headline, is none of them."""
    shown = ((name, event.facts.get(_NAMES.get(name, ""), value)) for name, value in event.facts.items())
    return [(_fact_word(name, lang), _value_word(name, value, lang)) for name, value in shown if _for_people(name)]


def _for_people(name: str) -> bool:
    return name not in _OURS and name not in _NAMES.values() and not name.startswith("topic-")


def _value_word(name: str, value: str, lang: str) -> str:
    """A word that a standard has for the fact, CAP's "Severe", as it is said here; anything else as it is told."""
    key = f"events.{name}_{value.casefold().replace(' ', '_')}"
    return say(key, lang) if name in _STANDARD and key in catalogue() else value


def _fact_word(name: str, lang: str) -> str:
    """What a fact is called; one without a word of ours by its own name."""
    key = f"events.fact_{name}"
    return say(key, lang) if key in catalogue() else name


def place_name(view: EventView, snapshot: Snapshot, lang: str, most: int = 3) -> str:
    """The unit in which it lies, or the units that it concerns; or how much is known of where it is."""
    found = [snapshot.units[code] for code in view.event.units if code in snapshot.units]
    if not found:
        return say("events.somewhere" if view.event.area else "events.nowhere", lang)
    if len(found) == len(snapshot.units) > most:
        return say("events.everywhere", lang)
    names = ", ".join(f"{one.kind} {one.name}" for one in found[:most])
    return say("events.more_places", lang, names=names, n=len(found) - most) if len(found) > most else names


def source_names(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """All that tell of it, the first one first."""
    names = {one.source.key: one.source.name.said(lang) for one in snapshot.sources}
    return " · ".join(names.get(key, key) for key in view.sources)


def apart_words(view: EventView, lang: str) -> str:
    """What its sources disagree on, "" where they agree."""
    what = ", ".join(say(f"events.apart_{one}", lang) for one in view.apart)
    return say("events.apart", lang, what=what) if what else ""


def stage_word(view: EventView, lang: str) -> str:
    """The source's own word for the stage, else ours."""
    return _value_word("word", view.event.word, lang) or say(f"events.stage_{view.event.stage.value}", lang)


def state_line(view: EventView, lang: str) -> str:
    """How serious it is, where it is in its life, and what its sources disagree on."""
    severity = say(f"common.{view.event.severity.value}", lang)
    return " · ".join(filter(None, (severity, stage_word(view, lang), apart_words(view, lang))))


def told_by(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """All that tell of it, each with its state where it is not live; and how old the last word of the best is."""
    rows = {one.source.key: one for one in snapshot.sources}
    return h.fragment[
        (h.span(".told-by")[_teller(key, rows.get(key), snapshot, lang)] for key in view.sources),
        h.small(".quiet")[say("events.heard", lang, time=moment(view.event.observed, snapshot.at))],
        heard_line(view, snapshot, lang),
    ]


def _teller(key: str, row: SourceView | None, snapshot: Snapshot, lang: str) -> h.Node:
    if row is None:
        return key
    now = as_seen(row, snapshot.at)
    silent = now.state is not SourceState.LIVE
    return h.fragment[row.source.name.said(lang), silent and [" ", source_state(sight(now), lang)]]


def heard_line(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """When its sources were last heard, and what the screen says once that is too long ago."""
    if view.heard is None:
        return h.fragment[h.small(".quiet")[state_word(State.NO_DATA, lang)]]
    last = say("overview.last_heard", lang, time=moment(view.heard, snapshot.at))
    return h.fragment[
        h.small(".quiet")[last, h.span(".age")[" · ", h.time(data_age=view.heard.isoformat())]],
        view.state is State.OK
        and h.span(".event-late")[state_mark(State.STALE), " ", state_word(State.STALE, lang)],
    ]  # fmt: skip


def worn(view: EventView) -> str:
    """The class by which its state is seen."""
    return f"is-{view.state.value}"


def counted(view: EventView) -> Mapping[str, str]:
    """For the screen, which counts on by itself: since when it was heard, and how long that is good for."""
    if view.state is not State.OK or view.heard is None or not view.age_limit:
        return {}
    return {"data-since": view.heard.isoformat(), "data-limit": str(round(view.age_limit.total_seconds()))}


def not_heard(view: EventView, lang: str) -> h.Fragment | None:
    """Mark and word of an event whose sources are not heard; None for one that is."""
    return None if view.state is State.OK else h.fragment[state_mark(view.state), " ", state_word(view.state, lang)]
