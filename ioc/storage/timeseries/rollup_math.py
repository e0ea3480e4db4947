"""Buckets of a roll-up: the aggregate of a minute, an hour or a day of one series. Pure arithmetic.

Merging does not depend on the order of arrival: of equal extremes the earliest wins; first and last are by time.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

from ioc.domain.kpis.kpi import Aggregate

NEVER = -(2**62)  # a time before all times
_ZONE_OFFSET_MS = 7 * 3_600_000  # Asia/Ho_Chi_Minh keeps +07:00 all year; days end at its midnight

RawPoint = tuple[int, float, int]  # observed, value, received
ReadingRow = tuple[int, float | None, int, int]  # observed, value, quality, received


class Level(IntEnum):
    """The three roll-ups, finest first."""

    MINUTE = 0
    HOUR = 1
    DAY = 2


WIDTH = {Level.MINUTE: 60_000, Level.HOUR: 3_600_000, Level.DAY: 86_400_000}


class Bucket(NamedTuple):
    """An aggregate; all times in ms. `received`: of the newest reading, by which a view of the past trusts it or not.

    `size` 0: all of its readings were corrected to no value.
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
    """The start of the bucket that contains `moment`; days begin at midnight in Viet Nam."""
    if level is Level.DAY:
        return moment - (moment + _ZONE_OFFSET_MS) % 86_400_000
    return moment - moment % WIDTH[level]


def empty_bucket(start: int, received: int) -> Bucket:
    """A bucket without readings; the last one was corrected to no value at `received`."""
    return Bucket(start, 0.0, start, 0.0, start, 0.0, 0, 0.0, start, 0.0, start, received)


def single_bucket(start: int, item: RawPoint) -> Bucket:
    """A bucket of one reading."""
    at, value, received = item
    return Bucket(start, value, at, value, at, value, 1, value, at, value, at, received)


def known_values(bucket: Bucket) -> dict[int, float]:
    """The values of a bucket whose moments it tells: first, last, lowest, highest."""
    if not bucket.size:
        return {}
    return {
        bucket.first_at: bucket.first, bucket.last_at: bucket.last,
        bucket.low_at: bucket.low, bucket.high_at: bucket.high,
    }  # fmt: skip


def is_fully_known(bucket: Bucket) -> bool:
    """Whether a bucket tells each of its readings."""
    return len(known_values(bucket)) == bucket.size


def minute_buckets(items: Sequence[RawPoint]) -> list[Bucket]:
    """Readings of one series, ordered by time without repeats, as minute buckets."""
    buckets, begin, count = [], 0, len(items)
    while begin < count:
        start = items[begin][0] - items[begin][0] % 60_000
        stop, end = start + 60_000, begin + 1
        while end < count and items[end][0] < stop:
            end += 1
        is_single = end == begin + 1
        buckets.append(single_bucket(start, items[begin]) if is_single else _bucket_of(start, items[begin:end]))
        begin = end
    return buckets


def _bucket_of(start: int, items: Sequence[RawPoint]) -> Bucket:
    times, values, received = zip(*items, strict=True)
    low, high = min(values), max(values)
    return Bucket(
        start, low, times[values.index(low)], high, times[values.index(high)], sum(values), len(values),
        values[0], times[0], values[-1], times[-1], max(received),
    )  # fmt: skip


def merge(left: Bucket, right: Bucket) -> Bucket:
    """Both as one bucket, with the earlier start. They share no reading."""
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
    """Disjoint buckets of one series, ordered by time, as one with the first one's start; at least one bucket."""
    if len(buckets) == 1:
        return buckets[0]
    full = [bucket for bucket in buckets if bucket.size]
    if len(full) < 2:
        only = full[0] if full else buckets[0]
        return only._replace(start=buckets[0].start, received=max(bucket.received for bucket in buckets))
    lows, highs = [bucket.low for bucket in full], [bucket.high for bucket in full]
    low, high = full[lows.index(min(lows))], full[highs.index(max(highs))]
    first, last = full[0], full[-1]
    return Bucket(
        buckets[0].start, low.low, low.low_at, high.high, high.high_at,
        sum([bucket.total for bucket in full]), sum([bucket.size for bucket in full]),
        first.first, first.first_at, last.last, last.last_at, max([bucket.received for bucket in buckets]),
    )  # fmt: skip


def merge_groups(buckets: Iterable[Bucket], cell: Callable[[Bucket], int]) -> list[Bucket]:
    """Buckets ordered by time; neighbours of the same `cell` are merged."""
    return [merge_all(list(group)) for _, group in groupby(buckets, cell)]


def coarsen(level: Level, buckets: Iterable[Bucket]) -> list[Bucket]:
    """Finer buckets, ordered by time, as buckets of `level`."""
    merged = merge_groups(buckets, lambda bucket: bucket_start(level, bucket.start))
    return [bucket._replace(start=bucket_start(level, bucket.start)) for bucket in merged]


def aggregate(buckets: Sequence[Bucket]) -> Aggregate | None:
    """The aggregate of buckets, ordered by time; None when they have no readings."""
    whole = merge_all(buckets) if buckets else None
    if whole is None or not whole.size:
        return None
    return Aggregate(whole.size, whole.total, whole.low, whole.high, whole.first, whole.last)
