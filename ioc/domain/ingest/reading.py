"""Readings: one value of one series at one moment. Their validation, and rejected items with their failures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.units import UnknownUnitError, convert
from ioc.domain.events.event import Event
from ioc.domain.ingest.camera_image import CameraImage
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.source import Series

MAX_CLOCK_LEAD = timedelta(minutes=5)  # a reading that lies further ahead is rejected
# No measurement of a city is older or larger; beyond these, sums overflow and charts lose their scale.
EARLIEST_TIME = datetime(1900, 1, 1, tzinfo=UTC)
MAX_VALUE = 1e15
_MAX_QUOTED = 120  # characters of a location or a sample


class ValidationCode(ErrorCode):
    """Why a reading or an event is rejected. Texts: components/messages/errors/validation.toml."""

    SERIES_NOT_IN_ROW = "validation.series_not_in_row"
    TIME_WITHOUT_ZONE = "validation.time_without_zone"
    TIME_AHEAD = "validation.time_ahead"  # time
    TIME_TOO_EARLY = "validation.time_too_early"  # year: text, as a year is written; time
    OUT_OF_RANGE = "validation.out_of_range"  # value, low, high, unit


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` None: the source says that it has none. `unit` "": the unit of the series. `observed`: aware."""

    series: str
    observed: datetime
    value: float | None
    unit: str = ""
    quality: str = "good"  # good, suspect, or phoned: entered by a person after a telephone report


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """An item that was rejected: its location (path, sheet and cell), why, and a short sample of it."""

    location: str
    failure: Failure
    sample: str = ""


@dataclass(frozen=True, slots=True)
class StoredRejection:
    """A rejected item in the store, with its source and the time it came. `id` grows."""

    id: int
    source: str
    received_at: datetime
    item: RejectedItem


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of parsing one answer. `source_time`: when the source says that the answer as a whole was made.

    None: it does not say. Only sources of events need it: a reading has its own time.
    """

    readings: tuple[Reading, ...] = ()
    rejected_items: tuple[RejectedItem, ...] = ()
    events: tuple[Event, ...] = ()
    complete_kinds: frozenset[str] = frozenset()  # kinds of which the answer lists all open events: others have ended
    camera_images: tuple[CameraImage, ...] = ()
    duplicate_count: int = 0  # readings that the answer held more than once
    source_time: datetime | None = None


def validate_batch(batch: Batch, series_by_key: Mapping[str, Series], now: datetime) -> Batch:
    """The valid readings, in the units of their series, each once; all others are rejected items with a failure."""
    valid: list[Reading] = []
    rejected = list(batch.rejected_items)
    for reading in batch.readings:
        failure = _check_series_and_time(reading, series_by_key, now)
        if failure is None:
            value, failure = _convert_value(reading, series_by_key[reading.series])
        if failure is not None:
            rejected.append(RejectedItem(reading.series[:_MAX_QUOTED], failure, _sample_text(reading)))
        else:
            unit = series_by_key[reading.series].unit
            valid.append(Reading(reading.series, reading.observed, value, unit, reading.quality))
    unique = _deduplicate(valid)
    duplicate_count = len(valid) - len(unique)
    return replace(batch, readings=unique, rejected_items=tuple(rejected), duplicate_count=duplicate_count)


def _sample_text(reading: Reading) -> str:
    value = "" if reading.value is None else f"{reading.value:g}"
    return f"{value} {reading.unit}".strip()[:_MAX_QUOTED]


def _deduplicate(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Each once. Of equal readings the last one stays: it may correct a reading between them."""
    if len({reading.series for reading in readings}) == len(readings):
        return tuple(readings)
    return tuple(reversed(dict.fromkeys(reversed(readings))))


def _check_series_and_time(reading: Reading, series_by_key: Mapping[str, Series], now: datetime) -> Failure | None:
    if reading.series not in series_by_key:
        return Failure(ValidationCode.SERIES_NOT_IN_ROW)
    return check_time(reading.observed, now)


def check_time(time: datetime, now: datetime | None = None) -> Failure | None:
    """Why a time of a source is rejected, None when it is valid. `now`: given for a time that cannot lie ahead."""
    if time.tzinfo is None:
        return Failure(ValidationCode.TIME_WITHOUT_ZONE)
    if now is not None and time > now + MAX_CLOCK_LEAD:
        return Failure(ValidationCode.TIME_AHEAD, {"time": time})
    if time < EARLIEST_TIME:
        return Failure(ValidationCode.TIME_TOO_EARLY, {"year": str(EARLIEST_TIME.year), "time": time})
    return None


def _convert_value(reading: Reading, series: Series) -> tuple[float | None, Failure | None]:
    """The value in the unit of the series, or why it is none."""
    if reading.value is None:
        return None, None
    if not isfinite(reading.value):
        return None, Failure(ParseCode.NUMBER_NOT_FINITE)
    try:
        value = convert(reading.value, reading.unit or series.unit, series.unit)
    except UnknownUnitError as error:
        return None, error.failure
    if abs(value) > MAX_VALUE:
        return None, Failure(ParseCode.NUMBER_TOO_LARGE)
    if not series.low <= value <= series.high:
        return None, Failure(
            ValidationCode.OUT_OF_RANGE, {"value": value, "low": series.low, "high": series.high, "unit": series.unit}
        )
    return value, None


def latest_event_time(events: Iterable[Event], now: datetime) -> datetime | None:
    """The latest time of an event before `now`, which an event without a time of its own has; None without one."""
    return max((event.observed for event in events if event.observed < now), default=None)


def latest_value_time(readings: Iterable[Reading]) -> datetime | None:
    """The latest observed time of a reading with a value; None when there is none."""
    return max((reading.observed for reading in readings if reading.value is not None), default=None)
