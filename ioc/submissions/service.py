"""Commands on submissions: submit, approve, reject, withdraw, remind.

Each asks for the permission first, and is one transaction: the event in the log, the webhook message to the poller, and
the audit entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import orjson

from ioc.config.configuration import Configuration
from ioc.domain.access.permissions import AccessTarget, Action, is_allowed, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import Clock
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod
from ioc.domain.submissions.submission import (
    Reminder,
    SubmissionChannel,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
    obligation_holder,
)
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions
from ioc.storage.webhook_queue import IncomingWebhook
from ioc.submissions.forms import FormQueries

MIN_REASON_LENGTH = 5  # characters
MAX_REASON_LENGTH = 1_000

# Writes the audit entry, in the transaction of an act: connection, who, action, resource, new values, reason, time.
WriteAuditEntry = Callable[[Conn, Principal, str, str, str, str, datetime], object]
# Counts a correction of this person: 0, or the seconds until another one is allowed.
LimitCorrection = Callable[[Principal], float]
Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """The figures of one period by series. `reason`: of a correction.

    `version`: of the period's status as the sender saw it; None: it is not known, or does not matter.
    `form_key`: of the form; within minutes the same submission is done once. "": each time.
    """

    obligation: Obligation
    period: ReportingPeriod
    values: Values
    channel: SubmissionChannel
    reason: str = ""
    version: str | None = None
    form_key: str = ""


class SubmissionService(FormQueries):
    """Queries and commands on submissions. Thread-safe: the transactions of the store order the commands.

    What takes a principal raises PermissionDeniedError for who may not do it.
    """

    def __init__(
        self, store: Store, configuration: Configuration, clock: Clock, write_entry: WriteAuditEntry,
        limit_correction: LimitCorrection,
    ) -> None:  # fmt: skip
        super().__init__(store, configuration, clock)
        self._write_entry, self._limit_correction = write_entry, limit_correction

    def submit(self, submission: NewSubmission, principal: Principal) -> SubmissionEvent:
        """Log the submission and, where it needs no approval, send it to the poller. SubmissionError; CommandError."""
        is_phone_report = submission.channel is SubmissionChannel.PHONE
        require(
            principal, Action.ENTER_PHONE_REPORT if is_phone_report else Action.SUBMIT,
            self.target(submission.obligation),
        )  # fmt: skip
        obligation, period, reason = submission.obligation, submission.period, _normalized_reason(submission.reason)
        with self._store.write() as conn:
            clock = self._clock()
            now = change_counter.bump(conn, {"submissions"}, clock)
            if (sent := _sent_before(conn, submission, principal, now)) is not None:
                return sent
            previous = self._status(conn, obligation, period, now)
            self._check_may_submit(conn, submission, previous, reason, principal)
            new_event = SubmissionEvent(
                id=0,
                obligation=obligation.key,
                period=period.key,
                event_type=SubmissionEventType.SUBMITTED,
                at=now,
                actor=principal.name,
                agency=self._require_agency(obligation, clock),
                channel=submission.channel,
                refers_to=previous.corrected.id if previous.corrected else 0,
                reason=reason,
                awaits_approval=obligation.requires_approval,
                clock_at=behind(clock, now),
            )
            event = submissions.add(conn, new_event, submission.values)
            if not obligation.requires_approval:
                self._enqueue(conn, event, period, submission.values, previous.effective, clock)
            commands.keep_answer(conn, principal.name, submission.form_key, str(event.id))
            action = "phone-report-entered" if is_phone_report else "submission-sent"
            values = orjson.dumps(dict(submission.values), option=orjson.OPT_SORT_KEYS).decode()
            self._write_entry(conn, principal, action, _audit_resource(event), values, reason, clock)
        return event

    def _check_may_submit(
        self, conn: Conn, submission: NewSubmission, previous: SubmissionStatus, reason: str, principal: Principal
    ) -> None:
        if previous.own_figures and submission.channel is SubmissionChannel.PHONE:
            raise SubmissionError(SubmissionCode.OWN_FIGURES_SENT, at=previous.own_figures.clock_time)
        if previous.latest and submission.version not in (None, previous.version):
            if submission.obligation.is_ad_hoc:
                raise SubmissionError(SubmissionCode.MOMENT_REPORTED, at=previous.latest.clock_time)
            raise SubmissionError(SubmissionCode.SUBMISSION_CHANGED, at=previous.latest.clock_time)
        if previous.pending:
            raise SubmissionError(SubmissionCode.ALREADY_AWAITING_APPROVAL)
        if submission.channel is SubmissionChannel.PHONE and (fault := caller_fault(reason)):
            raise fault
        if previous.effective is None:
            return
        if len(reason) < MIN_REASON_LENGTH:
            raise SubmissionError(SubmissionCode.CORRECTION_REASON_MISSING, n=MIN_REASON_LENGTH)
        effective_values = submissions.get_values(conn, [previous.effective.id])[previous.effective.id]
        # Figures of a telephone report that the agency itself sends are its own from then on.
        is_alike = (previous.effective.channel is SubmissionChannel.PHONE) == (
            submission.channel is SubmissionChannel.PHONE
        )
        if effective_values == dict(submission.values) and is_alike:
            raise SubmissionError(SubmissionCode.UNCHANGED)
        if wait := self._limit_correction(principal):
            raise SubmissionError(SubmissionCode.TOO_MANY_CORRECTIONS, seconds=ceil(wait))

    def approve(self, submission_id: int, principal: Principal) -> SubmissionEvent:
        """Approve a pending submission of somebody else and send it to the poller. SubmissionError."""
        require(principal, Action.APPROVE_SUBMISSION)
        return self._decide(submission_id, principal, SubmissionEventType.APPROVED, "")

    def reject(self, submission_id: int, principal: Principal, reason: str) -> SubmissionEvent:
        """Return a pending submission of somebody else with a reason. SubmissionError."""
        require(principal, Action.APPROVE_SUBMISSION)
        reason = _normalized_reason(reason)
        if len(reason) < MIN_REASON_LENGTH:
            raise SubmissionError(SubmissionCode.REJECTION_REASON_MISSING, n=MIN_REASON_LENGTH)
        return self._decide(submission_id, principal, SubmissionEventType.REJECTED, reason)

    def withdraw(self, submission_id: int, principal: Principal) -> SubmissionEvent:
        """Take back a pending submission of one's own: the period is as it was before it. SubmissionError."""
        require(principal, Action.WITHDRAW_SUBMISSION)
        return self._decide(submission_id, principal, SubmissionEventType.WITHDRAWN, "")

    def _decide(
        self, submission_id: int, principal: Principal, event_type: SubmissionEventType, reason: str
    ) -> SubmissionEvent:
        with self._store.write() as conn:
            clock = self._clock()
            now = change_counter.bump(conn, {"submissions"}, clock)
            submission = submissions.get(conn, submission_id)
            obligation = self.obligations.get(submission.obligation) if submission else None
            if submission is None or obligation is None:
                raise SubmissionError(SubmissionCode.NOT_AWAITING_APPROVAL)
            period = self.find_period(obligation, submission.period)
            status, about = self._status(conn, obligation, period, now), self.entry_target(submission)
            _check_may_decide(submission, status, event_type, principal, about)
            decision = SubmissionEvent(
                id=0, obligation=obligation.key, period=submission.period, event_type=event_type, at=now,
                actor=principal.name, agency=submission.agency, channel=submission.channel, refers_to=submission.id,
                reason=reason, clock_at=behind(clock, now),
            )  # fmt: skip
            event = submissions.add(conn, decision)
            if event_type is SubmissionEventType.APPROVED:
                values = submissions.get_values(conn, [submission.id])[submission.id]
                if former := obligation.former_series(values):
                    raise SubmissionError(SubmissionCode.FORM_CHANGED, series=", ".join(former))
                self._enqueue(conn, submission, period, values, status.effective, clock)
            action = f"submission-{event_type.value}"
            self._write_entry(conn, principal, action, _audit_resource(submission), "", reason, clock)
        return event

    def remind(self, obligation: Obligation, period: ReportingPeriod, principal: Principal, reason: str) -> Reminder:
        """Log a reminder of an overdue period; reminders are counted, so one a day. SubmissionError."""
        require(principal, Action.REMIND, self.target(obligation))
        with self._store.write() as conn:
            clock = self._clock()
            now = change_counter.bump(conn, {"submissions"}, clock)
            # By the clock, as every page: the known time may lie ahead of it.
            if self._status(conn, obligation, period, clock).state is not SubmissionState.OVERDUE:
                raise SubmissionError(SubmissionCode.NOT_OVERDUE)
            if self._is_reminded(conn, obligation, period, clock):
                raise SubmissionError(SubmissionCode.ALREADY_REMINDED)
            if not _normalized_reason(reason):
                raise SubmissionError(SubmissionCode.REMINDER_TEXT_MISSING)
            reminder = Reminder(
                id=0,
                obligation=obligation.key,
                period=period.key,
                at=now,
                actor=principal.name,
                agency=self._require_agency(obligation, clock),
                reason=_normalized_reason(reason),
                clock_at=behind(clock, now),
            )
            submissions.add_reminder(conn, reminder)
            resource = f"{obligation.key} {period.key}"
            self._write_entry(conn, principal, "reminder-sent", resource, reminder.agency, reminder.reason, clock)
        return reminder

    def _require_agency(self, obligation: Obligation, clock: datetime) -> str:
        agency = obligation_holder(obligation, self._agencies, clock)
        if agency is None:
            raise SubmissionError(SubmissionCode.NO_RESPONSIBLE_AGENCY)
        return agency

    def _enqueue(
        self, conn: Conn, event: SubmissionEvent, period: ReportingPeriod, values: Values,
        replaced: SubmissionEvent | None, clock: datetime,
    ) -> None:  # fmt: skip
        """Send the figures to the poller; one that `replaced` has and they have not counts no more."""
        former = submissions.get_values(conn, [replaced.id])[replaced.id] if replaced else {}
        unknown = self.obligations[event.obligation].former_series(former)
        sent = dict(values) | dict.fromkeys(sorted(former.keys() - values.keys() - set(unknown)))
        if not all(webhook_queue.enqueue(conn, [webhook_message(event, period, sent, clock)])):
            raise SubmissionError(SubmissionCode.QUEUE_FULL)


