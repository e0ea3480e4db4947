"""Tables of open events by kind, most severe first, with place, stage, times and sources."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

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
from ioc.domain.base.text import shorten
from ioc.domain.events.state import OpenEventCount, open_events
from ioc.domain.snapshot import EventView, Snapshot

MAX_ROWS = 200  # of one kind; a longer list says how many there are
_MAX_TEXT = 160  # characters of a text in a row
_COLUMNS = ("title", "place", "stage", "started", "due", "source")


def event_list(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """The open events of the kind `chosen`; of all kinds if it is unknown or empty."""
    names = kind_names(snapshot, lang)
    shown_kinds = {key: name for key, name in names.items() if chosen not in names or key == chosen}
    if not shown_kinds:
        return h.p(".nothing")[t("events.no_kind", lang)]
    return h.div(".box.wide")[
        h.table(".sources.events")[
            h.thead[h.tr[(h.th[t(f"events.{column}", lang)] for column in _COLUMNS)]],
            (group for key, name in shown_kinds.items() for group in _groups(key, name, snapshot, lang)),
        ]
    ]


def event_table(views: Iterable[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    """A table of events without groups."""
    return h.table(".sources.events")[
        h.thead[h.tr[(h.th[t(f"events.{column}", lang)] for column in _COLUMNS)]],
        h.tbody[(_row(view, snapshot, lang) for view in sort_events(views))],
    ]


def sort_events(views: Iterable[EventView]) -> list[EventView]:
    """Real events before exercises; most severe first, then newest."""
    return sorted(views, key=lambda view: (view.is_drill, -RANK[view.event.severity], -view.began_at.timestamp()))


def _groups(kind: str, name: str, snapshot: Snapshot, lang: str) -> Iterator[h.Element]:
    """A group of a kind's real events, then one of its exercises."""
    open_count, views = (
        open_events(snapshot, kind),
        sort_events(view for view in snapshot.events if view.event.kind == kind),
    )
    real, drill = views[: open_count.real_count], views[open_count.real_count :]
    count_note = _group_count(open_count, len(real), lang)
    yield h.tbody[
        h.tr(".group")[
            h.th(colspan=len(_COLUMNS), scope="rowgroup")[
                name, " ", count_note, unavailable_sources(snapshot, kind, lang)
            ]
        ],
        (_row(view, snapshot, lang) for view in real[:MAX_ROWS]),
        not real and h.tr[h.td(".quiet", colspan=len(_COLUMNS))[_no_events_message(open_count, lang)]],
    ]
    if drill:
        yield h.tbody(".exercise")[
            h.tr(".group")[
                h.th(colspan=len(_COLUMNS), scope="rowgroup")[
                    name,
                    " ",
                    h.small[drill_count_badge(open_count, lang)],
                    unavailable_sources(snapshot, kind, lang, drill=True),
                ]
            ],
            (_row(view, snapshot, lang) for view in drill[:MAX_ROWS]),
        ]


def _group_count(open_count: OpenEventCount, count: int, lang: str) -> h.Element | None:
    if not open_count.is_known:
        return None
    if count > MAX_ROWS:
        return h.small[t("events.first_rows", lang, n=format_number(MAX_ROWS), all=format_number(count))]
    return h.small[t("events.count", lang, n=format_number(count))]


def _no_events_message(open_count: OpenEventCount, lang: str) -> h.Fragment:
    """That there are none, or that it is unknown because sources are unavailable."""
    if open_count.is_known:
        return h.fragment[t("events.none", lang)]
    return h.fragment[state_mark(open_count.state), " ", t("events.unknown", lang)]


def personal_data_link(kind: str, key: str, word: str, lang: str) -> h.Element:
    """A link to personal data (pages/personal.py); CSS shows it only to those with the permission."""
    return h.a(".link.may-view_personal", href=f"/chi-tiet?{urlencode({kind: key})}")[
        mark("lock"), " ", t(f"personal_data.{word}", lang)
    ]


def _row(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    event, now = view.event, snapshot.at
    late = event.is_late(now)
    return h.tr(class_=[f"sev-{event.severity.value}", state_class(view)], **age_attributes(view, snapshot))[
        h.td(".source-name")[
            h.span(".source-title")[
                h.span[severity_mark(event.severity), " ", event.title],
                badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True),
            ],
            _beginning(event.text, view, lang),
            _beginning(" · ".join(f"{name}: {value}" for name, value in display_facts(event, lang)), view, lang),
            view.has_personal and personal_data_link("su-kien", view.id, "link", lang),
        ],
        h.td(data_label=t("events.place", lang))[place_name(view, snapshot, lang)],
        h.td(data_label=t("events.stage", lang))[stage_label(view, lang)],
        h.td(data_label=t("events.started", lang))[
            h.span(".when")[
                h.time(".age", data_age=view.began_at.isoformat()),
                h.small(".quiet")[format_datetime(view.began_at, now)],
            ]
        ],
        h.td(data_label=t("events.due", lang))[
            format_datetime(event.due, now)
            if event.due
            else (t("events.until", lang, time=format_datetime(event.expires, now)) if event.expires else NO_VALUE),
            late and h.strong(".source-rejected")[" ", t("events.late", lang)],
        ],
        h.td(data_label=t("events.source", lang))[_sources(view, snapshot, lang)],
    ]


def _beginning(text: str, view: EventView, lang: str) -> h.Element | None:
    """The beginning of a text, with a link to the whole where it is longer: a list of long texts is a large frame."""
    if not text:
        return None
    link = h.a(href=f"/ban-do?{urlencode({'su-kien': view.id})}")[t("events.whole_text", lang)]
    is_cut = len(text) > _MAX_TEXT
    return h.small(".quiet")[shorten(text, _MAX_TEXT), is_cut and view.id and [" ", link]]


def _sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """The sources with their last contact, and the fields on which they disagree."""
    disagreement = event_disagreement_text(view, lang)
    return h.fragment[
        reporting_sources(view, snapshot, lang),
        disagreement and h.strong(".source-rejected")[" ", disagreement],
    ]
