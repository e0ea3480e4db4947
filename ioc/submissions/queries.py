"""What can be read about submissions: obligations, periods, their status, history and values."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ioc.config.configuration import Configuration
from ioc.domain.access.permissions import AccessTarget, Action, is_allowed, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import CITY_ZONE, Clock, city_date
from ioc.domain.submissions.compliance import YEAR
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import (
    MINUTE_KEY,
    Obligation,
    ReportingCadence,
    ReportingPeriod,
    due_at,
    ended_periods,
    parse_period,
    parse_phone_period,
    period_containing,
)
from ioc.domain.submissions.submission import (
    Reminder,
    SubmissionEvent,
    SubmissionStatus,
    obligation_holder,
    submission_status,
)
from ioc.storage.db.store import Conn, Store
from ioc.storage.submissions import submissions

# A report by telephone is about a moment of today or yesterday; older figures belong to a period.
MAX_CALL_AGE = timedelta(days=2)
MAX_PERIOD_AGE = timedelta(days=200)
MAX_APPROVAL_WAIT = timedelta(days=400)
_MAX_ECHO = 20  # characters of an unknown key that an error quotes


class SubmissionQueries:
    """Reads obligations and submissions. Thread-safe."""

    def __init__(self, store: Store, configuration: Configuration, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._agencies, self._holidays = configuration.agencies, configuration.compliance.holidays
        self.obligations = {
            obligation.key: obligation for obligation in configuration.obligations if obligation.is_enabled
        }

    def responsible_agency(self, obligation: Obligation) -> str | None:
        """Key of the agency that owes the obligation now; None while an act of transfer is missing."""
        return obligation_holder(obligation, self._agencies, self._clock())

    def target(self, obligation: Obligation) -> AccessTarget:
        """What an act on the figures of an obligation is about: the agency that owes it now."""
        return AccessTarget(agency=self.responsible_agency(obligation) or "")

    def entry_target(self, submission: SubmissionEvent) -> AccessTarget:
        """What a decision on a submission, or its withdrawal, is about: of the agency that owes its figures now."""
        return replace(self.target(self.obligations[submission.obligation]), author=submission.actor)

    def open_period(self, obligation: Obligation, key: str) -> ReportingPeriod:
        """The period `key`, for which figures may be submitted. SubmissionError when unknown or not ended yet."""
        now = self._clock()
        if obligation.is_ad_hoc:
            return _require_recent(_phone_period(key), now)
        period = parse_period(obligation, key)
        if period is None or not _is_owed(obligation, period):
            raise SubmissionError(SubmissionCode.UNKNOWN_PERIOD, period=key[:_MAX_ECHO])
        if period.end > now:
            raise SubmissionError(SubmissionCode.PERIOD_NOT_ENDED, period=period.key, end=period.observed_at)
        return period

    def current_call_key(self) -> str:
        """This minute, as the key of the period of a report by telephone."""
        return f"{self._clock().astimezone(CITY_ZONE):{MINUTE_KEY}}"

    def last_ended_period(self, obligation: Obligation) -> str:
        """Key of the period that ended last; "" before the first."""
        now = self._clock()
        keys = [period.key for period in ended_periods(obligation, now - MAX_PERIOD_AGE, now)]
        return keys[-1] if keys else ""

    def find_period(self, obligation: Obligation, key: str) -> ReportingPeriod:
        """The period of an existing submission, however old. SubmissionError when there is none of that key.

        Also of a cadence that the obligation had when it was submitted.
        """
        cadences = (obligation.cadence, *ReportingCadence)
        periods = (parse_period(replace(obligation, cadence=cadence), key) for cadence in cadences)
        return next(filter(None, periods), None) or _phone_period(key)

    def previous_period(self, obligation: Obligation, period: ReportingPeriod) -> ReportingPeriod:
        """The period before; the same one for a report by telephone without periods."""
        if obligation.is_ad_hoc:
            return period
        return period_containing(obligation, city_date(period.start - timedelta(days=1)))

    def awaiting_approval(self, principal: Principal) -> list[SubmissionEvent]:
        """The submissions that await approval by `principal` or a colleague of theirs, the oldest first.

        Raises PermissionDeniedError for who may approve none.
        """
        require(principal, Action.APPROVE_SUBMISSION)
        with self._store.read() as conn:
            pending = submissions.awaiting_approval(conn, self._clock() - MAX_APPROVAL_WAIT)
        return [
            event
            for event in pending
            if event.obligation in self.obligations
            and is_allowed(principal, Action.APPROVE_SUBMISSION, self.target(self.obligations[event.obligation]))
        ]

    def recent_reminders(self) -> list[Reminder]:
        """The reminders of the past year, which count towards the compliance thresholds."""
        start = self._clock() - YEAR
        with self._store.read() as conn:
            return [reminder for reminder in submissions.reminders(conn) if reminder.clock_time > start]

    def is_reminded_today(self, obligation: Obligation, period: ReportingPeriod) -> bool:
        """Whether the period's one reminder of this day is logged. After the clock was set back, a later day counts."""
        with self._store.read() as conn:
            return self._is_reminded(conn, obligation, period, self._clock())

    def _is_reminded(self, conn: Conn, obligation: Obligation, period: ReportingPeriod, clock: datetime) -> bool:
        sent = [each for each in submissions.reminders(conn, obligation=obligation.key) if each.period == period.key]
        return any(city_date(each.clock_time) >= city_date(clock) for each in sent)

    def status(self, obligation: Obligation, period: ReportingPeriod) -> SubmissionStatus:
        """The status of the period now."""
        with self._store.read() as conn:
            return self._status(conn, obligation, period, self._clock())

    def _values(self, submission: SubmissionEvent | None) -> Mapping[str, float | None]:
        """The figures of a submission by series; none without one."""
        if submission is None:
            return {}
        with self._store.read() as conn:
            return submissions.get_values(conn, [submission.id])[submission.id]

    def _status(self, conn: Conn, obligation: Obligation, period: ReportingPeriod, now: datetime) -> SubmissionStatus:
        events = submissions.deciding_events(conn, obligation.key, period.key)
        set_back = submissions.last_set_back(conn, period.end, due_at(obligation, period, self._holidays))
        return submission_status(obligation, period, events, now, self._holidays, [set_back] if set_back else [])


def _is_owed(obligation: Obligation, period: ReportingPeriod) -> bool:
    first_day, last_day = period.days
    return first_day >= obligation.since and (obligation.until is None or last_day <= obligation.until)


def _phone_period(key: str) -> ReportingPeriod:
    period = parse_phone_period(key)
    if period is None:
        raise SubmissionError(SubmissionCode.UNKNOWN_PERIOD, period=key[:_MAX_ECHO])
    return period


def _require_recent(period: ReportingPeriod, now: datetime) -> ReportingPeriod:
    if not timedelta(0) <= now - period.start <= MAX_CALL_AGE:
        raise SubmissionError(SubmissionCode.CALL_TIME_OUT_OF_RANGE)
    return period
