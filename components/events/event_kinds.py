"""The kinds of events: their names, how many of each stand, and what is said where that cannot be known."""

import htpy as h

from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.icons import event_icon
from components.ui.status_badges import drill_badge, source_status, source_status_badge, state_label, state_mark
from ioc.domain.events.state import OpenEventCount, effective_health, event_figure_state, open_events
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot


def kind_names(snapshot: Snapshot, lang: str) -> dict[str, str]:
    """The kinds that sources declare, with their names, in the order of the sources."""
    rows = (kind for view in snapshot.sources for kind in view.source.events)
    return {kind.key: kind.name.get(lang) for kind in rows}


def chips(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """A link per kind with how many stand."""
    names = kind_names(snapshot, lang)
    found = {key: open_events(snapshot, key) for key in names}
    return h.nav(".chips")[
        h.a(".chip", href="?", aria_current=None if chosen in names else "true")[
            t("events.all", lang), " ", h.b[format_number(sum(one.real_count for one in found.values()))]
        ],
        (
            h.a(".chip", href=f"?loai={key}", aria_current="true" if chosen == key else None)[
                names[key],
                " ",
                open_count_badge(one, lang),
                one.drill_count > 0 and [" ", drill_count_badge(one, lang)],
            ]
            for key, one in found.items()
        ),
        "camera" in names and h.a(".chip", href="/camera")[event_icon("camera"), t("camera.all", lang)],
    ]


def open_count_badge(open_count: OpenEventCount, lang: str) -> h.Element:
    """How many stand, as a number; where none do and nobody can know, the mark and the word of why."""
    if open_count.is_known:
        return h.b[format_number(open_count.real_count)]
    return h.span(".no-count")[state_mark(open_count.state), " ", state_label(open_count.state, lang)]


def drill_count_badge(open_count: OpenEventCount, lang: str) -> h.Fragment:
    """How many of an exercise stand, beside and never within the others."""
    return h.fragment[drill_badge(lang), " ", h.b[format_number(open_count.drill_count)]]


def unavailable_sources(snapshot: Snapshot, kind: str, lang: str, *, drill: bool = False) -> h.Node:
    """The sources of `kind` that are not heard now, each with its state; of exercises, or all others."""
    rows = [one for one in snapshot.sources if any(row.key == kind for row in one.source.events)]
    rows = [one for one in rows if one.source.is_drill is drill]
    rows = [one for one in rows if event_figure_state(one.health, one.source, snapshot.at) is not FigureState.OK]
    return [
        h.span(".silent")[
            one.source.name.get(lang),
            ": ",
            source_status_badge(source_status(effective_health(one, snapshot.at)), lang),
        ]
        for one in rows
    ]
