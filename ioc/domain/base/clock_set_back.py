"""A clock that may be set back: moments that have been then lie in its future, and their age is not known."""

from datetime import datetime, timedelta

from ioc.domain.base.times import to_ms

CLOCK_TOLERANCE = timedelta(seconds=60)  # by which the clocks of machines may differ
_NONE = timedelta(0)


def was_set_back(since: datetime, now: datetime, tolerance: timedelta = _NONE) -> bool:
    """Whether the clock was set back, by more than `tolerance`, after the past moment `since`."""
    return since - now > tolerance


def is_within(span: timedelta, since: datetime, now: datetime, tolerance: timedelta = _NONE) -> bool:
    """Whether less than `span` has passed since the past moment `since`.

    False too after the clock was set back: nothing waits, or stays valid, until it shows the old time again.
    """
    return not was_set_back(since, now, tolerance) and now - since < span


def behind(clock: datetime, known: datetime) -> datetime | None:
    """`clock` where it shows less, in ms, than the known time of what is logged now; else None."""
    return clock if to_ms(clock) < to_ms(known) else None


def monotonic_ms(now: datetime, last_ms: int | None) -> int:
    """`now` in ms since 1970, but not before `last_ms`: the times of a log only grow."""
    return max(to_ms(now), last_ms or 0)
