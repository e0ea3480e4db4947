"""The kinds of events: their names, how many of each stand, and what is said where that cannot be known."""

import htpy as h

from components.ui.format import number
from components.ui.i18n import say
from components.ui.icons import glyph
from components.ui.status_badges import drill_badge, sight, source_state, state_mark, state_word
from ioc.domain.events.state import Standing, as_seen, standing, state_of
from ioc.domain.kpis.kpi import State
from ioc.domain.snapshot import Snapshot


def kinds(snapshot: Snapshot, lang: str) -> dict[str, str]:
    """The kinds that sources declare, with their names, in the order of the sources."""
    rows = (kind for view in snapshot.sources for kind in view.source.events)
    return {kind.key: kind.name.said(lang) for kind in rows}


def chips(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """A link per kind with how many stand."""
    names = kinds(snapshot, lang)
    found = {key: standing(snapshot, key) for key in names}
    return h.nav(".chips")[
        h.a(".chip", href="?", aria_current=None if chosen in names else "true")[
            say("events.all", lang), " ", h.b[number(sum(one.real for one in found.values()))]
        ],
        (
            h.a(".chip", href=f"?loai={key}", aria_current="true" if chosen == key else None)[
                names[key], " ", count(one, lang), one.drill > 0 and [" ", exercised(one, lang)]
            ]
            for key, one in found.items()
        ),
        "camera" in names and h.a(".chip", href="/camera")[glyph("camera"), say("camera.all", lang)],
    ]  # fmt: skip


def count(found: Standing, lang: str) -> h.Element:
    """How many stand, as a number; where none do and nobody can know, the mark and the word of why."""
    if found.known:
        return h.b[number(found.real)]
    return h.span(".no-count")[state_mark(found.state), " ", state_word(found.state, lang)]


def exercised(found: Standing, lang: str) -> h.Fragment:
    """How many of an exercise stand, beside and never within the others."""
    return h.fragment[drill_badge(lang), " ", h.b[number(found.drill)]]


def silent(snapshot: Snapshot, kind: str, lang: str, *, drill: bool = False) -> h.Node:
    """The sources of `kind` that are not heard now, each with its state; of exercises, or all others."""
    rows = [one for one in snapshot.sources if any(row.key == kind for row in one.source.events)]
    rows = [one for one in rows if one.source.drill is drill]
    rows = [one for one in rows if state_of(one.health, one.source, snapshot.at) is not State.OK]
    return [
        h.span(".silent")[one.source.name.said(lang), ": ", source_state(sight(as_seen(one, snapshot.at)), lang)]
        for one in rows
    ]
