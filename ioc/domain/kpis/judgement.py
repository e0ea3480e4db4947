"""What a KPI's number means: the limit that it has reached, whether it meets the target, and how severe that is.

The number that is judged is the one that is shown, rounded to the KPI's decimals: a screen never contradicts itself.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ioc.domain.kpis.kpi import RANK, FormulaOp, Kpi, KpiValue, Limit, Severity

_NO_HALVES = 2.0**52  # a float of that size has no part below a half
_ADDITIVE_OPS = frozenset({FormulaOp.SUM, FormulaOp.COUNT})


class Judgement(NamedTuple):
    """`level`: key of the active limit, "" for none. `is_target_met`: None without a target."""

    level: str
    severity: Severity
    is_target_met: bool | None


NO_JUDGEMENT = Judgement("", Severity.NORMAL, None)


def judgement_of(value: KpiValue) -> Judgement:
    """The judgement that stands in `value`."""
    return Judgement(value.level, value.severity, value.is_target_met)


def judge(kpi: Kpi, value: float, place: str = "", previous: KpiValue | None = None) -> Judgement:
    """The judgement of `value` of the city, or of one `place`, after rounding it to the KPI's decimals.

    `previous`: the value until now, by whose judgement the deadbands hold.
    """
    shown = round_half_away(value, kpi.decimals)
    limit = active_limit(kpi.limits, shown, previous.level if previous else "")
    # The goal for the city's sum is no goal for a part of it.
    target = kpi.target if not place or kpi.formula.op not in _ADDITIVE_OPS else None
    is_met = target.is_met(shown, previous is not None and previous.is_target_met is False) if target else None
    severities = (limit.severity if limit else Severity.NORMAL, _severity_of_target(kpi, is_met))
    return Judgement(limit.key if limit else "", max(severities, key=RANK.__getitem__), is_met)


def round_half_away(number: float, decimals: int) -> float:
    """`number` rounded half away from zero to `decimals` places; never −0."""
    shift: float = 10.0**decimals
    scaled = abs(number) * shift
    if not scaled < _NO_HALVES:
        return number
    # What arithmetic lost below a half is given back, never more than a part of the last place.
    nudge = min(scaled * 1e-12, 1e-6)
    return (int(scaled + 0.5 + nudge) / shift) * (-1 if number < 0 else 1) + 0.0


def _severity_of_target(kpi: Kpi, is_met: bool | None) -> Severity:
    return kpi.target.severity if kpi.target and is_met is False else Severity.NORMAL


def is_beyond_limit(kpi: Kpi, value: KpiValue) -> bool:
    """Whether a limit that needs attention is active: not only the target is missed."""
    return any(limit.key == value.level and limit.severity is not Severity.NORMAL for limit in kpi.limits)


def active_limit(limits: Sequence[Limit], value: float, previous_key: str) -> Limit | None:
    """The most serious limit that is active at `value`; `previous_key`: of the one that was active before."""
    keys = [limit.key for limit in limits]
    previous = keys.index(previous_key) if previous_key in keys else -1
    active = [limit for n, limit in enumerate(limits) if limit.is_active(value, n <= previous)]
    return active[-1] if active else None
