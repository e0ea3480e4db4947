"""Labels of submissions: period, status, overdue time; shared by pages, forms and tables."""

from datetime import datetime, timedelta

import htpy as h

from components.ui.format import format_date, format_number, format_time
from components.ui.i18n import t
from components.ui.icons import mark
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod
from ioc.domain.submissions.submission import SubmissionState

_STATUS_MARKS = {
    SubmissionState.NOT_DUE: "none",
    SubmissionState.DUE_SOON: "late",
    SubmissionState.SUBMITTED: "done",
    SubmissionState.AWAITING_APPROVAL: "late",
    SubmissionState.REJECTED: "attention",
    SubmissionState.OVERDUE: "critical",
    SubmissionState.SUBMITTED_LATE: "attention",
}


_STATUS_SIGNS = {  # sign and colour in a table
    SubmissionState.NOT_DUE: ("–", "off"),
    SubmissionState.DUE_SOON: ("◌", "off"),
    SubmissionState.SUBMITTED: ("✓", "on"),
    SubmissionState.AWAITING_APPROVAL: ("◌", "off"),
    SubmissionState.REJECTED: ("▲", "attention"),
    SubmissionState.OVERDUE: ("◆", "critical"),
    SubmissionState.SUBMITTED_LATE: ("▲", "attention"),
}


def status_sign(status: SubmissionState) -> tuple[str, str]:
    """The sign of a period's status in a table, and the kind by which it is coloured."""
    return _STATUS_SIGNS[status]


def period_name(obligation: Obligation, period: ReportingPeriod, lang: str) -> str:
    """ "tháng 10/2026"; with its days where the period does not end with the calendar's."""
    first, last = period.days
    year, _, rest = period.key.partition("-")
    if obligation.is_ad_hoc:
        return t("submissions.period_any", lang, time=f"{format_time(period.start)} {format_date(period.start)}")
    parts = {
        "from": format_date(first),
        "to": format_date(last),
        "month": rest,
        "quarter": rest.lstrip("q"),
        "year": year,
    }
    name = t(f"submissions.period_{obligation.cadence.value}", lang, **parts)
    return (
        t("submissions.period_of", lang, name=name, **{"from": format_date(first), "to": format_date(last)})
        if obligation.closing_day
        else name
    )


def status_mark(status: SubmissionState, lang: str) -> h.Element:
    """Mark and label of a period's status."""
    return h.span(class_=["state", f"is-{status.value}"])[
        mark(_STATUS_MARKS[status]), " ", t(f"submissions.status_{status.value}", lang)
    ]


def format_full_datetime(at: datetime) -> str:
    """ "17:00 05/11/2026"."""
    return f"{format_time(at)} {at.astimezone(CITY_ZONE):%d/%m/%Y}"


def elapsed_text(length: timedelta, lang: str) -> str:
    """A duration in whole days; under a day in hours."""
    if length < timedelta(days=1):
        return t("submissions.hours", lang, n=format_number(length // timedelta(hours=1)))
    return t("submissions.days", lang, n=format_number(length.days))


def agency_name(snapshot: Snapshot, key: str | None, lang: str) -> str:
    """The agency's name; a label for None (no successor known)."""
    if key is None:
        return t("submissions.nobody", lang)
    return snapshot.agency_names.get(key, LocalizedText(key)).get(lang)
