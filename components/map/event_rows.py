"""Events beside the map: those that ask for eyes, those of one unit, each with its state and a way to its detail."""

from collections.abc import Iterable, Mapping

import htpy as h

from components.events.descriptions import not_heard, place_name, stage_word
from components.events.list import ordered
from components.map.link import go
from components.ui.format import moment
from components.ui.i18n import say
from components.ui.icons import glyph
from components.ui.status_badges import marks, severity_mark
from ioc.domain.base.severity import Severity
from ioc.domain.snapshot import EventView, Snapshot

_MOST, _OF_UNIT = 8, 4  # rows; the figures of a unit stand below its events


def serious(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Fragment:
    """What stands and is above normal, what is real first."""
    views = [one for one in snapshot.events if one.event.severity is not Severity.NORMAL]
    return h.fragment[
        h.h3(".detail-part")[say("map.serious", lang)],
        _listed(views, _MOST, "/su-kien", snapshot, lang, params)
        if views
        else h.p(".nothing")[say("map.no_serious", lang)],
    ]


def of_unit(snapshot: Snapshot, code: str, lang: str, params: Mapping[str, str]) -> h.Fragment | None:
    """What concerns one unit; nothing where nothing does."""
    views = [one for one in snapshot.events if code in one.event.units]
    if not views:
        return None
    return h.fragment[
        h.h3(".detail-part")[say("map.events", lang)],
        _listed(views, _OF_UNIT, f"/don-vi/{code}", snapshot, lang, params),
    ]


def _listed(
    views: Iterable[EventView], most: int, page: str, snapshot: Snapshot, lang: str, params: Mapping[str, str]
) -> h.Element:  # fmt: skip
    """The first `most` of them; `page` has the others."""
    found = ordered(views)
    rest = len(found) - most
    return h.ul(".detail-list")[
        (_row(one, snapshot, lang, params) for one in found[:most]),
        rest > 0 and h.li[h.a(href=page)[say("overview.others", lang, n=rest)]],
    ]


def _row(view: EventView, snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    one = view.event
    until = say("events.until", lang, time=moment(one.expires, snapshot.at)) if one.expires else stage_word(view, lang)
    return h.li[
        go("su-kien", view.id, params)[severity_mark(one.severity) or glyph(one.kind), " ", one.title],
        h.small[
            (lost := not_heard(view, lang)) and [h.b[lost], _age(view), " · "],
            " · ".join((place_name(view, snapshot, lang, 2), until)),
            marks(lang, simulated=view.simulated, drill=view.drill, short=True),
        ],
    ]


def _age(view: EventView) -> h.Node:
    return h.span(".age")[" ", h.time(data_age=view.heard.isoformat())] if view.heard else None
