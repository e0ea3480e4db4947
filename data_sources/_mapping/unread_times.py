"""The field of an answer that looks like the time of a value, where the row reads no time."""

from collections.abc import Sequence
from typing import Any

from data_sources._mapping.options import UnreadTime
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.unread_units import Holder, comparable_name, holders_of_value
from ioc.domain.base.text import shorten

_NAMES = frozenset(
    {
        "time", "timestamp", "datetime", "date", "dateobserved", "observedat", "measuredat", "recordedat", "sampledat",
        "resulttime", "phenomenontime", "observationtime", "measurementtime", "updatedat", "lastupdate", "lastupdated",
        "thoigian", "thoidiem", "ngaygio", "ngaydo", "giodo", "thoigiando", "ngay",
    }
)  # fmt: skip
_UNIX = range(946_684_800, 4_102_444_800)  # seconds of 2000 to 2100
_MAX_QUOTED = 40  # characters of a time


def find_unread_time(item: Any, path: str, around: Sequence[Holder]) -> UnreadTime | None:
    """The nearest such field of the value at `path` of `item`, or around the items; None for none."""
    for holder, is_in_item in holders_of_value(item, path, around):
        for field, value in holder.fields.items():
            if comparable_name(field) in _NAMES and _may_be_time(value):
                return UnreadTime(holder.prefix + quoted(field), shorten(str(value), _MAX_QUOTED), is_in_item)
    return None


def _may_be_time(value: Any) -> bool:
    if isinstance(value, str):
        return any(map(str.isdecimal, value))
    return type(value) in (int, float) and (int(value) in _UNIX or int(value / 1000) in _UNIX)
