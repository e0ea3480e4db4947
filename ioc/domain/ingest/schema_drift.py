"""Schema drift: missing series, changed units and unusual counts are noticed before they are used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ioc.domain.base.clock_set_back import was_set_back
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.units import is_known_unit, is_same_quantity, is_same_unit
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem

STABLE_AFTER = 5  # equal answers in a row before a missing series counts as drift
COUNT_FACTOR, MIN_COUNT = 3.0, 20  # a count is unusual by this factor, from so many items on
CONFIRMATIONS = 3  # answers in a row with about the same count until it is trusted,
CONFIRMATION_TIME = timedelta(minutes=5)  # and for so long, which gives people time to look at it
_MAX_LISTED = 3
_NO_UNIT = "–"  # stands for none in a failure


class DriftCode(ErrorCode):
    """How an answer differs from the learned schema. Texts: components/messages/errors/drift.toml."""

    SERIES_MISSING = "drift.series_missing"  # names
    VALUES_MISSING = "drift.values_missing"  # names
    UNIT_CHANGED = "drift.unit_changed"  # series, previous, current
    COUNT_CHANGED = "drift.count_changed"  # previous, current
    UNIT_NOT_TRUSTED = "drift.unit_not_trusted"  # previous, current: of a rejected reading


@dataclass(frozen=True, slots=True)
class SchemaProfile:
    """The learned schema of a source's answers.

    `units`: as the source itself sends them. `stable_count`: equal answers in a row. `series_with_values`: series that
    had a value. `absent_counts`: of a source with partial answers, in how many answers in a row a series was missing.
    `empty_counts`: how often in a row a series came without the value that it used to have. `candidate_count`: an
    unusual count, how many answers in a row had about that many items, and since when.
    """

    series: frozenset[str] = frozenset()
    units: tuple[tuple[str, str], ...] = ()
    count: int = 0
    stable_count: int = 0
    row_fingerprint: str = ""  # fingerprint of the row that brought these answers
    series_with_values: frozenset[str] = frozenset()
    # Not stored: after a restart they are counted again.
    absent_counts: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    empty_counts: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    candidate_count: tuple[int, int, datetime] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """An answer compared with the schema: the schema from now on, the trusted part of the answer, the differences.

    `is_count_trusted`: whether the number of events may be used, and what follows from it.
    """

    profile: SchemaProfile
    batch: Batch
    drift: tuple[Failure, ...] = ()
    is_count_trusted: bool = True


def check_drift(
    profile: SchemaProfile,
    batch: Batch,
    now: datetime,
    series_units: Mapping[str, str] | None = None,
    *,
    is_partial: bool = False,
    holds_messages: bool = False,
) -> DriftCheck:
    """Compare an answer with the learned schema. Values are used at once; conclusions from a difference wait.

    Readings whose unit changed are rejected, also where it is left out now, unless it was that of the series. An
    unusual count ends no event that is missing from the answer, and is not trusted, until CONFIRMATIONS answers in a
    row over CONFIRMATION_TIME had about as many items; nor does one of a list of events that did not come whole.
    Missing series are reported. `series_units`: the series that the row names, and their units; nothing is learned of
    others. None: all.
    `is_partial`: an answer holds only what is new, or only some of the stations, so that only a series that several
    answers in a row do not hold is missing, the size of an answer means nothing, and no event ends that is missing from
    it. `holds_messages`: what was sent since the last poll; unless it lists all events of a kind, the series that are
    absent mean nothing either.
    """
    readings = [reading for reading in batch.readings if series_units is None or reading.series in series_units]
    units, current_units = _readable_units(profile.units, series_units), _source_units(readings, series_units)
    changed = {key: unit for key, unit in current_units.items() if units.get(key, unit) != unit}
    changed |= dict.fromkeys(_without_units(readings, units, series_units or units), _NO_UNIT)
    holds_messages = holds_messages and not batch.complete_kinds
    updated, missing, count_failure = profile, frozenset[str](), None
    if not holds_messages:
        updated, missing = _check_series(profile, frozenset(reading.series for reading in readings), is_partial)
    updated, empty = _check_values(updated, readings, is_partial or holds_messages)
    if not (is_partial or holds_messages):
        held = len(batch.readings) + len(batch.events) if batch.list_count is None else batch.list_count
        updated, count_failure = _check_count(updated, held, now)
    if (learned := current_units | units) != dict(profile.units):
        updated = replace(updated, units=tuple(sorted(learned.items())))
    drift = [_unit_changed(key, units[key], unit) for key, unit in sorted(changed.items())[:_MAX_LISTED]]
    if missing:
        drift.append(Failure(DriftCode.SERIES_MISSING, {"names": _list_names(missing)}))
    if empty:
        drift.append(Failure(DriftCode.VALUES_MISSING, {"names": _list_names(empty)}))
    trusted = _reject_changed_units(batch, changed, units)
    if count_failure is not None:
        drift.append(count_failure)
    is_count_trusted = count_failure is None and not (batch.is_cut and (batch.events or not batch.readings))
    if is_partial or not is_count_trusted:
        before = {(event.kind, event.key): event for event in trusted.list_endings}
        kept = tuple(before.get((event.kind, event.key), event) for event in trusted.events)
        trusted = replace(trusted, events=kept, complete_kinds=frozenset())
    return DriftCheck(updated, trusted, tuple(drift), is_count_trusted)


def _unit_changed(series: str, previous: str, current: str) -> Failure:
    return Failure(DriftCode.UNIT_CHANGED, {"series": series, "previous": previous, "current": current})


def _check_series(
    profile: SchemaProfile, series: frozenset[str], is_partial: bool
) -> tuple[SchemaProfile, frozenset[str]]:
    """The schema with the series of an answer, and the missing ones, which stay in the schema."""
    absent = _streaks(profile.absent_counts, profile.series - series) if is_partial else {}
    missing = profile.series - series if profile.stable_count >= STABLE_AFTER else frozenset()
    missing -= {key for key, streak in absent.items() if streak < STABLE_AFTER}
    if absent or profile.absent_counts:
        profile = replace(profile, absent_counts=tuple(sorted(absent.items())))
    if missing:
        return profile, missing
    if profile.stable_count >= STABLE_AFTER:
        if series <= profile.series:
            return profile, missing
        return replace(profile, series=profile.series | series), missing
    known = profile.series | series if is_partial else series
    stable_count = profile.stable_count + 1 if known == profile.series else 0
    return replace(profile, series=known, stable_count=stable_count), missing


def _check_values(
    profile: SchemaProfile, readings: Iterable[Reading], is_partial: bool
) -> tuple[SchemaProfile, frozenset[str]]:
    """The schema with the series that have values, and the series that lost theirs.

    A sensor that pauses for a while is not reported: only a series without a value in several answers in a row. When
    most of one answer is empty, the answer itself changed and is reported at once.
    """
    readings = list(readings)
    with_value = frozenset(reading.series for reading in readings if reading.value is not None)
    without_value = frozenset(reading.series for reading in readings if reading.value is None)
    lost = without_value & profile.series_with_values - with_value
    if not (lost or profile.empty_counts) and with_value <= profile.series_with_values:
        return profile, frozenset()
    unseen = {key: streak for key, streak in profile.empty_counts if key not in with_value and key not in lost}
    empty = unseen | _streaks(profile.empty_counts, lost)
    profile = replace(
        profile,
        series_with_values=profile.series_with_values | with_value,
        empty_counts=tuple(sorted(empty.items())),
    )
    if not is_partial and len(lost) > max(1, len(with_value)):
        return profile, lost
    return profile, frozenset(key for key, streak in empty.items() if streak >= STABLE_AFTER)


def _check_count(profile: SchemaProfile, count: int, now: datetime) -> tuple[SchemaProfile, Failure | None]:
    """The schema with the count of an answer; with a failure while an unusual count is not confirmed."""
    if profile.stable_count >= STABLE_AFTER and _is_unusual(profile.count, count):
        candidate, streak, since = profile.candidate_count or (count, 0, now)
        if _is_unusual(candidate, count) or was_set_back(since, now):
            streak, since = 0, now
        if streak + 1 >= CONFIRMATIONS and now - since >= CONFIRMATION_TIME:
            return replace(profile, count=count, candidate_count=None), None
        failure = Failure(DriftCode.COUNT_CHANGED, {"previous": profile.count, "current": count})
        return replace(profile, candidate_count=(count, streak + 1, since)), failure
    # A count that varies a little keeps the stored one, so that the schema is seldom written.
    if abs(count - profile.count) * 5 > profile.count or profile.stable_count < STABLE_AFTER:
        return replace(profile, count=count, candidate_count=None), None
    return replace(profile, candidate_count=None) if profile.candidate_count else profile, None


def _streaks(previous: Iterable[tuple[str, int]], keys: Iterable[str]) -> dict[str, int]:
    """The streak of each of `keys` with this answer, counted up to STABLE_AFTER."""
    counts = dict(previous)
    return {key: min(STABLE_AFTER, counts.get(key, 0) + 1) for key in keys}


def _source_units(readings: Iterable[Reading], own: Mapping[str, str] | None) -> dict[str, str]:
    return _readable_units(((reading.series, reading.unit) for reading in readings if reading.unit), own)


def _readable_units(units: Iterable[tuple[str, str]], own: Mapping[str, str] | None) -> dict[str, str]:
    """Those that can be converted to the `own` ones of the series: nothing follows from a value that is rejected."""
    return {key: unit for key, unit in units if own is None or (key in own and _is_readable(unit, own[key]))}


def _is_readable(unit: str, own: str) -> bool:
    return unit == own or (is_known_unit(unit) and is_known_unit(own) and is_same_quantity(unit, own))


def _without_units(readings: Iterable[Reading], units: Mapping[str, str], own: Mapping[str, str]) -> set[str]:
    """Series with a value whose unit is left out, though it was another one than their `own`, which would be taken."""
    without = {reading.series for reading in readings if reading.value is not None and not reading.unit}
    return {
        key for key in without if key in units and units[key] != own[key] and not is_same_unit(units[key], own[key])
    }


def _is_unusual(previous: int, current: int) -> bool:
    is_similar = previous / COUNT_FACTOR <= current <= previous * COUNT_FACTOR
    return max(previous, current) >= MIN_COUNT and not is_similar


def _reject_changed_units(batch: Batch, changed: dict[str, str], units: dict[str, str]) -> Batch:
    if not changed:
        return batch
    rejected = tuple(
        RejectedItem(
            reading.series,
            Failure(
                DriftCode.UNIT_NOT_TRUSTED, {"previous": units[reading.series], "current": changed[reading.series]}
            ),
            f"{reading.value} {reading.unit}",
        )
        for reading in batch.readings
        if reading.series in changed
    )
    trusted = tuple(reading for reading in batch.readings if reading.series not in changed)
    return replace(batch, readings=trusted, rejected_items=(*batch.rejected_items, *rejected))


def _list_names(keys: Iterable[str]) -> str:
    names = sorted(keys)
    more = f", … (+{len(names) - _MAX_LISTED})" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more
