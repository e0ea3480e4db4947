"""Lines for charts: at most so many points, extremes kept, broken where nothing was observed."""

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

_SHORTEST_GAP = 10_000  # a line never breaks for less
_CALENDAR_CADENCE = 86_400_000  # from this cadence on figures come by the calendar, not by the clock
_MISSING_AFTER = 1.6  # cadences without a figure, after which one is missing: later than any calendar or hand makes it
_SPARSE_FROM = 1.25  # from this many cadences on figures are told apart more rarely than they should be
_MAX_RAW_MINUTES = 60  # minutes whose raw readings are read for one line

Point = tuple[int, float | None]

_NEIGHBOURS = 5  # spacings looked at on either side


def downsample(conn: Connection, query: RangeQuery, limit: int, cadence: int = 0) -> Line:
    """At most `limit` points; the readings themselves where they are few enough.

    `cadence`: ms within which the next figure is expected, 0 when nobody knows.
    """
    level = _level(query, limit)
    buckets = buckets_in(conn, query, level)
    if sum(one.size for one in buckets) <= limit:
        if level is not Level.MINUTE and query.low >= query.minutes_since:
            buckets = buckets_in(conn, query, Level.MINUTE)
        buckets = _expand_buckets(conn, query, buckets)
    nones = no_value_moments(conn, query, 2 * limit)
    return tuple((from_ms(at), value) for at, value in _fit_to_limit(buckets, nones, query, level, limit, cadence))


def _level(query: RangeQuery, limit: int) -> Level:
    for level in (Level.DAY, Level.HOUR):
        # Two points a bucket would fill the limit; a few less cost a fraction of the next finer level's rows.
        if (query.high - query.low) / WIDTH[level] >= limit * 0.36:
            return level
    return Level.HOUR if query.low < query.minutes_since else Level.MINUTE


def _expand_buckets(conn: Connection, query: RangeQuery, buckets: list[Bucket]) -> list[Bucket]:
    """One bucket per reading; those that hide readings stay whole where it would cost too much to look."""
    hiding = sum(len(_bucket_points(one)) < one.size for one in buckets)
    opened: list[Bucket] = []
    for one in buckets:
        spots = _bucket_points(one)
        if len(spots) == one.size:
            opened += [single_bucket(at, (at, value, one.received)) for at, value in spots]
        elif hiding > _MAX_RAW_MINUTES or one.start < query.raw_since:
            opened.append(one)
        else:
            opened += [single_bucket(item[0], item) for item in readings_in(conn, query, one.first_at, one.last_at)]
    return opened


def _fit_to_limit(
    buckets: list[Bucket], nones: list[int], query: RangeQuery, level: Level, limit: int, cadence: int
) -> list[Point]:
    fits = len(buckets) <= limit
    found = (
        list(_line_points(buckets, nones, _gap_limits(buckets, _SHORTEST_GAP, cadence), with_ends=True)) if fits else []
    )
    width = WIDTH[level]
    times = max(1, ceil((query.high - query.low) / width / max(1, limit // 2 - 3)))
    while buckets and not 0 < len(found) <= limit:
        cells = _merge_on_grid(buckets, times * width)
        gaps = _gap_limits(cells, max(_SHORTEST_GAP, times * width), cadence)
        found = list(_line_points(cells, nones, gaps, with_ends=False))
        if len(cells) == 1:
            return found[-limit:]
        times = ceil(times * 1.3) + (times == 1)
    return found


def _merge_on_grid(buckets: Sequence[Bucket], size: int) -> list[Bucket]:
    """By a grid that stands still while time goes on, so that a line does not shimmer."""
    return merge_groups(buckets, lambda one: one.start // size)


def _bucket_points(bucket: Bucket, with_ends: bool = True) -> list[tuple[int, float]]:
    ends = [(bucket.first_at, bucket.first), (bucket.last_at, bucket.last)] if with_ends else []
    return sorted({(bucket.low_at, bucket.low), (bucket.high_at, bucket.high), *ends})


def _line_points(
    buckets: Sequence[Bucket], nones: list[int], gaps: Sequence[float], with_ends: bool
) -> Iterator[Point]:
    for n, one in enumerate(buckets):
        ends = with_ends or n in (0, len(buckets) - 1)
        yield from _bucket_points(one, ends)
        after = buckets[n + 1].first_at if n + 1 < len(buckets) else FOREVER
        place = bisect_right(nones, one.last_at)
        if place < len(nones) and nones[place] < after:
            yield nones[place], None
        elif after != FOREVER and after - one.last_at > gaps[n]:
            yield one.last_at + int(gaps[n] / 3), None


def _gap_limits(buckets: Sequence[Bucket], shortest: int, cadence: int) -> list[float]:
    """From which distance on the line breaks after each bucket: three times what is usual on either side of it.

    Sparse history beside dense readings must not fall into single points, nor a hole among dense ones be drawn over.
    Figures of a day, a week, a month come in bursts, when many hand in theirs: there the cadence tells what is missing.
    """
    spacings = [(two.first_at - one.first_at) / one.size for one, two in pairwise(buckets)]
    gaps = []
    for n in range(len(buckets)):
        sides = (spacings[max(0, n - _NEIGHBOURS) : n], spacings[n + 1 : n + 1 + _NEIGHBOURS])
        usual = max((median(side) for side in sides if side), default=0.0)
        due = cadence >= _CALENDAR_CADENCE and usual <= _SPARSE_FROM * cadence
        gaps.append(max(_MISSING_AFTER * cadence if due else 3 * usual, shortest))
    return gaps
