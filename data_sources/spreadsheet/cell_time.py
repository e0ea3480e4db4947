"""The time of a row from a cell, or from a cell with the day and one with the time of day."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.sheet_details import EPOCH_1900, EPOCH_1904
from data_sources.spreadsheet.stated_month import StatedMonth, exchanged_dates
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.times import ClockChangeError, local_to_utc
from ioc.domain.ingest.parsing import ParseCode, ParseError, clock_change, names_zone, parse_timestamp
from ioc.domain.ingest.reading import EARLIEST_TIME, LATEST_TIME

_CLOCK = r"([0-9]{1,2})\s*(?:[:hg]|giờ)\s*([0-9]{2})?(?::([0-9]{2}))?(?:\s*phút)?"
_DAY = r"([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{4})"
_DAY_CLOCK = re.compile(rf"(?:ngày\s*)?{_DAY}(?:[\s,]+{_CLOCK})?", re.IGNORECASE)
_CLOCK_DAY = re.compile(rf"{_CLOCK}[\s,]+(?:ngày\s*)?{_DAY}", re.IGNORECASE)
_WORDS = re.compile(r"ngày\s*([0-9]{1,2})\s*tháng\s*([0-9]{1,2})\s*năm\s*([0-9]{4})", re.IGNORECASE)
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"(?:tháng\s*)?([0-9]{1,2})\s*[/-]\s*([0-9]{4})", re.IGNORECASE)
_YEAR = re.compile(r"(?:năm\s*)?((?:19|20)[0-9]{2})", re.IGNORECASE)
_ONLY_CLOCK = re.compile(_CLOCK, re.IGNORECASE)
_MONTHS = 12
_MAX_QUOTED = 40  # characters of a text that a failure quotes
_MAX_TITLE = 80
_DAYS_OF_CLOCKS = (EPOCH_1900, date(1899, 12, 31), EPOCH_1904)  # of times without a day in workbooks
_SERIALS = range(20_000, 80_000)  # day numbers of cells without a date format: 1954 to 2119


@dataclass(frozen=True, slots=True)
class DateOrder:
    """How the texts of a column write dates: the day first or the month, as the row says or one of the texts proves.

    `day_first`, `month_first`: the first text that proves either, "" for none. With both nothing can be read.
    `assumed`: a text of which nothing says that its day comes first, "" for none.
    `exchanged`: the dates that lie in the month of `title` only with day and month exchanged.
    """

    is_day_first: bool = True
    day_first: str = ""
    month_first: str = ""
    is_converted: bool = False  # whether a program took texts with the day first for dates with the month first
    finest: int = 0  # the parts of a date in the finest cell: 1 of a year, 2 of a month, 3 of a day
    assumed: str = ""
    exchanged: frozenset[Cell] = frozenset()
    title: str = ""
    has_zones: bool = False  # whether a cell names its zone: the others may be in any

    def failure(self, cell: Cell) -> Failure | None:
        """Why `cell` names no time: its day and month cannot be told apart, or it is a longer period; None else."""
        text = shorten(str(cell), _MAX_QUOTED)
        if 0 < _part_count(cell) < self.finest:
            return Failure(SpreadsheetCode.PERIOD_AMONG_DATES, {"text": text})
        if isinstance(cell, str) and self.day_first and self.month_first and len(set(_day_and_month(cell))) > 1:
            params = {"text": text, "day_first": self.day_first, "month_first": self.month_first}
            return Failure(SpreadsheetCode.DAY_MONTH_ORDER, params)
        if self.is_converted and isinstance(cell, date) and cell.day != cell.month:
            return Failure(SpreadsheetCode.DATE_CONVERTED, {"text": text, "proof": self.day_first or self.month_first})
        if cell in self.exchanged:
            return Failure(SpreadsheetCode.DATE_OTHER_MONTH, {"text": text, "title": shorten(self.title, _MAX_TITLE)})
        return None


def date_order(
    column: Collection[Cell], day_first: bool | None, stated: StatedMonth | None = None, *, is_zone_stated: bool = False
) -> DateOrder:
    """How the cells of a column write dates. `day_first`: as the row says, None: as the cells prove, else so.

    `stated`: the month that a title or a name states for the table. `is_zone_stated`: whether the row sets the zone of
    times that name none.
    """
    has_zones = not is_zone_stated and any(has_zone(cell) and _has_possible_year(cell) for cell in column)
    finest = max((_part_count(cell) for cell in column if not _may_be_month(cell)), default=0)
    if day_first is not None:
        return DateOrder(day_first, finest=finest, has_zones=has_zones)
    order = _proven_order(column)
    is_proven = bool(order.day_first or order.month_first)
    dated = [cell for cell in column if not (is_proven and isinstance(cell, str) and _day_and_month(cell))]
    exchanged = exchanged_dates(dated, stated, is_day_first=order.is_day_first)
    assumed = "" if is_proven else _undecided(column, exchanged, stated)
    title = stated.text if stated else ""
    return replace(
        order, finest=finest, assumed=assumed, exchanged=exchanged, title=title, has_zones=has_zones,
    )  # fmt: skip


def has_zone(cell: Cell) -> bool:
    """Whether a cell is a time of ISO 8601 that names its zone."""
    return isinstance(cell, str) and bool(_ISO_DAY.match(cell.strip())) and names_zone(cell)


def _has_possible_year(cell: Cell) -> bool:
    """Whether a time of ISO 8601 is one: 0001-01-01T00:00:00Z is how programs write none."""
    return EARLIEST_TIME.year <= int(str(cell).strip()[:4]) <= LATEST_TIME.year


def _undecided(column: Collection[Cell], exchanged: Collection[Cell], stated: StatedMonth | None) -> str:
    """The first text that is another day with the month first, and that no stated month explains; "" for none."""
    for cell in column:
        pair = _day_and_month(cell) if isinstance(cell, str) and cell not in exchanged else ()
        is_undecided = len(set(pair)) > 1 and max(pair) <= _MONTHS
        if is_undecided and not (stated and pair[1] == stated.month):
            return shorten(str(cell).strip(), _MAX_QUOTED)
    return ""


def _may_be_month(cell: Cell) -> bool:
    """Whether a date cell may stand for a month: programs make the 1st of October of "10/2026"."""
    return isinstance(cell, date) and cell.day == 1 and (not isinstance(cell, datetime) or cell.time() == time())


def _part_count(cell: Cell) -> int:
    """How many of year, month and day a cell names, 0 when it is no date."""
    if isinstance(cell, date) or (isinstance(cell, float | int) and int(cell) in _SERIALS):
        return 3
    text = f"{cell:g}" if isinstance(cell, float | int) else cell.strip() if isinstance(cell, str) else ""
    if any(pattern.fullmatch(text) for pattern in (_DAY_CLOCK, _CLOCK_DAY, _WORDS)) or _ISO_DAY.match(text):
        return 3
    return 2 if _MONTH.fullmatch(text) else 1 if _YEAR.fullmatch(text) else 0


def _proven_order(column: Collection[Cell]) -> DateOrder:
    """The order of day and month that the cells of a column prove; without a proof the day comes first."""
    pairs = {shorten(cell, _MAX_QUOTED): _day_and_month(cell) for cell in column if isinstance(cell, str)}
    day_first = next((text for text, pair in pairs.items() if pair and pair[0] > _MONTHS >= pair[1]), "")
    month_first = next((text for text, pair in pairs.items() if pair and pair[1] > _MONTHS >= pair[0]), "")
    dates = [cell for cell in column if isinstance(cell, date)]
    texts = [max(pair) for pair in pairs.values() if pair]
    # Where a program expects the other order, it makes dates of the texts that allow it, and leaves the others.
    is_converted = bool(dates and texts) and min(texts) > _MONTHS >= max(one.day for one in dates)
    return DateOrder(not month_first, day_first, month_first, is_converted)


def _day_and_month(text: str) -> tuple[int, ...]:
    """The two numbers before the year of a date in digits, as they are written; () for any other text."""
    if match := _DAY_CLOCK.fullmatch(text.strip()):
        return int(match[1]), int(match[2])
    match = _CLOCK_DAY.fullmatch(text.strip())
    return (int(match[4]), int(match[5])) if match else ()


def read_time(cell: Cell, zone: ZoneInfo, order: DateOrder, epoch: date = EPOCH_1900) -> datetime:
    """The time of `cell`, aware, in `zone` unless the cell names another. Raises ParseError.

    `epoch`: the day that a number of days counts from.
    """
    if failure := order.failure(cell):
        raise ParseError(failure)
    try:
        local = _of_day_number(cell, zone, epoch) or _local(cell, zone, order.is_day_first)
        aware = local if local.tzinfo else local.replace(tzinfo=zone)
        aware.astimezone(UTC)  # fails for times that no zone can shift
    except (ValueError, OverflowError) as error:
        if isinstance(error, ParseError) and error.failure.code == ParseCode.CLOCK_CHANGE:
            raise
        raise ParseError(SpreadsheetCode.NOT_A_TIME, text=shorten(str(cell), _MAX_QUOTED)) from None
    if order.has_zones and not has_zone(cell):
        raise ParseError(ParseCode.ZONE_MISSING, text=shorten(str(cell), _MAX_QUOTED))
    return aware


def at_clock(day: datetime, clock: Cell) -> datetime:
    """The time of day `clock` on the day of `day`. Raises ValueError."""
    if isinstance(clock, datetime) and clock.date() not in (day.date(), *_DAYS_OF_CLOCKS):
        raise ValueError
    return datetime.combine(day.date(), time(), day.tzinfo) + _time_of_day(clock)


def to_utc(moment: datetime) -> datetime:
    """`moment`, aware, in UTC. Raises ParseError for a time of day that its zone has twice or not at all."""
    if moment.tzinfo is None or moment.time() == time():  # a day begins once
        return moment.astimezone(UTC)
    try:
        return local_to_utc(moment, moment.tzinfo)
    except ClockChangeError:
        raise clock_change(moment.replace(tzinfo=None), moment.tzinfo) from None


def _of_day_number(cell: Cell, zone: ZoneInfo, epoch: date) -> datetime | None:
    """The time that a number of days since `epoch` is; None for any other cell."""
    if not isinstance(cell, float | int) or isinstance(cell, bool) or int(cell) not in _SERIALS:
        return None
    return datetime.combine(epoch, time(), zone) + timedelta(seconds=round(cell * 86_400))


def _local(cell: Cell, zone: ZoneInfo, day_first: bool) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, str):
        return _parse_text(cell.strip(), zone, day_first)
    if isinstance(cell, float | int) and not isinstance(cell, bool):
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
    if isinstance(clock, timedelta) and timedelta(0) <= clock <= timedelta(days=1):
        return clock
    if isinstance(clock, float | int) and 0 <= clock < 1:
        return timedelta(seconds=round(clock * 86_400))
    if isinstance(clock, float | int) and clock == int(clock) and 0 <= clock <= 24:
        return timedelta(hours=int(clock))
    text = str(clock).strip()
    match = _ONLY_CLOCK.fullmatch(f"{text}h" if text.isdecimal() else text)  # text files write hours without a sign
    if match is None:
        raise ValueError
    return _duration(match[1], match[2], match[3])


def _duration(hours: str | None, minutes: str | None, seconds: str | None) -> timedelta:
    h, m, s = (int(digits or 0) for digits in (hours, minutes, seconds))
    if h > 24 or m > 59 or s > 59:
        raise ValueError
    return timedelta(hours=h, minutes=m, seconds=s)
