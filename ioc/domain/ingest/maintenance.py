"""Maintenance windows: when a source is left alone by agreement, so that nobody is called for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ioc.domain.base.times import CITY_ZONE


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Once from `start` to `end`, or every week: on `days` (0 is Monday, none for each day) at `at` for `lasts`.

    Weekly windows are in the city's time. `reason`: what is shown.
    """

    start: datetime | None = None
    end: datetime | None = None
    days: tuple[int, ...] = ()
    start_time: time | None = None
    duration: timedelta = timedelta(0)
    reason: str = ""

    def active_until(self, now: datetime) -> datetime | None:
        """When the window in which `now` lies ends; None when `now` lies in none."""
        if self.start is not None and self.end is not None:
            return self.end if self.start <= now < self.end else None
        if self.start_time is None:
            return None
        local = now.astimezone(CITY_ZONE)
        # One that began on an earlier day may reach into this one.
        for back in range(self.duration.days + 2):
            day = local.date() - timedelta(days=back)
            begun = datetime.combine(day, self.start_time, CITY_ZONE)
            if (not self.days or day.weekday() in self.days) and begun <= local < begun + self.duration:
                return begun + self.duration
        return None


def active_window(windows: Iterable[MaintenanceWindow], now: datetime) -> tuple[MaintenanceWindow, datetime] | None:
    """The window in which `now` lies and when it ends, the one that ends last; None for none."""
    found = [(window, end) for window in windows if (end := window.active_until(now)) is not None]
    return max(found, key=lambda one: one[1], default=None)
