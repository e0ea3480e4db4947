"""The shape of what a source brings: fields gone, units changed, counts far off are noticed before they are used."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ioc.domain.ingest.reading import Batch, Reading, Refused

STEADY = 5  # answers alike before a lack is a surprise
FAR, FEW = 3.0, 20  # a count is far off by this factor, when at least so many are concerned
CONFIRMED = 3  # answers in a row with about the same count, until it is believed,
LASTS = timedelta(minutes=5)  # and for as long as somebody needs to look at it
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """What a source's answers look like. `units`: as the source itself tells them. `steady`: answers alike in a row.

    `valued`: the series that had a value. `absent`: of a source whose answers are parts, in how many of them in a row a
    series was not told. `empty`: how often in a row one was told without the value that it had. `other`: a count far
    off, how many answers in a row had about so many, and since when.
    """

    series: frozenset[str] = frozenset()
    units: tuple[tuple[str, str], ...] = ()
    count: int = 0
    steady: int = 0
    row: str = ""  # fingerprint of the row that brought these answers
    valued: frozenset[str] = frozenset()
    # Not worth being written: after a restart their answers are counted anew.
    absent: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    empty: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    other: tuple[int, int, datetime] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Look:
    """An answer held against the shape: the shape to hold from now on, what is believed of it, what surprises.

    `counted`: whether its number of events is believed, and with it what may be concluded from that.
    """

    shape: Shape
    batch: Batch
    surprise: str = ""
    counted: bool = True


def look(
    held: Shape, batch: Batch, now: datetime, wanted: AbstractSet[str] | None = None, *, parts: bool = False
) -> Look:
    """What a source tells by name is used at once; what would be concluded from a surprise waits until it is believed.

    Readings in a unit that was another one until now are kept aside. A count far off ends no event that is not named
    any more, and is not `counted`, until CONFIRMED answers in a row, over LASTS, had about so many. What is gone is
    told.
    `wanted`: the series that the row names, if not all: what others there are is not missed.
    `parts`: an answer holds what is new, of some stations now and of others at the next one: only what a row of answers
    does not tell is gone, and how much there is of it says nothing about a whole one.
    """
    series = frozenset(one.series for one in batch.readings if wanted is None or one.series in wanted)
    units, told = dict(held.units), _told(batch.readings)
    changed = {key: unit for key, unit in told.items() if units.get(key, unit) != unit}
    shape, gone = _series(held, series, parts)
    shape, hollow = _values(shape, [one for one in batch.readings if one.series in series], parts)
    shape, count = (shape, "") if parts else _count(shape, len(batch.readings) + len(batch.events), now)
    if told.keys() - units.keys():
        shape = replace(shape, units=tuple(sorted((told | units).items())))
    said = [
        *(f"unit of {key}: {units[key]}, now {unit}" for key, unit in sorted(changed.items())[:_NAMED]),
        *([f"gone: {_named(gone)}"] if gone else []),
        *([f"empty: {_named(hollow)}"] if hollow else []),
        *([count] if count else []),
    ]
    believed = _believed(batch, changed, units)
    return Look(shape, replace(believed, whole=frozenset()) if count else believed, "; ".join(said), not count)


def _series(held: Shape, series: frozenset[str], parts: bool) -> tuple[Shape, frozenset[str]]:
    """The shape with the series that an answer told, and those that are gone: until they are back they stay known."""
    absent = _times(held.absent, held.series - series) if parts else {}
    gone = held.series - series if held.steady >= STEADY else frozenset()
    gone -= {key for key, times in absent.items() if times < STEADY}
    if absent or held.absent:
        held = replace(held, absent=tuple(sorted(absent.items())))
    if gone:
        return held, gone
    if held.steady >= STEADY:
        return (held if series <= held.series else replace(held, series=held.series | series)), gone
    known = held.series | series if parts else series
    return replace(held, series=known, steady=held.steady + 1 if known == held.series else 0), gone


def _values(held: Shape, readings: Iterable[Reading], parts: bool) -> tuple[Shape, frozenset[str]]:
    """The shape with the series that have values, and those that had one and are told without it.

    A sensor that pauses is none of these: it is told when a row of answers leaves it empty. Where most of an answer
    is empty at once, it is the answer that changed.
    """
    valued = frozenset(one.series for one in readings if one.value is not None)
    hollow = frozenset(one.series for one in readings if one.value is None) & held.valued - valued
    if hollow or held.empty or not valued <= held.valued:
        silent = {key: times for key, times in held.empty if key not in valued and key not in hollow}
        empty = silent | _times(held.empty, hollow)
        held = replace(held, valued=held.valued | valued, empty=tuple(sorted(empty.items())))
        most = not parts and len(hollow) > max(1, len(valued))
        return held, hollow if most else frozenset(key for key, times in empty.items() if times >= STEADY)
    return held, frozenset()


def _count(held: Shape, count: int, now: datetime) -> tuple[Shape, str]:
    """The shape with the count of an answer, or the other count that it would be if it lasted, and that in words."""
    if held.steady >= STEADY and _far(held.count, count):
        like, times, since = held.other or (count, 0, now)
        if _far(like, count) or now < since:  # another one again, or a clock that went back
            times, since = 0, now
        if times + 1 < CONFIRMED or now - since < LASTS:
            return replace(held, other=(count, times + 1, since)), f"count: {held.count}, now {count}"
        return replace(held, count=count, other=None), ""
    # A count that moves a little keeps the one that is held, so that the shape seldom needs to be written.
    moved = abs(count - held.count) * 5 > held.count or held.steady < STEADY
    return (replace(held, count=count if moved else held.count, other=None) if moved or held.other else held), ""


def _times(before: Iterable[tuple[str, int]], keys: Iterable[str]) -> dict[str, int]:
    """How often in a row each of `keys` has been met, now among them; beyond STEADY nobody asks."""
    known = dict(before)
    return {key: min(STEADY, known.get(key, 0) + 1) for key in keys}


def _told(readings: Iterable[Reading]) -> dict[str, str]:
    return {one.series: one.unit for one in readings if one.unit}


def _far(before: int, now: int) -> bool:
    return max(before, now) >= FEW and not before / FAR <= now <= before * FAR


def _believed(batch: Batch, changed: dict[str, str], units: dict[str, str]) -> Batch:
    if not changed:
        return batch
    aside = tuple(
        Refused(one.series, f"unit was {units[one.series]}, is {one.unit}: not believed yet", f"{one.value} {one.unit}")
        for one in batch.readings
        if one.series in changed
    )
    kept = tuple(one for one in batch.readings if one.series not in changed)
    return replace(batch, readings=kept, refused=(*batch.refused, *aside))


def _named(keys: Iterable[str]) -> str:
    ordered = sorted(keys)
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(ordered[:_NAMED]) + more
