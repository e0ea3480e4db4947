"""The words of handing in: a period, how it stands, how long it is overdue; the same on pages, forms and in tables."""

from datetime import datetime, timedelta

import htpy as h

from components.ui.format import clock, day, number
from components.ui.i18n import say
from components.ui.icons import mark
from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.obligation import Cadence, Duty, Period
from ioc.domain.submissions.submission import Status

_MARKS = {
    Status.NOT_YET: "none",
    Status.SOON: "late",
    Status.SENT: "done",
    Status.WAITING: "late",
    Status.RETURNED: "attention",
    Status.LATE: "critical",
    Status.SENT_LATE: "attention",
}


def period_name(duty: Duty, period: Period, lang: str) -> str:
    """ "tháng 10/2026"; of a period that does not end with the calendar's also its days."""
    first, last = period.days
    year, _, rest = period.key.partition("-")
    if duty.cadence is Cadence.ANY:
        return say("handed.period_any", lang, time=f"{clock(period.start)} {day(period.start)}")
    parts = {"from": day(first), "to": day(last), "month": rest, "quarter": rest.lstrip("q"), "year": year}
    name = say(f"handed.period_{duty.cadence.value}", lang, **parts)
    return say("handed.period_of", lang, name=name, **{"from": day(first), "to": day(last)}) if duty.closes else name


def status_mark(status: Status, lang: str) -> h.Element:
    """Mark and word of a period's status."""
    return h.span(class_=["state", f"is-{status.value}"])[
        mark(_MARKS[status]), " ", say(f"handed.status_{status.value}", lang)
    ]


def moment_of(at: datetime) -> str:
    """17:00 05/11/2026: a due moment is told whole."""
    return f"{clock(at)} {at.astimezone(CITY):%d/%m/%Y}"


def span(length: timedelta, lang: str) -> str:
    """How long ago: whole days, of the first day hours."""
    if length < timedelta(days=1):
        return say("handed.hours", lang, n=number(length // timedelta(hours=1)))
    return say("handed.days", lang, n=number(length.days))


def agency_name(snapshot: Snapshot, key: str | None, lang: str) -> str:
    """The agency as it is called, or that nobody is known to have taken over."""
    if key is None:
        return say("handed.nobody", lang)
    return snapshot.agency_names.get(key, Text(key)).said(lang)
