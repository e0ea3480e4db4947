"""The sight of a state: its mark, its word and the simulated badge, the same in tile, map, chart, table and print."""

from collections.abc import Iterable

import htpy as h

from components.ui.error_messages import failure_status
from components.ui.i18n import t
from components.ui.icons import mark
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity, SuppressionReason

# Mark and word of a figure without a value, and of a source: what is the same has the same.
_STATE_DISPLAY = {
    FigureState.NO_DATA: ("none", "common.no_value"),
    FigureState.STALE: ("late", "common.stale"),
    FigureState.ERROR: ("broken", "common.failing"),
    FigureState.OFF: ("power", "common.off"),
}
# What a source that is down is shown as, by what failed: `head` in components/messages/reasons.toml. One that has no
# connection is simply down.
CLOCK_SKEW, FAILING = "clock", "failing"
FAILURE_KINDS = ("slow", "server", "answer", "files", "setup", "fault", FAILING)
_SOURCE_DISPLAY: dict[str, tuple[str, str]] = {
    SourceState.LIVE: ("normal", "common.live"),
    SourceState.LATE: ("late", "common.late"),
    SourceState.STALE: _STATE_DISPLAY[FigureState.STALE],
    SourceState.DOWN: ("broken", "common.lost"),
    SourceState.REFUSED: ("lock", "common.refused"),
    SourceState.OFF: _STATE_DISPLAY[FigureState.OFF],
    CLOCK_SKEW: ("late", "common.clock_off"),
    **{one: ("broken", f"common.{one}") for one in FAILURE_KINDS},
}


def severity_mark(severity: Severity) -> h.Element | None:
    """▲ or ◆; nothing where all is in order, for grey is normal."""
    return None if severity is Severity.NORMAL else mark(severity.value)


def state_mark(state: FigureState) -> h.Element | None:
    """The mark of a figure without a value; nothing for one that has it."""
    return mark(_STATE_DISPLAY[state][0]) if state in _STATE_DISPLAY else None


_SUPPRESSED_KEYS = {
    SuppressionReason.SMALL_COUNT: ("common.few", "common.few_why"),
    SuppressionReason.SECONDARY: ("common.kept", "common.kept_why"),
}


def state_label(state: FigureState, lang: str) -> str:
    """Why a figure has no value; "" for one that has it."""
    return t(_STATE_DISPLAY[state][1], lang) if state in _STATE_DISPLAY else ""


def missing_value_text(value: KpiValue, lang: str) -> h.Node:
    """What stands where a figure of a unit has no number: why, or that it counts too few to be told."""
    if value.suppression:
        return t(_SUPPRESSED_KEYS[value.suppression][0], lang)
    return state_label(value.state, lang)


def value_status(value: KpiValue, lang: str) -> h.Node:
    """Mark and word of a value: normal, attention, critical, or why there is none."""
    if value.state is FigureState.OK:
        return h.fragment[mark(value.severity.value), " ", t(f"common.{value.severity.value}", lang)]
    if value.suppression:
        return t(_SUPPRESSED_KEYS[value.suppression][1], lang)
    return h.fragment[state_mark(value.state), " ", state_label(value.state, lang)]


def source_status(health: SourceHealth) -> str:
    """What a source is shown as: its state, or what failed where that is not the connection."""
    if health.state is not SourceState.DOWN or not health.last_error:
        return health.state.value
    return failure_status(health.last_error) or FAILING


def source_status_badge(status: str, lang: str) -> h.Element:
    """Mark and word of a source's health; `shown`: a state, or a sight."""
    return h.span(class_=["source-state", f"is-{status}"])[
        mark(_SOURCE_DISPLAY[status][0]), h.span[source_status_label(status, lang)]
    ]


def source_status_label(status: str, lang: str) -> str:
    """How a source is, in words; `shown`: a state, or a sight."""
    return t(_SOURCE_DISPLAY[status][1], lang)


def has_simulated_badge(markups: Iterable[str]) -> bool:
    """Whether the simulated badge stands in what was drawn."""
    return any("badge-simulated" in one for one in markups)


def has_drill_badge(markups: Iterable[str]) -> bool:
    """Whether the mark of an exercise stands in what was drawn."""
    return any("badge-drill" in one for one in markups)


def simulated_badge(lang: str, *, short: bool = False) -> h.Element:
    """The simulated badge; `short` where a tile has no room for the words."""
    word = t("common.simulated_short", lang)
    if short:
        return h.abbr(".badge.badge-simulated.badge-short", title=word)[t("tile.simulated_mark", lang)]
    return h.span(".badge.badge-simulated")[word]


def badges(lang: str, *, simulated: bool, drill: bool, short: bool = False, phoned: bool = False) -> h.Node:
    """The badges, the exercise first: whatever is drawn of an exercise, of made-up data or of a call wears them."""
    worn = [
        drill and drill_badge(lang),
        simulated and simulated_badge(lang, short=short),
        phoned and phoned_badge(lang, short),
    ]
    return h.fragment[" ", worn] if any(worn) else None


def phoned_badge(lang: str, short: bool) -> h.Element:
    """The mark of a figure that was told by telephone and not yet confirmed by who owes it."""
    word = t("submissions.phoned", lang)
    if short:
        return h.abbr(".badge.badge-phoned.badge-short", title=word)[t("submissions.phoned_short", lang)]
    return h.span(".badge.badge-phoned")[word]


def drill_badge(lang: str) -> h.Element:
    """The mark of an exercise, on whatever comes from one."""
    return h.strong(".badge.badge-drill")[t("common.drill", lang)]
