"""Texts, numbers and names of fields that name a time zone, and the offsets from UTC that they may mean."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from data_sources._mapping.unit_fields import comparable_name
from ioc.domain.base.times import is_world_offset

_OFFSET = r"(?P<sign>[+\-−])\s?(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-5][0-9]))?"
_OFFSET_TEXT = re.compile(
    rf"\(?(?:(?:UTC|GMT)?\s?{_OFFSET}(?::00)?|UTC|GMT|Z)\)?(?:\s.*)?", re.ASCII | re.IGNORECASE | re.DOTALL
)
# "7", "-420", "25200": of whatever unit the number would be; "7:00" and "0700": hours and minutes.
_NUMBER = re.compile(r"[+\-−]?(?:0?[0-9]|[1-9][0-9]{1,4})(?:\.[0-9]{1,2})?", re.ASCII)
_UNSIGNED_OFFSET = re.compile(r"(?:[0-9]{1,2}:|0[0-9])[0-5][0-9](?::00)?", re.ASCII)
_SIGNED_OFFSET = re.compile(r"[+-][0-9]{2}:?[0-9]{2}", re.ASCII)
_UTC_IN_NAME = re.compile(rf"(?:utc|gmt)(?:\s*{_OFFSET})?", re.ASCII | re.IGNORECASE)
# Hours of abbreviations and names, https://en.wikipedia.org/wiki/List_of_time_zone_abbreviations; some mean several.
_HOURS: dict[str, tuple[float, ...]] = {
    "ICT": (7,), "INDOCHINA TIME": (7,), "SE ASIA STANDARD TIME": (7,), "WIB": (7,), "WITA": (8,), "WIT": (9,),
    "MMT": (6.5,), "SGT": (8,), "MYT": (8,), "HKT": (8,), "PHT": (8,), "JST": (9,), "KST": (9,), "IST": (1, 2, 5.5),
    "PKT": (5,), "NPT": (5.75,), "BST": (1, 6), "CST": (-6, -5, 8), "CDT": (-5, -4), "EST": (-5, 10), "EDT": (-4, 11),
    "MST": (-7, 8), "MDT": (-6,), "PST": (-8, 8), "PDT": (-7,), "AKST": (-9,), "AKDT": (-8,), "HST": (-10,),
    "AST": (-4, 3), "ADT": (-3, 4), "WET": (0,), "WEST": (1,), "CET": (1,), "CEST": (2,), "EET": (2,), "EEST": (3,),
    "MSK": (3,), "AEST": (10,), "AEDT": (11,), "ACST": (9.5,), "ACDT": (10.5,), "AWST": (8,), "NZST": (12,),
    "NZDT": (13,),
}  # fmt: skip
# Abbreviations of summer times: a fixed zone of theirs would be wrong in winter.
_SUMMER_TIMES = frozenset(
    {
        "CDT", "EDT", "PDT", "MDT", "AKDT", "ADT", "NDT", "WEST", "CEST", "EEST", "BST", "IDT", "MSD", "CLST", "AEDT",
        "ACDT", "NZDT", "MESZ", "HAEC",
    }
)  # fmt: skip
_SUMMER_WORDS = ("SUMMER TIME", "DAYLIGHT TIME")
# By their letters.
_VIETNAM = frozenset({"vn", "vietnam", "giovietnam", "hanoi", "asiahanoi", "saigon", "tphochiminh"})
# By hours: zones of the database that have no summer time.
_FIXED_ZONES = {
    0: "UTC", 7: "Asia/Ho_Chi_Minh", 4.5: "Asia/Kabul", 5.5: "Asia/Kolkata", 5.75: "Asia/Kathmandu",
    6.5: "Asia/Yangon", 9.5: "Australia/Darwin", 3.5: "Asia/Tehran",
}  # fmt: skip
_MAX_HOURS, _MAX_MINUTES = 14, 14 * 60
_MAX_TEXT = 80  # characters


def zone_offsets(key: str, value: Any, local: datetime) -> frozenset[timedelta]:
    """The offsets that a field called `key` may mean at `local`, a time of any zone; none for an unknown zone.

    Numbers, also as texts, are hours, minutes or seconds by their name or size.
    """
    if not isinstance(value, str):
        return _of_number(key, value)
    text = " ".join(value[:_MAX_TEXT].split())
    if _NUMBER.fullmatch(text):
        return _of_number_text(key, text)
    if text.upper() in _HOURS:
        return frozenset(timedelta(hours=hours) for hours in _HOURS[text.upper()])
    if match := _OFFSET_TEXT.fullmatch(text if not _UNSIGNED_OFFSET.fullmatch(text) else f"+{text}"):
        return frozenset({_offset(match)})
    if comparable_name(text) in _VIETNAM:
        return frozenset({timedelta(hours=7)})
    return frozenset(offset for name in _zone_names(text) for offset in _offsets_of_zone(name, local))


def zones_to_write(text: str, offsets: Iterable[timedelta]) -> str:
    """What `zone` of a row is set to for a zone that an answer writes as `text`, which has `offsets`; "" for none.

    `text` itself where the database has it; else the zone of its offset without summer times, "Etc/GMT-9" of JST,
    unless it has several offsets or is a summer time.
    """
    if "/" in text and text in _database_names():
        return text
    found = set(offsets) if not is_summer_time(text) else set()
    return _fixed_zone(found.pop()) if len(found) == 1 else ""


def is_summer_time(text: str) -> bool:
    """Whether a text is the abbreviation or the name of a summer time."""
    text = text.strip().upper()
    return text in _SUMMER_TIMES or text.endswith(_SUMMER_WORDS)


def _fixed_zone(offset: timedelta) -> str:
    hours = offset / timedelta(hours=1)
    if hours in _FIXED_ZONES:
        return _FIXED_ZONES[hours]
    return f"Etc/GMT{-hours:+.0f}" if hours == int(hours) else ""  # its sign is that of POSIX: west is positive


def is_number_text(value: Any) -> bool:
    """Whether a text is a number, which may be an offset or the id of anything."""
    return isinstance(value, str) and bool(_NUMBER.fullmatch(value.strip()))


def is_surely_zone(value: Any) -> bool:
    """Whether a text can be nothing but a zone, so that the name of its field need not say so."""
    if not isinstance(value, str) or value != value.strip() or len(value) > _MAX_TEXT:
        return False
    is_name = value in _HOURS or value in ("UTC", "GMT") or bool(_SIGNED_OFFSET.fullmatch(value))
    is_offset_of_utc = value.startswith(("UTC", "GMT")) and bool(_OFFSET_TEXT.fullmatch(value))
    is_place = "/" in value and value.lower() in _names_of_zones()
    return is_name or is_offset_of_utc or is_place


def zone_in_name(name: str) -> str:
    """The zone in the name of a field or a heading of times: "UTC" of "dateutc", "GMT+7" of "Giờ (GMT+7)"; or ""."""
    for match in _UTC_IN_NAME.finditer(name):
        before, after = name[: match.start()], name[match.end() :]
        is_camel = match[0][0].isupper() and before[-1:].islower()
        is_begun = not before[-1:].isalpha() or is_camel or (not after and match[0].islower())
        is_ended = not after[:1].isalpha() or after[:1].isupper() or after.lower().startswith(("time", "date"))
        if is_begun and is_ended:
            return " ".join(match[0].upper().split())
    return ""


def _offset(match: re.Match[str]) -> timedelta:
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    return offset if match["sign"] in ("+", None) else -offset


def _of_number_text(key: str, text: str) -> frozenset[timedelta]:
    """What a text of digits may mean: the number, and with a sign hours and minutes ("-420": 7 or 4:20 hours)."""
    offsets = _of_number(key, float(text.replace("−", "-")))
    match = _OFFSET_TEXT.fullmatch(text)
    return offsets | frozenset(filter(is_world_offset, [_offset(match)] if match else []))


def _zone_names(text: str) -> frozenset[str]:
    """The zones of the database that `text` names, in any case: "asia/tokyo", or by their city alone, "Tokyo"."""
    names = _names_of_zones()
    return names.get(text.lower().replace(" ", "_")) or names.get(comparable_name(text), frozenset())


@cache  # the files of all zones are looked up
def _database_names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _names_of_zones() -> Mapping[str, frozenset[str]]:
    """The zones of the database by their names in small letters, and by the letters of their cities."""
    found = defaultdict[str, set[str]](set)
    for name in _database_names():
        found[name.lower()].add(name)
        region, _, city = name.rpartition("/")
        if region and not name.startswith("Etc/"):
            found[comparable_name(city)].add(name)
    return {text: frozenset(names) for text, names in found.items()}


def _offsets_of_zone(name: str, local: datetime) -> frozenset[timedelta]:
    zone = ZoneInfo(name)
    found = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return frozenset(offset for offset in found if offset is not None)


def _of_number(key: str, value: Any) -> frozenset[timedelta]:
    if type(value) not in (int, float) or not isfinite(value) or abs(value) > _MAX_MINUTES * 60:
        return frozenset()
    is_small = abs(value) <= _MAX_HOURS and "sec" not in key and "min" not in key
    unit = "hours" if is_small else "minutes" if "min" in key or abs(value) <= _MAX_MINUTES else "seconds"
    unit = "seconds" if "sec" in key else unit
    offset = timedelta(**{unit: value})
    # Browsers count the minutes from local time to UTC.
    both = {offset, -offset} if unit == "minutes" and key.endswith("zoneoffset") else {offset}
    return frozenset(filter(is_world_offset, both))
