"""The shape of what a source brings: fields gone, units changed, counts far off are noticed before they are used."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from domain.reading import Batch, Reading, Refused

STEADY = 5  # answers alike before a lack is a surprise
FAR, FEW = 3.0, 20  # a count is far off by this factor, when at least so many are concerned
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """What a source's answers look like. `units`: as the source itself tells them. `steady`: answers alike in a row.

    `absent`: of a source whose answers are parts, in how many of them in a row a series was not told.
    """

    series: frozenset[str] = frozenset()
    units: tuple[tuple[str, str], ...] = ()
    count: int = 0
    steady: int = 0
    row: str = ""  # fingerprint of the row that brought these answers
    absent: tuple[tuple[str, int], ...] = field(default=(), compare=False)  # not worth being written


@dataclass(frozen=True, slots=True)
class Look:
    """An answer held against the shape: the shape to hold from now on, what is believed of it, what surprises."""

    shape: Shape
    batch: Batch
    surprise: str = ""


def look(held: Shape, batch: Batch, *, parts: bool = False) -> Look:
    """Readings in a unit that was another one until now are kept aside; a lack or a count far off is only told.

    `parts`: an answer holds what is new, of some stations now and of others at the next one: only what a row of answers
    does not tell is gone, and how much there is of it says nothing about a whole one.
    """
    series = frozenset(one.series for one in batch.readings)
    count = len(batch.readings) + len(batch.events)
    units, told = dict(held.units), _told(batch.readings)
    changed = {key: unit for key, unit in told.items() if units.get(key, unit) != unit}
    absent = _absent(held, series) if parts else {}
    gone = held.series - series if held.steady >= STEADY else frozenset()
    gone -= {key for key, times in absent.items() if times < STEADY}
    said = [
        *(f"unit of {key}: {units[key]}, now {unit}" for key, unit in sorted(changed.items())[:_NAMED]),
        *([f"gone: {_named(gone)}"] if gone else []),
        *([f"count: {held.count}, now {count}"] if _counted(held, parts) and _far(held.count, count) else []),
    ]
    known, learnt = (held.series | series, held.count) if parts else (series, count)
    shape = replace(_next(held, known, learnt, surprised=bool(said)), absent=tuple(sorted(absent.items())))
    if told.keys() - units.keys():
        shape = replace(shape, units=tuple(sorted((told | units).items())))
    return Look(shape, _believed(batch, changed, units), "; ".join(said))


def _counted(held: Shape, parts: bool) -> bool:
    return held.steady >= STEADY and not parts


def _absent(held: Shape, series: frozenset[str]) -> dict[str, int]:
    """How often in a row each known series has not been told, this answer among them; beyond STEADY nobody asks."""
    before = dict(held.absent)
    return {key: min(STEADY, before.get(key, 0) + 1) for key in held.series - series}


def _told(readings: Iterable[Reading]) -> dict[str, str]:
    return {one.series: one.unit for one in readings if one.unit}


def _next(held: Shape, series: frozenset[str], count: int, *, surprised: bool) -> Shape:
    """While something surprises, the shape stays what it was: it is what the surprise is told against."""
    if surprised:
        return held
    # A count that moves a little keeps the one that is held, so that the shape seldom needs to be written.
    count = count if abs(count - held.count) * 5 > held.count else held.count
    if held.steady >= STEADY:
        same = count == held.count and series <= held.series
        return held if same else replace(held, series=held.series | series, count=count)
    return replace(held, series=series, count=count, steady=held.steady + 1 if series == held.series else 0)


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
