"""The open events of a page: those that its filters leave, in groups by kind or place, or sorted by a column."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import htpy as h

from components.events.descriptions import place_name, source_names, stage_label
from components.events.event_kinds import count_text, drill_count_badge, kind_names, unavailable_sources
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, by_order, folded_words
from components.ui.status_badges import drill_badge, state_mark
from ioc.domain.base.severity import RANK
from ioc.domain.base.slug import fold
from ioc.domain.events.state import OpenEventCount, kind_state, open_events
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot

# Parameters of the address: kind, unit, what the groups are of.
KIND, PLACE, GROUPING = "loai", "don-vi", "nhom"
NO_PLACE, BY_PLACE = "chua-ro", "dia-ban"  # value of PLACE: without a known unit; value of GROUPING
EVENT_COLUMNS = ("title", "severity", "kind", "place", "stage", "started", "due", "source")
_MAX_PLACES = 10_000  # a search looks through all places of an event


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Some events below one head, never real ones together with exercises.

    `head`: what the group is of, None for none; `note`: what is said where it has no events.
    """

    id: str
    head: h.Node
    views: Sequence[EventView]
    note: h.Node = None
    is_drill: bool = False


def shown_kinds(snapshot: Snapshot, lang: str, chosen: str) -> dict[str, str]:
    """Kind -> name: the kind `chosen`; all if it is unknown or empty."""
    names = kind_names(snapshot, lang)
    return {key: name for key, name in names.items() if chosen not in names or key == chosen}


def sort_events(views: Iterable[EventView]) -> list[EventView]:
    """Real events before exercises; most severe first, then newest."""
    return sorted(views, key=lambda view: (view.is_drill, -RANK[view.event.severity], -view.began_at.timestamp()))


