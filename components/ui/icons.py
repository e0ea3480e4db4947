"""Inline SVG icons and status marks, in the colour of the text around them."""

from functools import lru_cache

import htpy as h
from markupsafe import Markup

# Paths with a view box of 24 × 24, stroked.
_LINE_ICONS = {
    "overview": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "map": "M9 4 4 6.5v13.5l5-2.5 6 2.5 5-2.5V4l-5 2.5zM9 4v13.5M15 6.5V20",
    "events": "M12 21s-6.5-6.2-6.5-11a6.5 6.5 0 0 1 13 0c0 4.8-6.5 11-6.5 11zM12 7v4M12 13.3v.2",
    "directives": "M9 6h11M9 12h11M9 18h11M3.5 6l1.2 1.2L7 5M3.5 12l1.2 1.2L7 11M3.5 18l1.2 1.2L7 17",
    "sources": (
        "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6"
        "M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"
    ),
    "units": "M3 20h18M5 20V9l7-5 7 5v11M9 20v-6h6v6",
    "kpis": "M4 20V4M4 20h16M8 16l3.5-5 3 3L20 7",
    "attention": "M12 4 21 20H3zM12 10v4.5M12 17.2v.3",
    "print": "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
    "language": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-3 3-3 15 0 18M12 3c3 3 3 15 0 18",
    "moon": "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
    "sun": (
        "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4"
        "M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4"
    ),
    "broken": "M10 7l1.5-1.5a4.2 4.2 0 0 1 6 6L16 13M14 17l-1.5 1.5a4.2 4.2 0 0 1-6-6L8 11M4 4l16 16",
    "power": "M12 3v8M7 6a8 8 0 1 0 10 0",
    "late": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2",
    "person": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c.6-4 3.8-6 8-6s7.4 2 8 6",
    "admin": "M12 3l8 3v6c0 4.6-3.3 7.6-8 9-4.7-1.4-8-4.4-8-9V6zM8.8 12l2.3 2.3 4.2-4.6",
    "desk": "M5 3h9l5 5v13H5zM14 3v5h5M8.5 13h7M8.5 17h4.5",
    "approval": "M5 3h9l5 5v13H5zM14 3v5h5M8.5 15l2.3 2.3 4.2-4.6",
    "phone": "M5 3.5h4.5l2 5L9 10.5A13 13 0 0 0 14.5 16l2-2.5 5 2V20c0 1-1 1.5-2 1.5-9 0-16-7.5-16-16 0-1 .5-2 1.5-2z",
    "tasks": "M6 5h12v16H6zM9.5 5V3.2h5V5M9 13.2l2.2 2.2 4.3-4.6",
    "inbox": "M4 13l2.5-8h11L20 13v6H4zM4 13h4.5l1.2 2.5h4.6l1.2-2.5H20",
    "meeting": (
        "M3 13h18M5 13v6M19 13v6M12 3.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM5.5 6.5a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z"
        "M18.5 6.5a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z"
    ),
    "more": "M5 12h.01M12 12h.01M19 12h.01M5 12a.6.6 0 1 0 .01 0zM12 12a.6.6 0 1 0 .01 0zM19 12a.6.6 0 1 0 .01 0z",
    "public": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3v18",
    "screen": "M3 5h18v11H3zM9 20h6M12 16v4",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
}

# Kinds of events: the same icon in lists, legends and on the map.
_EVENT_ICONS = {
    "report": "M4 5h16v11h-9l-4.5 4v-4H4zM8 9h8M8 12h5",
    "works": "M12 4 6 20h12zM9 12h6M7.7 16h8.6M4 20h16",
    "roadwork": "M12 4 6 20h12zM9 12h6M7.7 16h8.6M4 20h16",
    "flood": "M3 9c3-3 6 3 9 0s6 3 9 0M3 14c3-3 6 3 9 0s6 3 9 0M3 19c3-3 6 3 9 0s6 3 9 0",
    "closure": "M4 8h16v6H4zM8 8l-3 6M13 8l-3 6M18 8l-3 6M6.5 14v6M17.5 14v6",
    "incident": "M12 3v11M12 18.5v.5",
    "alert": "M6 17v-6a6 6 0 0 1 12 0v6l1.5 2h-15zM10.5 21h3M12 3v2",
    "vehicle": "M6 4h12v13H6zM6 11h12M8.5 17v2.5M15.5 17v2.5M8.7 14h.1M15.2 14h.1",
    "camera": "M3.5 8h11v9h-11zM14.5 11.5l6-3v8l-6-3",
    "press": "M4 5h13v14H4zM17 9h3v10h-3M7 9h7M7 12h7M7 15h4",
    "security": "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
    "": "M12 21s-6-6-6-11a6 6 0 0 1 12 0c0 5-6 11-6 11zM12 9.5v1",
}

# Status marks: paths with a view box of 12 × 12, filled.
_SHAPES = {
    "normal": "M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
    "attention": "M6 1 11.5 11H.5z",
    "critical": "M6 .3 11.7 6 6 11.7.3 6z",
}


@lru_cache
def icon(name: str) -> Markup:
    """The icon `name`, hidden from screen readers: its label stands beside it."""
    return _drawing(".icon", "0 0 24 24", h.path(d=_LINE_ICONS[name]))


def _drawing(classes: str, box: str, shape: h.BaseElement) -> Markup:
    drawing = h.svg(classes, viewBox=box, aria_hidden="true")[shape]
    return Markup(drawing)  # htpy has escaped it # nosec B704


def event_icon_path(kind: str) -> str:
    """The path of a kind of events, view box 24 × 24; a pin for an unknown kind."""
    return _EVENT_ICONS.get(kind, _EVENT_ICONS[""])


def event_icon(kind: str) -> h.Element:
    """The icon of a kind of events, hidden from screen readers: its label stands beside it."""
    return h.svg(".mark.mark-line.mark-kind", viewBox="0 0 24 24", aria_hidden="true")[h.path(d=event_icon_path(kind))]


@lru_cache
def mark(name: str) -> Markup:
    """● normal, ▲ attention, ◆ critical, ◌ none, ✓ done, ✕ missed, and the icons of broken, power, late, lock.

    Cached as `icon` is: frames draw dozens of them.
    """
    if name in _SHAPES:
        return _drawing(f".mark.mark-{name}", "0 0 12 12", h.path(d=_SHAPES[name]))
    if name == "done":
        return _drawing(".mark.mark-done", "0 0 12 12", h.path(d="M1.5 6.5 4.5 9.5 10.5 2.5"))
    if name == "missed":
        return _drawing(".mark.mark-missed", "0 0 12 12", h.path(d="M2.2 2.2 9.8 9.8M9.8 2.2 2.2 9.8"))
    if name in _LINE_ICONS:
        return _drawing(".mark.mark-line", "0 0 24 24", h.path(d=_LINE_ICONS[name]))
    return _drawing(".mark.mark-none", "0 0 12 12", h.circle(cx="6", cy="6", r="4.4"))
