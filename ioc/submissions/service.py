"""Handing in: figures checked, kept in the log of submissions, and posted like any letter once they may count.

Everything here is one transaction: the line of the log, the letter, and what the caller writes beside them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from ioc.config.configuration import Configuration
from ioc.domain.base.times import CITY_ZONE, Clock, city_date
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.submissions.compliance import YEAR
from ioc.domain.submissions.obligation import (
    Obligation,
    ReportingCadence,
    ReportingPeriod,
    ended_periods,
    parse_period,
    parse_phone_period,
    period_containing,
)
from ioc.domain.submissions.submission import (
    Reminder,
    SubmissionChannel,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
    obligation_holder,
    submission_status,
)
from ioc.storage import webhook_queue
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions
from ioc.storage.webhook_queue import IncomingWebhook

MIN_REASON_LENGTH = 5  # characters; a correction or a return that says less says nothing
MAX_REASON_LENGTH = 1_000
# Told by telephone is a moment of today or yesterday; older ones belong to a period.
MAX_CALL_AGE = timedelta(days=2)
MAX_PERIOD = timedelta(days=200)
MAX_WAIT = timedelta(days=400)

# Writes beside the act, in its transaction: conn, what was done, about what, what it changed, why, when.
TransactionHook = Callable[[Conn, str, str, str, str, datetime], object]


class SubmissionError(Exception):
    """It cannot be done; `key` names the message handed.<key>, `parts` fill it."""

    def __init__(self, key: str, **parts: str) -> None:
        super().__init__(key)
        self.key, self.parts = key, parts


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it; the right to was asked before."""

    name: str
    in_transaction: TransactionHook


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """What is handed in. `moment`: of a call about a duty without periods. `why`: of a correction."""

    obligation: Obligation
    period: ReportingPeriod
    values: Mapping[str, float | None]
    channel: SubmissionChannel
    reason: str = ""


