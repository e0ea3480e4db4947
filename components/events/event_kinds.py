"""Kinds of events: their names, open counts, and unavailable sources."""

from collections.abc import Mapping
from types import MappingProxyType

import htpy as h

from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.icons import event_icon
from components.ui.live_table import page_link
from components.ui.status_badges import drill_badge, source_status, source_status_badge, state_label, state_mark
from ioc.domain.events.state import OpenEventCount, event_figure_state, open_events
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot


def kind_names(snapshot: Snapshot, lang: str) -> dict[str, str]:
    """Kind -> name of the kinds that sources declare, in the order of the sources."""
    rows = (kind for view in snapshot.sources for kind in view.source.events)
    return {kind.key: kind.name.get(lang) for kind in rows}


def chips(snapshot: Snapshot, lang: str, chosen: str, params: Mapping[str, str] = MappingProxyType({})) -> h.Element:
    """A link per kind with its open count; it keeps the other parameters of the address."""
    names = kind_names(snapshot, lang)
    counts = {key: open_events(snapshot, key) for key in names}
    return h.nav(".chips", aria_label=t("events.kinds", lang))[
        h.a(".chip", href=page_link(params, loai=""), aria_current=None if chosen in names else "true")[
            t("events.all", lang),
            " ",
            h.b[count_text(sum(count.real_count for count in counts.values()), is_least=not snapshot.has_all_events)],
        ],
        (
            h.a(".chip", href=page_link(params, loai=key), aria_current="true" if chosen == key else None)[
                names[key],
                " ",
                open_count_badge(count, lang),
                count.drill_count > 0 and [" ", drill_count_badge(count, lang)],
            ]
            for key, count in counts.items()
        ),
        "camera" in names and h.a(".chip", href="/camera")[event_icon("camera"), t("camera.all", lang)],
    ]


def count_text(count: int, *, is_least: bool) -> str:
    """A number of events; `is_least`: there are more than were counted."""
    return f"≥ {format_number(count)}" if is_least else format_number(count)


def open_count_badge(open_count: OpenEventCount, lang: str) -> h.Element:
    """The open count; where no source is live and there is none, the mark and label of the reason."""
    if open_count.is_known:
        return h.b[count_text(open_count.real_count, is_least=open_count.is_least)]
    return h.span(".count-unknown")[state_mark(open_count.state), " ", state_label(open_count.state, lang)]


def drill_count_badge(open_count: OpenEventCount, lang: str) -> h.Fragment:
    """The open count of exercises, never added to the real count."""
    return h.fragment[drill_badge(lang), " ", h.b[count_text(open_count.drill_count, is_least=open_count.is_least)]]


def unavailable_sources(snapshot: Snapshot, kind: str, lang: str, *, drill: bool = False) -> h.Node:
    """The sources of `kind` that are not live, each with its status; `drill` selects exercises or real ones."""
    views = [view for view in snapshot.sources if any(row.key == kind for row in view.source.events)]
    views = [view for view in views if view.source.is_drill is drill]
    views = [view for view in views if event_figure_state(view.health) is not FigureState.OK]
    return [
        h.span(".unavailable-source")[
            view.source.name.get(lang),
            ": ",
            source_status_badge(source_status(view.health), lang),
        ]
        for view in views
    ]
