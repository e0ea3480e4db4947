"""A time series as an answer of any version writes it."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from data_sources._mapping import TimeReader
from data_sources.waterml.errors import WaterMlCode
from ioc.domain.base.text import shorten
from ioc.domain.base.times import is_world_offset
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp

UNIT_NAMES = ("unitCode", "unitAbbreviation", "unitName")  # of version 1
_INSTANTANEOUS = "00000"  # of the statistic codes of USGS
_NOT_CENSORED, _LIMITS = ("", "nc"), frozenset("<>")
_ZONED = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d{1,2})(?::?(\d\d))?", re.ASCII)

_ZONES = (  # with daylight saving time, of which a failure names the one with the offsets of a site
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage",
    "Europe/London", "Europe/Paris", "Europe/Helsinki", "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland",
)  # fmt: skip


class TimedValue(NamedTuple):
    """A value as written, with its time and the codes that qualify it.

    `zone`: the offset of the answer for a time without one. `units`: its own, which come before those of the series.
    `censor`: why the value is only the limit of what could be measured, "" when it was measured.
    """

    time: str
    value: Any
    codes: frozenset[str]
    zone: str = ""
    units: tuple[Any, ...] = ()
    censor: str = ""


class TimeSeries(NamedTuple):
    """A time series as written. `units`: code, abbreviation and name of its unit; `no_data`: values for "no value"."""

    names: Mapping[str, str]
    units: tuple[Any, ...]
    no_data: tuple[Any, ...]
    points: list[TimedValue]


def observed_time(point: TimedValue, times: TimeReader, zone: ZoneInfo, *, is_zone_of_site: bool) -> datetime:
    """The time of a value. `zone`: of the row; `is_zone_of_site`: the row sets it, else it is of times without any.

    Raises ParseError, also for a time without an offset where the answer has those of standard and of daylight saving
    time: it may have either, unless the zone of the row tells.
    """
    if not (point.time and point.zone) or _ZONED.search(point.time):
        return times.time(point.time)
    offsets = [_offset(text, point) for text in point.zone.split("/")]
    if len(offsets) == 1:
        return times.time(point.time, zone=timezone(offsets[0]))
    params = {"text": shorten(point.time, 40), "offsets": shorten(point.zone, 40)}
    observed = parse_timestamp(point.time, "iso", zone)
    if not is_zone_of_site or not _offsets_of(zone, observed) <= set(offsets):
        likely = (key for key in _ZONES if _offsets_of(ZoneInfo(key), observed) == set(offsets))
        params |= {"example": next(likely, "Area/City")}
        if is_zone_of_site:
            raise ParseError(WaterMlCode.OTHER_ZONE, zone=zone.key, **params)
        raise ParseError(WaterMlCode.DAYLIGHT_SAVING, **params)
    return observed


def _offsets_of(zone: ZoneInfo, moment: datetime) -> set[timedelta | None]:
    """The offsets of a zone at a moment and in both halves of its year: zones may share one of two offsets."""
    local = moment.astimezone(zone)
    return {local.utcoffset(), *(local.replace(month=month, day=1).utcoffset() for month in (1, 7))}


def _offset(text: str, point: TimedValue) -> timedelta:
    if match := _OFFSET.fullmatch(text):
        distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        offset = -distance if match[1] == "-" else distance
        if is_world_offset(offset):
            return offset
    raise ParseError(ParseCode.UNKNOWN_ZONE, text=shorten(point.time, 40), zone=shorten(point.zone, 20))


def time_and_zone(text: Callable[[str], str], site_zone: str) -> tuple[str, str]:
    """The time of a value of version 1 and its offset, by the texts of its fields; `site_zone`: that of its site."""
    if utc := text("dateTimeUTC"):
        return utc, "+00:00"
    return text("dateTime"), text("timeOffset") or site_zone


def site_zone(default: str, daylight: str, uses_daylight: str) -> str:
    """The offset of a site, of one with daylight saving time both offsets, by the texts of its time zone."""
    return f"{default}/{daylight}" if daylight and uses_daylight.casefold() in ("true", "1") else default


def codes_of(*texts: str) -> frozenset[str]:
    """The codes in texts, separated by spaces or commas, in small letters; of an address its last part."""
    words = (word for text in texts for word in text.replace(",", " ").split())
    return frozenset(word.rpartition("/")[2].casefold() for word in words)


def censor_of(code: str, qualifiers: frozenset[str]) -> str:
    """Why a value of version 1 is no measured one: its code (lt, gt, nd, …), or the qualifier "<" or ">" of USGS."""
    return code if code.casefold() not in _NOT_CENSORED else next(iter(sorted(_LIMITS & qualifiers)), "")


def statistic_of(options: Iterable[tuple[str, str]]) -> str:
    """The code of the statistic among the options (code, name) of a variable; "" for instantaneous values."""
    code = next((code for code, name in options if name.casefold() == "statistic"), "")
    return "" if code == _INSTANTANEOUS else code
