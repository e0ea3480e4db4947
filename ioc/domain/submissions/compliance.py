"""Compliance of agencies over a rolling year: late periods, reminders, and the thresholds that they reach."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.domain.submissions.submission import ComplianceThreshold, ObligationPeriod, SubmissionData, SubmissionState

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ComplianceRecord:
    """The year of an agency: of `due_count` periods that fell due, `late_count` were late, `open_count` still are.

    An agency answers for what fell due while it held the obligation: a successor starts at zero.
    """

    agency: str
    due_count: int
    late_count: int
    open_count: int
    reminder_count: int
    threshold: ComplianceThreshold | None  # the highest that is reached
    next_threshold: ComplianceThreshold | None  # None after the last

    @property
    def on_time_share(self) -> float | None:
        """The share submitted in time, 0..1; None where nothing fell due."""
        return (self.due_count - self.late_count) / self.due_count if self.due_count else None


def compliance_records(
    submissions: SubmissionData, periods: Iterable[ObligationPeriod], now: datetime
) -> list[ComplianceRecord]:
    """The year before `now` of each agency that owed anything or was reminded, the worst first."""
    start = now - YEAR
    due: dict[str, list[ObligationPeriod]] = {}
    for period in periods:
        if start < period.status.due <= now and period.agency_when_due is not None:
            due.setdefault(period.agency_when_due, []).append(period)
    reminders: dict[str, int] = {}
    for reminder in submissions.reminders:
        if reminder.clock_time > start:
            reminders[reminder.agency] = reminders.get(reminder.agency, 0) + 1
    records = [
        _agency_record(submissions, agency, due.get(agency, []), reminders.get(agency, 0))
        for agency in due.keys() | reminders.keys()
    ]

    def worst_first(record: ComplianceRecord) -> tuple[int, int, str]:
        metric = _metric_value(submissions, record.reminder_count, record.late_count)
        return -metric, -record.late_count, record.agency

    return sorted(records, key=worst_first)


def _agency_record(
    submissions: SubmissionData, agency: str, due: list[ObligationPeriod], reminder_count: int
) -> ComplianceRecord:
    rules = submissions.compliance_rules
    late_count = sum(period.status.is_late for period in due)
    metric = _metric_value(submissions, reminder_count, late_count)
    return ComplianceRecord(
        agency=agency,
        due_count=len(due),
        late_count=late_count,
        open_count=sum(period.status.state is SubmissionState.OVERDUE for period in due),
        reminder_count=reminder_count,
        threshold=rules.threshold_reached(metric),
        next_threshold=next((threshold for threshold in rules.thresholds if threshold.count > metric), None),
    )


def _metric_value(submissions: SubmissionData, reminder_count: int, late_count: int) -> int:
    return reminder_count if submissions.compliance_rules.metric == "reminders" else late_count
