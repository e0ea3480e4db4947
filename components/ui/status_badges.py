"""The sight of a state: its mark, its word and the simulated badge, the same in tile, map, chart, table and print."""

from collections.abc import Iterable

import htpy as h

from components.ui.error_messages import failing
from components.ui.i18n import say
from components.ui.icons import mark
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.kpis.kpi import KEPT, SMALL, UNTOLD, KpiValue, Severity, State

# Mark and word of a figure without a value, and of a source: what is the same has the same.
_SIGHTS = {
    State.NO_DATA: ("none", "common.no_value"),
    State.STALE: ("late", "common.stale"),
    State.ERROR: ("broken", "common.failing"),
    State.OFF: ("power", "common.off"),
}
# What a source that is down is shown as, by what failed: `head` in components/messages/reasons.toml. One that has no
# connection is simply down.
CLOCK, FAILING = "clock", "failing"
FAILS = ("slow", "server", "answer", "files", "setup", "fault", FAILING)
_SOURCE_SIGHTS: dict[str, tuple[str, str]] = {
    SourceState.LIVE: ("normal", "common.live"),
    SourceState.LATE: ("late", "common.late"),
    SourceState.STALE: _SIGHTS[State.STALE],
    SourceState.DOWN: ("broken", "common.lost"),
    SourceState.REFUSED: ("lock", "common.refused"),
    SourceState.OFF: _SIGHTS[State.OFF],
    CLOCK: ("late", "common.clock_off"),
    **{one: ("broken", f"common.{one}") for one in FAILS},
}


def severity_mark(severity: Severity) -> h.Element | None:
    """▲ or ◆; nothing where all is in order, for grey is normal."""
    return None if severity is Severity.NORMAL else mark(severity.value)


def state_mark(state: State) -> h.Element | None:
    """The mark of a figure without a value; nothing for one that has it."""
    return mark(_SIGHTS[state][0]) if state in _SIGHTS else None


_HIDDEN = {SMALL: ("common.few", "common.few_why"), KEPT: ("common.kept", "common.kept_why")}


def state_word(state: State, lang: str) -> str:
    """Why a figure has no value; "" for one that has it."""
    return say(_SIGHTS[state][1], lang) if state in _SIGHTS else ""


def without(value: KpiValue, lang: str) -> h.Node:
    """What stands where a figure of a unit has no number: why, or that it counts too few to be told."""
    return say(_HIDDEN[value.reason][0], lang) if value.reason in UNTOLD else state_word(value.state, lang)


def judged(value: KpiValue, lang: str) -> h.Node:
    """Mark and word of a value: normal, attention, critical, or why there is none."""
    if value.state is State.OK:
        return h.fragment[mark(value.severity.value), " ", say(f"common.{value.severity.value}", lang)]
    if value.reason in UNTOLD:
        return say(_HIDDEN[value.reason][1], lang)
    return h.fragment[state_mark(value.state), " ", state_word(value.state, lang)]


def sight(health: Health) -> str:
    """What a source is shown as: its state, or what failed where that is not the connection."""
    if health.state is not SourceState.DOWN or not health.last_error:
        return health.state.value
    return failing(health.last_error) or FAILING


def source_state(shown: str, lang: str) -> h.Element:
    """Mark and word of a source's health; `shown`: a state, or a sight."""
    return h.span(class_=["source-state", f"is-{shown}"])[
        mark(_SOURCE_SIGHTS[shown][0]), h.span[source_word(shown, lang)]
    ]


def source_word(shown: str, lang: str) -> str:
    """How a source is, in words; `shown`: a state, or a sight."""
    return say(_SOURCE_SIGHTS[shown][1], lang)


def marked(markups: Iterable[str]) -> bool:
    """Whether the simulated badge stands in what was drawn."""
    return any("badge-simulated" in one for one in markups)


def marked_drill(markups: Iterable[str]) -> bool:
    """Whether the mark of an exercise stands in what was drawn."""
    return any("badge-drill" in one for one in markups)


def badge(lang: str, *, short: bool = False) -> h.Element:
    """The simulated badge; `short` where a tile has no room for the words."""
    word = say("common.simulated_short", lang)
    if short:
        return h.abbr(".badge.badge-simulated.badge-short", title=word)[say("tile.simulated_mark", lang)]
    return h.span(".badge.badge-simulated")[word]


def marks(lang: str, *, simulated: bool, drill: bool, short: bool = False, phoned: bool = False) -> h.Node:
    """The badges, the exercise first: whatever is drawn of an exercise, of made-up data or of a call wears them."""
    worn = [drill and drill_badge(lang), simulated and badge(lang, short=short), phoned and phoned_badge(lang, short)]
    return h.fragment[" ", worn] if any(worn) else None


def phoned_badge(lang: str, short: bool) -> h.Element:
    """The mark of a figure that was told by telephone and not yet confirmed by who owes it."""
    word = say("handed.phoned", lang)
    if short:
        return h.abbr(".badge.badge-phoned.badge-short", title=word)[say("handed.phoned_short", lang)]
    return h.span(".badge.badge-phoned")[word]


def drill_badge(lang: str) -> h.Element:
    """The mark of an exercise, on whatever comes from one."""
    return h.strong(".badge.badge-drill")[say("common.drill", lang)]
