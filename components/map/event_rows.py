"""Lists of events beside the map: those above normal, and those of one unit, with links to their detail."""

from collections.abc import Iterable, Mapping

import htpy as h

from components.events.descriptions import place_name, stage_label, unavailable_badge
from components.events.event_groups import sort_events
from components.map.link import map_link
from components.ui.format import format_datetime
from components.ui.i18n import t
from components.ui.icons import event_icon
from components.ui.status_badges import badges, severity_mark
from ioc.domain.base.severity import Severity
from ioc.domain.snapshot import EventView, Snapshot

_MAX_CITY_ROWS, _MAX_UNIT_ROWS = 8, 4  # few for a unit: its KPIs follow below


def serious_events(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Fragment:
    """Open events above normal severity, real ones first."""
    views = [view for view in snapshot.events if view.event.severity is not Severity.NORMAL]
    return h.fragment[
        h.h3(".detail-part")[t("map.severe_events", lang)],
        _event_rows(views, _MAX_CITY_ROWS, "/su-kien", snapshot, lang, params)
        if views
        else h.p(".nothing")[t("map.no_severe_events" if snapshot.has_all_events else "events.more", lang)],
    ]


def unit_events(snapshot: Snapshot, code: str, lang: str, params: Mapping[str, str]) -> h.Fragment | None:
    """Events of one unit; None without any."""
    views = [view for view in snapshot.events if code in view.event.unit_codes]
    if not views:
        return None
    return h.fragment[
        h.h3(".detail-part")[t("map.events", lang)],
        _event_rows(views, _MAX_UNIT_ROWS, f"/don-vi/{code}", snapshot, lang, params),
    ]


def _event_rows(
    views: Iterable[EventView], max_rows: int, page: str, snapshot: Snapshot, lang: str, params: Mapping[str, str]
) -> h.Element:  # fmt: skip
    """The first `max_rows` events, and a link to `page` for the others."""
    sorted_views = sort_events(views)
    rest = len(sorted_views) - max_rows
    return h.ul(".detail-list")[
        (_row(view, snapshot, lang, params) for view in sorted_views[:max_rows]),
        rest > 0 and h.li[h.a(href=page)[t("overview.others", lang, n=rest)]],
    ]


def _row(view: EventView, snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    event = view.event
    until = (
        t("events.until", lang, time=format_datetime(event.expires, snapshot.at))
        if event.expires
        else stage_label(view, lang)
    )
    return h.li[
        map_link("su-kien", view.id, params)[severity_mark(event.severity) or event_icon(event.kind), " ", event.title],
        h.small[
            (lost := unavailable_badge(view, lang)) and [h.b[lost], _age(view), " · "],
            " · ".join((place_name(view, snapshot, lang, 2), until)),
            badges(lang, simulated=view.is_simulated, drill=view.is_drill, short=True),
        ],
    ]


def _age(view: EventView) -> h.Node:
    return h.span(".age")[" ", h.time(data_age=view.last_heard.isoformat())] if view.last_heard else None
