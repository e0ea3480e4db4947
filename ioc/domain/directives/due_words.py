"""Due dates as documents state them: a day, or words such as "Quý IV/2026" and "thường xuyên"."""

import calendar
import re
from datetime import date
from itertools import dropwhile
from typing import NamedTuple

from ioc.domain.base.slug import fold
from ioc.domain.base.times import parse_day

_MAX_WORDS = 60
_NO_DAY = frozenset({
    "", "khong thoi han", "thuong xuyen", "khan truong", "hoa toc", "som nhat", "ngay", "hang nam", "hang quy",
    "hang thang", "dinh ky", "lau dai",
})  # fmt: skip
_URGENT = frozenset({"khan truong", "hoa toc", "som nhat", "ngay"})
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_LEADING = frozenset({"truoc", "den", "het", "trong", "cham", "nhat", "ngay"})  # words before a day or a period
_YEAR = r"(?: ?(?:/|-|nam)? ?(?P<year>[0-9]{4}))?"
_QUARTER = re.compile(rf"quy (?P<n>[1-4]|iv|i{{1,3}}){_YEAR}")
_MONTH = re.compile(rf"thang (?P<n>0?[1-9]|1[0-2]){_YEAR}")
_SHORT_MONTH = re.compile(r"(?:t ?)?(?P<n>0?[1-9]|1[0-2]) ?[/-] ?(?P<year>20[0-9]{2})")  # "12/2026", "T12-2026"
_HALF = re.compile(rf"6 thang (?P<n>dau|cuoi)(?: nam)?{_YEAR}")
_LONG_DAY = re.compile(r"(?P<day>[0-9]{1,2}) thang (?P<month>[0-9]{1,2})(?: nam|,| ) ?(?P<year>[0-9]{4})")
_PLACE, _MAX_DAY = re.compile(r"[^,0-9]{2,40}, (?=ngay )"), 80  # where a document was signed; characters of a day
_WHOLE_YEAR = re.compile(r"nam (?P<year>[0-9]{4})")


class StatedDue(NamedTuple):
    """`due`: the day, None for none. `words`: as stated, where that is no plain day; with a day it is inferred."""

    due: date | None
    words: str = ""


def parse_due(text: str, year: int) -> StatedDue | None:
    """What a text says about when a task is due; None where it says nothing that is understood.

    `year`: of a quarter or month without one.
    """
    words = " ".join(text.split())[:_MAX_WORDS]
    folded = fold(words).strip(" .")
    if (day := parse_written_day(words)) is not None:
        return StatedDue(day)
    if folded in _NO_DAY:
        return StatedDue(None, words)
    folded = " ".join(dropwhile(_LEADING.__contains__, folded.split()))
    last = parse_written_day(folded) or _last_day(folded, year)
    return StatedDue(last, words) if last else None


def is_urgent(words: str) -> bool:
    """Whether due words without a day ask for the work at once, as "khẩn trương" does and "thường xuyên" does not."""
    return fold(words).strip(" .") in _URGENT


def parse_written_day(text: str) -> date | None:
    """The day of "24/11/2026", "ngày 24/11/2026" or "Cần Thơ, ngày 24 tháng 11 năm 2026"; None for another text."""
    folded = _PLACE.sub("", " ".join(fold(text[:_MAX_DAY]).split()).strip(" .")).removeprefix("ngay ").strip()
    return parse_day(folded) or _long_day(folded)


def _long_day(folded: str) -> date | None:
    match = _LONG_DAY.fullmatch(folded)
    return parse_day(f"{match['day']}/{match['month']}/{match['year']}") if match else None


def _last_day(folded: str, year: int) -> date | None:
    """The last day of the period that the text names."""
    for pattern, months in ((_QUARTER, 3), (_MONTH, 1), (_SHORT_MONTH, 1), (_HALF, 6)):
        if match := pattern.fullmatch(folded):
            text = match["n"]
            number = {"dau": 1, "cuoi": 2, **_ROMAN}.get(text) or int(text)
            return _month_end(int(match["year"] or year), number * months)
    match = _WHOLE_YEAR.fullmatch(folded)
    return _month_end(int(match["year"]), 12) if match else None


def _month_end(year: int, month: int) -> date | None:
    return date(year, month, calendar.monthrange(year, month)[1]) if 1900 <= year <= 2200 else None