def _sent_before(
    conn: Conn, submission: NewSubmission, principal: Principal, now: datetime
) -> SubmissionEvent | None:  # fmt: skip
    """What the same form has submitted. CommandError."""
    content = [
        submission.obligation.key, submission.period.key, dict(submission.values), submission.channel.value,
        submission.reason,
    ]  # fmt: skip
    event = commands.claim(conn, principal.name, submission.form_key, content, now, FORM_LIFETIME)
    return None if event is None else submissions.get(conn, int(event))


def _check_may_decide(
    submission: SubmissionEvent, status: SubmissionStatus, event_type: SubmissionEventType, principal: Principal,
    about: AccessTarget,
) -> None:  # fmt: skip
    """`status`: of its period now. `about`: its target. PermissionDeniedError; SubmissionError."""
    is_withdrawal = event_type is SubmissionEventType.WITHDRAWN
    if is_withdrawal:
        require(principal, Action.WITHDRAW_SUBMISSION, about)
    else:
        require(principal, Action.APPROVE_SUBMISSION, AccessTarget(agency=about.agency))
    if status.pending != submission:
        raise _not_pending(submission, status)
    if not is_withdrawal and not is_allowed(principal, Action.APPROVE_SUBMISSION, about):
        raise SubmissionError(SubmissionCode.OWN_SUBMISSION)


