"""A KPI's tile: name, value, unit, target or limit, change, 24-hour line, and age."""

from datetime import datetime
from functools import lru_cache

import htpy as h
from markupsafe import Markup

from components.kpi.limits import (
    decisive_limit_text,
    limit_line_value,
    limit_texts,
    regained_text,
    verdict_mark,
    verdict_text,
)
from components.kpi.measurement_units import unit_label
from components.kpi.redundancy import disagreement_badge, failover_text, redundancy_text
from components.kpi.sparkline import sparkline
from components.sources.provenance import kpi_provenance
from components.ui.format import NO_VALUE, format_datetime, format_number, format_signed, format_time
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import (
    badges,
    severity_mark,
    source_status,
    source_status_label,
    state_label,
    state_mark,
)
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.health import FAILING_STATES
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Severity
from ioc.domain.snapshot import KpiFigure, Snapshot

# Widths in em: a digit, a separator, a letter of a unit, a wide one, and the padding of a unit.
_DIGIT, _MARK, _LETTER, _WIDE_LETTER, _UNIT_PADDING = 0.65, 0.3, 0.57, 0.9, 0.65
_AGE_BAR = Markup('<span class="tile-age"><i></i></span>')


def tile(figure: KpiFigure, snapshot: Snapshot, lang: str, *, linked: bool = True) -> h.Element:
    """The tile of `figure`, a link to its page if `linked`. Past its age limit the client adds the class `expired`."""
    kpi, value = figure.kpi, figure.value
    severity = value.severity if value.state is FigureState.OK else Severity.NORMAL
    return (h.a if linked else h.div)(
        class_=["tile", f"is-{value.state.value}", f"sev-{severity.value}"],
        **({"href": f"/chi-so/{kpi.key}"} if linked else {}),
        **_age(value),
    )[
        _name(severity, _missing_state(value), kpi.short_name.get(lang)),
        value.state is FigureState.OK and _value_block(figure, lang),
        _missing_block(kpi, value, lang, snapshot),
        h.span(".tile-foot")[
            h.span(".tile-line")[sparkline(figure.line, limit_line_value(kpi, value))],
            _badges(figure, snapshot, lang),
        ],
        _data_time(value, lang),
        kpi_provenance(kpi, snapshot, lang),
        _AGE_BAR,
    ]


@lru_cache(maxsize=256)
def _name(severity: Severity, state: FigureState, title: str) -> Markup:
    """Cached, as other parts of a tile that seldom change: its value changes with each frame."""
    return Markup(  # htpy has escaped it # nosec B704
        h.span(".tile-name")[
            severity_mark(severity), h.span(".tile-mark-none")[state_mark(state)], h.span(".tile-title")[title]
        ]
    )


def _missing_state(value: KpiValue) -> FigureState:
    """The state of a tile without its value: also when the client marks it `expired`."""
    return FigureState.STALE if value.state is FigureState.OK else value.state


