"""The limits and the target of a KPI, and what its value means by them, as text."""

import htpy as h
from markupsafe import Markup

from components.ui.format import format_exact, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import missing_value_status
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Limit, Severity


def active_limit(kpi: Kpi, value: KpiValue) -> Limit | None:
    """The limit in force; None without one."""
    return next((limit for limit in kpi.limits if limit.key == value.level), None)


def limit_line_value(kpi: Kpi, value: KpiValue) -> float | None:
    """The value of the dashed line: the limit in force, else the target, else the first while none is in force."""
    limit = _shown_limit(kpi, value)
    return limit.value if limit else kpi.target.value if kpi.target else None


def limit_texts(kpi: Kpi, value: KpiValue, lang: str) -> list[str]:
    """The target and the limit in force, or the first one while none is: "≥ 95 %", "báo động I 1,80"."""
    limit = _shown_limit(kpi, value)
    return [text for text in (target_text(kpi), limit_label(limit, kpi, lang) if limit else "") if text]


def _shown_limit(kpi: Kpi, value: KpiValue) -> Limit | None:
    """The first only where none is in force: a level may have been stored by a configuration that had more limits."""
    first = kpi.limits[0] if kpi.limits and kpi.target is None and not value.level else None
    return active_limit(kpi, value) or first


def decisive_limit_text(kpi: Kpi, value: KpiValue, lang: str) -> str:
    """The limit that gives a value its severity, as short as a tile needs it: "báo động I 1,80", "mức thấp ≤ 95".

    "" without one: the severity is normal, or that of a missed target.
    """
    limit = active_limit(kpi, value)
    if limit is None or value.severity is Severity.NORMAL or limit.severity is not value.severity:
        return ""
    if limit.is_upper:
        return limit_label(limit, kpi, lang)
    return f"{limit.name.get(lang)} ≤ {target_number(kpi, limit.value)}"


def limit_label(limit: Limit, kpi: Kpi, lang: str) -> str:
    """ "báo động I 1,80"; of a lower limit "mức thấp: từ 95 trở xuống", its number written as that of a target."""
    name = limit.name.get(lang)
    if limit.is_upper:
        return f"{name} {format_exact(limit.value, kpi.decimals)}"
    return t("kpi.limit_below", lang, name=name, value=target_number(kpi, limit.value))


def target_text(kpi: Kpi) -> str:
    """ "≥ 95 %"; "" without a target."""
    return _goal_text(kpi, kpi.target.value) if kpi.target else ""


def _goal_text(kpi: Kpi, value: float) -> str:
    sign = "≥" if kpi.target and kpi.target.op == ">=" else "≤"
    return f"{sign} {target_number(kpi, value)}{' %' if kpi.unit == '%' else ''}"


def target_number(kpi: Kpi, value: float) -> str:
    """A target as a number, with all its decimals: a rounded one could contradict the verdict."""
    return format_number(value) if value == int(value) else format_exact(value, kpi.decimals)


def verdict_text(is_target_met: bool | None, lang: str) -> str:
    """ "đạt", "chưa đạt"; "" where there is nothing to judge."""
    return "" if is_target_met is None else t("kpi.target_met" if is_target_met else "kpi.target_missed", lang)


def missed_target_text(kpi: Kpi, value: KpiValue, lang: str) -> str:
    """ "chưa đạt mục tiêu ≥ 90 %"; "" unless it is missed."""
    return t("kpi.target_missed_of", lang, target=target_text(kpi)) if value.is_target_met is False else ""


def regained_text(kpi: Kpi, value: KpiValue, lang: str) -> str:
    """At which value a target that only its deadband keeps missed is met again; "" in every other case."""
    target = kpi.target
    if target is None or value.value is None or value.is_target_met is not False or not target.is_met(value.value):
        return ""
    return t("kpi.target_regained", lang, target=_goal_text(kpi, target.regained_at))


def judgement_words(severity: Severity, is_target_met: bool | None, lang: str) -> str:
    """What a value means: "bình thường", "đạt", "cần chú ý · chưa đạt"."""
    verdict = verdict_text(is_target_met, lang)
    word = t(f"common.{severity.value}", lang)
    return (verdict or word) if severity is Severity.NORMAL else " · ".join(filter(None, (word, verdict)))


def verdict_mark(severity: Severity, is_target_met: bool | None) -> Markup:
    """▲ or ◆ of a value beyond a limit or of a marked target; else ✓ met, ✕ missed, ● without a verdict."""
    if severity is not Severity.NORMAL or is_target_met is None:
        return mark(severity.value)
    return mark("done" if is_target_met else "missed")


def value_status(kpi: Kpi, value: KpiValue, lang: str) -> h.Node:
    """Mark and words of a value: what it means by limits and target, or why there is none."""
    if value.state is not FigureState.OK:
        return missing_value_status(value, lang)
    regained = regained_text(kpi, value, lang)
    words = judgement_words(value.severity, value.is_target_met, lang).split(" · ")
    return h.fragment[
        verdict_mark(value.severity, value.is_target_met),
        " ",
        h.span(".state-part")[words[0]],
        ([" · ", h.span(".state-part")[word]] for word in words[1:]),
        regained and h.small(".quiet")[" ", regained],
    ]