def _not_pending(submission: SubmissionEvent, status: SubmissionStatus) -> SubmissionError:
    """Who was quicker, and when."""
    latest, decision = status.latest, status.decision
    if latest and latest != submission:
        return SubmissionError(SubmissionCode.REPLACED, at=latest.clock_time)
    if decision is None:
        return SubmissionError(SubmissionCode.NOT_AWAITING_APPROVAL)
    code = SubmissionCode(f"submissions.{decision.event_type}")
    return SubmissionError(code, at=decision.clock_time, who=decision.actor)


def webhook_message(event: SubmissionEvent, period: ReportingPeriod, values: Values, now: datetime) -> IncomingWebhook:
    """The submission as the protocol "submissions" parses it."""
    body = {"channel": event.channel.value, "observed": period.observed_at.isoformat(), "values": dict(values)}
    return IncomingWebhook(event.obligation, ResponsePage(orjson.dumps(body), "application/json"), now)


def _audit_resource(event: SubmissionEvent) -> str:
    return f"{event.obligation} {event.period} {event.id}"


def caller_fault(text: str) -> SubmissionError | None:
    """What is wrong with who told figures by telephone."""
    if len(_normalized_reason(text)) < MIN_REASON_LENGTH:
        return SubmissionError(SubmissionCode.CALLER_MISSING, n=MIN_REASON_LENGTH)
    return None


def _normalized_reason(text: str) -> str:
    """On one line, without personal data: it is shown to whoever sees the submission, and cannot be erased."""
    return mask_start(" ".join(clean_text(text).split()), MAX_REASON_LENGTH)
