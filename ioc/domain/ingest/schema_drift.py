"""The shape of what a source brings: fields gone, units changed, counts far off are noticed before they are used."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ioc.domain.base.failure import Failure, untyped
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem

STABLE_AFTER = 5  # answers alike before a lack is a surprise
COUNT_FACTOR, MIN_COUNT = 3.0, 20  # a count is far off by this factor, when at least so many are concerned
CONFIRMATIONS = 3  # answers in a row with about the same count, until it is believed,
CONFIRMATION_TIME = timedelta(minutes=5)  # and for as long as somebody needs to look at it
_MAX_LISTED = 3


@dataclass(frozen=True, slots=True)
class SchemaProfile:
    """What a source's answers look like. `units`: as the source itself tells them. `steady`: answers alike in a row.

    `valued`: the series that had a value. `absent`: of a source whose answers are parts, in how many of them in a row a
    series was not told. `empty`: how often in a row one was told without the value that it had. `other`: a count far
    off, how many answers in a row had about so many, and since when.
    """

    series: frozenset[str] = frozenset()
    units: tuple[tuple[str, str], ...] = ()
    count: int = 0
    stable_count: int = 0
    row_fingerprint: str = ""  # fingerprint of the row that brought these answers
    series_with_values: frozenset[str] = frozenset()
    # Not worth being written: after a restart their answers are counted anew.
    absent_counts: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    empty_counts: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    candidate_count: tuple[int, int, datetime] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """An answer held against the shape: the shape to hold from now on, what is believed of it, what surprises.

    `counted`: whether its number of events is believed, and with it what may be concluded from that.
    """

    profile: SchemaProfile
    batch: Batch
    drift: tuple[Failure, ...] = ()
    is_count_trusted: bool = True


def check_drift(
    profile: SchemaProfile,
    batch: Batch,
    now: datetime,
    expected_series: AbstractSet[str] | None = None,
    *,
    is_partial: bool = False,
) -> DriftCheck:
    """What a source tells by name is used at once; what would be concluded from a surprise waits until it is believed.

    Readings in a unit that was another one until now are kept aside. A count far off ends no event that is not named
    any more, and is not `counted`, until CONFIRMED answers in a row, over LASTS, had about so many. What is gone is
    told.
    `wanted`: the series that the row names, if not all: what others there are is not missed.
    `parts`: an answer holds what is new, of some stations now and of others at the next one: only what a row of answers
    does not tell is gone, and how much there is of it says nothing about a whole one.
    """
    series = frozenset(one.series for one in batch.readings if expected_series is None or one.series in expected_series)
    units, told = dict(profile.units), _source_units(batch.readings)
    changed = {key: unit for key, unit in told.items() if units.get(key, unit) != unit}
    shape, gone = _check_series(profile, series, is_partial)
    shape, hollow = _check_values(shape, [one for one in batch.readings if one.series in series], is_partial)
    shape, count = (shape, "") if is_partial else _check_count(shape, len(batch.readings) + len(batch.events), now)
    if told.keys() - units.keys():
        shape = replace(shape, units=tuple(sorted((told | units).items())))
    said = [
        *(f"unit of {key}: {units[key]}, now {unit}" for key, unit in sorted(changed.items())[:_MAX_LISTED]),
        *([f"gone: {_list_names(gone)}"] if gone else []),
        *([f"empty: {_list_names(hollow)}"] if hollow else []),
        *([count] if count else []),
    ]
    believed = _reject_changed_units(batch, changed, units)
    return DriftCheck(
        shape,
        replace(believed, complete_kinds=frozenset()) if count else believed,
        tuple(map(untyped, said)),
        not count,
    )


def _check_series(held: SchemaProfile, series: frozenset[str], parts: bool) -> tuple[SchemaProfile, frozenset[str]]:
    """The shape with the series that an answer told, and those that are gone: until they are back they stay known."""
    absent = _streaks(held.absent_counts, held.series - series) if parts else {}
    gone = held.series - series if held.stable_count >= STABLE_AFTER else frozenset()
    gone -= {key for key, times in absent.items() if times < STABLE_AFTER}
    if absent or held.absent_counts:
        held = replace(held, absent_counts=tuple(sorted(absent.items())))
    if gone:
        return held, gone
    if held.stable_count >= STABLE_AFTER:
        return (held if series <= held.series else replace(held, series=held.series | series)), gone
    known = held.series | series if parts else series
    return replace(held, series=known, stable_count=held.stable_count + 1 if known == held.series else 0), gone


def _check_values(
    held: SchemaProfile, readings: Iterable[Reading], parts: bool
) -> tuple[SchemaProfile, frozenset[str]]:
    """The shape with the series that have values, and those that had one and are told without it.

    A sensor that pauses is none of these: it is told when a row of answers leaves it empty. Where most of an answer
    is empty at once, it is the answer that changed.
    """
    valued = frozenset(one.series for one in readings if one.value is not None)
    hollow = frozenset(one.series for one in readings if one.value is None) & held.series_with_values - valued
    if hollow or held.empty_counts or not valued <= held.series_with_values:
        silent = {key: times for key, times in held.empty_counts if key not in valued and key not in hollow}
        empty = silent | _streaks(held.empty_counts, hollow)
        held = replace(
            held, series_with_values=held.series_with_values | valued, empty_counts=tuple(sorted(empty.items()))
        )
        most = not parts and len(hollow) > max(1, len(valued))
        return held, hollow if most else frozenset(key for key, times in empty.items() if times >= STABLE_AFTER)
    return held, frozenset()


def _check_count(held: SchemaProfile, count: int, now: datetime) -> tuple[SchemaProfile, str]:
    """The shape with the count of an answer, or the other count that it would be if it lasted, and that in words."""
    if held.stable_count >= STABLE_AFTER and _is_far_off(held.count, count):
        like, times, since = held.candidate_count or (count, 0, now)
        if _is_far_off(like, count) or now < since:  # another one again, or a clock that went back
            times, since = 0, now
        if times + 1 < CONFIRMATIONS or now - since < CONFIRMATION_TIME:
            return replace(held, candidate_count=(count, times + 1, since)), f"count: {held.count}, now {count}"
        return replace(held, count=count, candidate_count=None), ""
    # A count that moves a little keeps the one that is held, so that the shape seldom needs to be written.
    moved = abs(count - held.count) * 5 > held.count or held.stable_count < STABLE_AFTER
    return (
        replace(held, count=count if moved else held.count, candidate_count=None)
        if moved or held.candidate_count
        else held
    ), ""


def _streaks(before: Iterable[tuple[str, int]], keys: Iterable[str]) -> dict[str, int]:
    """How often in a row each of `keys` has been met, now among them; beyond STEADY nobody asks."""
    known = dict(before)
    return {key: min(STABLE_AFTER, known.get(key, 0) + 1) for key in keys}


def _source_units(readings: Iterable[Reading]) -> dict[str, str]:
    return {one.series: one.unit for one in readings if one.unit}


def _is_far_off(before: int, now: int) -> bool:
    return max(before, now) >= MIN_COUNT and not before / COUNT_FACTOR <= now <= before * COUNT_FACTOR


def _reject_changed_units(batch: Batch, changed: dict[str, str], units: dict[str, str]) -> Batch:
    if not changed:
        return batch
    aside = tuple(
        RejectedItem(
            one.series,
            untyped(f"unit was {units[one.series]}, is {one.unit}: not believed yet"),
            f"{one.value} {one.unit}",
        )
        for one in batch.readings
        if one.series in changed
    )
    kept = tuple(one for one in batch.readings if one.series not in changed)
    return replace(batch, readings=kept, rejected_items=(*batch.rejected_items, *aside))


def _list_names(keys: Iterable[str]) -> str:
    ordered = sorted(keys)
    more = f" and {len(ordered) - _MAX_LISTED} more" if len(ordered) > _MAX_LISTED else ""
    return ", ".join(ordered[:_MAX_LISTED]) + more
