"""Readings of one series that stand beside each other in one answer: at one moment, under two names, gap marks."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.text import shorten

# The step of a series of which the answer shows too few times to tell.
_MAX_UNKNOWN_STEP = timedelta(minutes=1)
_MAX_STEP = timedelta(days=1)  # times further apart show no step: one of them may be of a clock that was not set
_MAX_QUOTED = 80  # characters of a field and its texts
_NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u202a-\u202c\u2060-\u2069\ufeff]")  # joiners, marks of direction


class DuplicateRule(StrEnum):
    """Which of several values of one series at one moment is taken, in the order of the answer or by size."""

    FIRST = "first"
    LAST = "last"
    MAX = "max"
    MIN = "min"

    def select(self, values: Sequence[float]) -> int:
        """The position of the value that is taken."""
        if self in (DuplicateRule.FIRST, DuplicateRule.LAST):
            return 0 if self is DuplicateRule.FIRST else len(values) - 1
        return values.index(max(values) if self is DuplicateRule.MAX else min(values))


def comparable(value: float) -> str:
    """`value` without the digits in which it differs from itself when it was written in another unit."""
    return f"{value + 0.0:.12g}"  # 0.0: there is one zero


def name_clashes(names: Iterable[tuple[Hashable, str]]) -> dict[Hashable, tuple[str, str]]:
    """The series that two names stand for, with both names. `names`: each series with a name, "" for none.

    What makes no other name: see `canonical_name`.
    """
    first: dict[Hashable, tuple[str, str]] = {}
    clashes: dict[Hashable, tuple[str, str]] = {}
    for series, name in names:
        if not name:
            continue
        known = first.get(series)
        if known is None:
            first[series] = (name, "")
        elif name != known[0] and canonical_name(name) != canonical_name(known[0]):
            clashes.setdefault(series, (known[0], name))
    return clashes


def sensor_clashes(
    sensors: Iterable[tuple[Hashable, Sequence[tuple[str, str]]]],
) -> dict[Hashable, dict[str, str]]:
    """The series that two sensors stand for, with a `field` in which they differ and its texts, `first` and `second`.

    `sensors`: each series with the fields of a sensor and their texts; a field that one does not have is no difference.
    """
    first: defaultdict[Hashable, dict[str, str]] = defaultdict(dict)
    clashes: dict[Hashable, dict[str, str]] = {}
    for series, sensor in sensors:
        for name, text in sensor:
            if (known := first[series].setdefault(name, text)) != text:
                difference = {"field": name, "first": known, "second": text}
                clashes.setdefault(series, {key: shorten(part, _MAX_QUOTED) for key, part in difference.items()})
    return clashes


def canonical_name(name: str) -> str:
    """`name` without what makes no other name: composition (NFC), spaces, signs without width, NUL behind it."""
    plain = name if name.isascii() else normal_form("NFC", _NO_WIDTH.sub("", name))
    return " ".join(plain.rstrip("\0 ").split())


def gap_marks(
    points: Iterable[tuple[Hashable, datetime, bool]], unread: Iterable[tuple[Hashable, datetime]], interval: timedelta
) -> set[tuple[Hashable, datetime]]:
    """Series and time of the points without a value that take no value away.

    A point is a series, a time, and whether it has a value. A null after the last value is a gap mark when it follows
    by less than the series' step: KiWIS writes one a second after the last value before a gap. A null at the moment of
    a value says nothing either. `unread`: of values that cannot be read, which show the step too.
    `interval`: of the source.
    """
    by_series: defaultdict[Hashable, tuple[set[datetime], set[datetime]]] = defaultdict(lambda: (set(), set()))
    for series, time, has_value in points:
        by_series[series][0 if has_value else 1].add(time)
    steps: defaultdict[Hashable, set[datetime]] = defaultdict(set)
    for series, time in unread:
        steps[series].add(time)
    marks: set[tuple[Hashable, datetime]] = set()
    for series, (values, nulls) in by_series.items():
        if values and nulls:
            last, step = max(values), _step(values | steps[series], nulls, interval)
            marks |= {(series, time) for time in nulls if time in values or timedelta(0) < time - last < step}
    return marks


def _step(values: set[datetime], nulls: set[datetime], interval: timedelta) -> timedelta:
    """The shortest distance of a value from what precedes it; without one, the longest distance of all times.

    Distances of more than _MAX_STEP do not count. Where nothing shows the step, as with one value and one null, it is
    `interval`, but at most a minute.
    """
    times = pairwise(sorted(values | nulls))
    pairs = [(later - earlier, later) for earlier, later in times if later - earlier <= _MAX_STEP]
    if distances := [distance for distance, later in pairs if later in values]:
        return min(distances)
    return max(pairs)[0] if len(pairs) > 1 else min(interval, _MAX_UNKNOWN_STEP)
