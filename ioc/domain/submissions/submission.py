"""What was handed in for a period, what became of it, and how the period stands at a moment: derived, never kept."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import city_date
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.assignment import resolve_assignment
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod, due_at, ended_periods


class SubmissionEventType(StrEnum):
    """What somebody did."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class SubmissionChannel(StrEnum):
    """On which way figures came."""

    FORM = "form"
    FILE = "file"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class SubmissionEvent:
    """A line of the log. `of`: the number that is released or returned; of a correction, what it corrects; 0: nothing.

    `agency`: for which it was done. `open`: sent where a release is asked, so that it waits for one.
    """

    id: int
    obligation: str
    period: str
    event_type: SubmissionEventType
    at: datetime
    actor: str
    agency: str
    channel: SubmissionChannel = SubmissionChannel.FORM
    refers_to: int = 0
    reason: str = ""
    awaits_approval: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody urged an agency (đôn đốc) over a period that was late."""

    id: int
    obligation: str
    period: str
    at: datetime
    actor: str
    agency: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedStep:
    """What a simulated agency does about a period; `did` None: it is reminded. A verdict is on what was sent last."""

    at: datetime
    event_type: SubmissionEventType | None
    actor: str
    values: Mapping[str, float | None] = field(default_factory=dict)
    reason: str = ""
    channel: SubmissionChannel = SubmissionChannel.FORM


class SubmissionState(StrEnum):
    """How a period stands at a moment. Judged by when it was sent: the clock stops there, and resumes if returned."""

    NOT_DUE = "not_yet"  # chưa đến hạn
    DUE_SOON = "soon"  # sắp đến hạn
    SUBMITTED = "sent"  # đã gửi
    AWAITING_APPROVAL = "waiting"  # chờ duyệt
    REJECTED = "returned"  # trả lại, and still within its time
    OVERDUE = "late"  # chậm
    SUBMITTED_LATE = "sent_late"  # đã gửi muộn


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """`late`: it was, or is, not sent by `due`. `newest`: what was last sent; `waiting`: that, while nobody decided.

    `good`: what counts, released or in need of no release. `sent`: when it was first sent so that it stands.
    """

    state: SubmissionState
    due: datetime
    is_late: bool
    latest: SubmissionEvent | None = None
    pending: SubmissionEvent | None = None
    effective: SubmissionEvent | None = None
    submitted_at: datetime | None = None
    decision: SubmissionEvent | None = None  # on `newest`


@dataclass(frozen=True, slots=True)
class ComplianceThreshold:
    """Where the city acts: so many in a year, and what then happens."""

    key: str
    name: LocalizedText
    count: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class ComplianceRules:
    """What is counted over a year ("reminders" or "late") and the thresholds, rising; days of rest for due days."""

    metric: str = "reminders"
    thresholds: tuple[ComplianceThreshold, ...] = ()
    holidays: tuple[date, ...] = ()

    def threshold_reached(self, count: int) -> ComplianceThreshold | None:
        """The highest threshold that `count` has reached."""
        return next((one for one in reversed(self.thresholds) if count >= one.count), None)


@dataclass(frozen=True, slots=True)
class SubmissionData:
    """All that a snapshot knows of handing in: duties, the logs up to its moment, and the city's thresholds."""

    obligations: tuple[Obligation, ...] = ()
    events: Sequence[SubmissionEvent] = ()
    reminders: Sequence[Reminder] = ()
    compliance_rules: ComplianceRules = field(default_factory=ComplianceRules)

    def events_by_period(self) -> Mapping[tuple[str, str], list[SubmissionEvent]]:
        """The acts of each (duty, period), in their order."""
        found: dict[tuple[str, str], list[SubmissionEvent]] = {}
        for one in self.events:
            found.setdefault((one.obligation, one.period), []).append(one)
        return found


NO_SUBMISSIONS = SubmissionData()


def submission_status(
    obligation: Obligation,
    period: ReportingPeriod,
    events: Iterable[SubmissionEvent],
    now: datetime,
    holidays: Collection[date] = (),
) -> SubmissionStatus:
    """How `period` stands at `now` after `acts` on it, in their order; later ones are not looked at."""
    by, known = due_at(obligation, period, holidays), [one for one in events if one.at <= now]
    sent = [one for one in known if one.event_type is SubmissionEventType.SUBMITTED]
    verdicts = {one.refers_to: one for one in known if one.event_type is not SubmissionEventType.SUBMITTED}
    upright = [
        one for one in sent if one.id not in verdicts or verdicts[one.id].event_type is SubmissionEventType.APPROVED
    ]
    good = [one for one in upright if one.id in verdicts or not one.awaits_approval]
    newest = sent[-1] if sent else None
    verdict = verdicts.get(newest.id) if newest else None
    waiting = newest if newest and newest.awaits_approval and verdict is None else None
    late = upright[0].at > by if upright else now > by
    status = _submission_state(
        obligation, by, now, late=late, sent=bool(upright), waiting=bool(waiting), returned=bool(verdict)
    )
    return SubmissionStatus(
        status, by, late, newest, waiting, good[-1] if good else None, upright[0].at if upright else None, verdict
    )


def _submission_state(
    duty: Obligation, by: datetime, now: datetime, *, late: bool, sent: bool, waiting: bool, returned: bool
) -> SubmissionState:
    if waiting:
        return SubmissionState.AWAITING_APPROVAL
    if sent:
        return SubmissionState.SUBMITTED_LATE if late else SubmissionState.SUBMITTED
    if late:
        return SubmissionState.OVERDUE
    if returned:
        return SubmissionState.REJECTED
    return SubmissionState.DUE_SOON if by - now <= duty.due_soon else SubmissionState.NOT_DUE


def obligation_holder(obligation: Obligation, agencies: Mapping[str, Agency], moment: datetime) -> str | None:
    """Which agency owes the duty at `moment`; None while an act of transfer is missing."""
    return resolve_assignment(obligation.agency, obligation.transfers, agencies, city_date(moment)).holder


@dataclass(frozen=True, slots=True)
class ObligationPeriod:
    """A period of a duty at a moment. `agency`: who holds the duty now, None for nobody; `blamed`: who did at `due`."""

    obligation: Obligation
    period: ReportingPeriod
    status: SubmissionStatus
    agency: str | None
    agency_when_due: str | None
    reminders: tuple[Reminder, ...] = ()


def obligation_periods(
    submissions: SubmissionData,
    agencies: Mapping[str, Agency],
    now: datetime,
    lookback: timedelta = timedelta(days=400),
) -> list[ObligationPeriod]:
    """Every period that ended within `back` before `now`, by duty and time."""
    courses, urged = submissions.events_by_period(), _reminders_by_period(submissions.reminders, now)
    found = []
    for duty in submissions.obligations:
        mine = obligation_holder(duty, agencies, now)
        for period in ended_periods(duty, now - lookback, now):
            how = submission_status(
                duty, period, courses.get((duty.key, period.key), ()), now, submissions.compliance_rules.holidays
            )
            at_due = mine if how.due >= now else obligation_holder(duty, agencies, how.due)
            found.append(ObligationPeriod(duty, period, how, mine, at_due, urged.get((duty.key, period.key), ())))
    return found


def _reminders_by_period(reminders: Iterable[Reminder], now: datetime) -> dict[tuple[str, str], tuple[Reminder, ...]]:
    found: dict[tuple[str, str], tuple[Reminder, ...]] = {}
    for one in reminders:
        if one.at <= now:
            found[one.obligation, one.period] = (*found.get((one.obligation, one.period), ()), one)
    return found
