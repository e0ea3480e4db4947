"""A clock that may be set back: moments that have been then lie in its future, and their age is not known."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import NamedTuple

from ioc.domain.base.times import Clock, to_ms

CLOCK_TOLERANCE = timedelta(seconds=60)  # by which the clocks of machines may differ
_NONE = timedelta(0)
_STEP = timedelta(milliseconds=1)  # what the store tells apart
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
            shown = each + _STEP
    return shown


class ClockStep(NamedTuple):
    """A clock was set back by `back` after `looked_at`, by a monotonic clock; it would have shown `expected_time`."""

    back: timedelta
    looked_at: float
    expected_time: datetime


class ClockWatch:
    """Notices that the clock was set back by more than CLOCK_TOLERANCE, in one step or several.

    `shown`: what it has shown before: it may have been set back while no process watched it. `seconds`: monotonic.
    """

    def __init__(self, shown: Iterable[datetime], seconds: Callable[[], float] = monotonic) -> None:
        self.latest = max(shown, default=None)
        self._seconds, self._latest_at, self._looked_at = seconds, seconds(), -inf

    def step(self, now: datetime) -> ClockStep | None:
        """The step since it showed `latest`; None when there was none, or that was told before."""
        at, looked_at = self._seconds(), self._looked_at
        expected = now if self.latest is None else self.latest + timedelta(seconds=at - self._latest_at)
        is_set_back, self._looked_at = was_set_back(expected, now, CLOCK_TOLERANCE), at
        if is_set_back or self.latest is None or now >= self.latest:
            self.latest, self._latest_at = now, at
        return ClockStep(expected - now, looked_at, expected) if is_set_back else None


class FollowingClock:
    """`clock`, but where it falls back a little each time follows the one before it until it has caught up.

    None leads further than CLOCK_TOLERANCE: then they stay equal. For one thread. `last`: a time before the first one.
    """

    def __init__(self, clock: Clock, last: datetime | None = None) -> None:
        self._clock, self._watch = clock, ClockWatch([last] if last else [])
        self._time = last

    def __call__(self) -> datetime:
        """The time."""
        shown = self._clock()
        if self._watch.step(shown) or self._time is None or shown >= self._time:
            self._time = shown
        elif self._time - shown < CLOCK_TOLERANCE - _ROOM:
            self._time += _STEP
        return self._time


def behind(clock: datetime, known: datetime) -> datetime | None:
    """`clock` where it shows less, in ms, than the known time of what is logged now; else None."""
    return clock if to_ms(clock) < to_ms(known) else None


def monotonic_ms(now: datetime, last_ms: int | None) -> int:
    """`now` in ms since 1970, but not before `last_ms`: the times of a log only grow."""
    return max(to_ms(now), last_ms or 0)
