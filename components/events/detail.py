"""One event that was tapped on the map: all that is told of it, who tells it, and a camera's last picture."""

from collections.abc import Mapping

import htpy as h

from components.events.camera import KIND, picture
from components.events.descriptions import apart_words, counted, place_name, stage_word, told_by, told_facts, worn
from components.events.kinds import kinds
from components.map.link import go
from components.ui.format import moment, number
from components.ui.i18n import say
from components.ui.icons import glyph
from components.ui.status_badges import marks, severity_mark
from ioc.domain.snapshot import EventView, Snapshot


def found(snapshot: Snapshot, params: Mapping[str, str]) -> EventView | None:
    """The event that `su-kien` names, None where none stands that is called so."""
    wanted = params.get("su-kien", "")
    return next((one for one in snapshot.events if wanted and one.id == wanted), None)


def event_detail(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """Its title, marks, and everything that is known of it; that it stands no more, where it does not."""
    view = found(snapshot, params)
    close = go("su-kien", "", params, class_="chip")[say("map.close", lang)]
    if view is None:
        return h.div[h.div(".detail-head")[h.p(".nothing")[say("map.no_event", lang)], close]]
    one = view.event
    return h.div(class_=["event-detail", worn(view)], **counted(view))[
        h.div(".detail-head")[
            h.div[
                h.p(".quiet")[glyph(one.kind), " ", kinds(snapshot, lang).get(one.kind, one.kind)],
                h.h2(".box-title")[severity_mark(one.severity), one.title],
                h.p(".detail-marks")[marks(lang, simulated=view.simulated, drill=view.drill)],
            ],
            close,
        ],
        one.kind == KIND and picture(view, snapshot, lang),
        one.text and h.p(".detail-text")[one.text],
        h.dl(".card")[
            ((h.dt[say(key, lang)], h.dd[text]) for key, text in _rows(view, snapshot, lang) if text),
            ((h.dt[name], h.dd[value]) for name, value in told_facts(one, lang)),
        ],
        h.p(".detail-links")[
            one.kind == KIND and h.a(".link", href="/camera")[say("camera.all", lang)],
            h.a(".link", href=f"/su-kien?loai={one.kind}")[say("map.more", lang)],
            one.link and h.a(".link", href=one.link, target="_blank", rel="noopener noreferrer")[say("map.link", lang)],
        ],
    ]


def _rows(view: EventView, snapshot: Snapshot, lang: str) -> list[tuple[str, h.Node]]:
    one, now = view.event, snapshot.at
    begun = view.begun
    return [
        ("events.severity", say(f"common.{one.severity.value}", lang)),
        ("events.stage", stage_word(view, lang)),
        ("events.apart_what", apart_words(view, lang)),
        ("events.where", place_name(view, snapshot, lang)),
        ("map.cover", _reach(view, lang)),
        ("events.started", h.fragment[moment(begun, now), " · ", h.time(".age", data_age=begun.isoformat())]),
        ("events.due", _due(view, snapshot, lang)),
        ("events.source", told_by(view, snapshot, lang)),
    ]  # fmt: skip


def _reach(view: EventView, lang: str) -> str:
    area = view.event.area
    return say("map.radius", lang, n=number(area.radius_km, 1)) if area and area.radius_km else ""


def _due(view: EventView, snapshot: Snapshot, lang: str) -> h.Node:
    one, now = view.event, snapshot.at
    if one.due:
        return h.fragment[moment(one.due, now), one.late(now) and h.strong[" ", say("events.late", lang)]]
    return say("events.until", lang, time=moment(one.expires, now)) if one.expires else ""
