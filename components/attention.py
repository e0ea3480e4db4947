"""What needs attention now: the strip at the overview's foot, and the whole list."""

from collections.abc import Sequence

import htpy as h

from components.format import moment, number
from components.icons import mark
from components.states import badge
from components.text import say
from domain.kpi import RANK
from domain.snapshot import Attention, Snapshot

STRIP = 3


def ordered(items: Sequence[Attention]) -> list[Attention]:
    """Most serious first; among equals the newest first."""
    return sorted(items, key=lambda one: (-RANK[one.severity], -one.since.timestamp(), one.key))


def strip(snapshot: Snapshot, lang: str) -> h.Element:
    """The first three, and how many others there are."""
    items = ordered(snapshot.attention)
    rest = len(items) - STRIP
    return h.div(".strip")[
        (_notice(one, snapshot, lang) for one in items[:STRIP]),
        rest > 0 and _more(rest, lang),
        not items and h.p(".notice.notice-calm")[h.span[mark("normal"), " ", say("overview.calm", lang)]],
    ]


def notices(snapshot: Snapshot, lang: str) -> h.Element:
    """All of them, one below the other."""
    items = ordered(snapshot.attention)
    return h.div(".notices")[
        (_notice(one, snapshot, lang) for one in items),
        not items and h.p(".nothing")[mark("normal"), " ", say("overview.calm", lang)],
    ]


def _more(count: int, lang: str) -> h.Element:
    return h.a(".notice.notice-more", href="/can-chu-y")[say("overview.others", lang, n=count)]


def _notice(one: Attention, snapshot: Snapshot, lang: str) -> h.Element:
    return h.a(class_=["notice", f"sev-{one.severity.value}"], href=one.link)[
        h.span(".notice-title")[mark(one.severity.value), h.span[one.title.said(lang)]],
        h.span(".notice-detail")[_told(one, snapshot, lang)],
        h.span(".notice-since")[
            h.span[say("overview.since", lang, time=moment(one.since, snapshot.at))],
            h.span(".age")["· ", h.time(data_age=one.since.isoformat())],
            one.simulated and badge(lang, short=True),
        ],
    ]


def _told(one: Attention, snapshot: Snapshot, lang: str) -> str:
    """The figure that is beyond its limit, how the source is and whose it is, or what the task's item says itself."""
    if one.kind == "kpi" and (figure := snapshot.figures.get(one.key)):
        kpi = figure.kpi
        unit = kpi.unit_text.said(lang) or kpi.unit
        return f"{number(figure.value.value, kpi.decimals)} {unit}".strip()
    if one.kind == "source":
        view = next((view for view in snapshot.sources if view.source.key == one.key), None)
        if view:
            owner = snapshot.agency_names.get(view.source.owner)
            words = [say(f"sources.state_{view.health.state.value}", lang), owner.said(lang) if owner else ""]
            return " · ".join(filter(None, words))
    return one.detail.said(lang)
