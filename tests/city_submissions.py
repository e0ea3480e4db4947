"""The reporting obligations and submissions of the test cities."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.source import Series
from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingCadence
from ioc.domain.submissions.submission import (
    ComplianceRules,
    ComplianceThreshold,
    Reminder,
    SubmissionData,
    SubmissionEvent,
    SubmissionEventType,
)


def submission_data(now: datetime) -> SubmissionData:
    """Agency A submitted in time, then late, and was reminded three times; a submission of agency B awaits approval."""
    cell = FormCell(
        Series("waste", LocalizedText("Rác thải"), "tấn", 0, 1000), LocalizedText("Rác thải"), LocalizedText("Giá trị")
    )
    monthly = Obligation(
        "sim-tide",
        LocalizedText("Thu gom rác thải", "Waste collected"),
        "mp-a",
        ReportingCadence.MONTHLY,
        date(2026, 8, 1),
        (cell,),
        5,
        is_simulated=True,
        may_phone=True,
    )
    daily = replace(
        monthly,
        key="sim-beds",
        agency="mp-b",
        cadence=ReportingCadence.DAILY,
        since=date(2026, 11, 23),
        due_day=1,
        requires_approval=True,
    )
    events = (
        SubmissionEvent(
            1, "sim-tide", "2026-08", SubmissionEventType.SUBMITTED, datetime(2026, 9, 2, tzinfo=UTC), "an", "mp-a"
        ),
        SubmissionEvent(
            2, "sim-tide", "2026-09", SubmissionEventType.SUBMITTED, datetime(2026, 10, 9, tzinfo=UTC), "an", "mp-a"
        ),
        SubmissionEvent(
            3,
            "sim-beds",
            "2026-11-23",
            SubmissionEventType.SUBMITTED,
            now - timedelta(hours=1),
            "binh",
            "mp-b",
            awaits_approval=True,
        ),
    )
    reminders = tuple(Reminder(n, "sim-tide", "2026-10", now - timedelta(days=n), "truc", "mp-a") for n in (3, 2, 1))
    head = LocalizedText("đã đến mức báo cáo lãnh đạo cơ quan", "to be reported to the head of the agency")
    leaders = LocalizedText("đã đến mức báo cáo lãnh đạo thành phố", "to be reported to the city leaders")
    limits = (
        ComplianceThreshold("agency-head", head, 3, Severity.ATTENTION),
        ComplianceThreshold("city-leaders", leaders, 6, Severity.CRITICAL),
    )
    return SubmissionData((monthly, daily), events, reminders, ComplianceRules("reminders", limits))
