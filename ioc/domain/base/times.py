"""Times are aware; a time without a zone is local to the city; days end at midnight in Asia/Ho_Chi_Minh."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_ISO_TIME = re.compile(
    r"(?P<day>\d{4}-?(\d\d-?\d\d|W\d\d(-?\d)?))"
    r"((?P<gap>[T ])\d\d(?P<minute>:?\d\d(?P<second>:?\d\d([.,]\d+)?)?)?)?"
    r"(?P<zone>Z|(?P<sign>[+-])\d\d(:?\d\d)?)?",
    re.ASCII,
)
_DAY_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d(Z|\+\d\d:\d\d)", re.ASCII)
# Offsets of the world's zones: https://en.wikipedia.org/wiki/List_of_UTC_offsets
_MIN_OFFSET, _MAX_OFFSET, _OFFSET_MINUTES = timedelta(hours=-12), timedelta(hours=14), (0, 30, 45)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # of a moment that somebody may ask for
_CITY_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) +(\d{1,2}):(\d{2})", re.ASCII)
_CITY_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}", re.ASCII)
# The times that a store gives back, in milliseconds: a year from the ends of the calendar, so that a zone or the age
# limit of a source never moves them past it.
_FIRST_KEPT_YEAR, _LAST_KEPT_YEAR = 2, 9998
_FIRST_MS = round(datetime(_FIRST_KEPT_YEAR, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LAST_MS = round(datetime(_LAST_KEPT_YEAR + 1, 1, 1, tzinfo=UTC).timestamp() * 1000) - 1
RESOLUTION = timedelta(milliseconds=1)  # of the times that a store keeps
MAX_TIME_LENGTH = 100  # characters of a time or an interval; expressions see no longer text
# The "+" of an offset that was typed into an address arrives as a space.
_LOST_PLUS = re.compile(r"(?<=\d)([T ]\d\d:?\d\d\S*) (\d\d:?\d\d)$", re.ASCII)


class Clock(Protocol):
    """A source of the current time; injected, so that tests and the simulator can set it."""

    def __call__(self) -> datetime: ...


def utc_now() -> datetime:
    """The system clock, aware, in UTC. Only app.py passes it on."""
    return datetime.now(UTC)


class ClockChangeError(ValueError):
    """A local time that its zone has twice or not at all, as its clocks change."""


def parse_time(text: str, zone: tzinfo = CITY_ZONE) -> datetime:
    """ISO 8601 text as an aware UTC time, of a day its beginning; without a zone it is in `zone`.

    Only seconds have a fraction. "07:30-08:30" may be a span of time, "07:30-05:00" after a T can only have an offset.
    Raises ValueError, ClockChangeError for a time that `zone` does not have once.
    """
    text = text.strip().upper()
    match = _ISO_TIME.fullmatch(text)  # the library takes any character between day and time, and fractions of an hour
    if match is None or not _is_zone_certain(match):
        raise ValueError
    day, offset = match["day"], match["zone"]
    moment = datetime.fromisoformat(text if match["gap"] or not offset else f"{day}T00:00{offset}")
    if moment.tzinfo is not None:
        if not is_world_offset(moment.utcoffset()) or (match["gap"] and not match["second"] and is_span(moment, zone)):
            raise ValueError
        return moment.astimezone(UTC)
    return local_to_utc(moment, zone) if match["gap"] else moment.replace(tzinfo=zone).astimezone(UTC)


def _is_zone_certain(match: re.Match[str]) -> bool:
    """Whether an offset can stand here at all: "2026-11-26-10:30" and "2026-11-26 10:00-11:00" are other things."""
    if not match["gap"]:
        return not match["zone"] or bool(_DAY_WITH_ZONE.fullmatch(match[0]))
    return match["sign"] != "-" or bool(match["second"] or (match["gap"] == "T" and match["minute"]))


def is_span(moment: datetime, zone: tzinfo) -> bool:
    """Whether a time without seconds and its offset may be a span: 07:30-08:30, whose end is later than its start.

    It is none where `zone`, which the source declares, has this offset.
    """
    offset, local = moment.utcoffset() or timedelta(0), moment.replace(tzinfo=None)
    is_later = -offset > timedelta(hours=local.hour, minutes=local.minute)
    return is_later and offset not in [zone.utcoffset(local.replace(fold=fold)) for fold in (0, 1)]


def is_world_offset(offset: timedelta | None) -> bool:
    """Whether a zone of the world may have this offset from UTC."""
    if offset is None or not _MIN_OFFSET <= offset <= _MAX_OFFSET:
        return False
    minutes, seconds = divmod(abs(offset), timedelta(minutes=1))
    return not seconds and minutes % 60 in _OFFSET_MINUTES


def local_to_utc(local: datetime, zone: tzinfo) -> datetime:
    """The naive or local time `local` of `zone` in UTC. Raises ClockChangeError when `zone` does not have it once."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise ClockChangeError
    return first.astimezone(UTC)


