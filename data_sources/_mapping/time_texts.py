"""Texts and numbers that are likely to be times, where no row says in which form."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.compact_time import compact_pattern
from ioc.domain.ingest.parsing import ParseError, parse_timestamp

_UNIX = range(946_684_800, 4_102_444_800)  # seconds of 2000 to 2100
_FORMS = ("iso", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y")
# Of periods, times of day, and times as only names of members have them: "2026-11-24 08h".
_NAMES = (
    *("period_start", "%H:%M", "%H:%M:%S", "%Hh%M"),
    *("%Y-%m-%d %Hh", "%Y-%m-%d-%H", "%d-%m-%Y %H:%M", "%Y/%m/%d"),
)


def may_be_unix_time(number: float) -> bool:
    """Whether a number is a time of this century, in seconds or milliseconds since 1970."""
    return int(number) in _UNIX or int(number / 1000) in _UNIX


def likely_moment(text: str) -> datetime | None:
    """The time that `text` is in one of the usual forms, None for none; of digits alone a time of this century."""
    if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return _parsed(text, _FORMS)
    if may_be_unix_time(float(text[:20])):
        return _parsed(text, ("unix", "unix_ms"))
    return _parsed(text, filter(None, [compact_pattern(text)]))


def names_moment(name: str) -> bool:
    """Whether `name` is a time, a period or a time of day; digits alone as in `likely_moment`: "2014" is none."""
    return likely_moment(name) is not None or (not name.isdecimal() and _parsed(name, _NAMES) is not None)


def _parsed(text: str, forms: Iterable[str]) -> datetime | None:
    for form in forms:
        with suppress(ParseError):
            return parse_timestamp(text, form, CITY_ZONE)
    return None
