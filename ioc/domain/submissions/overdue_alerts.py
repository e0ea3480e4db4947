"""Agencies that owe figures now and are late with them, as things that need attention: by the city's own thresholds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.snapshot import AttentionItem
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.submission import (
    ComplianceThreshold,
    ObligationPeriod,
    SubmissionData,
    SubmissionState,
    obligation_periods,
)

LINK = "/cham-so-lieu"
_UNKNOWN_AGENCY = LocalizedText("chưa xác định cơ quan gửi", "nobody known to owe it")


def overdue_submission_attention(
    submissions: SubmissionData, agencies: Mapping[str, Agency], at: datetime
) -> tuple[AttentionItem, ...]:
    """One for each agency that is late and whose year has reached a threshold, one for all others that are late.

    Worked out anew when something was handed in, and each minute: a year of a daily duty of 103 units takes a second.
    """
    return _overdue_attention(_OverdueCacheKey(submissions, agencies, at), int(at.timestamp()) // 60)


class _OverdueCacheKey:
    """What it follows from, as a cache's key: the same objects, at whatever moment."""

    def __init__(self, handed: SubmissionData, agencies: Mapping[str, Agency], at: datetime) -> None:
        self.handed, self.agencies, self.at = handed, agencies, at
        self._parts = (handed.obligations, handed.events, handed.reminders, handed.compliance_rules, agencies)

    def __hash__(self) -> int:
        return hash(tuple(map(id, self._parts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OverdueCacheKey) and all(
            a is b for a, b in zip(self._parts, other._parts, strict=True)
        )


@lru_cache(maxsize=4)
def _overdue_attention(known: _OverdueCacheKey, minute: int) -> tuple[AttentionItem, ...]:
    handed, at = known.handed, known.at
    every = obligation_periods(handed, known.agencies, at)
    late: dict[str, list[ObligationPeriod]] = {}
    for one in every:
        if one.status.state is SubmissionState.OVERDUE:
            late.setdefault(one.agency or "", []).append(one)
    reached = (
        {one.agency: one.threshold for one in compliance_records(handed, every, at) if one.threshold} if late else {}
    )
    named = {key: _agency_name(known.agencies, key) for key in late}
    found = [_threshold_attention(key, named[key], late[key], reached[key], at) for key in late if key in reached]
    others = [key for key in late if key not in reached]
    return (
        *found,
        *([_remaining_attention([named[key] for key in others], [late[key] for key in others], at)] if others else []),
    )


def _agency_name(agencies: Mapping[str, Agency], key: str) -> LocalizedText:
    agency = agencies.get(key)
    return agency.short_name if agency else _UNKNOWN_AGENCY


def _threshold_attention(
    key: str, name: LocalizedText, late: Sequence[ObligationPeriod], limit: ComplianceThreshold, at: datetime
) -> AttentionItem:
    """What the city does about it comes first: a wall has one line."""
    vi, en = _overdue_duration(late, at)
    if len(late) > 1:
        vi, en = f"{len(late)} kỳ, {vi}", f"{len(late)} periods, {en}"
    detail = LocalizedText(f"{limit.name.vi} · {vi}", f"{limit.name.get('en')} · {en}")
    return _attention_item(key or "nobody", limit.severity, name, detail, late)


def _remaining_attention(
    names: Sequence[LocalizedText], late: Sequence[Sequence[ObligationPeriod]], at: datetime
) -> AttentionItem:
    """Those that are late for a first or second time: each by itself is no case for the city's leaders yet."""
    every = [one for some in late for one in some]
    n = len(names)
    who = names[0] if n == 1 else LocalizedText(f"{n} cơ quan", f"{n} agencies")
    return _attention_item("others", Severity.ATTENTION, who, _overdue_summary(every, at), every)


def _overdue_summary(late: Sequence[ObligationPeriod], at: datetime) -> LocalizedText:
    vi, en = _overdue_duration(late, at)
    return LocalizedText(f"{len(late)} kỳ chưa gửi, {vi}", f"{_plural(len(late), 'period')} not sent, {en}")


def _overdue_duration(late: Sequence[ObligationPeriod], at: datetime) -> tuple[str, str]:
    """Since when, of the longest overdue."""
    over = at - min(one.status.due for one in late)
    vi, en = (f"{over.days} ngày", _plural(over.days, "day")) if over >= timedelta(days=1) else _hours_text(over)
    several = len(late) > 1
    return f"quá hạn {'đến ' if several else ''}{vi}", f"{'up to ' if several else ''}{en} overdue"


def _hours_text(over: timedelta) -> tuple[str, str]:
    hours = over // timedelta(hours=1)
    return (f"{hours} giờ", _plural(hours, "hour")) if hours else ("dưới 1 giờ", "less than an hour")


def _plural(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _attention_item(
    key: str, severity: Severity, who: LocalizedText, detail: LocalizedText, late: Sequence[ObligationPeriod]
) -> AttentionItem:
    title = LocalizedText(f"Chậm cập nhật số liệu: {who.vi}", f"Figures late: {who.get('en')}")
    since, simulated = min(one.status.due for one in late), any(one.obligation.is_simulated for one in late)
    return AttentionItem("submission", key, severity, title, detail, since, LINK, simulated)
