"""Downsampling for charts: at most so many points, extremes kept, the line broken where nothing was observed."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from statistics import median

from sqlalchemy import Connection

from ioc.domain.base.times import from_ms
from ioc.domain.snapshot import Line
from ioc.storage.timeseries.range_query import FOREVER, RangeQuery, buckets_in, no_value_moments, readings_in
from ioc.storage.timeseries.rollup_math import WIDTH, Bucket, Level, merge_groups, single_bucket

_MIN_GAP = 10_000  # ms; a line never breaks for less
_CALENDAR_CADENCE = 86_400_000  # ms; from here on values follow the calendar, not the clock
_MISSING_AFTER = 1.6  # cadences without a value, after which one is missing: later than any calendar makes it
_SPARSE_FROM = 1.25  # cadences between values, from which on they come more rarely than they should
_MAX_RAW_MINUTES = 60  # minutes whose raw readings are read for one line

Point = tuple[int, float | None]

_NEIGHBOURS = 5  # spacings considered on either side


def downsample(conn: Connection, query: RangeQuery, limit: int, cadence: int = 0) -> Line:
    """At most `limit` points; the readings themselves where there are few enough.

    `cadence`: ms within which the next value is expected, 0 for unknown.
    """
    level = _level(query, limit)
    buckets = buckets_in(conn, query, level)
    if sum(bucket.size for bucket in buckets) <= limit:
        if level is not Level.MINUTE and query.low >= query.minutes_since:
            buckets = buckets_in(conn, query, Level.MINUTE)
        buckets = _expand_buckets(conn, query, buckets)
    no_values = no_value_moments(conn, query, 2 * limit)
    return tuple((from_ms(at), value) for at, value in _fit_to_limit(buckets, no_values, query, level, limit, cadence))


def _level(query: RangeQuery, limit: int) -> Level:
    for level in (Level.DAY, Level.HOUR):
        # Two points a bucket would fill the limit; a few less cost a fraction of the rows of the next finer level.
        if (query.high - query.low) / WIDTH[level] >= limit * 0.36:
            return level
    return Level.HOUR if query.low < query.minutes_since else Level.MINUTE


def _expand_buckets(conn: Connection, query: RangeQuery, buckets: list[Bucket]) -> list[Bucket]:
    """One bucket per reading; buckets that hide readings stay whole where reading them would cost too much."""
    hiding_count = sum(len(_bucket_points(bucket)) < bucket.size for bucket in buckets)
    expanded: list[Bucket] = []
    for bucket in buckets:
        points = _bucket_points(bucket)
        if len(points) == bucket.size:
            expanded += [single_bucket(at, (at, value, bucket.received)) for at, value in points]
        elif hiding_count > _MAX_RAW_MINUTES or bucket.start < query.raw_since:
            expanded.append(bucket)
        else:
            raw = readings_in(conn, query, bucket.first_at, bucket.last_at)
            expanded += [single_bucket(point[0], point) for point in raw]
    return expanded


def _fit_to_limit(
    buckets: list[Bucket], no_values: list[int], query: RangeQuery, level: Level, limit: int, cadence: int
) -> list[Point]:
    points: list[Point] = []
    if len(buckets) <= limit:
        gaps = _gap_limits(buckets, _MIN_GAP, cadence)
        points = list(_line_points(buckets, no_values, gaps, with_ends=True))
    width = WIDTH[level]
    factor = max(1, ceil((query.high - query.low) / width / max(1, limit // 2 - 3)))
    while buckets and not 0 < len(points) <= limit:
        cells = _merge_on_grid(buckets, factor * width)
        gaps = _gap_limits(cells, max(_MIN_GAP, factor * width), cadence)
        points = list(_line_points(cells, no_values, gaps, with_ends=False))
        if len(cells) == 1:
            return points[-limit:]
        factor = ceil(factor * 1.3) + (factor == 1)
    return points


def _merge_on_grid(buckets: Sequence[Bucket], size: int) -> list[Bucket]:
    """Cells of a fixed grid: as time goes on, points do not move and the line does not flicker."""
    return merge_groups(buckets, lambda bucket: bucket.start // size)


def _bucket_points(bucket: Bucket, with_ends: bool = True) -> list[tuple[int, float]]:
    ends = [(bucket.first_at, bucket.first), (bucket.last_at, bucket.last)] if with_ends else []
    return sorted({(bucket.low_at, bucket.low), (bucket.high_at, bucket.high), *ends})


def _line_points(
    buckets: Sequence[Bucket], no_values: list[int], gaps: Sequence[float], with_ends: bool
) -> Iterator[Point]:
    for n, bucket in enumerate(buckets):
        yield from _bucket_points(bucket, with_ends or n in (0, len(buckets) - 1))
        next_at = buckets[n + 1].first_at if n + 1 < len(buckets) else FOREVER
        index = bisect_right(no_values, bucket.last_at)
        if index < len(no_values) and no_values[index] < next_at:
            yield no_values[index], None
        elif next_at != FOREVER and next_at - bucket.last_at > gaps[n]:
            yield bucket.last_at + int(gaps[n] / 3), None


def _gap_limits(buckets: Sequence[Bucket], min_gap: int, cadence: int) -> list[float]:
    """After each bucket, the gap in ms from which on the line breaks: three times the usual spacing on either side.

    Sparse history beside dense readings must not fall into single points, nor a gap among dense ones be bridged. Values
    of a day, a week or a month arrive in bursts, when many agencies report: there the cadence decides what is missing.
    """
    spacings = [(right.first_at - left.first_at) / left.size for left, right in pairwise(buckets)]
    gaps = []
    for n in range(len(buckets)):
        sides = (spacings[max(0, n - _NEIGHBOURS) : n], spacings[n + 1 : n + 1 + _NEIGHBOURS])
        usual = max((median(side) for side in sides if side), default=0.0)
        is_calendar = cadence >= _CALENDAR_CADENCE and usual <= _SPARSE_FROM * cadence
        gaps.append(max(_MISSING_AFTER * cadence if is_calendar else 3 * usual, min_gap))
    return gaps
