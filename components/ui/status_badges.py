"""Marks, labels and badges of states, the same in tile, map, chart, table and print."""

from collections.abc import Iterable
from functools import lru_cache

import htpy as h
from markupsafe import Markup

from components.ui.error_messages import failure_status
from components.ui.i18n import t
from components.ui.icons import mark
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState, KpiValue, Severity, SuppressionReason

# State -> mark and catalogue key, of KPI values without a number; sources share those that mean the same.
_STATE_DISPLAY = {
    FigureState.NO_DATA: ("none", "common.no_value"),
    FigureState.STALE: ("late", "common.stale"),
    FigureState.ERROR: ("broken", "common.failing"),
    FigureState.OFF: ("power", "common.off"),
}
# Statuses of a source that is down, by what failed: `status` in components/messages/errors/*.toml. Without a connection
# the status is "down".
CLOCK_SKEW, FAILING = "clock", "failing"
FAILURE_KINDS = ("slow", "server", "answer", "files", "setup", "fault", FAILING)
_SOURCE_DISPLAY: dict[str, tuple[str, str]] = {
    SourceState.LIVE: ("normal", "common.live"),
    SourceState.LATE: ("late", "common.late"),
    SourceState.NO_DATA: _STATE_DISPLAY[FigureState.NO_DATA],
    SourceState.STALE: _STATE_DISPLAY[FigureState.STALE],
    SourceState.DOWN: ("broken", "common.down"),
    SourceState.REFUSED: ("lock", "common.refused"),
    SourceState.OFF: _STATE_DISPLAY[FigureState.OFF],
    CLOCK_SKEW: ("late", "common.clock_skew"),
    **{kind: ("broken", f"common.{kind}") for kind in FAILURE_KINDS},
}


def severity_mark(severity: Severity) -> Markup | None:
    """▲ or ◆; None for normal."""
    return None if severity is Severity.NORMAL else mark(severity.value)


def state_mark(state: FigureState) -> Markup | None:
    """The mark of a KPI without a value; None for one that has it."""
    return mark(_STATE_DISPLAY[state][0]) if state in _STATE_DISPLAY else None


_SUPPRESSED_KEYS = {
    SuppressionReason.SMALL_COUNT: ("common.suppressed_primary", "common.suppressed_primary_reason"),
    SuppressionReason.SECONDARY: ("common.suppressed_secondary", "common.suppressed_secondary_reason"),
}


def state_label(state: FigureState, lang: str) -> str:
    """Why a KPI has no value; "" for one that has it."""
    return t(_STATE_DISPLAY[state][1], lang) if state in _STATE_DISPLAY else ""


def suppression_label(reason: SuppressionReason, lang: str) -> str:
    """What replaces a suppressed number."""
    return t(_SUPPRESSED_KEYS[reason][0], lang)


def missing_value_text(value: KpiValue, lang: str) -> str:
    """What replaces a missing number of a unit: the reason, or that it is suppressed."""
    if value.suppression:
        return suppression_label(value.suppression, lang)
    return state_label(value.state, lang)


def missing_value_status(value: KpiValue, lang: str) -> h.Node:
    """Mark and label of the reason why there is no value."""
    if value.suppression:
        return t(_SUPPRESSED_KEYS[value.suppression][1], lang)
    return h.fragment[state_mark(value.state), " ", state_label(value.state, lang)]


def source_status(health: SourceHealth) -> str:
    """The status of a source: its state, or for one that is down what failed."""
    if health.state is not SourceState.DOWN or not health.last_error:
        return health.state.value
    return failure_status(health.last_error) or FAILING


def source_status_badge(status: str, lang: str) -> h.Element:
    """Mark and label of a status of `source_status`."""
    return h.span(class_=["source-state", f"is-{status}"])[
        mark(_SOURCE_DISPLAY[status][0]), h.span[source_status_label(status, lang)]
    ]


def source_status_label(status: str, lang: str) -> str:
    """The label of a status of `source_status`."""
    return t(_SOURCE_DISPLAY[status][1], lang)


def has_simulated_badge(markups: Iterable[str]) -> bool:
    """Whether any markup contains the simulated badge."""
    return any("badge-simulated" in markup for markup in markups)


def has_drill_badge(markups: Iterable[str]) -> bool:
    """Whether any markup contains the exercise badge."""
    return any("badge-drill" in markup for markup in markups)


def simulated_badge(lang: str, *, short: bool = False) -> h.Element:
    """The simulated badge; `short`: an abbreviation with the label as its title."""
    word = t("common.simulated_short", lang)
    if short:
        return h.abbr(".badge.badge-simulated.badge-short", title=word)[t("tile.simulated_mark", lang)]
    return h.span(".badge.badge-simulated")[word]


@lru_cache
def badges(lang: str, *, simulated: bool, drill: bool, short: bool = False, phoned: bool = False) -> Markup | None:
    """The badges that apply, the exercise first, each after a space; None if none does."""
    marks = [
        drill and drill_badge(lang),
        simulated and simulated_badge(lang, short=short),
        phoned and phoned_badge(lang, short),
    ]
    shown = (Markup(f" {each}") for each in marks if each)  # htpy has escaped them # nosec B704
    return Markup("").join(shown) or None


def phoned_badge(lang: str, short: bool) -> h.Element:
    """The badge of a value entered by phone and not yet confirmed by the agency."""
    word = t("submissions.phoned", lang)
    if short:
        return h.abbr(".badge.badge-phoned.badge-short", title=word)[t("submissions.phoned_short", lang)]
    return h.span(".badge.badge-phoned")[word]


def drill_badge(lang: str) -> h.Element:
    """The exercise badge."""
    return h.strong(".badge.badge-drill")[t("common.drill", lang)]