class SubmissionService:
    """Where figures are handed in, released and returned. Thread-safe: the store's transactions are its order."""

    def __init__(self, store: Store, configuration: Configuration, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._agencies, self._lateness = configuration.agencies, configuration.compliance
        self.obligations = {one.key: one for one in configuration.obligations if one.is_enabled}

    def responsible_agency(self, obligation: Obligation) -> str | None:
        """The agency that owes the duty now."""
        return obligation_holder(obligation, self._agencies, self._clock())

    def open_period(self, obligation: Obligation, key: str) -> ReportingPeriod:
        """The period called so, of which figures may be handed in. Refused when it is none, or has not ended yet."""
        now = self._clock()
        if obligation.cadence is ReportingCadence.AD_HOC:
            return _check_recent(_call_period(key), now)
        found = parse_period(obligation, key)
        if found is None or found.days[0] < obligation.since or (obligation.until and found.days[1] > obligation.until):
            raise SubmissionError("no_period", period=key[:20])
        if found.end > now:
            raise SubmissionError("not_ended", period=found.key, day=f"{found.days[1]:%d/%m/%Y}")
        return found

    def current_call_key(self) -> str:
        """This minute, as the period of a call."""
        return f"{self._clock().astimezone(CITY_ZONE):%Y-%m-%dt%H-%M}"

    def last_ended_period(self, obligation: Obligation) -> str:
        """The period that ended last."""
        now = self._clock()
        ended = [one.key for one in ended_periods(obligation, now - MAX_PERIOD, now)]
        return ended[-1] if ended else ""

    def find_period(self, obligation: Obligation, key: str) -> ReportingPeriod:
        """The period of something that was sent, whenever that was."""
        return parse_period(obligation, key) or _call_period(key)

    def previous_period(self, obligation: Obligation, period: ReportingPeriod) -> ReportingPeriod:
        """The period before; of a call itself."""
        return (
            period
            if obligation.cadence is ReportingCadence.AD_HOC
            else period_containing(obligation, city_date(period.start - timedelta(days=1)))
        )

    def awaiting_approval(self) -> list[SubmissionEvent]:
        """What waits for somebody to release it, the oldest first."""
        courses: dict[tuple[str, str], list[SubmissionEvent]] = {}
        with self._store.read() as conn:
            now = self._clock()
            for one in submissions.list_events(conn, since=now - MAX_WAIT):
                courses.setdefault((one.obligation, one.period), []).append(one)
        found = []
        for (key, period), acts in courses.items():
            if duty := self.obligations.get(key):
                waits = submission_status(
                    duty, self.find_period(duty, period), acts, now, self._lateness.holidays
                ).pending
                found += [waits] if waits else []
        return sorted(found, key=lambda one: one.id)

    def recent_reminders(self) -> list[Reminder]:
        """Every reminder of the past year, by whose number the city acts."""
        start = self._clock() - YEAR
        with self._store.read() as conn:
            return [one for one in submissions.reminders(conn) if one.at > start]

    def status(self, obligation: Obligation, period: ReportingPeriod) -> SubmissionStatus:
        """How the period stands now."""
        with self._store.read() as conn:
            return self._status(conn, obligation, period, self._clock())

    def history(self, obligation: Obligation, period: ReportingPeriod) -> list[SubmissionEvent]:
        """All that was done about it."""
        with self._store.read() as conn:
            return submissions.period_events(conn, obligation.key, period.key)

    def values(self, submission_id: int) -> dict[str, float | None]:
        """The figures of a submission."""
        with self._store.read() as conn:
            return submissions.get_values(conn, submission_id)

    def submit(self, submission: NewSubmission, actor: Actor) -> SubmissionEvent:
        """Keeps what is handed in; posts it where no release is asked. Refused."""
        duty, period, why = submission.obligation, submission.period, _normalized_reason(submission.reason)
        with self._store.write() as conn:
            now = change_counter.bump(conn, {"submissions"}, self._clock())
            before = self._status(conn, duty, period, now)
            self._check_may_submit(conn, submission, before, why)
            agency = self._require_agency(duty, now)
            corrected = before.latest.id if before.latest else 0
            act = submissions.add(
                conn,
                SubmissionEvent(
                    0,
                    duty.key,
                    period.key,
                    SubmissionEventType.SUBMITTED,
                    now,
                    actor.name,
                    agency,
                    submission.channel,
                    corrected,
                    why,
                    duty.requires_approval,
                ),
                submission.values,
            )
            if not duty.requires_approval:
                self._enqueue(conn, act, period, submission.values, now)
            told = orjson.dumps(dict(submission.values), option=orjson.OPT_SORT_KEYS).decode()
            actor.in_transaction(
                conn,
                "phone-report-entered" if submission.channel is SubmissionChannel.PHONE else "submission-sent",
                _audit_object(act),
                told,
                why,
                now,
            )
        return act

    def _check_may_submit(self, conn: Conn, submission: NewSubmission, before: SubmissionStatus, reason: str) -> None:
        if before.pending:
            raise SubmissionError("waits_already")
        if before.effective is None:
            return
        if len(reason) < MIN_REASON_LENGTH:
            raise SubmissionError("why_correct")
        if (
            submissions.get_values(conn, before.effective.id) == dict(submission.values)
            and before.effective.channel == submission.channel
        ):
            raise SubmissionError("nothing_new")

    def approve(self, submission_id: int, actor: Actor) -> SubmissionEvent:
        """Lets what waits count. Refused; never one's own."""
        return self._decide(submission_id, actor, SubmissionEventType.APPROVED, "")

    def reject(self, submission_id: int, actor: Actor, reason: str) -> SubmissionEvent:
        """Returns what waits, with a reason. Refused."""
        if len(_normalized_reason(reason)) < MIN_REASON_LENGTH:
            raise SubmissionError("why_return")
        return self._decide(submission_id, actor, SubmissionEventType.REJECTED, _normalized_reason(reason))

    def _decide(
        self, submission_id: int, actor: Actor, event_type: SubmissionEventType, reason: str
    ) -> SubmissionEvent:
        with self._store.write() as conn:
            now = change_counter.bump(conn, {"submissions"}, self._clock())
            sent = submissions.get(conn, submission_id)
            duty = self.obligations.get(sent.obligation) if sent else None
            if sent is None or duty is None:
                raise SubmissionError("not_waiting")
            period = self.find_period(duty, sent.period)
            if self._status(conn, duty, period, now).pending != sent:
                raise SubmissionError("not_waiting")
            if sent.actor == actor.name:
                raise SubmissionError("four_eyes")
            verdict = SubmissionEvent(
                0, duty.key, sent.period, event_type, now, actor.name, sent.agency, sent.channel, sent.id, reason
            )
            act = submissions.add(conn, verdict)
            if event_type is SubmissionEventType.APPROVED:
                self._enqueue(conn, sent, period, submissions.get_values(conn, sent.id), now)
            actor.in_transaction(conn, f"submission-{event_type.value}", _audit_object(sent), "", reason, now)
        return act

    def remind(self, obligation: Obligation, period: ReportingPeriod, actor: Actor, reason: str) -> Reminder:
        """Reminds whoever owes a period that is late; once a day, for reminders are counted. Refused."""
        with self._store.write() as conn:
            now = change_counter.bump(conn, {"submissions"}, self._clock())
            if self._status(conn, obligation, period, now).state is not SubmissionState.OVERDUE:
                raise SubmissionError("not_late")
            earlier = [one for one in submissions.reminders(conn, duty=obligation.key) if one.period == period.key]
            if any(city_date(one.at) == city_date(now) for one in earlier):
                raise SubmissionError("urged_today")
            made = Reminder(
                0,
                obligation.key,
                period.key,
                now,
                actor.name,
                self._require_agency(obligation, now),
                _normalized_reason(reason),
            )
            submissions.add_reminder(conn, made)
            actor.in_transaction(conn, "reminder-sent", f"{obligation.key} {period.key}", made.agency, made.reason, now)
        return made

    def _status(self, conn: Conn, duty: Obligation, period: ReportingPeriod, now: datetime) -> SubmissionStatus:
        return submission_status(
            duty, period, submissions.period_events(conn, duty.key, period.key), now, self._lateness.holidays
        )

    def _require_agency(self, duty: Obligation, now: datetime) -> str:
        found = obligation_holder(duty, self._agencies, now)
        if found is None:
            raise SubmissionError("no_holder")
        return found

    def _enqueue(
        self,
        conn: Conn,
        submission_event: SubmissionEvent,
        period: ReportingPeriod,
        values: Mapping[str, float | None],
        now: datetime,
    ) -> None:
        if not all(webhook_queue.enqueue(conn, [webhook_message(submission_event, period, values, now)])):
            raise SubmissionError("mail_full")


def webhook_message(
    submission_event: SubmissionEvent, period: ReportingPeriod, values: Mapping[str, float | None], now: datetime
) -> IncomingWebhook:
    """What was handed in, as the poller reads it."""
    told = {
        "channel": submission_event.channel.value,
        "observed": period.observed_at.isoformat(),
        "values": dict(values),
    }
    return IncomingWebhook(submission_event.obligation, ResponsePage(orjson.dumps(told), "application/json"), now)


def _call_period(key: str) -> ReportingPeriod:
    if (found := parse_phone_period(key)) is None:
        raise SubmissionError("no_period", period=key[:20])
    return found


def _check_recent(period: ReportingPeriod, now: datetime) -> ReportingPeriod:
    if not timedelta(0) <= now - period.start <= MAX_CALL_AGE:
        raise SubmissionError("call_moment")
    return period


def _audit_object(submission_event: SubmissionEvent) -> str:
    return f"{submission_event.obligation} {submission_event.period} {submission_event.id}"


def _normalized_reason(text: str) -> str:
    return " ".join(text.split())[:MAX_REASON_LENGTH]
