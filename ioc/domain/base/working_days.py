"""Working days: Monday to Friday without public holidays, and the swapped days on which the city works instead."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_FRIDAY = 4


def is_working_day(day: date, holidays: Collection[date] = (), swapped: Collection[date] = ()) -> bool:
    """Whether the city works on `day`. `swapped`: Saturdays and Sundays that are worked for another day."""
    return day in swapped or (day.weekday() <= _FRIDAY and day not in holidays)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Days of rest besides Saturdays and Sundays, and weekend days that are worked."""

    holidays: frozenset[date] = frozenset()
    swapped: frozenset[date] = frozenset()

    def add(self, day: date, days: int) -> date:
        """The day `days` working days after `day` (before it where negative); `day` itself for 0."""
        step = _DAY if days > 0 else -_DAY
        for _ in range(abs(days)):
            day += step
            while not is_working_day(day, self.holidays, self.swapped):
                day += step
        return day

    def count(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative where `end` lies before."""
        if end < start:
            return -self.count(end, start)
        days = (start + n * _DAY for n in range(1, (end - start).days + 1))
        return sum(is_working_day(day, self.holidays, self.swapped) for day in days)
