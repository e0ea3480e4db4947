"""The time of a row from a cell, or from a cell with the day and one with the time of day."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data_sources.spreadsheet.workbook import Cell
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp

_CLOCK = r"([0-9]{1,2})\s*(?:[:hg]|giờ)\s*([0-9]{2})?(?::([0-9]{2}))?(?:\s*phút)?"
_DAY = r"([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{4})"
_DAY_CLOCK = re.compile(rf"(?:ngày\s*)?{_DAY}(?:[\s,]+{_CLOCK})?", re.IGNORECASE)
_CLOCK_DAY = re.compile(rf"{_CLOCK}[\s,]+(?:ngày\s*)?{_DAY}", re.IGNORECASE)
_WORDS = re.compile(r"ngày\s*([0-9]{1,2})\s*tháng\s*([0-9]{1,2})\s*năm\s*([0-9]{4})", re.IGNORECASE)
_MONTH = re.compile(r"(?:tháng\s*)?([0-9]{1,2})\s*[/-]\s*([0-9]{4})", re.IGNORECASE)
_YEAR = re.compile(r"(?:năm\s*)?((?:19|20)[0-9]{2})", re.IGNORECASE)
_ONLY_CLOCK = re.compile(_CLOCK, re.IGNORECASE)
_SERIALS = range(20_000, 80_000)  # day numbers of cells without a date format: 1954 to 2119


def cell_time(cell: Cell, clock: Cell, zone: ZoneInfo, day_first: bool) -> datetime:
    """The aware UTC time of `cell`, with the time of day of `clock` unless that is None. Raises ParseError."""
    if cell is None:
        raise ParseError(ParseCode.TIME_MISSING)
    try:
        local = _local(cell, zone, day_first)
        if clock is not None:
            local = datetime.combine(local.date(), time(), local.tzinfo) + _time_of_day(clock)
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ParseError(ParseCode.NOT_A_TIME, text=str(cell)[:40]) from None


def _local(cell: Cell, zone: ZoneInfo, day_first: bool) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, str):
        return _parse_text(cell.strip(), zone, day_first)
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if int(cell) in _SERIALS:
            return _midnight(1899, 12, 30, zone) + timedelta(seconds=round(cell * 86_400))
        return _parse_text(f"{cell:g}", zone, day_first)
    raise ValueError


def _parse_text(text: str, zone: ZoneInfo, day_first: bool) -> datetime:
    if match := _DAY_CLOCK.fullmatch(text):
        return _date(match[1], match[2], match[3], zone, day_first) + _duration(match[4], match[5], match[6])
    if match := _CLOCK_DAY.fullmatch(text):
        return _date(match[4], match[5], match[6], zone, day_first) + _duration(match[1], match[2], match[3])
    if match := _WORDS.fullmatch(text):
        return _midnight(match[3], match[2], match[1], zone)
    if match := _MONTH.fullmatch(text):
        return _midnight(match[2], match[1], 1, zone)
    if match := _YEAR.fullmatch(text):
        return _midnight(match[1], 1, 1, zone)
    return parse_timestamp(text, "iso", zone)


def _date(first: str, second: str, year: str, zone: ZoneInfo, day_first: bool) -> datetime:
    return _midnight(year, second, first, zone) if day_first else _midnight(year, first, second, zone)


def _midnight(year: str | int, month: str | int, day: str | int, zone: ZoneInfo) -> datetime:
    return datetime(int(year), int(month), int(day), tzinfo=zone)


def _time_of_day(clock: Cell) -> timedelta:
    if isinstance(clock, bool):
        raise ValueError
    if isinstance(clock, datetime):
        clock = clock.time()
    if isinstance(clock, time):
        return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    if isinstance(clock, timedelta):
        return clock
    if isinstance(clock, float | int) and 0 <= clock < 1:
        return timedelta(seconds=round(clock * 86_400))
    if isinstance(clock, float | int) and clock == int(clock) and clock <= 24:
        return timedelta(hours=int(clock))
    match = _ONLY_CLOCK.fullmatch(str(clock).strip())
    if match is None:
        raise ValueError
    return _duration(match[1], match[2], match[3])


def _duration(hours: str | None, minutes: str | None, seconds: str | None) -> timedelta:
    h, m, s = (int(digits or 0) for digits in (hours, minutes, seconds))
    if h > 24 or m > 59 or s > 59:
        raise ValueError
    return timedelta(hours=h, minutes=m, seconds=s)
