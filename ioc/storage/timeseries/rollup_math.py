"""Buckets of a roll-up: what the readings of a minute, an hour or a day of one series came to. Pure arithmetic.

Merging does not depend on the order of arrival: of equal extremes the earliest stands, first and last go by
observed time.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

from ioc.domain.kpis.kpi import Aggregate

NEVER = -(2**62)  # a time before all times
_ZONE = 7 * 3_600_000  # Asia/Ho_Chi_Minh keeps +07:00 all year; days end at its midnight

Item = tuple[int, float, int]  # observed, value, received


class Level(IntEnum):
    """The three roll-ups, finest first."""

    MINUTE = 0
    HOUR = 1
    DAY = 2


WIDTH = {Level.MINUTE: 60_000, Level.HOUR: 3_600_000, Level.DAY: 86_400_000}


class Bucket(NamedTuple):
    """All times in ms. `received`: when the newest reading in it came, by which a view of the past trusts it or not.

    `size` 0: its readings were all corrected to none.
    """

    start: int
    low: float
    low_at: int
    high: float
    high_at: int
    total: float
    size: int
    first: float
    first_at: int
    last: float
    last_at: int
    received: int


def floor(level: Level, moment: int) -> int:
    """Where the bucket that holds `moment` starts."""
    if level is Level.DAY:
        return moment - (moment + _ZONE) % 86_400_000
    return moment - moment % WIDTH[level]


def empty(start: int, received: int) -> Bucket:
    """A bucket whose readings were taken back at `received`."""
    return Bucket(start, 0.0, start, 0.0, start, 0.0, 0, 0.0, start, 0.0, start, received)


def single(start: int, item: Item) -> Bucket:
    """The bucket of one reading."""
    at, value, received = item
    return Bucket(start, value, at, value, at, value, 1, value, at, value, at, received)


def minutes(items: Sequence[Item]) -> list[Bucket]:
    """Readings of one series, by time and without repeats, as buckets of a minute."""
    found, here, count = [], 0, len(items)
    while here < count:
        start = items[here][0] - items[here][0] % 60_000
        stop, after = start + 60_000, here + 1
        while after < count and items[after][0] < stop:
            after += 1
        found.append(single(start, items[here]) if after == here + 1 else _gather(start, items[here:after]))
        here = after
    return found


def _gather(start: int, items: Sequence[Item]) -> Bucket:
    times, values, received = zip(*items, strict=True)
    low, high = min(values), max(values)
    return Bucket(
        start, low, times[values.index(low)], high, times[values.index(high)], sum(values), len(values),
        values[0], times[0], values[-1], times[-1], max(received),
    )  # fmt: skip


def merge(one: Bucket, two: Bucket) -> Bucket:
    """Both together, under the earlier start. They share no reading."""
    start, received = min(one.start, two.start), max(one.received, two.received)
    if not one.size or not two.size:
        return (one if one.size else two)._replace(start=start, received=received)
    low = one if (one.low, one.low_at) <= (two.low, two.low_at) else two
    high = one if (-one.high, one.high_at) <= (-two.high, two.high_at) else two
    first = one if one.first_at <= two.first_at else two
    last = one if one.last_at >= two.last_at else two
    return Bucket(
        start, low.low, low.low_at, high.high, high.high_at, one.total + two.total, one.size + two.size,
        first.first, first.first_at, last.last, last.last_at, received,
    )  # fmt: skip


def together(buckets: Sequence[Bucket]) -> Bucket:
    """Buckets of one series, by time and apart from each other, as one that starts with the first; at least one."""
    full = [one for one in buckets if one.size]
    if len(full) < 2:
        only = full[0] if full else buckets[0]
        return only._replace(start=buckets[0].start, received=max(one.received for one in buckets))
    lows, highs = [one.low for one in full], [one.high for one in full]
    low, high = full[lows.index(min(lows))], full[highs.index(max(highs))]
    first, last = full[0], full[-1]
    return Bucket(
        buckets[0].start, low.low, low.low_at, high.high, high.high_at,
        sum([one.total for one in full]), sum([one.size for one in full]),
        first.first, first.first_at, last.last, last.last_at, max([one.received for one in buckets]),
    )  # fmt: skip


def grouped(buckets: Iterable[Bucket], cell: Callable[[Bucket], int]) -> list[Bucket]:
    """Buckets by time, those of one `cell` put together."""
    return [together(list(group)) for _, group in groupby(buckets, cell)]


def coarser(level: Level, buckets: Iterable[Bucket]) -> list[Bucket]:
    """Finer buckets, by time, as buckets of `level`."""
    found = grouped(buckets, lambda one: floor(level, one.start))
    return [one._replace(start=floor(level, one.start)) for one in found]


def aggregate(buckets: Sequence[Bucket]) -> Aggregate | None:
    """What buckets, by time, hold together; None when they hold nothing."""
    whole = together(buckets) if buckets else None
    if whole is None or not whole.size:
        return None
    return Aggregate(whole.size, whole.total, whole.low, whole.high, whole.first, whole.last)
