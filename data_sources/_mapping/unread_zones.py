"""Fields of an answer that name a zone beside a time without one, where the row reads none and sets none."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unit_fields import comparable_name
from data_sources._mapping.unread_fields import Holder, holders_of_value
from ioc.domain.base.text import shorten

# Names of fields, of letters and digits only.
_NAMES = frozenset(
    {
        "timezone", "tz", "tzname", "tzid", "timezonename", "timezoneid", "ianatimezone", "zoneid", "utcoffset",
        "utcoffsetseconds", "utcoffsetminutes", "utcoffsethours", "gmtoffset", "gmtoffsetseconds", "timezoneoffset",
        "tzoffset", "muigio",
    }
)  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*(?:(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-5][0-9]))?)?", re.ASCII)
_OF_WORDS = {"Z": 0, "ICT": 7, "INDOCHINA TIME": 7}
_MAX_HOURS, _MAX_QUOTED = 14, 40


def unread_zone(item: Any, path: str, around: Sequence[Holder], moment: datetime) -> tuple[str, str] | None:
    """The nearest field that names another zone than `moment`, the time at `path` as it was read, is in; and its text.

    None for none, and where the nearest such field names the same offset.
    """
    own = comparable_name(path.rpartition(".")[2])
    names = _NAMES | {own + "zone", own + "tz"}
    for holder, _ in holders_of_value(item, path, around):
        for name, value in holder.fields.items():
            key = comparable_name(name)
            if (key in names or key.endswith("timezone")) and _is_zone(value):
                is_same = _offset(key, value, moment) == moment.utcoffset()
                return None if is_same else (holder.prefix + quoted(name), shorten(str(value), _MAX_QUOTED))
    return None


def _is_zone(value: Any) -> bool:
    return type(value) in (int, float) or (isinstance(value, str) and bool(value.strip()))


def _offset(name: str, value: Any, moment: datetime) -> timedelta | None:
    """The offset from UTC that `value` means at `moment`; None for one that is not known."""
    if not isinstance(value, str):
        is_hours = abs(value) <= _MAX_HOURS and "second" not in name and "minute" not in name
        unit = "hours" if is_hours else "minutes" if "minute" in name or abs(value) <= 60 * _MAX_HOURS else "seconds"
        return timedelta(**{unit: value}) if abs(value) <= 3600 * _MAX_HOURS else None
    text = value.strip().strip("()")
    if text.upper() in _OF_WORDS:
        return timedelta(hours=_OF_WORDS[text.upper()])
    if match := _OFFSET.fullmatch(text.upper()):
        offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
        return -offset if match["sign"] == "-" else offset
    try:
        return moment.astimezone(ZoneInfo(text)).utcoffset()
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None