def event_groups(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> list[EventGroup]:
    """The groups that the parameters of the page select.

    A kind whose sources are not all live has a head in any case: nobody knows whether there are more of its events.
    """
    kinds = shown_kinds(snapshot, lang, params.get(KIND, ""))
    found = sort_events(found_events(snapshot, kinds, params, lang))
    if params.get(SORT):
        ordered = _ordered(found, params[SORT], kinds, snapshot, lang)
        return [EventGroup("sorted", None, ordered), *_missing_kinds(snapshot, kinds, lang)]
    if params.get(GROUPING) == BY_PLACE:
        return [*_missing_kinds(snapshot, kinds, lang), *_place_groups(found, snapshot, lang)]
    return [group for key, name in kinds.items() for group in _kind_groups(key, name, found, params, snapshot, lang)]


def found_events(
    snapshot: Snapshot, kinds: Collection[str], params: Mapping[str, str], lang: str
) -> Iterator[EventView]:  # fmt: skip
    """The open events of `kinds` at the place and with the words that the parameters name."""
    place, words = params.get(PLACE, ""), folded_words(params.get(SEARCH, ""))
    rest_of, names = cache(fold), kind_names(snapshot, lang)  # only titles differ from event to event
    for view in snapshot.events:
        codes = view.event.unit_codes
        is_there = not place or place in codes or (place == NO_PLACE and not codes)
        if view.event.kind not in kinds or not is_there:
            continue
        if not words or _has(words, fold(view.event.title), rest_of(_details(view, names, snapshot, lang))):
            yield view


def _details(view: EventView, names: Mapping[str, str], snapshot: Snapshot, lang: str) -> str:
    """What is searched beside the title."""
    severity, place = t(f"common.{view.event.severity.value}", lang), place_name(view, snapshot, lang, _MAX_PLACES)
    return " ".join((names[view.event.kind], severity, place, stage_label(view, lang)))


def _has(words: Iterable[str], title: str, details: str) -> bool:
    return all(word in title or word in details for word in words)


def is_filtered(params: Mapping[str, str]) -> bool:
    """Whether the parameters leave out events of a kind."""
    return bool(params.get(PLACE) or params.get(SEARCH))


def _ordered(
    views: Sequence[EventView], sort: str, kinds: Mapping[str, str], snapshot: Snapshot, lang: str
) -> list[EventView]:
    """Sorted by a column, exercises after all real events."""
    order, is_descending = event_order(sort.removeprefix("-"), kinds, snapshot, lang), sort.startswith("-")
    parts = ([view for view in views if view.is_drill is is_drill] for is_drill in (False, True))
    return [view for part in parts for view in by_order(part, order, is_descending=is_descending)]


def event_order(
    column: str, kinds: Mapping[str, str], snapshot: Snapshot, lang: str
) -> Callable[[EventView], float | str | None]:
    """What a column is sorted by; the gravest first by severity. None: an event without a value."""

    def due(view: EventView) -> float | None:
        last = view.event.due or view.event.expires
        return last.timestamp() if last else None

    orders: dict[str, Callable[[EventView], float | str | None]] = {
        "title": lambda view: view.event.title,
        "severity": lambda view: -RANK[view.event.severity],
        "kind": lambda view: kinds.get(view.event.kind, ""),
        "place": lambda view: place_name(view, snapshot, lang) if view.event.unit_codes else None,
        "stage": lambda view: stage_label(view, lang),
        "started": lambda view: view.began_at.timestamp(),
        "due": due,
        "source": lambda view: source_names(view, snapshot, lang),
    }
    return orders[column]


def _kind_groups(
    kind: str, name: str, found: Iterable[EventView], params: Mapping[str, str], snapshot: Snapshot, lang: str
) -> Iterator[EventGroup]:
    """A group of a kind's real events, then one of its exercises."""
    count, of_kind = open_events(snapshot, kind), [view for view in found if view.event.kind == kind]
    real, drill = ([view for view in of_kind if view.is_drill is is_drill] for is_drill in (False, True))
    filtered = is_filtered(params)
    if real or not filtered or count.state is not FigureState.OK:
        number = _count_note(count, len(real), lang, filtered=filtered)
        head = h.fragment[name, " ", number, unavailable_sources(snapshot, kind, lang)]
        yield EventGroup(f"kind-{kind}", head, real, _no_events_message(count, lang))
    if drill:
        number = h.small[drill_badge(lang), " ", format_number(len(drill))] if filtered else None
        number = number or h.small[drill_count_badge(count, lang)]
        head = h.fragment[name, " ", number, unavailable_sources(snapshot, kind, lang, drill=True)]
        yield EventGroup(f"drill-{kind}", head, drill, is_drill=True)


def _place_groups(found: Iterable[EventView], snapshot: Snapshot, lang: str) -> Iterator[EventGroup]:
    """A group for each place by name, those of real events first."""
    places: dict[tuple[bool, str], list[EventView]] = defaultdict(list)
    for view in found:
        places[view.is_drill, place_name(view, snapshot, lang)].append(view)
    for number, (is_drill, name) in enumerate(sorted(places, key=lambda key: (key[0], fold(key[1])))):
        head = h.fragment[name, is_drill and [" ", drill_badge(lang)]]
        yield EventGroup(f"place-{number}", head, places[is_drill, name], is_drill=is_drill)


def _missing_kinds(snapshot: Snapshot, kinds: Mapping[str, str], lang: str) -> Iterator[EventGroup]:
    """The kinds whose sources are not all live, each without events."""
    for kind, name in kinds.items():
        if kind_state(snapshot, kind) is not FigureState.OK:
            head = h.fragment[name, " ", unavailable_sources(snapshot, kind, lang)]
            yield EventGroup(f"kind-{kind}", head, (), _no_events_message(open_events(snapshot, kind), lang))


def _count_note(count: OpenEventCount, found: int, lang: str, *, filtered: bool) -> h.Element | None:
    if not count.is_known:
        return None
    number = count_text(count.real_count, is_least=count.is_least)
    if filtered:
        return h.small[t("table.shown", lang, n=format_number(found), all=number)]
    return h.small[t("events.count", lang, n=number)]


def _no_events_message(count: OpenEventCount, lang: str) -> h.Fragment:
    """That there are none, or that it is unknown because sources are unavailable."""
    if count.state is FigureState.OK:
        return h.fragment[t("events.more" if count.is_least else "events.none", lang)]
    words = "export.maybe_more" if count.real_count else "events.unknown"
    return h.fragment[state_mark(count.state), " ", t(words, lang)]
