"""Parsing of the numbers, times and names that sources send. What cannot be read raises ParseError."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any

from ioc.domain.base.failure import ErrorCode, FailureError
from ioc.domain.base.text import shorten
from ioc.domain.base.text_cache import MAX_CACHED_LENGTH, cache_short_texts
from ioc.domain.base.times import CITY_ZONE, MAX_TIME_LENGTH, ClockChangeError, local_to_utc, parse_time
from ioc.domain.ingest.compact_time import compact_pattern, text_for_pattern
from ioc.domain.ingest.pattern_zone import parse_in_pattern, pattern_zone
from ioc.domain.ingest.periods import PERIOD_FORMATS, period_bound
from ioc.domain.ingest.value_types import type_of

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?", re.ASCII)
DECIMAL_SIGNS = (".", ",")
_MISSING_WORDS = frozenset({"", "-", "--", "–", "nan", "null", "none", "n/a", "na", "inf", "-inf", "+inf"})
_ZONE = re.compile(r"[T ].*(Z|[+-][0-9]{2}(?::?[0-9]{2})?)$", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII | re.IGNORECASE)
_TIME_OF_DAY = re.compile("%[HIcX]")  # in a pattern
_UTC_NAME = re.compile(r"\b(UTC|GMT)\b", re.IGNORECASE)
_UTC_ALONE = re.compile(rf"{_UTC_NAME.pattern}(?!\s?[+-][0-9])", re.IGNORECASE)  # not of "GMT+7"
_AFTER_SIGN = re.compile(r"^([+-])\s+")
_GAPS = re.compile("[ \u00a0\u2009\u202f]")
_SPACED = re.compile(rf"[+-]?[0-9]{{1,3}}(?:{_GAPS.pattern}[0-9]{{3}})+(?:[.,][0-9]*)?", re.ASCII)
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_MAX_QUOTED, _MAX_NUMBER_LENGTH = 40, 40  # characters of a text that a failure quotes, of a number as text
# Unix times of our years, in seconds: devices without a clock count from 0.
_EARLIEST_EPOCH, _LATEST_EPOCH = 31 * 86_400, 4_102_444_800  # February 1970, 2100


class ParseCode(ErrorCode):
    """Why a value of an item cannot be read. Texts: components/messages/errors/parsing.toml."""

    NOT_A_NUMBER = "parsing.not_a_number"  # text
    DECIMAL_AMBIGUOUS = "parsing.decimal_ambiguous"  # text, with_point, with_comma: the numbers that it may be
    DECIMAL_MIXED = "parsing.decimal_mixed"  # text
    DECIMAL_OTHER = "parsing.decimal_other"  # text, sign: its decimal sign, declared: that of the row
    NOT_NUMERIC = "parsing.not_numeric"  # kind: the type of the value in the answer
    LIMIT = "parsing.limit"  # text: “<0,1”
    NUMBER_WITH_MARK = "parsing.number_with_mark"  # text: “99,9*”; mark
    NUMBER_WITH_UNIT = "parsing.number_with_unit"  # text; unit: in it; other: that the answer names beside it
    BOOLEAN = "parsing.boolean"  # text: true or false
    NUMBER_TOO_LARGE = "parsing.number_too_large"
    NUMBER_NOT_FINITE = "parsing.number_not_finite"
    TIME_MISSING = "parsing.time_missing"
    NOT_A_TIME = "parsing.not_a_time"  # text
    NOT_A_FEED_TIME = "parsing.not_a_feed_time"  # text: NOT_A_TIME of RSS and Atom
    NOT_IN_TIME_FORMAT = "parsing.not_in_time_format"  # text, option: NOT_A_TIME where the row may say time_format
    TIME_OF_DAY_MISSING = "parsing.time_of_day_missing"  # text: a day and a space
    CLOCK_CHANGE = "parsing.clock_change"  # text, zone
    UNKNOWN_ZONE = "parsing.unknown_zone"  # text, zone: the abbreviation
    ZONE_MISSING = "parsing.zone_missing"  # text: a time without a zone beside times with one
    COMPACT_TIME = "parsing.compact_time"  # text, pattern: 202611271200, where the row says another time_format
    EPOCH_UNIT = "parsing.epoch_unit"  # text; declared, other: the time_format of the row, and that of the text
    NAME_WITHOUT_LETTERS = "parsing.name_without_letters"  # name: of which no letter is one of a series key
    NAME_DAMAGED = "parsing.name_damaged"  # name: in which a character was lost
    FIELD_NOT_TEXT = "parsing.field_not_text"  # field: a placeholder; kind: the type of what is there
    SERIES_NAME_MISSING = "parsing.series_name_missing"  # field: the placeholder that has no value


class ParseError(FailureError, ValueError):
    """A value or an item that cannot be read. `failure` says why: of a rejected item it becomes the reason."""


def parse_number(value: Any, decimal: str = "", missing: Collection[float | str] = ()) -> float | None:
    """`value` as a finite number; None when it is absent, a word for "no value", or one of `missing`.

    `decimal`: the decimal sign of numbers written as text; the other one of "." and "," may group thousands. "": the
    point, without groups, as formats and programs write numbers. Raises ParseError.
    """
    if isinstance(value, bool):  # no number, though Python counts with it
        if str(value).lower() in missing:
            return None
        raise ParseError(ParseCode.BOOLEAN, text=str(value).lower())
    if value is None or value in missing:
        return None
    if isinstance(value, str):
        if is_missing_text(value, missing):
            return None
        value = _parse_number_text(value, decimal)
    elif not isinstance(value, (int, float)):
        raise ParseError(ParseCode.NOT_NUMERIC, kind=type_of(value))
    return finite_number(value, missing)


def finite_number(value: float, missing: Collection[float | str] = ()) -> float | None:
    """`value` as a float, None when it is one of `missing`. Raises ParseError when it is too large or not finite."""
    try:
        number = float(value) + 0.0  # -0.0 becomes 0.0
    except OverflowError:
        raise ParseError(ParseCode.NUMBER_TOO_LARGE) from None
    if number in missing:
        return None
    if not isfinite(number):
        raise ParseError(ParseCode.NUMBER_NOT_FINITE)
    return number


def _parse_number_text(text: str, decimal: str) -> float:
    sign, readings = decimal or ".", text_readings(text)
    if sign not in readings or (not decimal and "," in text):
        raise ParseError(ParseCode.NOT_A_NUMBER, text=shorten(text.strip(), _MAX_QUOTED))
    return readings[sign]


def is_missing_text(text: str, missing: Collection[float | str] = ()) -> bool:
    """Whether `text` is a word for "no value", or one of `missing`."""
    return _bare(text) in _MISSING_WORDS or text.strip() in missing


@cache_short_texts(8192)
def text_readings(text: str) -> Mapping[str, float]:
    """The number that `text` is with each decimal sign that it allows: of "2.795" {".": 2.795, ",": 2795}; {} for none.

    The sign that is not the decimal sign may group thousands; a group never begins with 0.
    """
    bare, readings = _bare(text), dict[str, float]()
    for sign in DECIMAL_SIGNS if len(bare) <= _MAX_NUMBER_LENGTH else ():
        normal = bare if sign == "." else bare.translate({ord(","): ".", ord("."): ","})
        if _PLAIN.fullmatch(normal) or _GROUPED.fullmatch(normal):
            readings[sign] = float(normal.replace(",", ""))
    return MappingProxyType(readings)


@cache_short_texts(8192)
def _bare(text: str) -> str:
    """The text without what may surround a number, and without spaces that group its thousands: "1 234,5" is 1234,5.

    Any other white space stays, so that "4 5" is no number.
    """
    if len(bare := text.strip()) > MAX_CACHED_LENGTH:  # no number; many items of an answer may share one of megabytes
        return bare
    bare = _AFTER_SIGN.sub(r"\1", bare.replace("−", "-").casefold())
    return _GAPS.sub("", bare) if _SPACED.fullmatch(bare) else bare


def parse_timestamp(value: Any, time_format: str = "iso", zone: tzinfo = CITY_ZONE) -> datetime:
    """`value` as an aware UTC time; of an interval "a/b" the end, else the start. Raises ParseError.

    `time_format`: iso, unix, unix_ms, period_start, period_end or a strptime pattern. `zone`: of times that name none.
    """
    start, end = parse_interval(value, time_format, zone)
    if (moment := end or start) is None:
        raise ParseError(ParseCode.TIME_MISSING)
    return moment


def parse_interval(
    value: Any, time_format: str = "iso", zone: tzinfo = CITY_ZONE
) -> tuple[datetime | None, datetime | None]:
    """Start and end of an interval "a/b" (ISO 8601) as aware UTC times, None for an open one ("a/..", "/b").

    A single time is both. Formats and zone as in `parse_timestamp`. Raises ParseError.
    """
    if value is None or value == "":
        raise ParseError(ParseCode.TIME_MISSING)
    if isinstance(value, str) and len(value) > MAX_TIME_LENGTH + len(time_format):  # which may hold words of its own
        raise ParseError(ParseCode.NOT_A_TIME, text=shorten(value, _MAX_QUOTED))
    if time_format == "iso" and is_day(value) and value != value.strip():  # join(' ', [day, clock]) without a clock
        raise ParseError(ParseCode.TIME_OF_DAY_MISSING, text=shorten(value, _MAX_QUOTED))
    try:
        bounds = _split_interval(value, time_format) if isinstance(value, str) and "/" in value else None
        if bounds is None:
            moment = _parse_moment(value, time_format, zone)
            return moment, moment
        start, end = (None if _is_open(bound) else _parse_moment(bound, time_format, zone) for bound in bounds)
        if not (start or end) or (start and end and end < start):
            raise ValueError
    except ParseError:
        raise
    except ClockChangeError:
        raise clock_change(value, zone) from None
    except (ValueError, OverflowError, OSError):
        raise ParseError(ParseCode.NOT_A_TIME, text=shorten(str(value), _MAX_QUOTED)) from None
    return start, end


def clock_change(value: Any, zone: tzinfo) -> ParseError:
    """The error of a time that `zone` has twice or not at all."""
    return ParseError(ParseCode.CLOCK_CHANGE, text=shorten(str(value), _MAX_QUOTED), zone=str(zone))


def parse_end(value: Any, time_format: str = "iso", zone: tzinfo = CITY_ZONE) -> datetime | None:
    """The end of `value` as of `parse_interval`; that of a day without a time of day is its last second."""
    end = parse_interval(value, time_format, zone)[1]
    if end is None or not is_day(value, time_format):
        return end
    try:
        next_day = (end.astimezone(zone) + timedelta(days=1)).astimezone(UTC)  # of 23 or 25 hours where clocks change
    except OverflowError:  # the last day of the calendar, by which programs mean that there is no end
        return end
    return next_day - timedelta(seconds=1)


def is_day(value: Any, time_format: str = "iso") -> bool:
    """Whether a time, of an interval its end, names a day without a time of day."""
    if time_format == "iso":
        return isinstance(value, str) and bool(_DAY.fullmatch(value.rpartition("/")[2].strip()))
    return not time_format.startswith(("unix", "period_")) and not _TIME_OF_DAY.search(time_format)


def names_zone(text: str, time_format: str = "iso") -> bool:
    """Whether a time, of an interval one of its bounds, names its zone; a text too long for a time names none.

    A Unix time is in UTC; one in a pattern names a zone where the pattern does, also as a text ("GMT+7").
    """
    if time_format != "iso":
        is_stated = "%z" in time_format or "%Z" in time_format or pattern_zone(time_format) is not None
        return is_stated or time_format.startswith("unix")
    bounds = text.split("/") if len(text) <= MAX_TIME_LENGTH else []
    return any(_ZONE.search(bound.strip()) or _UTC_NAME.search(bound) for bound in bounds)


def _split_interval(text: str, time_format: str) -> tuple[str, str] | None:
    """The two bounds of an interval, None for a single time. Slashes of the format itself separate no bounds."""
    parts, slashes = text.split("/"), time_format.count("/")
    if _is_open(parts[0]) and len(parts) == slashes + 2:
        return "", "/".join(parts[1:])
    if _is_open(parts[-1]) and len(parts) == slashes + 2:
        return "/".join(parts[:-1]), ""
    if len(parts) != 2 * slashes + 2 or time_format in PERIOD_FORMATS:  # "Q3/2014" is one period
        return None
    start, end = "/".join(parts[: slashes + 1]), "/".join(parts[slashes + 1 :])
    # The zone of the start is that of an end without one (ISO 8601-1, 5.5.2).
    zone = _ZONE.search(start.strip()) if time_format == "iso" and not _ZONE.search(end.strip()) else None
    return start, end.strip() + zone[1] if zone and not _is_open(end) else end


def _is_open(bound: str) -> bool:
    return not bound.strip(" .")


def _parse_moment(value: Any, time_format: str, zone: tzinfo) -> datetime:
    read = period_bound if time_format in PERIOD_FORMATS else _parse_time_text
    return _parse_epoch(value, time_format) if time_format in ("unix", "unix_ms") else read(value, time_format, zone)


def _parse_epoch(value: Any, time_format: str) -> datetime:
    """Raises ParseError for seconds declared as milliseconds and the reverse, ValueError for no time of our years."""
    if pattern := compact_pattern(value, of_epoch=time_format):
        raise ParseError(ParseCode.COMPACT_TIME, text=str(value).strip(), pattern=pattern)
    try:
        number = parse_number(value) or 0.0
    except ParseError:
        raise ValueError from None
    seconds, others = (number / 1000, number) if time_format == "unix_ms" else (number, number / 1000)
    if _EARLIEST_EPOCH <= seconds <= _LATEST_EPOCH:
        return datetime.fromtimestamp(seconds, UTC)
    if _EARLIEST_EPOCH <= others <= _LATEST_EPOCH:
        other = "unix" if time_format == "unix_ms" else "unix_ms"
        raise ParseError(ParseCode.EPOCH_UNIT, text=shorten(str(value), _MAX_QUOTED), declared=time_format, other=other)
    raise ValueError


def _parse_time_text(value: Any, time_format: str, zone: tzinfo) -> datetime:
    value = text_for_pattern(value, time_format)
    if time_format == "iso":
        return parse_time(value, zone)
    moment = parse_in_pattern(value.strip(), time_format)
    if "%Z" in time_format and moment.tzinfo is None:  # the library knows names of zones, and forgets them
        if not _UTC_ALONE.search(value):
            raise ValueError
        moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None and _TIME_OF_DAY.search(time_format):
        return local_to_utc(moment, zone)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def placeholders(template: str) -> list[str]:
    """The placeholders of `template`: of "pm25-{id}" the list ["id"]."""
    return list(_template_parts(template)[1::2])


@lru_cache(4096)
def _template_parts(template: str) -> tuple[str, ...]:
    """The texts of `template` and, between them, the names of its placeholders: of "a-{id}" ("a-", "id", "")."""
    return tuple(_PLACEHOLDER.split(template))


def fill_placeholders(template: str, lookup: Callable[[str], Any], max_length: int = 200) -> str:
    """`template` with each placeholder replaced by what `lookup` gives for it, with "…" where `max_length` cuts it.

    Raises ParseError when a placeholder has no value, or a list or an object.
    """
    parts = list(_template_parts(template))
    for n in range(1, len(parts), 2):
        value = lookup(parts[n])
        if isinstance(value, (list, dict)):
            raise ParseError(ParseCode.FIELD_NOT_TEXT, field=shorten(parts[n], _MAX_QUOTED), kind=type_of(value))
        if value is None or value == "":
            raise ParseError(ParseCode.SERIES_NAME_MISSING, field=shorten(parts[n], _MAX_QUOTED))
        parts[n] = shorten(str(value), max_length)
    return "".join(parts)
