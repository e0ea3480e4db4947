"""What the forms of submissions show: a period for whom it concerns, what an agency owes, what awaits approval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ioc.domain.access.permissions import Action, is_allowed, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.obligation import (
    MINUTE_KEY,
    Obligation,
    ReportingPeriod,
    parse_phone_period,
)
from ioc.domain.submissions.submission import (
    ObligationPeriod,
    SubmissionData,
    SubmissionEvent,
    SubmissionEventType,
    SubmissionState,
    SubmissionStatus,
    obligation_periods,
)
from ioc.storage.db.store import Conn
from ioc.storage.submissions import submissions
from ioc.submissions.queries import MAX_CALL_AGE, SubmissionQueries

OPEN_STATES = (SubmissionState.OVERDUE, SubmissionState.REJECTED, SubmissionState.DUE_SOON, SubmissionState.NOT_DUE)
HISTORY_LENGTH = 30  # events that a form shows
PHONE_LOOKBACK = timedelta(days=130)  # more than a quarter and the time until it is due
_RECENT_PERIODS = 3  # of each obligation; listed even when nothing is to be done
_MINUTE = "%H:%M %d/%m/%Y"


@dataclass(frozen=True, slots=True)
class PeriodRecord:
    """One period of an obligation.

    `history`: its newest events, at most HISTORY_LENGTH, in their order; `earlier`: how many came before them.
    `values`: by event id, the figures of each submission of the history and of the status.
    """

    obligation: Obligation
    period: ReportingPeriod
    agency: str | None
    status: SubmissionStatus
    history: Sequence[SubmissionEvent]
    earlier: int
    values: Mapping[int, Mapping[str, float | None]]

    @property
    def latest_figures(self) -> Mapping[str, float | None]:
        """The figures that were submitted last; none before the first submission."""
        return self.values.get(self.status.latest.id, {}) if self.status.latest else {}


@dataclass(frozen=True, slots=True)
class PendingSubmission:
    """A submission that awaits approval. `values_in_use`: of its period, or of the one before for a first one."""

    obligation: Obligation
    period: ReportingPeriod
    submission: SubmissionEvent
    values: Mapping[str, float | None]
    values_in_use: Mapping[str, float | None]
    is_correction: bool


@dataclass(frozen=True, slots=True)
class PhoneReport:
    """What may be reported by telephone for an obligation of `agency`.

    `period`: the one that ended last, None before the first; `status`: of that. Of an obligation without periods the
    moment that was reported last, and None.
    """

    obligation: Obligation
    agency: str | None
    period: ReportingPeriod | None
    status: SubmissionStatus | None

    @property
    def is_missing(self) -> bool:
        """Whether no figures count or wait."""
        return self.status is None or (self.status.effective is None and self.status.pending is None)


class FormQueries(SubmissionQueries):
    """Queries of the forms; each asks for the permission of the act. SubmissionError for what there is not."""

    def owed_periods(self, data: SubmissionData, principal: Principal) -> list[ObligationPeriod]:
        """What the agency of the principal owes: of each obligation the open, the waiting and the last periods.

        `data`: of the snapshot. In the order of their due time, of one time in that of the configuration.
        """
        require(principal, Action.SUBMIT)
        own = tuple(
            obligation
            for obligation in self.obligations.values()
            if not obligation.is_ad_hoc and is_allowed(principal, Action.SUBMIT, self.target(obligation))
        )
        periods = obligation_periods(replace(data, obligations=own), self._agencies, self._clock())
        listed = []
        for obligation in own:
            of_one = [each for each in periods if each.obligation.key == obligation.key]
            older, recent = of_one[:-_RECENT_PERIODS], of_one[-_RECENT_PERIODS:]
            listed += [each for each in older if each.status.state in OPEN_STATES or each.status.pending] + recent
        return sorted(listed, key=lambda each: each.status.due)  # stable: `own` is in the order of the configuration

    def figures_to_send(self, data: SubmissionData, principal: Principal) -> list[ObligationPeriod]:
        """Of `owed_periods` those that are to be sent now: they wait beside the tasks of the agency."""
        return [each for each in self.owed_periods(data, principal) if each.status.state in OPEN_STATES]

    def submission_form(self, key: str, period: str | None, principal: Principal) -> PeriodRecord:
        """The period of an obligation that the principal may submit for; None is the one that ended last.

        Only a page that is opened takes that one: what is sent later is for the period that the page showed.
        """
        obligation = self._find_obligation(key)
        require(principal, Action.SUBMIT, self.target(obligation))
        if obligation.is_ad_hoc:
            raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
        return self.record(obligation, self._open_or_last(obligation, period))

    def phone_reports(self, data: SubmissionData, principal: Principal) -> list[PhoneReport]:
        """What may be reported by telephone: of each obligation the period that ended last, and earlier overdue ones.

        `data`: of the snapshot. First those without periods, which may be reported at any time; then what is missing,
        by due time; then what was reported by telephone, what awaits approval, and what the agency itself sent.
        """
        require(principal, Action.ENTER_PHONE_REPORT)
        last_events = {event.obligation: event for event in data.events}
        own = replace(data, obligations=tuple(each for each in self._by_phone() if not each.is_ad_hoc))
        ended: dict[str, list[ObligationPeriod]] = {}
        for period in obligation_periods(own, self._agencies, self._clock(), PHONE_LOOKBACK):
            ended.setdefault(period.obligation.key, []).append(period)
        reports = []
        for obligation in self._by_phone():
            agency, periods = self.responsible_agency(obligation), ended.get(obligation.key, [])
            late = [each for each in periods[:-1] if each.status.state is SubmissionState.OVERDUE]
            reports += [PhoneReport(obligation, agency, each.period, each.status) for each in (*late, *periods[-1:])]
            if not periods:
                last = last_events.get(obligation.key) if obligation.is_ad_hoc else None
                reports.append(PhoneReport(obligation, agency, parse_phone_period(last.period) if last else None, None))
        return sorted(reports, key=_phone_order)

    def _by_phone(self) -> list[Obligation]:
        return [obligation for obligation in self.obligations.values() if obligation.may_phone]

    def phone_form(self, key: str, period: str | None, principal: Principal) -> PeriodRecord:
        """The period of a report by telephone; None is the one that ended last, or this minute.

        `period`: the key of the period; of an obligation without periods the minute, "14:30 24/11/2026".
        """
        obligation = self._find_obligation(key)
        require(principal, Action.ENTER_PHONE_REPORT, self.target(obligation))
        if not obligation.may_phone:
            raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
        if obligation.is_ad_hoc:
            minute = self.current_call_key() if period is None else _minute_key(period)
            return self.record(obligation, self.open_period(obligation, minute))
        return self.record(obligation, self._open_or_last(obligation, period))

    def call_record(self, record: PeriodRecord) -> PeriodRecord:
        """`record` with what was put down; of an obligation without periods: at all minutes that a call may name."""
        if not record.obligation.is_ad_hoc:
            return record
        with self._store.read() as conn:
            since = self._clock() - MAX_CALL_AGE
            history, earlier = submissions.newest_events(conn, record.obligation.key, HISTORY_LENGTH, since=since)
            values = {**record.values, **_values_of(conn, history)}
        return replace(record, history=history, earlier=earlier, values=values)

    def reminder_form(self, key: str, period: str, principal: Principal) -> PeriodRecord:
        """A period that may be reminded of."""
        obligation = self._find_obligation(key)
        require(principal, Action.REMIND, self.target(obligation))
        if obligation.is_ad_hoc:
            raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
        return self.record(obligation, self.open_period(obligation, period))

    def pending_submissions(self, principal: Principal) -> list[PendingSubmission]:
        """The submissions that the principal sees for approval, the oldest first."""
        pending = []
        for event in self.awaiting_approval(principal):
            obligation = self.obligations[event.obligation]
            period = self.find_period(obligation, event.period)
            effective = self.status(obligation, period).effective
            in_use = effective or self.status(obligation, self.previous_period(obligation, period)).effective
            values, values_in_use, is_correction = self._values(event), self._values(in_use), effective is not None
            pending.append(PendingSubmission(obligation, period, event, values, values_in_use, is_correction))
        return pending

    def record(self, obligation: Obligation, period: ReportingPeriod) -> PeriodRecord:
        """The period with what happened to it."""
        agency = self.responsible_agency(obligation)
        with self._store.read() as conn:
            status = self._status(conn, obligation, period, self._clock())
            history, earlier = submissions.newest_events(conn, obligation.key, HISTORY_LENGTH, period=period.key)
            of_status = (status.latest, status.effective, status.own_figures)
            values = _values_of(conn, [*history, *filter(None, of_status)])
        return PeriodRecord(obligation, period, agency, status, history, earlier, values)

    def _open_or_last(self, obligation: Obligation, period: str | None) -> ReportingPeriod:
        return self.open_period(obligation, self.last_ended_period(obligation) if period is None else period)

    def _find_obligation(self, key: str) -> Obligation:
        obligation = self.obligations.get(key)
        if obligation is None:
            raise SubmissionError(SubmissionCode.UNKNOWN_OBLIGATION)
        return obligation


def _values_of(conn: Conn, events: Sequence[SubmissionEvent]) -> dict[int, dict[str, float | None]]:
    submitted = {event.id for event in events if event.event_type is SubmissionEventType.SUBMITTED}
    return submissions.get_values(conn, submitted)


def _phone_order(report: PhoneReport) -> tuple[int, float]:
    status = report.status
    if status is None:
        return (0 if report.obligation.is_ad_hoc else 1), 0.0
    kinds = (report.is_missing, status.pending is None and status.own_figures is None, status.own_figures is None)
    return 1 + (kinds.index(True) if True in kinds else len(kinds)), status.due.timestamp()


def minute_text(period: ReportingPeriod) -> str:
    """The minute of a report by telephone as it is typed: 14:30 24/11/2026."""
    return f"{period.start.astimezone(CITY_ZONE):{_MINUTE}}"


def _minute_key(text: str) -> str:
    """The key of the period of a minute. SubmissionError."""
    try:
        return f"{datetime.strptime(' '.join(text.split()), _MINUTE):{MINUTE_KEY}}"  # noqa: DTZ007 (of the city)
    except ValueError:
        raise SubmissionError(SubmissionCode.CALL_TIME_UNREADABLE) from None
