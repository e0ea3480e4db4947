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
_ZONE_OFFSET_MS = 7 * 3_600_000  # Asia/Ho_Chi_Minh keeps +07:00 all year; days end at its midnight

RawPoint = tuple[int, float, int]  # observed, value, received


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


def bucket_start(level: Level, moment: int) -> int:
    """Where the bucket that holds `moment` starts."""
    if level is Level.DAY:
        return moment - (moment + _ZONE_OFFSET_MS) % 86_400_000
    return moment - moment % WIDTH[level]


def empty_bucket(start: int, received: int) -> Bucket:
    """A bucket whose readings were taken back at `received`."""
    return Bucket(start, 0.0, start, 0.0, start, 0.0, 0, 0.0, start, 0.0, start, received)


def single_bucket(start: int, item: RawPoint) -> Bucket:
    """The bucket of one reading."""
    at, value, received = item
    return Bucket(start, value, at, value, at, value, 1, value, at, value, at, received)


def minute_buckets(items: Sequence[RawPoint]) -> list[Bucket]:
    """Readings of one series, by time and without repeats, as buckets of a minute."""
    found, here, count = [], 0, len(items)
    while here < count:
        start = items[here][0] - items[here][0] % 60_000
        stop, after = start + 60_000, here + 1
        while after < count and items[after][0] < stop:
            after += 1
        found.append(single_bucket(start, items[here]) if after == here + 1 else _bucket_of(start, items[here:after]))
        here = after
    return found


def _bucket_of(start: int, items: Sequence[RawPoint]) -> Bucket:
    times, values, received = zip(*items, strict=True)
    low, high = min(values), max(values)
    return Bucket(
        start, low, times[values.index(low)], high, times[values.index(high)], sum(values), len(values),
        values[0], times[0], values[-1], times[-1], max(received),
    )  # fmt: skip


def merge(left: Bucket, right: Bucket) -> Bucket:
    """Both together, under the earlier start. They share no reading."""
    start, received = min(left.start, right.start), max(left.received, right.received)
    if not left.size or not right.size:
        return (left if left.size else right)._replace(start=start, received=received)
    low = left if (left.low, left.low_at) <= (right.low, right.low_at) else right
    high = left if (-left.high, left.high_at) <= (-right.high, right.high_at) else right
    first = left if left.first_at <= right.first_at else right
    last = left if left.last_at >= right.last_at else right
    return Bucket(
        start, low.low, low.low_at, high.high, high.high_at, left.total + right.total, left.size + right.size,
        first.first, first.first_at, last.last, last.last_at, received,
    )  # fmt: skip


def merge_all(buckets: Sequence[Bucket]) -> Bucket:
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


def merge_groups(buckets: Iterable[Bucket], cell: Callable[[Bucket], int]) -> list[Bucket]:
    """Buckets by time, those of one `cell` put together."""
    return [merge_all(list(group)) for _, group in groupby(buckets, cell)]


def coarsen(level: Level, buckets: Iterable[Bucket]) -> list[Bucket]:
    """Finer buckets, by time, as buckets of `level`."""
    found = merge_groups(buckets, lambda one: bucket_start(level, one.start))
    return [one._replace(start=bucket_start(level, one.start)) for one in found]


def aggregate(buckets: Sequence[Bucket]) -> Aggregate | None:
    """What buckets, by time, hold together; None when they hold nothing."""
    whole = merge_all(buckets) if buckets else None
    if whole is None or not whole.size:
        return None
    return Aggregate(whole.size, whole.total, whole.low, whole.high, whole.first, whole.last)
