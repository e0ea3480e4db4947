"""Late counts per agency over a rolling year, and the thresholds at which the city acts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.submissions.submission import ComplianceThreshold, ObligationPeriod, SubmissionData, SubmissionState

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ComplianceRecord:
    """An agency's year: of `owed` periods that fell due, `late` were not sent in time, `open` of these not to this day.

    It answers for what fell due while it held the duty: who takes a duty over begins with a clean sheet.
    """

    agency: str
    due_count: int
    late_count: int
    open_count: int
    reminder_count: int
    threshold: ComplianceThreshold | None
    next_threshold: ComplianceThreshold | None  # the next one, None after the last

    @property
    def on_time_share(self) -> float | None:
        """Share sent in time, of 1; None where nothing fell due."""
        return (self.due_count - self.late_count) / self.due_count if self.due_count else None


def compliance_records(
    submissions: SubmissionData, periods: Iterable[ObligationPeriod], now: datetime
) -> list[ComplianceRecord]:
    """The year before `now` of each agency that owed anything or was reminded, the worst first."""
    start = now - YEAR
    fell: dict[str, list[ObligationPeriod]] = {}
    for one in periods:
        if start < one.status.due <= now and one.agency_when_due is not None:
            fell.setdefault(one.agency_when_due, []).append(one)
    urged: dict[str, int] = {}
    for reminder in submissions.reminders:
        if start < reminder.at <= now:
            urged[reminder.agency] = urged.get(reminder.agency, 0) + 1
    found = [
        _agency_record(submissions, key, fell.get(key, []), urged.get(key, 0)) for key in fell.keys() | urged.keys()
    ]
    return sorted(
        found,
        key=lambda one: (-_metric_value(submissions, one.reminder_count, one.late_count), -one.late_count, one.agency),
    )


def _agency_record(
    handed: SubmissionData, agency: str, fell: list[ObligationPeriod], reminders: int
) -> ComplianceRecord:
    late = sum(one.status.is_late for one in fell)
    count = _metric_value(handed, reminders, late)
    limits = handed.compliance_rules.thresholds
    return ComplianceRecord(
        agency,
        len(fell),
        late,
        sum(one.status.state is SubmissionState.OVERDUE for one in fell),
        reminders,
        handed.compliance_rules.threshold_reached(count),
        next((one for one in limits if one.count > count), None),
    )


def _metric_value(handed: SubmissionData, reminders: int, late: int) -> int:
    return reminders if handed.compliance_rules.metric == "reminders" else late
