"""Days as cells of a sheet hold them: written, written out, or as the number in which a spreadsheet stores a day."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.directives.due_words import parse_written_day
from ioc.domain.directives.sheet_errors import SheetCode

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_DAY_ZERO = date(1899, 12, 30)  # of the numbers of days in .xlsx and .ods
# A number of days is read in a column of days alone, and between these years: a cell without the format of a day
# holds it there, and hardly anything else.
_FIRST, _LAST = (date(2000, 1, 1) - _DAY_ZERO).days, (date(2050, 1, 1) - _DAY_ZERO).days
_MAX_QUOTED = 80


class ReadDay(NamedTuple):
    """`is_serial`: the cell holds the number of a day."""

    day: date
    is_serial: bool = False


def read_day(text: str) -> ReadDay | None:
    """The day that a cell of a column of days holds; None for what is no day."""
    if text.isascii() and text.isdigit() and len(text) == len(str(_LAST)) and _FIRST <= int(text) < _LAST:
        return ReadDay(_DAY_ZERO + timedelta(days=int(text)), is_serial=True)
    day = parse_written_day(text)
    return ReadDay(day) if day else None


def day_failure(text: str) -> Failure:
    """Why a cell of a column of days is not understood: a bare number may be a day that has lost its format."""
    code = SheetCode.DAY_NUMBER if _NUMBER.fullmatch(text) else SheetCode.NOT_A_DAY
    return Failure(code, {"text": text[:_MAX_QUOTED]})
