"""Tables of open events by kind, most severe first, with place, stage, times and sources."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
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
from components.events.event_groups import KIND, EventGroup, event_groups, sort_events
from components.events.event_kinds import kind_names
from components.ui.format import NO_VALUE, format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.live_table import SEARCH
from components.ui.status_badges import badges, severity_mark
from ioc.domain.base.text import shorten
from ioc.domain.snapshot import EventView, Snapshot

MAX_ROWS = 200  # of one kind; a longer list says how many there are
_MAX_TEXT = 160  # characters of a text in a row
_COLUMNS = ("title", "place", "stage", "started", "due", "source")


def event_list(
    snapshot: Snapshot, lang: str, chosen: str, params: Mapping[str, str] = MappingProxyType({})
) -> h.Element:
    """For walls and paper: the open events of the kind `chosen`, of all kinds if it is unknown or empty.

    `params`: of the page, its place, words, grouping and sorting.
    """
    groups, words = event_groups(snapshot, {**params, KIND: chosen}, lang), params.get(SEARCH, "")
    if not kind_names(snapshot, lang):
        return h.p(".nothing")[t("events.no_kind", lang)]
    return h.div(".box.wide")[
        words and h.p(".quiet")[t("table.search", lang), ": ", h.b[words]],
        h.table(".sources.events")[_heads(lang), (_group(group, snapshot, lang) for group in groups)],
    ]


def event_table(views: Iterable[EventView], snapshot: Snapshot, lang: str) -> h.Element:
    """A table of events without groups."""
    return h.table(".sources.events")[
        _heads(lang), h.tbody[(_row(view, snapshot, lang) for view in sort_events(views))]
    ]  # fmt: skip


def _heads(lang: str) -> h.Element:
    return h.thead[h.tr[(h.th[t(f"events.{column}", lang)] for column in _COLUMNS)]]


def _group(group: EventGroup, snapshot: Snapshot, lang: str) -> h.Element:
    count = len(group.views)
    first = t("events.first_rows", lang, n=format_number(MAX_ROWS), all=format_number(count))
    return h.tbody(class_="exercise" if group.is_drill else None)[
        (group.head is not None or count > MAX_ROWS)
        and h.tr(".group")[
            h.th(colspan=len(_COLUMNS), scope="rowgroup")[group.head, count > MAX_ROWS and h.small[first]]
        ],
        (_row(view, snapshot, lang) for view in group.views[:MAX_ROWS]),
        not count and h.tr[h.td(".quiet", colspan=len(_COLUMNS))[group.note]],
    ]


def personal_data_link(kind: str, key: str, word: str, lang: str) -> h.Element:
    """A link to personal data (pages/personal.py); CSS shows it only to those with the permission."""
    return h.a(".link.may-view_personal", href=f"/chi-tiet?{urlencode({kind: key})}")[
        mark("lock"), " ", t(f"personal_data.{word}", lang)
    ]


def _row(view: EventView, snapshot: Snapshot, lang: str) -> h.Element:
    title, *others = event_cells(view, snapshot, lang)
    look = [f"sev-{view.event.severity.value}", state_class(view)]
    return h.tr(class_=look, **age_attributes(view, snapshot))[
        h.td(".source-name")[title],
        (h.td(data_label=t(f"events.{column}", lang))[cell] for column, cell in zip(_COLUMNS[1:], others, strict=True)),
    ]


def event_cells(view: EventView, snapshot: Snapshot, lang: str) -> tuple[h.Node, ...]:
    """What is drawn of an event, by the columns of the drawn table."""
    event, now = view.event, snapshot.at
    return (
        _title(view, lang),
        place_name(view, snapshot, lang),
        stage_label(view, lang),
        h.span(".when")[
            h.time(".age", data_age=view.began_at.isoformat()), h.small(".quiet")[format_datetime(view.began_at, now)]
        ],
        h.fragment[
            format_datetime(event.due, now)
            if event.due
            else (t("events.until", lang, time=format_datetime(event.expires, now)) if event.expires else NO_VALUE),
            event.is_late(now) and h.strong(".source-rejected")[" ", t("events.late", lang)],
        ],
        _sources(view, snapshot, lang),
    )


def _title(view: EventView, lang: str) -> h.Fragment:
    event = view.event
    return h.fragment[
        h.span(".source-title")[
            h.span[severity_mark(event.severity), " ", event.title],
            badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True),
        ],
        _beginning(event.text, view, lang),
        _beginning(" · ".join(f"{name}: {value}" for name, value in display_facts(event, lang)), view, lang),
        view.has_personal and personal_data_link("su-kien", view.id, "link", lang),
    ]


def _beginning(text: str, view: EventView, lang: str) -> h.Element | None:
    """The beginning of a text, with a link to the whole where it is longer: a list of long texts is a large frame."""
    if not text:
        return None
    link = h.a(".whole-text", href=f"/ban-do?{urlencode({'su-kien': view.id})}")[t("events.whole_text", lang)]
    is_cut = len(text) > _MAX_TEXT
    return h.small(".quiet")[shorten(text, _MAX_TEXT), is_cut and view.id and [" ", link]]


def _sources(view: EventView, snapshot: Snapshot, lang: str) -> h.Fragment:
    """The sources with their last contact, and the fields on which they disagree."""
    disagreement = event_disagreement_text(view, lang)
    return h.fragment[
        reporting_sources(view, snapshot, lang),
        disagreement and h.strong(".source-rejected")[" ", disagreement],
    ]
