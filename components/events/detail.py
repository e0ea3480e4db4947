"""The event selected on the map: all its facts, its sources, and a camera's last image."""

from collections.abc import Mapping

import htpy as h

from components.events.camera import CAMERA_KIND, camera_image
from components.events.descriptions import (
    age_attributes,
    display_facts,
    event_disagreement_text,
    place_name,
    reporting_sources,
    stage_label,
    state_class,
)
from components.events.event_kinds import kind_names
from components.map.link import map_link
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import event_icon
from components.ui.status_badges import badges, severity_mark
from ioc.domain.snapshot import EventView, Snapshot


def selected_event(snapshot: Snapshot, params: Mapping[str, str]) -> EventView | None:
    """The open event whose id is the parameter `su-kien`, or None."""
    event_id = params.get("su-kien", "")
    return next((view for view in snapshot.events if event_id and view.id == event_id), None)


def event_detail(snapshot: Snapshot, lang: str, params: Mapping[str, str]) -> h.Element:
    """Title, badges and facts of the selected event; a message if it is no longer open."""
    view = selected_event(snapshot, params)
    close = map_link("su-kien", "", params, class_="chip")[t("map.close", lang)]
    if view is None:
        return h.div[h.div(".detail-head")[h.p(".nothing")[t("map.event_ended", lang)], close]]
    event = view.event
    return h.div(class_=["event-detail", state_class(view)], **age_attributes(view, snapshot))[
        h.div(".detail-head")[
            h.div[
                h.p(".quiet")[event_icon(event.kind), " ", kind_names(snapshot, lang).get(event.kind, event.kind)],
                h.h2(".box-title")[severity_mark(event.severity), event.title],
                h.p(".detail-badges")[badges(lang, simulated=view.is_simulated, drill=view.is_drill)],
            ],
            close,
        ],
        event.kind == CAMERA_KIND and camera_image(view, snapshot, lang),
        event.text and h.p(".detail-text")[event.text],
        h.dl(".card")[
            ((h.dt[t(key, lang)], h.dd[text]) for key, text in _rows(view, snapshot, lang) if text),
            ((h.dt[name], h.dd[value]) for name, value in display_facts(event, lang)),
        ],
        h.p(".detail-links")[
            event.kind == CAMERA_KIND and h.a(".link", href="/camera")[t("camera.all", lang)],
            h.a(".link", href=f"/su-kien?loai={event.kind}")[t("map.more", lang)],
            event.link
            and h.a(".link", href=event.link, target="_blank", rel="noopener noreferrer")[t("map.link", lang)],
        ],
    ]


def _rows(view: EventView, snapshot: Snapshot, lang: str) -> list[tuple[str, h.Node]]:
    event, now = view.event, snapshot.at
    begun = view.began_at
    age = h.span(".age")[" · ", h.time(data_age=begun.isoformat())]
    return [
        ("events.severity", t(f"common.{event.severity.value}", lang)),
        ("events.stage", stage_label(view, lang)),
        ("events.disagreement_label", event_disagreement_text(view, lang)),
        ("events.place", place_name(view, snapshot, lang)),
        ("map.extent", _radius_text(view, lang)),
        ("events.started", h.fragment[format_datetime(begun, now), age]),
        ("events.due", _due(view, snapshot, lang)),
        ("events.source", reporting_sources(view, snapshot, lang)),
    ]  # fmt: skip


def _radius_text(view: EventView, lang: str) -> str:
    area = view.event.area
    return t("map.radius", lang, n=format_number(area.radius_km, 1)) if area and area.radius_km else ""


def _due(view: EventView, snapshot: Snapshot, lang: str) -> h.Node:
    event, now = view.event, snapshot.at
    if event.due:
        return h.fragment[format_datetime(event.due, now), event.is_late(now) and h.strong[" ", t("events.late", lang)]]
    return t("events.until", lang, time=format_datetime(event.expires, now)) if event.expires else ""
