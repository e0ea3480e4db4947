"""The sight of a state: its mark, its word and the simulated badge, the same in tile, map, chart, table and print."""

import htpy as h

from components.icons import mark
from components.text import say
from domain.health import SourceState
from domain.kpi import KpiValue, Severity, State

_STATE_MARKS = {State.NO_DATA: "none", State.STALE: "late", State.ERROR: "broken", State.OFF: "power"}
_STATE_WORDS = {
    State.NO_DATA: "common.no_value",
    State.STALE: "common.stale",
    State.ERROR: "common.error",
    State.OFF: "common.off",
}
_SOURCE_MARKS = {
    SourceState.LIVE: "normal",
    SourceState.LATE: "late",
    SourceState.STALE: "none",
    SourceState.DOWN: "broken",
    SourceState.REFUSED: "lock",
    SourceState.OFF: "power",
}


def severity_mark(severity: Severity) -> h.Element | None:
    """▲ or ◆; nothing where all is in order, for grey is normal."""
    return None if severity is Severity.NORMAL else mark(severity.value)


def state_mark(state: State) -> h.Element | None:
    """The mark of a figure without a value; nothing for one that has it."""
    return mark(_STATE_MARKS[state]) if state in _STATE_MARKS else None


def state_word(state: State, lang: str) -> str:
    """Why a figure has no value; "" for one that has it."""
    return say(_STATE_WORDS[state], lang) if state in _STATE_WORDS else ""


def judged(value: KpiValue, lang: str) -> h.Fragment:
    """Mark and word of a value: normal, attention, critical, or why there is none."""
    if value.state is State.OK:
        return h.fragment[mark(value.severity.value), " ", say(f"common.{value.severity.value}", lang)]
    return h.fragment[state_mark(value.state), " ", state_word(value.state, lang)]


def source_state(state: SourceState, lang: str) -> h.Element:
    """Mark and word of a source's health."""
    return h.span(class_=["source-state", f"is-{state.value}"])[
        mark(_SOURCE_MARKS[state]), h.span[say(f"sources.state_{state.value}", lang)]
    ]


def badge(lang: str, *, short: bool = False) -> h.Element:
    """The simulated badge; `short` where a tile has no room for the words."""
    word = say("common.simulated_short", lang)
    if short:
        return h.abbr(".badge.badge-short", title=word)[say("tile.simulated_mark", lang)]
    return h.span(".badge")[word]


def drill_badge(lang: str) -> h.Element:
    """The mark of an exercise, on whatever comes from one."""
    return h.strong(".badge.badge-loud")[say("common.drill", lang)]
