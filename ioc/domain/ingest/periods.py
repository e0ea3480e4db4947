"""Times that name a period, "2014Q3", "quý III/2014", "2014-W32", "2014", read as its start or its end."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from ioc.domain.base.slug import without_accents

PERIOD_FORMATS = ("period_start", "period_end")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_MAX_LENGTH = 40
_YEAR, _SIGN = r"(?P<year>[12]\d{3})", r"\s*[-_/.,]?\s*"
_OF_YEAR = rf"{_SIGN}(?:nam\s+)?{_YEAR}"
_QUARTER, _WEEK = r"(?P<quarter>iii|iv|ii|i|[1-4])", r"(?P<week>[0-5]?\d)"
_MONTH, _HALF = r"(?P<month>[01]?\d)", r"(?P<half>ii|i|[12])"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
# In small letters without tones.
_PERIODS = [
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{_YEAR}{_SIGN}(?:q|quy\s*){_QUARTER}", rf"(?:q|quy\s*){_QUARTER}{_OF_YEAR}",
        rf"{_YEAR}{_SIGN}(?:w|tuan\s*){_WEEK}", rf"(?:w|tuan\s*){_WEEK}{_OF_YEAR}",
        rf"{_YEAR}(?:\s*[-/.]\s*|{_SIGN}(?:m|thang\s*)|)(?P<month>0\d|1[0-2])",
        rf"(?:(?:thang|t)\s*)?{_MONTH}(?:\s*[-/.]\s*|\s+nam\s+){_YEAR}",
        rf"{_YEAR}{_SIGN}[sh]{_HALF}", rf"[sh]{_HALF}{_OF_YEAR}", rf"6\s+thang\s+(?P<which>dau|cuoi)\s+nam\s+{_YEAR}",
        rf"(?:nam\s+)?{_YEAR}",
    )
]  # fmt: skip


def period_bound(value: Any, time_format: str, zone: tzinfo) -> datetime:
    """The first moment of a period as UTC by "period_start", its last second by "period_end". Raises ValueError.

    Weeks are those of ISO 8601, from Monday. A number is read as its digits: 2014, 201407.
    """
    first, following = _days(str(value) if type(value) in (str, int) else "")
    is_start = time_format == "period_start"
    moment = datetime.combine(first if is_start else following, time(), zone).astimezone(UTC)
    return moment if is_start else moment - timedelta(seconds=1)


def _days(text: str) -> tuple[date, date]:
    """The first day of a period, and that of the next one."""
    plain = without_accents(text[: _MAX_LENGTH + 1].strip()).lower()
    found = next((match for pattern in _PERIODS if (match := pattern.fullmatch(plain))), None)
    if found is None or not _FIRST_YEAR <= int(found["year"]) <= _LAST_YEAR:
        raise ValueError
    year, parts = int(found["year"]), found.groupdict()
    if week := parts.get("week"):
        monday = date.fromisocalendar(year, int(week), 1)
        return monday, monday + timedelta(weeks=1)
    first, months = 1, 12
    if quarter := parts.get("quarter"):
        first, months = 3 * (_ROMAN.get(quarter) or int(quarter)) - 2, 3
    elif half := parts.get("half"):
        first, months = 6 * (_ROMAN.get(half) or int(half)) - 5, 6
    elif which := parts.get("which"):
        first, months = 1 if which == "dau" else 7, 6
    elif month := parts.get("month"):
        first, months = int(month), 1
    last = first + months
    return date(year, first, 1), date(year + (last > 12), last - 12 * (last > 12), 1)
