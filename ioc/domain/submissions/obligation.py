"""A duty: figures that an agency without a system of its own owes for each period, and when they are due."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY, city_date
from ioc.domain.directives.directive import Transfer
from ioc.domain.ingest.source import Series

DAY = timedelta(days=1)


class Cadence(StrEnum):
    """How often figures are owed. ANY: whenever somebody tells one; there are no periods and nothing is late."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANY = "any"

    @property
    def days(self) -> int:
        """The longest period's length, 0 where there are no periods."""
        return _DAYS.get(self, 0)


_DAYS = {Cadence.DAILY: 1, Cadence.WEEKLY: 7, Cadence.MONTHLY: 31, Cadence.QUARTERLY: 92}


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a series stands in its duty's form. `whole`: no decimals; `optional`: it may be left empty."""

    series: Series
    row: Text
    column: Text
    whole: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """A row of duties.yaml, checked; the source of the same key brings what is handed in.

    Due on the `day`-th day after a period's last one (1: the very next) at `at`; with `workday` moved off days of
    rest. `closes`: the day of the month with which months and quarters end, 0 for the calendar's. Owed for periods
    that begin on `since` or later.
    """

    key: str
    name: Text
    agency: str
    cadence: Cadence
    since: date
    cells: tuple[Cell, ...]
    day: int = 1
    at: time = time(17)
    workday: bool = False
    closes: int = 0
    soon: timedelta = timedelta(days=2)
    release: bool = False
    phone: bool = False  # an operator may put down what is told by telephone
    enabled: bool = True
    simulated: bool = False
    until: date | None = None  # the last day for which it is owed
    transfers: tuple[Transfer, ...] = ()
    basis: Text = field(default_factory=lambda: Text(""))


@dataclass(frozen=True, slots=True)
class Period:
    """What figures are for: start ≤ t < end, aware. `key`: 2026-11-24, 2026-w48, 2026-10, 2026-q3."""

    key: str
    start: datetime
    end: datetime

    @property
    def observed(self) -> datetime:
        """The moment for which its figures stand: its last second, so that a month's figure lies in its month."""
        return self.end - timedelta(seconds=1)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return city_date(self.start), city_date(self.observed)


def period_of(duty: Duty, day: date) -> Period:
    """The period in which `day` lies."""
    n = _index(duty.cadence, day)
    while _end(duty.cadence, duty.closes, n) <= day:
        n += 1
    return _period(duty.cadence, duty.closes, n)


def named(duty: Duty, key: str) -> Period | None:
    """The period called `key`, None where the duty has none of that name."""
    try:
        year, _, rest = key.partition("-")
        number = int(rest.lstrip("wq")) if duty.cadence is not Cadence.DAILY else 0
        day = {
            Cadence.DAILY: lambda: date.fromisoformat(key),
            Cadence.WEEKLY: lambda: date.fromisocalendar(int(year), number, 1),
            Cadence.MONTHLY: lambda: date(int(year), number, 1),
            Cadence.QUARTERLY: lambda: date(int(year), 3 * number, 1),
        }[duty.cadence]()
    except (ValueError, KeyError, OverflowError):
        return None
    found = (
        _period(duty.cadence, duty.closes, _index(duty.cadence, day))
        if date.min + 100 * DAY < day < date.max - 100 * DAY
        else None
    )
    return found if found and found.key == key else None


def called(key: str) -> Period | None:
    """The minute that a call was about, as a period of its own: 2026-11-24t14-30; None where it is none."""
    try:
        start = datetime.strptime(key, "%Y-%m-%dt%H-%M").replace(tzinfo=CITY)
    except ValueError:
        return None
    return Period(key, start, start + timedelta(seconds=1))


def owed(duty: Duty, after: datetime, by: datetime) -> Iterator[Period]:
    """The periods of the duty that ended within after < end ≤ by, the oldest first."""
    if duty.cadence is Cadence.ANY or not duty.enabled:
        return
    first = max(duty.since, city_date(after) - DAY)
    n = _index(duty.cadence, first) - 1
    while (one := _period(duty.cadence, duty.closes, n)).end <= by:
        begins, ends = one.days
        if one.end > after and begins >= duty.since and (duty.until is None or ends <= duty.until):
            yield one
        n += 1


def due(duty: Duty, period: Period, rest: Collection[date] = ()) -> datetime:
    """When the figures of `period` are due. `rest`: days of rest besides Saturdays and Sundays."""
    return _due(period.end, duty.day, duty.at, duty.workday, tuple(rest))


@lru_cache(maxsize=8192)
def _due(end: datetime, days: int, at: time, workday: bool, rest: tuple[date, ...]) -> datetime:
    day = city_date(end - timedelta(seconds=1)) + days * DAY
    while workday and (day.weekday() > 4 or day in rest):
        day += DAY
    return datetime.combine(day, at, CITY)


def _index(cadence: Cadence, day: date) -> int:
    match cadence:
        case Cadence.DAILY:
            return day.toordinal()
        case Cadence.WEEKLY:
            return (day.toordinal() - 1) // 7
        case Cadence.QUARTERLY:
            return day.year * 4 + (day.month - 1) // 3
        case _:
            return day.year * 12 + day.month - 1


def _end(cadence: Cadence, closes: int, n: int) -> date:
    """The first day after the n-th period."""
    match cadence:
        case Cadence.DAILY:
            return date.fromordinal(n + 1)
        case Cadence.WEEKLY:
            return date.fromordinal((n + 1) * 7 + 1)
        case Cadence.QUARTERLY:
            last = 3 * n + 2
        case _:
            last = n
    if closes:
        return date(last // 12, last % 12 + 1, closes) + DAY
    return date((last + 1) // 12, (last + 1) % 12 + 1, 1)


@lru_cache(maxsize=8192)  # all duties of a cadence have the same ones
def _period(cadence: Cadence, closes: int, n: int) -> Period:
    start, end = _end(cadence, closes, n - 1), _end(cadence, closes, n)
    return Period(_key(cadence, n, start), _midnight(start), _midnight(end))


def _key(cadence: Cadence, n: int, start: date) -> str:
    match cadence:
        case Cadence.DAILY:
            return start.isoformat()
        case Cadence.WEEKLY:
            year, week, _ = start.isocalendar()
            return f"{year}-w{week:02}"
        case Cadence.QUARTERLY:
            return f"{n // 4}-q{n % 4 + 1}"
        case _:
            return f"{n // 12}-{n % 12 + 1:02}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY)
