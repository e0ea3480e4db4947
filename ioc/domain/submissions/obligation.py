"""A reporting obligation: figures that an agency submits for each period, and when they are due."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE, city_date, city_midnight
from ioc.domain.base.working_days import is_working_day
from ioc.domain.directives.directive import Transfer
from ioc.domain.ingest.source import Series

DAY = timedelta(days=1)
MINUTE_KEY = "%Y-%m-%dt%H-%M"  # key of the period of a report by telephone


class ReportingCadence(StrEnum):
    """How often figures are owed. AD_HOC: whenever somebody reports one; there are no periods and nothing is late."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    AD_HOC = "any"

    @property
    def max_days(self) -> int:
        """The length of the longest period, 0 where there are no periods."""
        return _DAYS.get(self, 0)


_DAYS = {
    ReportingCadence.DAILY: 1,
    ReportingCadence.WEEKLY: 7,
    ReportingCadence.MONTHLY: 31,
    ReportingCadence.QUARTERLY: 92,
}


@dataclass(frozen=True, slots=True)
class FormCell:
    """The row and column of a series in the form of its obligation. `is_optional`: the cell may be left empty."""

    series: Series
    row: LocalizedText
    column: LocalizedText
    is_integer: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Obligation:
    """A validated row of obligations.yaml; the source of the same key brings what is submitted.

    Due on the `due_day`-th day after the last day of a period (1: the next day) at `due_time`, with
    `is_due_on_workday` moved to the next working day. `closing_day`: the day of the month with which months and
    quarters end, 0 for the calendar's. Owed for periods that begin on `since` or later.
    """

    key: str
    name: LocalizedText
    agency: str
    cadence: ReportingCadence
    since: date
    cells: tuple[FormCell, ...]
    due_day: int = 1
    due_time: time = time(17)
    is_due_on_workday: bool = False
    closing_day: int = 0
    due_soon: timedelta = timedelta(days=2)
    requires_approval: bool = False
    may_phone: bool = False  # an operator may enter what is reported by telephone
    is_enabled: bool = True
    is_simulated: bool = False
    until: date | None = None  # the last day for which figures are owed
    transfers: tuple[Transfer, ...] = ()
    basis: LocalizedText = field(default_factory=lambda: LocalizedText(""))

    @property
    def is_ad_hoc(self) -> bool:
        """Whether it has no periods: figures are told at any time, and none is late."""
        return self.cadence is ReportingCadence.AD_HOC

    @property
    def may_be_partial(self) -> bool:
        """Whether some of its several figures may be told without the others."""
        return self.is_ad_hoc and len(self.cells) > 1

    def former_series(self, values: Iterable[str]) -> list[str]:
        """Those of the series of a submission that the form no longer has: they were renamed or taken out."""
        return sorted(set(values) - {cell.series.key for cell in self.cells})


@dataclass(frozen=True, slots=True)
class ReportingPeriod:
    """The period that figures are for: start ≤ t < end, aware. `key`: 2026-11-24, 2026-w48, 2026-10, 2026-q3."""

    key: str
    start: datetime
    end: datetime

    @property
    def observed_at(self) -> datetime:
        """The time of its readings: its last second, so that the figure of a month lies within that month."""
        return self.end - timedelta(seconds=1)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return city_date(self.start), city_date(self.observed_at)


def period_containing(obligation: Obligation, day: date) -> ReportingPeriod:
    """The period that contains `day`."""
    n = _period_index(obligation.cadence, day)
    while _period_end(obligation.cadence, obligation.closing_day, n) <= day:
        n += 1
    return _nth_period(obligation.cadence, obligation.closing_day, n)


def parse_period(obligation: Obligation, key: str) -> ReportingPeriod | None:
    """The period `key`; None where the obligation has none of that key."""
    try:
        year, _, rest = key.partition("-")
        number = int(rest.lstrip("wq")) if obligation.cadence is not ReportingCadence.DAILY else 0
        day = {
            ReportingCadence.DAILY: lambda: date.fromisoformat(key),
            ReportingCadence.WEEKLY: lambda: date.fromisocalendar(int(year), number, 1),
            ReportingCadence.MONTHLY: lambda: date(int(year), number, 1),
            ReportingCadence.QUARTERLY: lambda: date(int(year), 3 * number, 1),
        }[obligation.cadence]()
    except (ValueError, KeyError, OverflowError):
        return None
    if not date.min + 100 * DAY < day < date.max - 100 * DAY:
        return None
    period = _nth_period(obligation.cadence, obligation.closing_day, _period_index(obligation.cadence, day))
    return period if period.key == key else None


