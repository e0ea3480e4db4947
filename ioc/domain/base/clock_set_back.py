"""A clock that may be set back: moments that have been then lie in its future, and their age is not known."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import NamedTuple

from ioc.domain.base.times import RESOLUTION, Clock, to_ms

CLOCK_TOLERANCE = timedelta(seconds=60)  # by which the clocks of machines may differ
_NONE = timedelta(0)
_ROOM = timedelta(seconds=1)
# A fall so far may not be noticed as a step back: that is looked for each second, and times that follow lead a little.
MAX_FALL = CLOCK_TOLERANCE + 2 * _ROOM


def was_set_back(since: datetime, now: datetime, tolerance: timedelta = _NONE) -> bool:
    """Whether the clock was set back, by more than `tolerance`, after the past moment `since`."""
    return since - now > tolerance


def is_within(span: timedelta, since: datetime, now: datetime, tolerance: timedelta = _NONE) -> bool:
    """Whether less than `span` has passed since the past moment `since`.

    False too after the clock was set back: nothing waits, or stays valid, until it shows the old time again.
    """
    return not was_set_back(since, now, tolerance) and now - since < span


def fell_back(last: datetime, shown: datetime) -> bool:
    """Whether the clock shows a little less than when it timed `last`, or that was another machine's clock."""
    return _NONE < last - shown <= MAX_FALL


def following(shown: datetime, *last: datetime | None) -> datetime:
    """The time of what came after each of `last`, when the clock shows `shown`: after that also where it fell back.

    After a larger step back it is `shown`: what was timed before that does not count any more.
    """
    for each in last:
        if each is not None and fell_back(each, shown):
            shown = each + RESOLUTION
    return shown


class ClockReading(NamedTuple):
    """What a clock shows, by how much it was set back until then, in all, and the first time it shows without a step.

    `runs_from`: the least that it has shown since its last step, in either direction.
    """

    now: datetime
    set_back_by: timedelta
    runs_from: datetime


class ClockWatch:
    """Reads `clock` and notices when it was set back by more than CLOCK_TOLERANCE, in one step or several.

    `shown`: what it showed before: it may have been set back while no process watched it. `seconds`: a monotonic
    clock, so that no pause hides a step. On any thread.
    """

    def __init__(self, clock: Clock, shown: Iterable[datetime] = (), seconds: Callable[[], float] = monotonic) -> None:
        self._clock, self._seconds, self._lock = clock, seconds, Lock()
        self._latest, self._latest_at = max(shown, default=None), seconds()
        self._runs_from: datetime | None = None
        self.set_back_by = _NONE  # in all: what was timed when it was less was timed before a step

    def now(self) -> datetime:
        """What the clock shows."""
        return self.read().now

    def read(self) -> ClockReading:
        """What the clock shows, and how it was set until then."""
        with self._lock:
            at, now = self._seconds(), self._clock()
            expected = now if self._latest is None else self._latest + timedelta(seconds=at - self._latest_at)
            is_set_back = was_set_back(expected, now, CLOCK_TOLERANCE)
            if is_set_back or self._latest is None or now >= self._latest:
                self._latest, self._latest_at = now, at
            if is_set_back:
                self.set_back_by += expected - now
            is_set_forward = was_set_back(now, expected, CLOCK_TOLERANCE)
            if self._runs_from is None or is_set_back or is_set_forward or now < self._runs_from:
                self._runs_from = now
            return ClockReading(now, self.set_back_by, self._runs_from)


class FollowingClock:
    """`clock`, but where it falls back a little each time follows the one before it until it has caught up.

    None leads further than CLOCK_TOLERANCE: then they stay equal. `last`: a time before the first one. To be called on
    one thread.
    """

    def __init__(self, clock: Clock, last: datetime | None = None) -> None:
        self._watch, self._time = ClockWatch(clock, [last] if last else []), last
        self.told_after = _NONE  # by how much the clock had been set back when the last time was told

    def __call__(self) -> datetime:
        """The time."""
        before, (shown, self.told_after, _) = self.told_after, self._watch.read()
        if self._time is None or shown >= self._time or self.told_after > before:
            self._time = shown
        elif self._time - shown < CLOCK_TOLERANCE - _ROOM:
            self._time += RESOLUTION
        return self._time

    @property
    def set_back_by(self) -> timedelta:
        """By how much the clock was set back until now, in all: times told before are too late. On any thread."""
        return self._watch.read().set_back_by


def behind(clock: datetime, known: datetime) -> datetime | None:
    """`clock` where it shows less, in ms, than the known time of what is logged now; else None."""
    return clock if to_ms(clock) < to_ms(known) else None


def monotonic_ms(now: datetime, last_ms: int | None) -> int:
    """`now` in ms since 1970, but not before `last_ms`: the times of a log only grow."""
    return max(to_ms(now), last_ms or 0)
