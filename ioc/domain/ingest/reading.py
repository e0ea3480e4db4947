"""A reading: one value of one series at one moment; and what is not admitted, with its reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite

from ioc.domain.base.failure import Failure, untyped
from ioc.domain.base.units import UnknownUnitError, convert
from ioc.domain.events.event import Event
from ioc.domain.ingest.camera_image import CameraImage
from ioc.domain.ingest.source import Series

# A clock that runs ahead by more than this makes its readings unbelievable.
MAX_CLOCK_LEAD = timedelta(minutes=5)
# Nothing that a city measures is older or larger; beyond, sums overflow and lines lose their scale.
EARLIEST_TIME = datetime(1900, 1, 1, tzinfo=UTC)
MAX_VALUE = 1e15


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` None: the source said that it has none. `unit` "": as the series declares. `observed` aware."""

    series: str
    observed: datetime
    value: float | None
    unit: str = ""
    quality: str = "good"  # good, suspect, or phoned: put down by a person who was told it by telephone


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """An item that was kept aside: where it stood (path, sheet and cell), why, and a short sample of it."""

    location: str
    failure: Failure
    sample: str = ""


@dataclass(frozen=True, slots=True)
class StoredRejection:
    """A refused item as it is kept: of which source, and when it came. `id` grows."""

    id: int
    source: str
    received_at: datetime
    item: RejectedItem


@dataclass(frozen=True, slots=True)
class Batch:
    """What one answer yielded."""

    readings: tuple[Reading, ...] = ()
    rejected_items: tuple[RejectedItem, ...] = ()
    events: tuple[Event, ...] = ()
    complete_kinds: frozenset[str] = frozenset()  # kinds of which the answer names all that stand: others have ended
    camera_images: tuple[CameraImage, ...] = ()
    duplicate_count: int = 0  # what the answer told more than once


def validate_batch(batch: Batch, series_by_key: Mapping[str, Series], now: datetime) -> Batch:
    """The readings that may be shown, in their series' units, each once; all others among the refused."""
    good: list[Reading] = []
    refused = list(batch.rejected_items)
    for reading in batch.readings:
        fault, value = _check_reading(reading, series_by_key, now)
        if fault:
            refused.append(RejectedItem(reading.series[:120], untyped(fault), _sample_text(reading)))
        else:
            unit = series_by_key[reading.series].unit
            good.append(Reading(reading.series, reading.observed, value, unit, reading.quality))
    once = _deduplicate(good)
    return replace(batch, readings=once, rejected_items=tuple(refused), duplicate_count=len(good) - len(once))


def _sample_text(reading: Reading) -> str:
    value = "" if reading.value is None else f"{reading.value:g}"
    return f"{value} {reading.unit}".strip()[:120]


def _deduplicate(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Each once. What is told last stands last: it may take back a value told in between."""
    if len({one.series for one in readings}) == len(readings):
        return tuple(readings)
    return tuple(reversed(dict.fromkeys(reversed(readings))))


def _check_reading(reading: Reading, wanted: Mapping[str, Series], now: datetime) -> tuple[str, float | None]:
    series = wanted.get(reading.series)
    if series is None:
        return "series is not in the row", None
    if reading.observed.tzinfo is None:
        return "time has no zone", None
    if reading.observed > now + MAX_CLOCK_LEAD:
        return f"time lies ahead: {reading.observed.isoformat()}", None
    if reading.observed < EARLIEST_TIME:
        return f"time lies before {EARLIEST_TIME.year}: {reading.observed.isoformat()}", None
    if reading.value is None:
        return "", None
    if not isfinite(reading.value):
        return "value is not a finite number", None
    try:
        value = convert(reading.value, reading.unit or series.unit, series.unit)
    except UnknownUnitError as error:
        return str(error), None
    if abs(value) > MAX_VALUE:
        return f"value {value:g} is too large to be one", None
    if not series.low <= value <= series.high:
        return f"value {value:g} is outside {series.low:g}..{series.high:g} {series.unit}", None
    return "", value


def latest_value_time(readings: Iterable[Reading]) -> datetime | None:
    """The latest observed time of a value, None when there are none: a lack is nothing new."""
    return max((one.observed for one in readings if one.value is not None), default=None)
