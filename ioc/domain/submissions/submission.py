"""Submissions of a period: the events that are logged, and the status of the period, derived from them at a moment."""

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
    """What happened to the figures of a period."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # by who submitted it, before a decision


class SubmissionChannel(StrEnum):
    """How figures came in."""

    FORM = "form"
    FILE = "file"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class SubmissionEvent:
    """An entry of the log. `id`: 0 before it is stored. `agency`: the one that the act counts for.

    `at`: its known time. `clock_at`: what the clock showed where it had been set back to before `at`; else None.
    `refers_to`: the id of the submission that is approved, rejected or withdrawn, or that a correction corrects; 0 for
    none.
    `awaits_approval`: a submission that needs an approval to count.
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
    clock_at: datetime | None = None

    @property
    def clock_time(self) -> datetime:
        """What the clock showed."""
        return self.clock_at or self.at


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder (đôn đốc) to an agency about an overdue period. `id`, `at`, `clock_at`: as of a SubmissionEvent."""

    id: int
    obligation: str
    period: str
    at: datetime
    actor: str
    agency: str
    reason: str = ""
    clock_at: datetime | None = None

    @property
    def clock_time(self) -> datetime:
        """What the clock showed."""
        return self.clock_at or self.at


@dataclass(frozen=True, slots=True)
class SimulatedStep:
    """An act of a simulated agency; `event_type` None: a reminder to it. A decision is on its last submission."""

    at: datetime
    event_type: SubmissionEventType | None
    actor: str
    values: Mapping[str, float | None] = field(default_factory=dict)
    reason: str = ""
    channel: SubmissionChannel = SubmissionChannel.FORM


class SubmissionState(StrEnum):
    """The state of a period. The clock stops at the submission and runs again when that is returned or withdrawn."""

    NOT_DUE = "not_yet"  # chưa đến hạn
    DUE_SOON = "soon"  # sắp đến hạn
    SUBMITTED = "sent"  # đã gửi
    AWAITING_APPROVAL = "waiting"  # chờ duyệt
    REJECTED = "returned"  # trả lại, not overdue yet
    OVERDUE = "late"  # chậm
    SUBMITTED_LATE = "sent_late"  # đã gửi muộn


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """The status of a period at a moment. `is_late`: it was, or is, not submitted by `due`.

    `latest`: the last submission; `pending`: the same while it awaits approval; `decision`: the one on it, or its
    withdrawal.
    `effective`: the submission that counts, approved or in need of no approval. `own_figures`: the last such that the
    agency itself sent, not by telephone.
    """

    state: SubmissionState
    due: datetime
    is_late: bool
    latest: SubmissionEvent | None = None
    pending: SubmissionEvent | None = None
    effective: SubmissionEvent | None = None
    decision: SubmissionEvent | None = None
    own_figures: SubmissionEvent | None = None

    @property
    def corrected(self) -> SubmissionEvent | None:
        """The submission that the next one corrects: the latest, but of a withdrawn one what counts without it."""
        is_withdrawn = self.decision is not None and self.decision.event_type is SubmissionEventType.WITHDRAWN
        return self.effective if is_withdrawn else self.latest

    @property
    def is_returned(self) -> bool:
        """Whether the latest submission was returned; the period may be overdue, or have earlier figures that count."""
        return self.decision is not None and self.decision.event_type is SubmissionEventType.REJECTED

    @property
    def version(self) -> str:
        """Differs once figures were submitted again."""
        return str(self.latest.id if self.latest else 0)


@dataclass(frozen=True, slots=True)
class ComplianceThreshold:
    """So many reminders or late periods in a year, and what the city then does (`name`)."""

    key: str
    name: LocalizedText
    count: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class ComplianceRules:
    """What is counted over a year ("reminders" or "late"), the thresholds in rising order, and the days of rest."""

    metric: str = "reminders"
    thresholds: tuple[ComplianceThreshold, ...] = ()
    holidays: tuple[date, ...] = ()

    def threshold_reached(self, count: int) -> ComplianceThreshold | None:
        """The highest threshold that `count` has reached."""
        return next((threshold for threshold in reversed(self.thresholds) if count >= threshold.count), None)


@dataclass(frozen=True, slots=True)
class SubmissionData:
    """What a snapshot knows of submissions: obligations, the logs as known then, and the rules of compliance."""

    obligations: tuple[Obligation, ...] = ()
    events: Sequence[SubmissionEvent] = ()
    reminders: Sequence[Reminder] = ()
    compliance_rules: ComplianceRules = field(default_factory=ComplianceRules)

    def set_backs(self) -> Sequence[SubmissionEvent]:
        """The events that were logged after the clock was set back."""
        return [event for event in self.events if event.clock_at is not None]

    def events_by_period(self) -> Mapping[tuple[str, str], list[SubmissionEvent]]:
        """The events of each (obligation, period), in their order."""
        events: dict[tuple[str, str], list[SubmissionEvent]] = {}
        for event in self.events:
            events.setdefault((event.obligation, event.period), []).append(event)
        return events


NO_SUBMISSIONS = SubmissionData()


def submission_status(
    obligation: Obligation,
    period: ReportingPeriod,
    events: Iterable[SubmissionEvent],
    now: datetime,
    holidays: Collection[date] = (),
    set_backs: Sequence[SubmissionEvent] = (),
) -> SubmissionStatus:
    """The status of `period` at `now` after `events`, all that are known of it at `now`, in their order.

    Their times may lie after `now`: those of a log only grow. `set_backs`: the events of all periods with `clock_at`.
    """
    due, events = due_at(obligation, period, holidays), tuple(events)
    sent = [event for event in events if event.event_type is SubmissionEventType.SUBMITTED]
    decisions = {event.refers_to: event for event in events if event.event_type is not SubmissionEventType.SUBMITTED}
    standing = [event for event in sent if not _is_void(event, decisions)]
    effective = [event for event in standing if event.id in decisions or not event.awaits_approval]
    own_figures = [event for event in effective if event.channel is not SubmissionChannel.PHONE]
    latest = sent[-1] if sent else None
    decision = decisions.get(latest.id) if latest else None
    pending = latest if latest and latest.awaits_approval and decision is None else None
    is_rejected = decision is not None and decision.event_type is SubmissionEventType.REJECTED
    is_late = not obligation.is_ad_hoc and (_came_late(standing[0], period, due, set_backs) if standing else now > due)
    state = _submission_state(
        obligation, due, now, late=is_late, sent=bool(standing), pending=bool(pending), rejected=is_rejected
    )
    return SubmissionStatus(
        state=state,
        due=due,
        is_late=is_late,
        latest=latest,
        pending=pending,
        effective=effective[-1] if effective else None,
        decision=decision,
        own_figures=own_figures[-1] if own_figures else None,
    )


def _came_late(
    event: SubmissionEvent, period: ReportingPeriod, due: datetime, set_backs: Sequence[SubmissionEvent]
) -> bool:
    """Whether the clock showed a time after `due`, and in no later event one from the period's end to `due`.

    Such a later event shows that the clock was ahead. One from before the period's end shows only that the clock was
    behind then.
    """
    return event.clock_time > due and not any(
        later.id > event.id and period.end <= later.clock_time <= due for later in set_backs
    )


def _is_void(event: SubmissionEvent, decisions: Mapping[int, SubmissionEvent]) -> bool:
    return event.id in decisions and decisions[event.id].event_type is not SubmissionEventType.APPROVED


def _submission_state(
    obligation: Obligation, due: datetime, now: datetime, *, late: bool, sent: bool, pending: bool, rejected: bool
) -> SubmissionState:
    if pending:
        return SubmissionState.AWAITING_APPROVAL
    if sent:
        return SubmissionState.SUBMITTED_LATE if late else SubmissionState.SUBMITTED
    if late:
        return SubmissionState.OVERDUE
    if rejected:
        return SubmissionState.REJECTED
    is_far = obligation.is_ad_hoc or due - now > obligation.due_soon
    return SubmissionState.NOT_DUE if is_far else SubmissionState.DUE_SOON


def obligation_holder(obligation: Obligation, agencies: Mapping[str, Agency], moment: datetime) -> str | None:
    """Key of the agency that owes the obligation at `moment`; None while an act of transfer is missing."""
    return resolve_assignment(obligation.agency, obligation.transfers, agencies, city_date(moment)).holder


@dataclass(frozen=True, slots=True)
class ObligationPeriod:
    """A period of an obligation at a moment. `agency`: which owes it now; `agency_when_due`: which owed it at `due`."""

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
    """Every period that ended within `lookback` and its days until it is due before `now`, by obligation and time."""
    events, reminders = submissions.events_by_period(), _reminders_by_period(submissions.reminders)
    holidays, set_backs = submissions.compliance_rules.holidays, submissions.set_backs()
    periods = []
    for obligation in submissions.obligations:
        agency = obligation_holder(obligation, agencies, now)
        for period in ended_periods(obligation, now - lookback - timedelta(days=obligation.due_day), now):
            key = (obligation.key, period.key)
            status = submission_status(obligation, period, events.get(key, ()), now, holidays, set_backs)
            owed_by = agency if status.due >= now else obligation_holder(obligation, agencies, status.due)
            periods.append(ObligationPeriod(obligation, period, status, agency, owed_by, reminders.get(key, ())))
    return periods


def _reminders_by_period(reminders: Iterable[Reminder]) -> dict[tuple[str, str], tuple[Reminder, ...]]:
    by_period: dict[tuple[str, str], tuple[Reminder, ...]] = {}
    for reminder in reminders:
        key = (reminder.obligation, reminder.period)
        by_period[key] = (*by_period.get(key, ()), reminder)
    return by_period
