"""The month that texts around a table state, and the dates that lie in it only with day and month exchanged."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import PurePosixPath
from typing import NamedTuple

from data_sources.spreadsheet.file_names import MONTH, MONTH_OF_YEAR, TITLE_MONTH, YEAR
from data_sources.spreadsheet.workbook import Cell

_YEAR_MONTH = re.compile(r"(?<!\d)(20[0-9]{2})[-._]?(0[1-9]|1[0-2])(?:[-._]?[0-3][0-9])?(?!\d)")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
_DAY_MONTH = re.compile(r"(?<![0-9])([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{4})(?![0-9])")


class StatedMonth(NamedTuple):
    """A month that `text` states; `year`: 0 where it states none."""

    text: str
    month: int
    year: int

    def has(self, year: int, month: int) -> bool:
        """Whether a month of a year is the stated one."""
        return month == self.month and self.year in (0, year)


def stated_month(titles: Iterable[str], sheet: str, file: str) -> StatedMonth | None:
    """The one month that the titles above a table state, else the name of its sheet, else that of its file."""
    found = [*_in_titles(titles)], [*_in_name(sheet)], [*_in_name(PurePosixPath(file).stem)]
    for months in found:
        if months:
            return months[0] if len({month[1:] for month in months}) == 1 else None
    return None


def _in_titles(titles: Iterable[str]) -> Iterator[StatedMonth]:
    for text in titles:
        for day, month, year in TITLE_MONTH.findall(text):
            if not day:
                yield StatedMonth(text, int(month), int(year))


def _in_name(name: str) -> Iterator[StatedMonth]:
    years = {int(year) for year in YEAR.findall(name)}
    months = [*MONTH.findall(name), *MONTH_OF_YEAR.findall(name)]
    for month in {int(one) for one in months}:
        yield StatedMonth(name, month, min(years) if len(years) == 1 else 0)
    if not months:
        for year, month in _YEAR_MONTH.findall(name):
            yield StatedMonth(name, int(month), int(year))


def exchanged_dates(column: Collection[Cell], stated: StatedMonth | None, *, is_day_first: bool) -> frozenset[Cell]:
    """The cells that lie in the stated month only with day and month exchanged, where each of the others lies in it.

    With a date that does so in neither order the table is not of this month, and nothing can be told.
    """
    found: set[Cell] = set()
    for cell in column if stated else ():
        if stated and (parts := _date_parts(cell, is_day_first=is_day_first)):
            year, month, day = parts
            if stated.has(year, month):
                continue
            if not stated.has(year, day):
                return frozenset()
            found.add(cell)
    return frozenset(found)


def _date_parts(cell: Cell, *, is_day_first: bool) -> tuple[int, int, int] | None:
    """Year, month and day of a date cell or of a text with a date in digits."""
    if isinstance(cell, date):
        return cell.year, cell.month, cell.day
    if not isinstance(cell, str):
        return None
    if match := _ISO.match(cell.strip()):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DAY_MONTH.search(cell):
        day, month = (int(match[1]), int(match[2])) if is_day_first else (int(match[2]), int(match[1]))
        return int(match[3]), month, day
    return None
