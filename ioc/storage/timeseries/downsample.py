"""Lines for charts: at most so many points, extremes kept, broken where nothing was observed."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from statistics import median

from sqlalchemy import Connection

from ioc.domain.base.times import from_ms
from ioc.domain.snapshot import Line
from ioc.storage.timeseries.range_query import FOREVER, Span, absent, inside, readings
from ioc.storage.timeseries.rollup_math import WIDTH, Bucket, Level, grouped, single

_SHORTEST_GAP = 10_000  # a line never breaks for less
_SLOW = 86_400_000  # from this cadence on figures come by the calendar, not by the clock
_MISSED = 1.6  # cadences without a figure, after which one is missing: later than any calendar or hand makes it
_SPARSER = 1.25  # from this many cadences on figures are told apart more rarely than they should be
_LONGEST_LOOK = 60  # minutes whose raw readings are read for one line

Point = tuple[int, float | None]

_BESIDE = 5  # spacings looked at on either side


def line(conn: Connection, asked: Span, limit: int, cadence: int = 0) -> Line:
    """At most `limit` points; the readings themselves where they are few enough.

    `cadence`: ms within which the next figure is expected, 0 when nobody knows.
    """
    level = _level(asked, limit)
    buckets = inside(conn, asked, level)
    if sum(one.size for one in buckets) <= limit:
        if level is not Level.MINUTE and asked.low >= asked.thinned:
            buckets = inside(conn, asked, Level.MINUTE)
        buckets = _opened(conn, asked, buckets)
    nones = absent(conn, asked, 2 * limit)
    return tuple((from_ms(at), value) for at, value in _fitted(buckets, nones, asked, level, limit, cadence))


def _level(asked: Span, limit: int) -> Level:
    for level in (Level.DAY, Level.HOUR):
        # Two points a bucket would fill the limit; a few less cost a fraction of the next finer level's rows.
        if (asked.high - asked.low) / WIDTH[level] >= limit * 0.36:
            return level
    return Level.HOUR if asked.low < asked.thinned else Level.MINUTE


def _opened(conn: Connection, asked: Span, buckets: list[Bucket]) -> list[Bucket]:
    """One bucket per reading; those that hide readings stay whole where it would cost too much to look."""
    hiding = sum(len(_spots(one)) < one.size for one in buckets)
    opened: list[Bucket] = []
    for one in buckets:
        spots = _spots(one)
        if len(spots) == one.size:
            opened += [single(at, (at, value, one.received)) for at, value in spots]
        elif hiding > _LONGEST_LOOK or one.start < asked.swept:
            opened.append(one)
        else:
            opened += [single(item[0], item) for item in readings(conn, asked, one.first_at, one.last_at)]
    return opened


def _fitted(
    buckets: list[Bucket], nones: list[int], asked: Span, level: Level, limit: int, cadence: int
) -> list[Point]:
    fits = len(buckets) <= limit
    found = list(_drawn(buckets, nones, _gaps(buckets, _SHORTEST_GAP, cadence), everything=True)) if fits else []
    width = WIDTH[level]
    times = max(1, ceil((asked.high - asked.low) / width / max(1, limit // 2 - 3)))
    while buckets and not 0 < len(found) <= limit:
        cells = _cells(buckets, times * width)
        gaps = _gaps(cells, max(_SHORTEST_GAP, times * width), cadence)
        found = list(_drawn(cells, nones, gaps, everything=False))
        if len(cells) == 1:
            return found[-limit:]
        times = ceil(times * 1.3) + (times == 1)
    return found


def _cells(buckets: Sequence[Bucket], size: int) -> list[Bucket]:
    """By a grid that stands still while time goes on, so that a line does not shimmer."""
    return grouped(buckets, lambda one: one.start // size)


def _spots(one: Bucket, everything: bool = True) -> list[tuple[int, float]]:
    ends = [(one.first_at, one.first), (one.last_at, one.last)] if everything else []
    return sorted({(one.low_at, one.low), (one.high_at, one.high), *ends})


def _drawn(buckets: Sequence[Bucket], nones: list[int], gaps: Sequence[float], everything: bool) -> Iterator[Point]:
    for n, one in enumerate(buckets):
        ends = everything or n in (0, len(buckets) - 1)
        yield from _spots(one, ends)
        after = buckets[n + 1].first_at if n + 1 < len(buckets) else FOREVER
        place = bisect_right(nones, one.last_at)
        if place < len(nones) and nones[place] < after:
            yield nones[place], None
        elif after != FOREVER and after - one.last_at > gaps[n]:
            yield one.last_at + int(gaps[n] / 3), None


def _gaps(buckets: Sequence[Bucket], shortest: int, cadence: int) -> list[float]:
    """From which distance on the line breaks after each bucket: three times what is usual on either side of it.

    Sparse history beside dense readings must not fall into single points, nor a hole among dense ones be drawn over.
    Figures of a day, a week, a month come in bursts, when many hand in theirs: there the cadence tells what is missing.
    """
    spacings = [(two.first_at - one.first_at) / one.size for one, two in pairwise(buckets)]
    gaps = []
    for n in range(len(buckets)):
        sides = (spacings[max(0, n - _BESIDE) : n], spacings[n + 1 : n + 1 + _BESIDE])
        usual = max((median(side) for side in sides if side), default=0.0)
        due = cadence >= _SLOW and usual <= _SPARSER * cadence
        gaps.append(max(_MISSED * cadence if due else 3 * usual, shortest))
    return gaps