def _badges(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Element | None:
    """The badges, also of a disagreement and of a failover."""
    value = figure.value
    marks = [
        _redundancy_badge(figure, snapshot, lang),
        badges(lang, simulated=value.is_simulated, drill=figure.is_drill, short=True, phoned=value.is_phoned),
    ]
    return h.span(".tile-badges")[marks] if any(marks) else None


def _redundancy_badge(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Element | None:
    """One badge for disagreement and failover: a narrow tile has no room for two."""
    disagreement = disagreement_badge(figure.redundant_series, snapshot, lang, short=True)
    if not failover_text(figure.value, figure, snapshot, lang):
        return disagreement
    words = redundancy_text(figure, snapshot, lang)
    return h.abbr(".badge.badge-disagreement.badge-failover", title=words)[
        disagreement and "≠ ", t("redundancy.failover_badge", lang)
    ]


def _age(value: KpiValue) -> dict[str, str]:
    if value.data_time is None or not value.age_limit:
        return {}
    limit = f"{value.age_limit.total_seconds():.3f}".rstrip("0").rstrip(".")
    return {"data-since": value.data_time.isoformat(), "data-limit": limit}


def _value_block(figure: KpiFigure, lang: str) -> h.Element:
    kpi, value = figure.kpi, figure.value
    number, word = format_number(value.value, kpi.decimals), unit_text(kpi, lang, value.value)
    return h.span(".tile-current")[
        h.span(".tile-value", style=_widths(number, word))[h.b[number], " ", h.span(".unit")[word]],
        h.span(".tile-row")[
            h.span(".tile-limit")[_limit_and_verdict(kpi, value, lang)],
            value.change is not None
            and h.span(".tile-change", title=t("tile.change_over", lang, span=change_window_text(kpi, lang)))[
                h.bdi[format_signed(value.change, kpi.decimals)]
            ],
        ],
    ]


def _limit_and_verdict(kpi: Kpi, value: KpiValue, lang: str) -> Markup:
    """The limit that gives the severity, alone: a tile has no room for more. Else the verdict, and the target or limit.

    A narrow tile breaks between the two, not within. While only the deadband keeps the target missed, it says when it
    is met again.
    """
    if decisive := decisive_limit_text(kpi, value, lang):
        return _verdict(value.severity, value.is_target_met, decisive)
    wanted = regained_text(kpi, value, lang) or next(iter(limit_texts(kpi, value, lang)), "")
    parts = filter(None, (verdict_text(value.is_target_met, lang), wanted))
    return _verdict(value.severity, value.is_target_met, *parts)


@lru_cache(maxsize=256)
def _verdict(severity: Severity, is_target_met: bool | None, *shown: str) -> Markup:
    is_judged = severity is Severity.NORMAL and is_target_met is not None
    return Markup(  # htpy has escaped it # nosec B704
        h.fragment[
            is_judged and h.fragment[verdict_mark(severity, is_target_met), " "],
            ([h.span(".tile-part")[part, part is not shown[-1] and " ·"], " "] for part in shown),
        ]
    )


def _widths(number: str, word: str) -> str:
    """CSS variables with the widths of number and unit in em; CSS shrinks a number that would not fit."""
    wide = sum(_MARK if character in ".," else _DIGIT for character in number)
    letters = sum(_WIDE_LETTER if letter in "mMwW%‰" else _LETTER for letter in word)
    return f"--n:{wide:.2f};--u:{letters + _UNIT_PADDING:.2f}"


def _missing_block(kpi: Kpi, value: KpiValue, lang: str, snapshot: Snapshot) -> Markup:
    """What replaces a missing value; shown also when the client marks the tile `expired`."""
    state = _missing_state(value)
    has_failed_source = state is FigureState.ERROR and value.reason  # else the KPI itself cannot be computed
    word = _failure_label(kpi, snapshot, lang) if has_failed_source else state_label(state, lang)
    last = "" if value.last_value is None else last_value_text(kpi, value, lang, snapshot.at)
    return _missing(state is FigureState.ERROR, word, last)


@lru_cache(maxsize=256)
def _missing(is_failing: bool, word: str, last: str) -> Markup:
    return Markup(  # htpy has escaped it # nosec B704
        h.span(".tile-missing")[
            h.span(".tile-value")[h.b[mark("broken") if is_failing else NO_VALUE]],
            h.span(".tile-reason")[word],
            last and h.span(".tile-last")[last],
        ]
    )


def _failure_label(kpi: Kpi, snapshot: Snapshot, lang: str) -> str:
    """The status of the failed sources of a KPI; the general label if their statuses differ."""
    inputs = {*kpi.formula.inputs, *kpi.formula.denominator}
    healths = (view.health for view in snapshot.sources if not inputs.isdisjoint(view.source.series_units))
    statuses = {source_status(health) for health in healths if health.state in FAILING_STATES}
    return source_status_label(statuses.pop(), lang) if len(statuses) == 1 else state_label(FigureState.ERROR, lang)


def last_value_text(kpi: Kpi, value: KpiValue, lang: str, now: datetime) -> str:
    """The last known value with its time, for a KPI without a value now."""
    value_label = format_number(value.last_value, kpi.decimals)
    if value.data_time is None:
        return t("tile.last_value", lang, value=value_label)
    return t("common.last_known", lang, value=value_label, time=format_datetime(value.data_time, now))


def _data_time(value: KpiValue, lang: str) -> h.Element | None:
    if value.data_time is None:
        return None
    at = value.data_time
    return h.span(".tile-time")[
        t("tile.data_time", lang),
        " ",
        h.time(datetime=at.isoformat())[f"{format_time(at)} {at.astimezone(CITY_ZONE):%d/%m/%Y}"],
    ]


def unit_text(kpi: Kpi, lang: str, value: float | None = None) -> str:
    """The label of a KPI's unit, beside the number `value` if given."""
    return kpi.unit_label.get(lang) or unit_label(kpi.unit, lang, value)


def change_window_text(kpi: Kpi, lang: str) -> str:
    """The span over which a change is measured: "1 giờ", "1 ngày"."""
    return duration_text(kpi.change_window.total_seconds(), lang)


def duration_text(seconds: float, lang: str) -> str:
    """A duration in its largest whole unit."""
    for size, key in ((86400, "tile.days"), (3600, "tile.hours"), (60, "tile.minutes")):
        if seconds >= size and seconds % size == 0:
            return t(key, lang, n=format_number(seconds / size))
    return t("tile.seconds", lang, n=format_number(seconds))