def parse_phone_period(key: str) -> ReportingPeriod | None:
    """The minute of a report by telephone as a period: 2026-11-24t14-30; None where `key` is no such time.

    A minute has one key: "2026-11-24T14-3" is none.
    """
    try:
        start = datetime.strptime(key, MINUTE_KEY).replace(tzinfo=CITY_ZONE)
    except ValueError:
        return None
    if start.strftime(MINUTE_KEY) != key:
        return None
    return ReportingPeriod(key, start, start + timedelta(seconds=1))


def ended_periods(obligation: Obligation, after: datetime, by: datetime) -> Iterator[ReportingPeriod]:
    """The owed periods that ended within after < end ≤ by, the oldest first."""
    if obligation.is_ad_hoc or not obligation.is_enabled:
        return
    first = max(obligation.since, city_date(after) - DAY)
    n = _period_index(obligation.cadence, first) - 1
    while (period := _nth_period(obligation.cadence, obligation.closing_day, n)).end <= by:
        first_day, last_day = period.days
        is_owed = first_day >= obligation.since and (obligation.until is None or last_day <= obligation.until)
        if is_owed and period.end > after:
            yield period
        n += 1


def due_at(obligation: Obligation, period: ReportingPeriod, holidays: Collection[date] = ()) -> datetime:
    """When the figures of `period` are due. `holidays`: days of rest besides Saturdays and Sundays."""
    return _due_at(period.end, obligation.due_day, obligation.due_time, obligation.is_due_on_workday, tuple(holidays))


@lru_cache(maxsize=8192)
def _due_at(end: datetime, days: int, at: time, on_workday: bool, holidays: tuple[date, ...]) -> datetime:
    day = city_date(end - timedelta(seconds=1)) + days * DAY
    while on_workday and not is_working_day(day, holidays):
        day += DAY
    return datetime.combine(day, at, CITY_ZONE)


def _period_index(cadence: ReportingCadence, day: date) -> int:
    """The number of the calendar period that contains `day`."""
    match cadence:
        case ReportingCadence.DAILY:
            return day.toordinal()
        case ReportingCadence.WEEKLY:
            return (day.toordinal() - 1) // 7
        case ReportingCadence.QUARTERLY:
            return day.year * 4 + (day.month - 1) // 3
        case _:
            return day.year * 12 + day.month - 1


def _period_end(cadence: ReportingCadence, closing_day: int, n: int) -> date:
    """The first day after the n-th period."""
    match cadence:
        case ReportingCadence.DAILY:
            return date.fromordinal(n + 1)
        case ReportingCadence.WEEKLY:
            return date.fromordinal((n + 1) * 7 + 1)
        case ReportingCadence.QUARTERLY:
            last_month = 3 * n + 2
        case _:
            last_month = n
    if closing_day:
        return date(last_month // 12, last_month % 12 + 1, closing_day) + DAY
    return date((last_month + 1) // 12, (last_month + 1) % 12 + 1, 1)


@lru_cache(maxsize=8192)  # shared by all obligations of a cadence
def _nth_period(cadence: ReportingCadence, closing_day: int, n: int) -> ReportingPeriod:
    start, end = _period_end(cadence, closing_day, n - 1), _period_end(cadence, closing_day, n)
    return ReportingPeriod(_period_key(cadence, n, start), city_midnight(start), city_midnight(end))


def _period_key(cadence: ReportingCadence, n: int, start: date) -> str:
    match cadence:
        case ReportingCadence.DAILY:
            return start.isoformat()
        case ReportingCadence.WEEKLY:
            year, week, _ = start.isocalendar()
            return f"{year}-w{week:02}"
        case ReportingCadence.QUARTERLY:
            return f"{n // 4}-q{n % 4 + 1}"
        case _:
            return f"{n // 12}-{n % 12 + 1:02}"