def parse_moment(text: str) -> datetime | None:
    """A moment of an address: `dd/MM/yyyy HH:mm` or ISO 8601 as an aware UTC time, city time where no zone is named.

    None for a blank text. ValueError, also for more than MAX_TIME_LENGTH characters, a year before 1900 or after 2200.
    """
    text = text.strip()
    if not text:
        return None
    if len(text) > MAX_TIME_LENGTH:
        raise ValueError
    match = _CITY_TIME.fullmatch(text)
    try:
        if match:
            day, month, year, hour, minute = map(int, match.groups())
            moment = datetime(year, month, day, hour, minute, tzinfo=CITY_ZONE).astimezone(UTC)
        else:
            moment = parse_time(_LOST_PLUS.sub(r"\1+\2", text))
    except OverflowError as error:  # the year 1 in a zone east of Greenwich
        raise ValueError(str(error)) from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year {moment.year} is not one of the city's")
    return moment


def city_date(moment: datetime) -> date:
    """The calendar day in the city at `moment` (aware)."""
    return moment.astimezone(CITY_ZONE).date()


def city_midnight(day: date) -> datetime:
    """The beginning of `day` in the city."""
    return datetime.combine(day, time(), CITY_ZONE)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded."""
    return round(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time of `milliseconds` since 1970; never outside the years 2 to 9998, whatever a store holds.

    One value that no calendar has would otherwise end whatever reads it together with others.
    """
    return datetime.fromtimestamp(min(max(milliseconds, _FIRST_MS), _LAST_MS) / 1000, UTC)


def to_optional_ms(moment: datetime | None) -> int | None:
    """`to_ms`; None stays None."""
    return None if moment is None else to_ms(moment)


def later_by(moment: datetime, span: timedelta) -> datetime:
    """`moment` + `span`, of times that somebody stated; where the calendar ends before it, its first or last moment."""
    try:
        return moment + span
    except OverflowError:
        zone = moment.tzinfo
        return datetime.max.replace(tzinfo=zone) if span > timedelta(0) else datetime.min.replace(tzinfo=zone)


def is_in_every_zone(moment: datetime) -> bool:
    """Whether a time that somebody stated has a day in every zone: the year 9999 ends in the city 7 hours earlier."""
    return _FIRST_KEPT_YEAR <= moment.year <= _LAST_KEPT_YEAR


def from_optional_ms(milliseconds: int | None) -> datetime | None:
    """`from_ms`; None stays None."""
    return None if milliseconds is None else from_ms(milliseconds)


def parse_day(text: str) -> date | None:
    """A day as it is written here, "24/11/2026", also with dots or dashes; None for what is no day."""
    match = _CITY_DAY.fullmatch(text.strip())
    try:
        day = date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None
    return day if day and _FIRST_YEAR <= day.year <= _LAST_YEAR else None


class DayFault(StrEnum):
    """Why a text is no day."""

    NOT_A_DAY = "not_a_day"
    SHORT_YEAR = "short_year"
    NO_SUCH_DAY = "no_such_day"  # of the calendar


def day_fault(text: str) -> DayFault:
    """What is wrong with a text that `parse_day` does not read."""
    match = _CITY_DAY.fullmatch(text.strip())
    if match:
        return DayFault.NO_SUCH_DAY if _FIRST_YEAR <= int(match[3]) <= _LAST_YEAR else DayFault.NOT_A_DAY
    return DayFault.SHORT_YEAR if _SHORT_YEAR.fullmatch(text.strip()) else DayFault.NOT_A_DAY
