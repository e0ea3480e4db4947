"""One event in words: where it is, in what stage, what is told of it, who tells it and how they are heard."""

from collections.abc import Mapping

import htpy as h

from components.ui.format import format_datetime
from components.ui.i18n import catalogue, t
from components.ui.status_badges import source_status, source_status_badge, state_label, state_mark
from ioc.domain.events.event import Event
from ioc.domain.events.state import effective_health
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot, SourceView

_INTERNAL_FACTS = frozenset({"picture", "hls"})
_NAME_FACTS = {"service": "service-name"}  # codes that twins are known by, and what people call them
_CODED_FACTS = frozenset({"category", "severity", "urgency", "certainty", "status", "word", "effect"})


def display_facts(event: Event, lang: str) -> list[tuple[str, str]]:
    """Its facts for people: what the program itself reads, of a camera or a headline, is none of them."""
    shown = ((name, event.facts.get(_NAME_FACTS.get(name, ""), value)) for name, value in event.facts.items())
    return [(_fact_label(name, lang), _fact_value(name, value, lang)) for name, value in shown if _is_displayed(name)]


def _is_displayed(name: str) -> bool:
    return name not in _INTERNAL_FACTS and name not in _NAME_FACTS.values() and not name.startswith("topic-")


def _fact_value(name: str, value: str, lang: str) -> str:
    """A word that a standard has for the fact, CAP's "Severe", as it is said here; anything else as it is told."""
    key = f"events.{name}_{value.casefold().replace(' ', '_')}"
    return t(key, lang) if name in _CODED_FACTS and key in catalogue() else value


def _fact_label(name: str, lang: str) -> str:
    """What a fact is called; one without a word of ours by its own name."""
    key = f"events.fact_{name}"
    return t(key, lang) if key in catalogue() else name


def place_name(view: EventView, snapshot: Snapshot, lang: str, max_names: int = 3) -> str:
    """The unit in which it lies, or the units that it concerns; or how much is known of where it is."""
    found = [snapshot.units[code] for code in view.event.unit_codes if code in snapshot.units]
    if not found:
        return t("events.somewhere" if view.event.area else "events.nowhere", lang)
    if len(found) == len(snapshot.units) > max_names:
        return t("events.everywhere", lang)
    names = ", ".join(f"{one.kind} {one.name}" for one in found[:max_names])
    return t("events.more_places", lang, names=names, n=len(found) - max_names) if len(found) > max_names else names


def source_names(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """All that tell of it, the first one first."""
    names = {one.source.key: one.source.name.get(lang) for one in snapshot.sources}
    return " · ".join(names.get(key, key) for key in view.sources)


def event_disagreement_text(view: EventView, lang: str) -> str:
    """What its sources disagree on, "" where they agree."""
    what = ", ".join(t(f"events.apart_{one}", lang) for one in view.disagreements)
    return t("events.apart", lang, what=what) if what else ""


def stage_label(view: EventView, lang: str) -> str:
    """The source's own word for the stage, else ours."""
    return _fact_value("word", view.event.source_status, lang) or t(f"events.stage_{view.event.stage.value}", lang)


def status_line(view: EventView, lang: str) -> str:
    """How serious it is, where it is in its life, and what its sources disagree on."""
    severity = t(f"common.{view.event.severity.value}", lang)
    return " · ".join(filter(None, (severity, stage_label(view, lang), event_disagreement_text(view, lang))))


def reporting_sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """All that tell of it, each with its state where it is not live; and how old the last word of the best is."""
    rows = {one.source.key: one for one in snapshot.sources}
    return h.fragment[
        (h.span(".told-by")[_reporting_source(key, rows.get(key), snapshot, lang)] for key in view.sources),
        h.small(".quiet")[t("events.heard", lang, time=format_datetime(view.event.observed, snapshot.at))],
        last_contact_line(view, snapshot, lang),
    ]


def _reporting_source(key: str, row: SourceView | None, snapshot: Snapshot, lang: str) -> h.Node:
    if row is None:
        return key
    now = effective_health(row, snapshot.at)
    silent = now.state is not SourceState.LIVE
    return h.fragment[row.source.name.get(lang), silent and [" ", source_status_badge(source_status(now), lang)]]


def last_contact_line(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """When its sources were last heard, and what the screen says once that is too long ago."""
    if view.last_heard is None:
        return h.fragment[h.small(".quiet")[state_label(FigureState.NO_DATA, lang)]]
    last = t("overview.last_heard", lang, time=format_datetime(view.last_heard, snapshot.at))
    return h.fragment[
        h.small(".quiet")[last, h.span(".age")[" · ", h.time(data_age=view.last_heard.isoformat())]],
        view.state is FigureState.OK
        and h.span(".event-late")[state_mark(FigureState.STALE), " ", state_label(FigureState.STALE, lang)],
    ]  # fmt: skip


def state_class(view: EventView) -> str:
    """The class by which its state is seen."""
    return f"is-{view.state.value}"


def age_attributes(view: EventView) -> Mapping[str, str]:
    """For the screen, which counts on by itself: since when it was heard, and how long that is good for."""
    if view.state is not FigureState.OK or view.last_heard is None or not view.age_limit:
        return {}
    return {"data-since": view.last_heard.isoformat(), "data-limit": str(round(view.age_limit.total_seconds()))}


def unavailable_badge(view: EventView, lang: str) -> h.Fragment | None:
    """Mark and word of an event whose sources are not heard; None for one that is."""
    return (
        None if view.state is FigureState.OK else h.fragment[state_mark(view.state), " ", state_label(view.state, lang)]
    )
