"""Times are aware; a time without a zone is local to the city; days end at midnight in Asia/Ho_Chi_Minh."""

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_ISO_TIME = re.compile(r"\d{4}-?(\d\d-?\d\d|W\d\d(-?\d)?)([T ].*)?", re.ASCII)
_DAY_WITH_ZONE = re.compile(r"^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)$", re.ASCII)
_CITY_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) +(\d{1,2}):(\d{2})", re.ASCII)
# The "+" of an offset that was typed into an address arrives as a space.
_LOST_PLUS = re.compile(r"(?<=\d)([T ]\d\d:?\d\d\S*) (\d\d:?\d\d)$", re.ASCII)


class Clock(Protocol):
    """A source of the current time; injected, so that tests and the simulator can set it."""

    def __call__(self) -> datetime: ...


def utc_now() -> datetime:
    """The system clock, aware, in UTC. Only app.py passes it on."""
    return datetime.now(UTC)


def parse_time(text: str, zone: tzinfo = CITY_ZONE) -> datetime:
    """ISO 8601 text as an aware UTC time, of a day its beginning; without a zone it is in `zone`. Raises ValueError."""
    text = _DAY_WITH_ZONE.sub(r"\1T00:00\2", text.strip().upper())
    if not _ISO_TIME.fullmatch(text):  # the library takes any character between day and time, also the sign of a zone
        raise ValueError
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def parse_moment(text: str) -> datetime | None:
    """A moment of an address: `dd/MM/yyyy HH:mm` or ISO 8601 as an aware UTC time, city time where no zone is named.

    None for a blank text. ValueError.
    """
    text = text.strip()
    match = _CITY_TIME.fullmatch(text)
    try:
        if match:
            day, month, year, hour, minute = map(int, match.groups())
            return datetime(year, month, day, hour, minute, tzinfo=CITY_ZONE).astimezone(UTC)
        return parse_time(_LOST_PLUS.sub(r"\1+\2", text)) if text else None
    except OverflowError as error:  # the year 1 in a zone east of Greenwich
        raise ValueError(str(error)) from None


def city_date(moment: datetime) -> date:
    """The calendar day in the city at `moment` (aware)."""
    return moment.astimezone(CITY_ZONE).date()


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return round(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time of `milliseconds` since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def from_optional_ms(milliseconds: int | None) -> datetime | None:
    """`from_ms`; None stays None."""
    return None if milliseconds is None else from_ms(milliseconds)
