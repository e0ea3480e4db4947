"""Texts about one event: place, stage, facts, sources and their state."""

from collections.abc import Mapping

import htpy as h

from components.ui.format import format_datetime
from components.ui.i18n import catalogue, t
from components.ui.status_badges import source_status, source_status_badge, state_label, state_mark
from ioc.domain.events.event import Event
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot, SourceView

_INTERNAL_FACTS = frozenset({"picture", "hls"})
_NAME_FACTS = {"service": "service-name"}  # fact with a code (used in deduplication) -> fact with its name
_CODED_FACTS = frozenset({"category", "severity", "urgency", "certainty", "status", "source_status", "effect"})


def display_facts(event: Event, lang: str) -> list[tuple[str, str]]:
    """(label, value) of the facts that people read, without those that only the program uses."""
    facts = ((name, event.facts.get(_NAME_FACTS.get(name, ""), value)) for name, value in event.facts.items())
    return [(_fact_label(name, lang), _fact_value(name, value, lang)) for name, value in facts if _is_displayed(name)]


def _is_displayed(name: str) -> bool:
    return name not in _INTERNAL_FACTS and name not in _NAME_FACTS.values() and not name.startswith("topic-")


def _fact_value(name: str, value: str, lang: str) -> str:
    """The translation of a standard's code (CAP's "Severe"); any other value unchanged."""
    key = f"events.{name}_{value.casefold().replace(' ', '_')}"
    return t(key, lang) if name in _CODED_FACTS and key in catalogue() else value


def _fact_label(name: str, lang: str) -> str:
    """The label of a fact; its own name if the catalogue has none."""
    key = f"events.fact_{name}"
    return t(key, lang) if key in catalogue() else name


def place_name(view: EventView, snapshot: Snapshot, lang: str, max_names: int = 3) -> str:
    """The units that the event concerns, at most `max_names` by name; or what is known of its place."""
    units = [snapshot.units[code] for code in view.event.unit_codes if code in snapshot.units]
    if not units:
        return t("events.unit_unknown" if view.event.area else "events.place_unknown", lang)
    if len(units) == len(snapshot.units) > max_names:
        return t("events.whole_city", lang)
    names = ", ".join(f"{unit.kind} {unit.name}" for unit in units[:max_names])
    return t("events.more_places", lang, names=names, n=len(units) - max_names) if len(units) > max_names else names


def source_names(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """Names of all its sources, the one whose record is shown first."""
    names = {source_view.source.key: source_view.source.name.get(lang) for source_view in snapshot.sources}
    return " · ".join(names.get(key, key) for key in view.sources)


def event_disagreement_text(view: EventView, lang: str) -> str:
    """The fields on which its sources disagree; "" if they agree."""
    fields = ", ".join(t(f"events.disagreement_{field}", lang) for field in view.disagreements)
    return t("events.disagreement", lang, fields=fields) if fields else ""


def stage_label(view: EventView, lang: str) -> str:
    """The source's own status, else the label of our stage."""
    return _fact_value("source_status", view.event.source_status, lang) or t(
        f"events.stage_{view.event.stage.value}", lang
    )


def status_line(view: EventView, lang: str) -> str:
    """Severity, stage, and the fields on which its sources disagree."""
    severity = t(f"common.{view.event.severity.value}", lang)
    return " · ".join(filter(None, (severity, stage_label(view, lang), event_disagreement_text(view, lang))))


def reporting_sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """All its sources, each with its status unless live; the time of the report; the last contact.

    Of a past moment the time of the last change: reports that changed nothing are not logged.
    """
    kind, time = ("data", view.event.observed) if snapshot.is_live else ("changed", view.recorded_at)
    rows = {source_view.source.key: source_view for source_view in snapshot.sources}
    return h.fragment[
        (h.span(".event-source")[_reporting_source(key, rows.get(key), snapshot, lang)] for key in view.sources),
        h.small(".quiet")[t(f"events.{kind}_time", lang, time=format_datetime(time, snapshot.at))],
        last_contact_line(view, snapshot, lang),
    ]


def _reporting_source(key: str, row: SourceView | None, snapshot: Snapshot, lang: str) -> h.Node:
    if row is None:
        return key
    silent = row.health.state is not SourceState.LIVE
    return h.fragment[row.source.name.get(lang), silent and [" ", source_status_badge(source_status(row.health), lang)]]


def last_contact_line(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """The last contact with its sources, and the mark that the client shows once it is past the age limit."""
    if view.last_heard is None:
        return h.fragment[h.small(".quiet")[state_label(FigureState.NO_DATA, lang)]]
    last = t("overview.last_contact", lang, time=format_datetime(view.last_heard, snapshot.at))
    return h.fragment[
        h.small(".quiet")[last, h.span(".age")[" · ", h.time(data_age=view.last_heard.isoformat())]],
        view.state is FigureState.OK
        and h.span(".event-late")[state_mark(FigureState.STALE), " ", state_label(FigureState.STALE, lang)],
    ]  # fmt: skip


def state_class(view: EventView) -> str:
    """The CSS class of its state."""
    return f"is-{view.state.value}"


def age_attributes(view: EventView, snapshot: Snapshot) -> Mapping[str, str]:
    """Attributes from which the client counts the age: the last contact and the age limit in seconds.

    Of the present only: the log has the contacts of a past moment to the minute.
    """
    if not snapshot.is_live or view.state is not FigureState.OK or view.last_heard is None or not view.age_limit:
        return {}
    return {"data-since": view.last_heard.isoformat(), "data-limit": str(round(view.age_limit.total_seconds()))}


def unavailable_badge(view: EventView, lang: str) -> h.Fragment | None:
    """Mark and label of an event whose sources are unavailable; None for one that is live."""
    return (
        None if view.state is FigureState.OK else h.fragment[state_mark(view.state), " ", state_label(view.state, lang)]
    )
