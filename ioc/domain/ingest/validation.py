"""Validation of the readings of one answer: each once, in the unit of its series, or rejected with a failure."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite

from ioc.domain.base.failure import Failure, FailureError, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.base.units import UnitCode, convert, written_unit
from ioc.domain.ingest.duplicates import (
    DuplicateRule,
    canonical_name,
    comparable,
    gap_marks,
    name_clashes,
    sensor_clashes,
)  # fmt: skip
from ioc.domain.ingest.numbers import is_doubtful
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import MAX_QUOTED, MAX_VALUE, Batch, Reading, RejectedItem, ValidationCode, check_time
from ioc.domain.ingest.source import Series
from ioc.domain.ingest.unit_origin import is_unit_assumed, is_unit_named, lacks_unit, unit_failure

_MAX_TEXT = 40  # characters of a number that a failure quotes
_MAX_NAME = 200  # characters of a name of the source that a failure quotes: a filled template has no more
_Moment = tuple[int, str, datetime]  # an answer, a series of it and a time


@dataclass(slots=True)
class _Candidate:
    """A reading on its way: its value in the unit of the series, why it is rejected, whether it is one too many.

    `is_placed`: its series and its time are right. A placed one with a failure and no value has an unknown one.
    `position`: among the readings of the answer, from 1.
    """

    reading: Reading
    value: float | None = None
    failure: Failure | None = None
    is_repeated: bool = False
    is_placed: bool = True
    position: int = 0

    @property
    def moment(self) -> _Moment:
        return _moment(self.reading)

    @property
    def place(self) -> str:
        return shorten(self.reading.place or f"#{self.position}", _MAX_NAME)


def validate_batch(
    batch: Batch, series_by_key: Mapping[str, Series], now: datetime, *,
    duplicates: DuplicateRule | None = None, interval: timedelta = timedelta(0),
) -> Batch:  # fmt: skip
    """The valid readings, in the units of their series, each once; all others are rejected items with a failure.

    `duplicates`: which of several values at one moment is taken; None: they are rejected. `interval`: of the source.
    """
    readings = _without_gap_marks(batch, series_by_key, now, interval)
    with_units = {reading.answer for reading in readings if reading.names_unit}
    candidates = [_check(reading, series_by_key, now, reading.answer in with_units) for reading in readings]
    for n, candidate in enumerate(candidates, 1):
        candidate.position = n
    _tell_units_of_others(candidates)
    unread = [reading for item in batch.rejected_items for reading in item.readings]
    _reject_clashes(candidates, unread)
    _settle_moments(candidates, _unknown_values(candidates, batch.rejected_items), series_by_key, duplicates)
    valid: list[Reading] = []
    rejected = list(batch.rejected_items)
    repeated_count, assumed = 0, list[str]()
    for candidate in candidates:
        reading = candidate.reading
        if candidate.is_repeated:
            repeated_count += 1
        elif candidate.failure is not None:
            rejected.append(RejectedItem(shorten(reading.series, MAX_QUOTED), candidate.failure, _sample_text(reading)))
        else:
            unit = series_by_key[reading.series].unit
            names = is_unit_named(reading, unit)
            valid.append(
                Reading(reading.series, reading.observed, candidate.value, unit, reading.quality, names_unit=names)
            )
            if candidate.value is not None and (is_unit_assumed(reading, unit) or lacks_unit(reading, unit)):
                assumed.append(reading.series)
    unique = _deduplicate(valid)
    gap_marks = batch.gap_mark_count + len(batch.readings) - len(readings)
    return replace(
        batch, readings=unique, rejected_items=tuple(rejected),
        duplicate_count=repeated_count + len(valid) - len(unique), gap_mark_count=gap_marks,
        assumed_unit_count=len(assumed), assumed_unit_series=tuple(dict.fromkeys(assumed)),
    )  # fmt: skip


def _without_gap_marks(
    batch: Batch, series_by_key: Mapping[str, Series], now: datetime, interval: timedelta
) -> Sequence[Reading]:
    """The readings without gap marks. One whose series or time is not valid decides nothing about others."""
    if all(reading.value is not None for reading in batch.readings):
        return batch.readings
    unread = [reading for item in batch.rejected_items for reading in item.readings]
    valid, rejected = (
        [each for each in readings if _check_series_and_time(each, series_by_key, now) is None]
        for readings in (batch.readings, unread)
    )
    points = ((_named_series(reading), reading.observed, reading.value is not None) for reading in valid)
    marks = gap_marks(points, ((_named_series(reading), reading.observed) for reading in rejected), interval)
    return [
        reading
        for reading in batch.readings
        if reading.value is not None or (_named_series(reading), reading.observed) not in marks
    ]


def _named_series(reading: Reading) -> tuple[Hashable, ...]:
    """The series with its name and its sensor in the answer: a null of one sensor says nothing of another."""
    return reading.answer, reading.series, canonical_name(reading.name), reading.sensor


def _check(reading: Reading, series_by_key: Mapping[str, Series], now: datetime, names_units: bool) -> _Candidate:
    """`names_units`: whether the answer of the reading names the units of others."""
    failure = _check_series_and_time(reading, series_by_key, now)
    if failure is not None or reading.value is None:
        return _Candidate(reading, None, failure, is_placed=failure is None)
    series = series_by_key[reading.series]
    is_assumed = is_unit_assumed(reading, series.unit)
    if is_assumed and names_units:
        return _Candidate(reading, None, Failure(ValidationCode.UNIT_MISSING, {"unit": series.unit}))
    unread, unit = reading.unread_beside(series.unit), reading.unit
    if unread is not None and unread.is_read and unread.is_unit_beside(series.unit):
        unit = unread.unit
    elif unread is not None and unread.contradicts(series.unit):
        return _Candidate(reading, None, unread.failure(series.unit))
    try:
        value = _convert_value(reading.value, unit, series)
    except FailureError as error:
        return _Candidate(reading, None, unit_failure(error.failure, reading))
    is_assumed = is_assumed or lacks_unit(reading, series.unit)
    return _Candidate(reading, value, _check_range(value, reading, series, is_assumed))


def _tell_units_of_others(candidates: Sequence[_Candidate]) -> None:
    """Say that the unit of a value is right for another series, so that `units` of the row may not change it."""
    readings = [candidate.reading for candidate in candidates if candidate.value is not None]
    right = {unit for reading in readings for unit in (reading.unit, reading.unread_unit and reading.unread_unit.unit)}
    for candidate in candidates:
        failure = candidate.failure
        if failure and failure.code == UnitCode.DIFFERENT_QUANTITY and candidate.reading.unit in right:
            candidate.failure = replace(failure, code=ValidationCode.UNIT_OF_OTHERS)


def _reject_clashes(candidates: Sequence[_Candidate], unread: Sequence[Reading]) -> None:
    """Reject the readings of a series that two names, or two sensors, of one answer stand for.

    `unread`: those of items that could not be read.
    """
    readings = [*(candidate.reading for candidate in candidates if candidate.is_placed), *unread]
    names = name_clashes(((reading.answer, reading.series), reading.name) for reading in readings)
    sensors = sensor_clashes(((reading.answer, reading.series), reading.sensor) for reading in readings)
    units = {reading.name: reading.name_unit for reading in readings} if names else {}
    for candidate in candidates if names or sensors else ():
        series = candidate.reading.series
        key = candidate.reading.answer, series
        if key in names:
            candidate.failure = _name_clash(series, names[key], [units[name] for name in names[key]])
        elif key in sensors:
            candidate.failure = Failure(ValidationCode.SENSORS_OF_ONE_SERIES, {**sensors[key], "series": series})
        candidate.value = None if key in names or key in sensors else candidate.value


def _name_clash(series: str, names: tuple[str, str], units: Sequence[str]) -> Failure:
    """The failure of two names of one series. `units`: with which the names end, "" for none."""
    first, second = (
        shorten(name.removesuffix(unit).strip(), _MAX_NAME) for name, unit in zip(names, units, strict=True)
    )
    if first == second:
        params = {"name": first, "first": units[0] or "–", "second": units[1] or "–", "series": series}
        return Failure(ValidationCode.UNITS_OF_ONE_NAME, params)
    params = {"first": shorten(names[0], _MAX_NAME), "second": shorten(names[1], _MAX_NAME), "series": series}
    return Failure(ValidationCode.NAMES_OF_ONE_SERIES, params)


def _moment(reading: Reading) -> _Moment:
    return reading.answer, reading.series, reading.observed


def _unknown_values(candidates: Sequence[_Candidate], rejected: Sequence[RejectedItem]) -> Mapping[_Moment, Failure]:
    """The moments at which a series has a value that is not known: it could not be read or converted; and why."""
    unknown: dict[_Moment, Failure] = {}
    for item in rejected:
        for reading in item.readings:
            unknown.setdefault(_moment(reading), item.failure)
    for candidate in candidates:
        if candidate.failure is not None and candidate.value is None and candidate.is_placed:
            unknown.setdefault(candidate.moment, candidate.failure)
    return unknown


def _settle_moments(
    candidates: Sequence[_Candidate], unknown: Mapping[_Moment, Failure], series_by_key: Mapping[str, Series],
    rule: DuplicateRule | None,
) -> None:  # fmt: skip
    """Leave one value of a series at each moment of an answer, or reject all when they differ and no rule decides.

    They differ, too, from an `unknown` one.
    """
    moments: defaultdict[_Moment, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.value is not None:
            moments[candidate.moment].append(candidate)
    for moment, group in moments.items():
        cause = unknown.get(moment)
        if len(group) < 2 and cause is None:
            continue
        if rule is None:
            _reject_different(group, series_by_key[moment[1]].unit, cause)
        elif valid := [candidate for candidate in group if candidate.failure is None]:
            selected = rule.select([candidate.value or 0.0 for candidate in valid])
            for n, candidate in enumerate(valid):
                candidate.is_repeated = n != selected


def _reject_different(group: Sequence[_Candidate], unit: str, unknown: Failure | None) -> None:
    """Of equal values one stays, a doubtful one first; different values are rejected, each once.

    `unknown`: why another value of the moment is not known; None: there is none.
    """
    by_value: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for candidate in group:
        by_value[comparable(candidate.value or 0.0)].append(candidate)
    different: list[_Candidate] = []
    for equal in by_value.values():
        kept = next((candidate for candidate in equal if candidate.reading.quality != "good"), equal[0])
        different.append(kept)
        for candidate in equal:
            candidate.is_repeated = candidate is not kept
    if len(different) == 1:
        if unknown is not None:
            time = different[0].reading.observed
            different[0].failure = Failure(ValidationCode.OTHER_VALUE_REJECTED, {"time": time, "cause": unknown})
        return
    for n, candidate in enumerate(different):
        other = different[0 if n else 1]
        params: dict[str, Parameter] = {
            "first": candidate.value or 0.0, "second": other.value or 0.0, "unit": unit,
            "time": candidate.reading.observed, "series": candidate.reading.series, "n": len(different),
            "first_place": candidate.place, "second_place": other.place,
        }  # fmt: skip
        candidate.failure = Failure(ValidationCode.VALUES_DIFFER, params)


def _sample_text(reading: Reading) -> str:
    """The name in the answer, unless it is the series itself, and its value, if known as it came, with the unit."""
    value = reading.text or ("" if reading.value is None else comparable(reading.value))
    unit = "" if value.endswith(written_unit(reading.unit)) else written_unit(reading.unit)
    text = reading.name.removesuffix(reading.name_unit).strip()
    name = f"“{shorten(text, _MAX_NAME)}”" if text not in ("", reading.series) else ""
    return shorten(" ".join(filter(None, (name, value, unit))), MAX_QUOTED)


def _deduplicate(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Each once. Of equal readings the last one stays: it may correct a reading of an answer between them."""
    if len({reading.series for reading in readings}) == len(readings):
        return tuple(readings)
    return tuple(reversed(dict.fromkeys(reversed(readings))))


