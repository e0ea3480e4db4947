"""Overdue submissions as items of the attention list, by the city's own compliance thresholds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.snapshot import AttentionItem, AttentionKind, OverdueSubmissions
from ioc.domain.submissions.compliance import compliance_records
from ioc.domain.submissions.submission import (
    ComplianceThreshold,
    ObligationPeriod,
    SubmissionData,
    SubmissionState,
    obligation_periods,
)

LINK = "/cham-so-lieu"
_UNKNOWN_KEY, _OTHERS_KEY = "nobody", "others"


def overdue_submission_attention(
    submissions: SubmissionData, agencies: Mapping[str, Agency], at: datetime
) -> tuple[AttentionItem, ...]:
    """One item for each overdue agency whose year has reached a threshold, and one for all other overdue agencies.

    Cached for a minute while nothing is submitted: a year of a daily obligation of 103 units takes a second.
    """
    return _overdue_attention(_CacheKey(submissions, agencies, at), int(at.timestamp()) // 60)


class _CacheKey:
    """The inputs as the key of a cache: equal when they are the same objects, whatever the moment."""

    def __init__(self, submissions: SubmissionData, agencies: Mapping[str, Agency], at: datetime) -> None:
        self.submissions, self.agencies, self.at = submissions, agencies, at
        self._parts = (
            submissions.obligations,
            submissions.events,
            submissions.reminders,
            submissions.compliance_rules,
            agencies,
        )

    def __hash__(self) -> int:
        return hash(tuple(map(id, self._parts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _CacheKey) and all(
            part is other_part for part, other_part in zip(self._parts, other._parts, strict=True)
        )


@lru_cache(maxsize=4)
def _overdue_attention(key: _CacheKey, minute: int) -> tuple[AttentionItem, ...]:
    submissions, at = key.submissions, key.at
    periods = obligation_periods(submissions, key.agencies, at)
    overdue: dict[str, list[ObligationPeriod]] = {}
    for period in periods:
        if period.status.state is SubmissionState.OVERDUE:
            overdue.setdefault(period.agency or "", []).append(period)
    if not overdue:
        return ()
    records = compliance_records(submissions, periods, at)
    reached = {record.agency: record.threshold for record in records if record.threshold}
    names = {agency: _agency_name(key.agencies, agency) for agency in overdue}
    at_threshold = [
        _threshold_item(agency, names[agency], late, reached[agency], at)
        for agency, late in overdue.items()
        if agency in reached
    ]
    others = {agency: late for agency, late in overdue.items() if agency not in reached}
    return (*at_threshold, *([_others_item(names, others, at)] if others else ()))


def _agency_name(agencies: Mapping[str, Agency], key: str) -> LocalizedText | None:
    agency = agencies.get(key)
    return agency.short_name if agency else None


def _threshold_item(
    agency: str,
    name: LocalizedText | None,
    late: Sequence[ObligationPeriod],
    threshold: ComplianceThreshold,
    at: datetime,
) -> AttentionItem:
    facts = OverdueSubmissions(name, 1, len(late), at - _first_due(late), threshold.name)
    return _attention_item(agency or _UNKNOWN_KEY, threshold.severity, facts, late)


def _others_item(
    names: Mapping[str, LocalizedText | None], overdue: Mapping[str, Sequence[ObligationPeriod]], at: datetime
) -> AttentionItem:
    """Agencies below every threshold: none of them alone is a case for the leaders of the city yet."""
    late = [period for periods in overdue.values() for period in periods]
    name = names[next(iter(overdue))] if len(overdue) == 1 else None
    facts = OverdueSubmissions(name, len(overdue), len(late), at - _first_due(late))
    return _attention_item(_OTHERS_KEY, Severity.ATTENTION, facts, late)


def _first_due(late: Sequence[ObligationPeriod]) -> datetime:
    return min(period.status.due for period in late)


def _attention_item(
    key: str, severity: Severity, facts: OverdueSubmissions, late: Sequence[ObligationPeriod]
) -> AttentionItem:
    is_simulated = any(period.obligation.is_simulated for period in late)
    return AttentionItem(
        AttentionKind.SUBMISSIONS, key, severity, _first_due(late), LINK, is_simulated=is_simulated, facts=facts
    )
