"""A KPI's tile: name, value, unit, target or limit, change, the line of 24 hours, and its age."""

from datetime import datetime

import htpy as h

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
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Limit, Severity
from ioc.domain.snapshot import KpiFigure, Snapshot

# em: a digit and a mark of a number; a letter of a unit, and what a unit of wide letters takes beyond its letters.
_DIGIT, _MARK, _LETTER, _UNIT_PADDING = 0.65, 0.3, 0.57, 0.65


def tile(figure: KpiFigure, snapshot: Snapshot, lang: str, *, linked: bool = True) -> h.Element:
    """The tile of `figure`, a link to its page where `linked`. Past its limit the screen turns it stale: `expired`."""
    kpi, value = figure.kpi, figure.value
    severity = value.severity if value.state is FigureState.OK else Severity.NORMAL
    return (h.a if linked else h.div)(
        class_=["tile", f"is-{value.state.value}", f"sev-{severity.value}", _is_expired(value, snapshot) and "expired"],
        **({"href": f"/chi-so/{kpi.key}"} if linked else {}),
        **_age(value),
    )[
        h.span(".tile-name")[
            severity_mark(severity),
            h.span(".tile-mark-none")[state_mark(FigureState.STALE if value.state is FigureState.OK else value.state)],
            h.span(".tile-title")[kpi.short_name.get(lang)],
        ],
        value.state is FigureState.OK and _value_block(figure, lang),
        _missing_block(kpi, value, lang, snapshot),
        h.span(".tile-foot")[
            h.span(".tile-line")[sparkline(figure.line, limit_line_value(kpi, value))],
            _badges(figure, snapshot, lang),
        ],
        _data_time(value, lang),
        kpi_provenance(kpi, snapshot, lang),
        h.span(".tile-age")[h.i],
    ]