def _check_series_and_time(reading: Reading, series_by_key: Mapping[str, Series], now: datetime) -> Failure | None:
    if reading.series not in series_by_key:
        return Failure(ValidationCode.SERIES_NOT_IN_ROW)
    return check_time(reading.observed, now)


def _convert_value(value: float, unit: str, series: Series) -> float:
    """The value in the unit of the series. Raises FailureError."""
    if not isfinite(value):
        raise FailureError(ParseCode.NUMBER_NOT_FINITE)
    converted = convert(value, unit or series.unit, series.unit)
    if abs(converted) > MAX_VALUE:
        raise FailureError(ParseCode.NUMBER_TOO_LARGE)
    return converted


def _check_range(value: float, reading: Reading, series: Series, is_unit_assumed: bool) -> Failure | None:
    """`value`: of the reading, in the unit of the series."""
    if series.low <= value <= series.high:
        return None
    params: dict[str, Parameter] = {"value": value, "low": series.low, "high": series.high, "unit": series.unit}
    written = reading.value or 0.0
    if set(mark := comparable(abs(written)).removesuffix(".0")) == {"9"} and len(mark) >= 3:
        return Failure(ValidationCode.OUT_OF_RANGE_MARK, {**params, "mark": comparable(written)})
    if reading.text and is_doubtful(reading.text):
        return Failure(ValidationCode.OUT_OF_RANGE_DECIMAL, {**params, "text": shorten(reading.text, _MAX_TEXT)})
    code = ValidationCode.OUT_OF_RANGE_UNIT_ASSUMED if is_unit_assumed else ValidationCode.OUT_OF_RANGE
    return Failure(code, params)
