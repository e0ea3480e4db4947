"""Events: what stands now, by kind, most serious first, each with its place, its times and who tells of it."""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

import htpy as h

from components.events.descriptions import (
    age_attributes,
    display_facts,
    event_disagreement_text,
    place_name,
    reporting_sources,
    stage_label,
    state_class,
)
from components.events.event_kinds import drill_count_badge, kind_names, unavailable_sources
from components.ui.format import NO_VALUE, format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import badges, severity_mark, state_mark
from ioc.domain.base.severity import RANK
from ioc.domain.events.state import OpenEventCount, open_events
from ioc.domain.snapshot import EventView, Snapshot

MAX_ROWS = 200  # rows of one kind; a longer list says how many there are
_COLUMNS = ("what", "where", "stage", "started", "due", "source")


def event_list(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """The events of the kind `chosen`, of all where it is none."""
    names = kind_names(snapshot, lang)
    shown = {key: name for key, name in names.items() if chosen not in names or key == chosen}
    if not shown:
        return h.p(".nothing")[t("events.no_kind", lang)]
    return h.div(".box.wide")[
        h.table(".sources.events")[
            h.thead[h.tr[(h.th[t(f"events.{one}", lang)] for one in _COLUMNS)]],
            (group for key, name in shown.items() for group in _groups(key, name, snapshot, lang)),
        ]
    ]


def event_table(views: Iterable[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    """A table of events without groups, for one unit."""
    return h.table(".sources.events")[
        h.thead[h.tr[(h.th[t(f"events.{one}", lang)] for one in _COLUMNS)]],
        h.tbody[(_row(one, snapshot, lang) for one in sort_events(views))],
    ]


def sort_events(views: Iterable[EventView]) -> list[EventView]:
    """What is real before what is of an exercise; most serious first, then the newest."""
    return sorted(views, key=lambda one: (one.is_drill, -RANK[one.event.severity], -one.began_at.timestamp()))


def _groups(kind: str, name: str, snapshot: Snapshot, lang: str) -> Iterator[h.Element]:
    """The events of a kind, and apart from them those of exercises."""
    found, views = open_events(snapshot, kind), sort_events(one for one in snapshot.events if one.event.kind == kind)
    real, drill = views[: found.real_count], views[found.real_count :]
    told = _group_count(found, len(real), lang)
    yield h.tbody[
        h.tr(".group")[
            h.th(colspan=len(_COLUMNS), scope="rowgroup")[name, " ", told, unavailable_sources(snapshot, kind, lang)]
        ],
        (_row(one, snapshot, lang) for one in real[:MAX_ROWS]),
        not real and h.tr[h.td(".quiet", colspan=len(_COLUMNS))[_no_events_message(found, lang)]],
    ]
    if drill:
        yield h.tbody(".exercise")[
            h.tr(".group")[
                h.th(colspan=len(_COLUMNS), scope="rowgroup")[
                    name,
                    " ",
                    h.small[drill_count_badge(found, lang)],
                    unavailable_sources(snapshot, kind, lang, drill=True),
                ]
            ],
            (_row(one, snapshot, lang) for one in drill[:MAX_ROWS]),
        ]


def _group_count(open_count: OpenEventCount, count: int, lang: str) -> h.Element | None:
    if not open_count.is_known:
        return None
    if count > MAX_ROWS:
        return h.small[t("events.shown", lang, n=format_number(MAX_ROWS), all=format_number(count))]
    return h.small[t("events.count", lang, n=format_number(count))]


def _no_events_message(open_count: OpenEventCount, lang: str) -> h.Fragment:
    """That there is none; or that nobody knows, for none of who would tell of it, or not all of them, are heard."""
    if open_count.is_known:
        return h.fragment[t("events.none", lang)]
    return h.fragment[state_mark(open_count.state), " ", t("events.unknown", lang)]


def personal_data_link(object_path: str, word: str, lang: str) -> h.Element:
    """A way to what is personal; the screens of those who may see it show it, no others."""
    return h.a(".link.may-view_personal", href=f"/chi-tiet/{quote(object_path)}")[
        mark("lock"), " ", t(f"personal_data.{word}", lang)
    ]


def _row(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    one, now = view.event, snapshot.at
    late = one.is_late(now)
    return h.tr(class_=[f"sev-{one.severity.value}", state_class(view)], **age_attributes(view))[
        h.td(".source-name")[
            h.span(".source-title")[
                h.span[severity_mark(one.severity), " ", one.title],
                badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True),
            ],
            one.text and h.small(".quiet")[one.text],
            (facts := display_facts(one, lang))
            and h.small(".quiet")[" · ".join(f"{name}: {value}" for name, value in facts)],
            view.id and personal_data_link(f"su-kien/{view.id}", "link", lang),
        ],
        h.td(data_label=t("events.where", lang))[place_name(view, snapshot, lang)],
        h.td(data_label=t("events.stage", lang))[stage_label(view, lang)],
        h.td(data_label=t("events.started", lang))[
            h.span(".when")[
                h.time(".age", data_age=view.began_at.isoformat()),
                h.small(".quiet")[format_datetime(view.began_at, now)],
            ]
        ],
        h.td(data_label=t("events.due", lang))[
            format_datetime(one.due, now)
            if one.due
            else (t("events.until", lang, time=format_datetime(one.expires, now)) if one.expires else NO_VALUE),
            late and h.strong(".source-refused")[" ", t("events.late", lang)],
        ],
        h.td(data_label=t("events.source", lang))[_sources(view, snapshot, lang)],
    ]


def _sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """All sources that tell of it, when it was told so, how they are heard, and what they disagree on."""
    apart = event_disagreement_text(view, lang)
    return h.fragment[
        reporting_sources(view, snapshot, lang),
        apart and h.strong(".source-refused")[" ", apart],
    ]