def _badges(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Element | None:
    """Its badges: also that its sources disagree, and that a twin's figure is shown."""
    value = figure.value
    worn = [
        _redundancy_badge(figure, snapshot, lang),
        badges(lang, simulated=value.is_simulated, drill=figure.is_drill, short=True, phoned=value.is_phoned),
    ]
    return h.span(".tile-marks")[worn] if any(worn) else None


def _redundancy_badge(figure: KpiFigure, snapshot: Snapshot, lang: str) -> h.Element | None:
    """One sign for both, where a twin that stands in is disagreed with: a narrow tile has no room for two."""
    apart = disagreement_badge(figure.redundant_series, snapshot, lang, short=True)
    if not failover_text(figure.value, figure, snapshot, lang):
        return apart
    words = redundancy_text(figure, snapshot, lang)
    return h.abbr(".badge.badge-apart.badge-stand-in", title=words)[apart and "≠ ", t("redundancy.stand_in", lang)]


def _is_expired(value: KpiValue, snapshot: Snapshot) -> bool:
    """Whether it is past its limit as drawn: where no script counts on, nothing else would say so."""
    if value.state is not FigureState.OK or value.data_time is None or not value.age_limit:
        return False
    return snapshot.at - value.data_time > value.age_limit


def _age(value: KpiValue) -> dict[str, str]:
    if value.data_time is None or not value.age_limit:
        return {}
    return {"data-since": value.data_time.isoformat(), "data-limit": str(round(value.age_limit.total_seconds()))}


def _value_block(figure: KpiFigure, lang: str) -> h.Element:
    kpi, value = figure.kpi, figure.value
    shown, word = format_number(value.value, kpi.decimals), unit_text(kpi, lang, value.value)
    return h.span(".tile-shown")[
        h.span(".tile-value", style=_widths(shown, word))[h.b[shown], " ", h.span(".unit")[word]],
        h.span(".tile-row")[
            h.span(".tile-limit")[limit_text(kpi, value, lang)],
            value.change is not None
            and h.span(".tile-change", title=t("tile.change_over", lang, span=change_window_text(kpi, lang)))[
                h.bdi[format_signed(value.change, kpi.decimals)]
            ],
        ],
    ]


def _widths(shown: str, word: str) -> str:
    """How wide number and unit are, in em of each: CSS makes the number smaller where they would not fit."""
    wide = sum(_MARK if one in ".," else _DIGIT for one in shown)
    return f"--n:{wide:.2f};--u:{len(word) * _LETTER + _UNIT_PADDING:.2f}"


def _missing_block(kpi: Kpi, value: KpiValue, lang: str, snapshot: Snapshot) -> h.Element:
    """What stands in the value's place when there is none, or when the screen finds it past its limit."""
    state = FigureState.STALE if value.state is FigureState.OK else value.state
    word = _failure_label(kpi, snapshot, lang) if state is FigureState.ERROR else state_label(state, lang)
    return h.span(".tile-missing")[
        h.span(".tile-value")[h.b[_placeholder(state, word)]],
        state is not FigureState.OFF and h.span(".tile-why")[word],
        value.last_value is not None and h.span(".tile-last")[last_value_text(kpi, value, lang, snapshot.at)],
    ]


def _failure_label(kpi: Kpi, snapshot: Snapshot, lang: str) -> str:
    """What failed of the sources that bring it; where they fail in several ways, only that they do."""
    wanted = {*kpi.formula.inputs, *kpi.formula.denominator}
    healths = (one.health for one in snapshot.sources if not wanted.isdisjoint(one.source.series_keys))
    sights = {source_status(one) for one in healths if one.state in (SourceState.DOWN, SourceState.REFUSED)}
    return source_status_label(sights.pop(), lang) if len(sights) == 1 else state_label(FigureState.ERROR, lang)


def _placeholder(state: FigureState, word: str) -> h.Node:
    """What stands in the value's place."""
    return mark("broken") if state is FigureState.ERROR else word if state is FigureState.OFF else NO_VALUE


def last_value_text(kpi: Kpi, value: KpiValue, lang: str, now: datetime) -> str:
    """The last known value with its time, for the small print of a figure that has none now."""
    known = format_number(value.last_value, kpi.decimals)
    if value.data_time is None:
        return t("tile.last_value", lang, value=known)
    return t("common.last_known", lang, value=known, time=format_datetime(value.data_time, now))


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
    """The unit as people read it, beside the number `value` where there is one."""
    return kpi.unit_label.get(lang) or unit_label(kpi.unit, lang, value)


def active_limit(kpi: Kpi, value: KpiValue) -> Limit | None:
    """The limit that holds; where none does, the first one that would."""
    return next((one for one in kpi.limits if one.key == value.level), kpi.limits[0] if kpi.limits else None)


def limit_line_value(kpi: Kpi, value: KpiValue) -> float | None:
    """What the dashed line stands for: the limit that holds, else the target, else the first limit."""
    limit = active_limit(kpi, value)
    if limit is not None and (limit.key == value.level or kpi.target is None):
        return limit.value
    return kpi.target.value if kpi.target else None


def limit_text(kpi: Kpi, value: KpiValue, lang: str) -> str:
    """The same in words: "báo động I 1,80" or "≥ 95 %"."""
    limit = active_limit(kpi, value)
    if limit is not None and (limit.key == value.level or kpi.target is None):
        return f"{limit.name.get(lang)} {format_number(limit.value, kpi.decimals)}"
    return target_text(kpi) if kpi.target else ""


def target_text(kpi: Kpi) -> str:
    """ "≥ 95 %"; "" where the KPI has no target."""
    if kpi.target is None:
        return ""
    sign = "≥" if kpi.target.op == ">=" else "≤"
    decimals = 0 if kpi.target.value == int(kpi.target.value) else kpi.decimals
    return f"{sign} {format_number(kpi.target.value, decimals)}{' %' if kpi.unit == '%' else ''}"


def change_window_text(kpi: Kpi, lang: str) -> str:
    """What a change is measured against: "1 giờ", "1 ngày"."""
    return duration_text(kpi.change_window.total_seconds(), lang)


def duration_text(seconds: float, lang: str) -> str:
    """A span of time in its largest whole unit."""
    for size, key in ((86400, "tile.days"), (3600, "tile.hours"), (60, "tile.minutes")):
        if seconds >= size and seconds % size == 0:
            return t(key, lang, n=format_number(seconds / size))
    return t("tile.seconds", lang, n=format_number(seconds))
