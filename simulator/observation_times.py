"""Times of a source's observations: at an interval, on school days at eight, or monthly. In seconds since 1970."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Protocol

from ioc.domain.base.times import CITY_ZONE
from simulator.noise import DAY, ZONE, weekday_of

SCHOOL_HOUR = 8


class ObservationTimes(Protocol):
    """The moments of a source's observations."""

    def last(self, t: float) -> float:
        """The newest moment at or before `t`."""

    def between(self, start: float, end: float, step: float) -> Iterator[float]:
        """Moments within start ≤ t < end, at least `step` seconds apart and never between two observations."""


@dataclass(frozen=True, slots=True)
class FixedInterval:
    """Each `step` seconds, shifted by `offset`."""

    step: float
    offset: float = 0.0

    def last(self, t: float) -> float:
        """See ObservationTimes."""
        return floor((t - self.offset) / self.step) * self.step + self.offset

    def between(self, start: float, end: float, step: float) -> Iterator[float]:
        """See ObservationTimes."""
        wide = self.step * max(1, round(step / self.step))
        n = ceil((start - self.offset) / wide)
        while (t := n * wide + self.offset) < end:
            yield t
            n += 1


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """At eight in the morning from Monday to Saturday."""

    def last(self, t: float) -> float:
        """See ObservationTimes."""
        day = floor((t + ZONE - SCHOOL_HOUR * 3600) / DAY)
        return _school_morning(day - 1 if weekday_of(day) == 6 else day)

    def between(self, start: float, end: float, step: float) -> Iterator[float]:
        """See ObservationTimes."""
        day = ceil((start + ZONE - SCHOOL_HOUR * 3600) / DAY)
        while (t := _school_morning(day)) < end:
            if weekday_of(day) != 6:
                yield t
            day += 1


def _school_morning(day: int) -> float:
    return day * DAY - ZONE + SCHOOL_HOUR * 3600.0


@dataclass(frozen=True, slots=True)
class Monthly:
    """At midnight on the first of each month in the city."""

    def last(self, t: float) -> float:
        """See ObservationTimes."""
        return _month_start(datetime.fromtimestamp(t, CITY_ZONE))

    def between(self, start: float, end: float, step: float) -> Iterator[float]:
        """See ObservationTimes."""
        t = self.last(start)
        while t < end:
            if t >= start:
                yield t
            t = self.last(t + 32 * DAY)


def _month_start(moment: datetime) -> float:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
