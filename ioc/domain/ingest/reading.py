"""Readings: one value of one series at one moment. Rejected items with their failures, and the codes of these."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.text import replace_forbidden, shorten
from ioc.domain.base.unit_multiples import split_multiple
from ioc.domain.base.units import (
    canonical_unit,
    is_count_unit,
    is_same_quantity,
    is_same_unit,
    needs_name,
    written_unit,
)
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.events.event import Event, EventMoment
from ioc.domain.ingest.camera_image import CameraImage
from ioc.domain.ingest.errors import CUT_CODES

MAX_CLOCK_LEAD = timedelta(minutes=5)  # a reading that lies further ahead is rejected
# No measurement of a city is older or larger; beyond these, sums overflow and charts lose their scale.
EARLIEST_TIME = datetime(1900, 1, 1, tzinfo=UTC)
LATEST_TIME = datetime(2200, 12, 31, 23, 59, 59, tzinfo=UTC)  # of what may lie ahead at all
MAX_VALUE = 1e15
MAX_NAME = 100  # characters of a name that a failure quotes
MAX_QUOTED = 280  # characters of a location or a sample


ENDED = "ended"  # quality of a reading without a value: its sender has gone, so that it follows what that sent last


class ValidationCode(ErrorCode):
    """Why a reading or an event is rejected. Texts: components/messages/errors/validation.toml."""

    SERIES_NOT_IN_ROW = "validation.series_not_in_row"
    TIME_WITHOUT_ZONE = "validation.time_without_zone"
    TIME_AHEAD = "validation.time_ahead"  # time
    TIME_TOO_EARLY = "validation.time_too_early"  # year: text, as a year is written; time
    TIME_TOO_LATE = "validation.time_too_late"  # year: text, as a year is written; time
    OUT_OF_RANGE = "validation.out_of_range"  # value, low, high, unit
    OUT_OF_RANGE_UNIT_ASSUMED = "validation.out_of_range_unit_assumed"  # value, low, high, unit
    OUT_OF_RANGE_DECIMAL = "validation.out_of_range_decimal"  # text: as it came; value, low, high, unit
    OUT_OF_RANGE_MARK = "validation.out_of_range_mark"  # value, low, high, unit; mark: -999, of no value
    UNIT_MISSING = "validation.unit_missing"  # unit: that of the series
    UNIT_UNREAD = "validation.unit_unread"  # path: of the field; unit: in it; other: that of the series
    UNIT_UNREAD_AROUND = "validation.unit_unread_around"  # as UNIT_UNREAD, of a field outside the items
    UNIT_UNREAD_UNKNOWN = "validation.unit_unread_unknown"  # as UNIT_UNREAD, of a unit that the table lacks
    UNIT_UNREAD_UNKNOWN_AROUND = "validation.unit_unread_unknown_around"  # the same, of a field outside the items
    UNIT_IN_NAME = "validation.unit_in_name"  # name: of the field; unit: in it; other; template, path: as YAML
    UNIT_IN_ITEM_NAME = "validation.unit_in_item_name"  # name: of an item, in field; unit, other; write: as YAML
    UNIT_OF_ROW = "validation.unit_of_row"  # unit: that the row states; other: that of the series
    UNIT_OF_OTHERS = "validation.unit_of_others"  # unit: that is right for another series of the row; other
    UNIT_MEANT = "validation.unit_meant"  # text: of the source; unit: that the row says it means; other: as above
    # first, second: values, at first_place and second_place; n: how many differ; series, unit, time
    VALUES_DIFFER = "validation.values_differ"
    CORRECTION_TOO_LATE = "validation.correction_too_late"  # n: how many; first, last: times
    OTHER_VALUE_REJECTED = "validation.other_value_rejected"  # time; cause: why the other value is rejected
    NAMES_OF_ONE_SERIES = "validation.names_of_one_series"  # first, second: names in the answer; series
    SENSORS_OF_ONE_SERIES = "validation.sensors_of_one_series"  # field; first, second: its values; series
    UNITS_OF_ONE_NAME = "validation.units_of_one_name"  # name, first, second: its units, "–" for none; series


class ValueName(NamedTuple):
    """A name that may say a unit: its text; the template of the series; the path of the value.

    `field`: the path of the name, where that is a text of the item; "" where the value's field itself is called so.
    """

    text: str
    template: str = ""
    path: str = ""
    field: str = ""

    def failure(self, unit: str, other: str) -> Failure:
        """That it says `unit`, and the row or the series `other`."""
        said = {"name": shorten(self.text, MAX_NAME), "unit": unit, "other": other}
        if not self.field:
            return Failure(ValidationCode.UNIT_IN_NAME, {**said, "template": self.template, "path": in_yaml(self.path)})
        text = self.text.replace("'", "\\'")  # as a text of JMESPath
        write = in_yaml(f"{self.field} == '{text}' && '{unit}' || ''")
        return Failure(ValidationCode.UNIT_IN_ITEM_NAME, {**said, "field": self.field, "write": write})


class UnreadUnit(NamedTuple):
    """A field that the row does not read, and the unit that it names; `is_in_item`: not around the items.

    `may_be_other`: the name of the field does not show that it is one (`symbol`, `u`). It counts only where it measures
    what the value does. `is_unknown`: the table lacks the unit. `name`: that of the value, which says it. `is_read`:
    the value is in it, whatever the series says. `other`: what counts where this one measures something else. `reason`:
    the failure, where it is no field of an item. `is_of_some`: of several values from which this one comes the others
    name no unit, so that it is assumed unless it is contradicted.
    """

    path: str
    unit: str
    is_in_item: bool = True
    may_be_other: bool = False
    is_unknown: bool = False
    name: ValueName | None = None
    is_read: bool = False
    other: "UnreadUnit | None" = None
    reason: Failure | None = None
    is_of_some: bool = False

    def beside(self, unit: str) -> "UnreadUnit":
        """The first of this and its others that measures what `unit` does, else the last."""
        return self if self.other is None or self.is_unit_beside(unit) else self.other.beside(unit)

    def is_unit_beside(self, unit: str) -> bool:
        """Whether the field names the unit of a value, of which the row or the series says `unit`."""
        return not self.may_be_other or is_same_quantity(self.unit, unit)

    def contradicts(self, unit: str) -> bool:
        """Whether the field names another unit than `unit`. "", a plain count, is one of anything.

        So is a count of something, of which the table may lack the word, but not of thousands.
        """
        if self.is_unknown:
            return needs_name(unit) or split_multiple(self.unit)[0] > 0
        named = canonical_unit(self.unit)
        is_same = is_same_unit(unit, named) if unit and named else is_count_unit(canonical_unit(named or unit))
        return not is_same and self.is_unit_beside(unit)

    def failure(self, unit: str) -> Failure:
        """Why a value for which the row or the series says `unit` is rejected."""
        if self.reason:
            return self.reason
        text = self.unit if not (self.is_in_item or self.is_unknown) else written_unit(self.unit)  # else what to set
        if self.name:
            return self.name.failure(text, unit or "1")
        if self.is_unknown:
            inside, around = ValidationCode.UNIT_UNREAD_UNKNOWN, ValidationCode.UNIT_UNREAD_UNKNOWN_AROUND
        else:
            inside, around = ValidationCode.UNIT_UNREAD, ValidationCode.UNIT_UNREAD_AROUND
        return Failure(inside if self.is_in_item else around, {"path": self.path, "unit": text, "other": unit or "1"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` None: the source says that it has none. `unit` "": the unit of the series. `observed`: aware.

    `name`: the name in the answer that `series` was made from, "" for none; it ends in `name_unit` where the unit tells
    names apart (SenML). `sensor`: the fields by which sensors of the answer differ, with their texts. `answer`: the
    number of the file or message within the poll; all pages of one request are one. `names_unit`: whether the answer
    names the unit; None: the row says it, or nothing does. `lacks_unit`: neither the answer nor the row names one; that
    an empty unit means the one of the series (`units: {"": ""}`) names none.
    `unread_unit`: of a field that the row does not read. `text`: of a number
    that was written with its unit, or whose decimal sign the row or other numbers decided. `place`: in the answer, of
    a cell or an item; "" where the protocol does not tell.
    """

    series: str
    observed: datetime
    value: float | None
    unit: str = ""
    quality: str = "good"  # good, suspect, phoned: entered by a person after a telephone report; or ENDED
    name: str = field(default="", compare=False)
    name_unit: str = field(default="", compare=False)
    sensor: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    answer: int = field(default=0, compare=False)
    names_unit: bool | None = field(default=None, compare=False)
    lacks_unit: bool = field(default=False, compare=False)
    unread_unit: UnreadUnit | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    place: str = field(default="", compare=False)

    def unread_beside(self, unit: str) -> UnreadUnit | None:
        """The unread unit, of several the one that measures what `unit` does."""
        return self.unread_unit and self.unread_unit.beside(unit)

    def with_value(
        self, value: float | None, unit: str, names_unit: bool | None = None,
        unread_unit: UnreadUnit | None = None, *, text: str = "",
    ) -> "Reading":  # fmt: skip
        """The reading with this value and unit, where the other fields were known before."""
        return Reading(
            self.series, self.observed, value, unit, self.quality, self.name, self.name_unit, self.sensor, self.answer,
            names_unit, not (names_unit or unit or unread_unit), unread_unit, text, self.place,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """An item that was rejected: its location (path, sheet and cell), why, and a short sample of it.

    `readings`: of which series, moments, names and sensors it is, as readings without values; () where that is not
    known. Their values are not known, so that no other value of the same moment is. `moment`: of the event whose state
    it is; None where that is not known.
    """

    location: str
    failure: Failure
    sample: str = ""
    readings: tuple[Reading, ...] = field(default=(), compare=False)
    moment: EventMoment | None = field(default=None, compare=False, repr=False)  # a key may be personal data

    def __post_init__(self) -> None:
        # It can be stored whatever it quotes, such as the name of a file that is not UTF-8.
        object.__setattr__(self, "location", replace_forbidden(self.location))
        object.__setattr__(self, "sample", replace_forbidden(self.sample))


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

    None: it does not say. Only sources of events need it: a reading has its own time. `list_time`: when a list of
    events was made, where it states that for itself, of messages the last one; the time of an event says nothing of it.
    `list_count`: how many readings and events the last one of several messages held, each of which lists all;
    `list_endings`: the events that one of these ended by lacking them, as they were before.
    """

    readings: tuple[Reading, ...] = ()
    rejected_items: tuple[RejectedItem, ...] = ()
    events: tuple[Event, ...] = ()
    complete_kinds: frozenset[str] = frozenset()  # kinds of which the answer lists all open events: others have ended
    camera_images: tuple[CameraImage, ...] = ()
    duplicate_count: int = 0  # readings and events that the answer held more than once
    source_time: datetime | None = None
    list_time: datetime | None = None
    gap_mark_count: int = 0  # nulls that only mark the end of the values before them
    assumed_unit_count: int = 0  # readings in the unit of their series because the whole answer names none
    assumed_unit_series: tuple[str, ...] = ()  # of these readings, each once
    list_count: int | None = None
    list_endings: tuple[Event, ...] = ()

    @property
    def is_cut(self) -> bool:
        """Whether the source has more items than came: nothing can be counted over them."""
        return any(item.failure.code in CUT_CODES for item in self.rejected_items)


def rejected_of_answer(items: Iterable[RejectedItem], number: int) -> list[RejectedItem]:
    """`items` as those of the file or message with this number within the poll."""
    return [
        replace(item, readings=tuple(of_answer(item.readings, number))) if item.readings else item for item in items
    ]


def of_answer(readings: Iterable[Reading], number: int) -> list[Reading]:
    """`readings` as those of the file or message with this number within the poll."""
    if not number:
        return list(readings)
    # dataclasses.replace takes four times as long.
    return [
        Reading(
            *(r.series, r.observed, r.value, r.unit, r.quality, r.name, r.name_unit, r.sensor),
            *(number, r.names_unit, r.lacks_unit, r.unread_unit, r.text, r.place),
        )
        for r in readings
    ]


def lies_ahead(time: datetime, now: datetime) -> bool:
    """Whether `time` is further in the future than clocks may differ: it tells nothing about the age of data.

    A clock was wrong: that of the source or, when the time was accepted, that of this machine.
    """
    return time - now > MAX_CLOCK_LEAD


def check_time(time: datetime, now: datetime | None = None) -> Failure | None:
    """Why a time of a source is rejected, None when it is valid. `now`: given for a time that cannot lie ahead."""
    if time.tzinfo is None:
        return Failure(ValidationCode.TIME_WITHOUT_ZONE)
    if now is not None and lies_ahead(time, now):
        return Failure(ValidationCode.TIME_AHEAD, {"time": time})
    if time < EARLIEST_TIME:
        return Failure(ValidationCode.TIME_TOO_EARLY, {"year": str(EARLIEST_TIME.year), "time": time})
    if time > LATEST_TIME:
        return Failure(ValidationCode.TIME_TOO_LATE, {"year": str(LATEST_TIME.year), "time": time})
    return None
