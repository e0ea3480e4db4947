"""Maintenance windows: times in which a source is not polled, by agreement, and raises no alert."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ioc.domain.base.times import CITY_ZONE


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Once from `start` to `end`, or weekly on `days` (0 is Monday, empty: daily) from `start_time` for `duration`.

    Weekly windows are in the city's time. `reason`: the text that is shown.
    """

    start: datetime | None = None
    end: datetime | None = None
    days: tuple[int, ...] = ()
    start_time: time | None = None
    duration: timedelta = timedelta(0)
    reason: str = ""

    def active_until(self, now: datetime) -> datetime | None:
        """The end of the occurrence in which `now` lies; None when `now` lies in none."""
        if self.start is not None and self.end is not None:
            return self.end if self.start <= now < self.end else None
        if self.start_time is None:
            return None
        local = now.astimezone(CITY_ZONE)
        # An occurrence that began on an earlier day may reach into this one.
        for days_ago in range(self.duration.days + 2):
            day = local.date() - timedelta(days=days_ago)
            start = datetime.combine(day, self.start_time, CITY_ZONE)
            if (not self.days or day.weekday() in self.days) and start <= local < start + self.duration:
                return start + self.duration
        return None


def active_window(windows: Iterable[MaintenanceWindow], now: datetime) -> tuple[MaintenanceWindow, datetime] | None:
    """The window in which `now` lies, and its end; of several the one that ends last; None for none."""
    active = [(window, end) for window in windows if (end := window.active_until(now)) is not None]
    return max(active, key=lambda window_and_end: window_and_end[1], default=None)
