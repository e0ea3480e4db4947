"""Sheets whose tables have the same headings: whether the titles above them tell that they are not one table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import table_of_title
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.stated_unit import unit_statements
from data_sources.spreadsheet.table_header import TableHeader, rows_above
from data_sources.spreadsheet.table_reader import TableReader
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten

_MAX_QUOTED = 80  # characters of a name or a title that a failure quotes
_MAX_ROWS_WITH_NUMBERS = 3  # above the headings; more are those of another table
Titles = Mapping[str, str]  # each as it stands, by what is the same for every period


class TitledTable(NamedTuple):
    """A table that was read, and the titles above it."""

    reader: TableReader
    titles: Titles


def valued_series(reader: TableReader) -> set[str]:
    """The series for which a table has a value."""
    return {one.series for one in reader.readings if one.value is not None}


def find_titles(sheet: Sheet, table: TableHeader, options: Options) -> Titles:
    """The titles above a table, also the upper headings of its columns; units are none, nor is a mere period."""
    found: dict[str, str] = {}
    for cells in _title_rows(rows_above(sheet, table)):
        units = {unit for unit, *_ in unit_statements(cells, options)}
        for text in (displayed_text(cell) for cell in cells if isinstance(cell, str)):
            rest = text
            for unit in units:
                rest = rest.replace(unit, " ")
            found.setdefault(table_of_title(rest), text)
    return {key: text for key, text in found.items() if key}


def _title_rows(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
    """The rows without those of another table, which are the ones from its first number to its last."""
    with_numbers = [n for n, cells in enumerate(rows) if any(isinstance(cell, int | float) for cell in cells)]
    if len(with_numbers) <= _MAX_ROWS_WITH_NUMBERS:
        return list(rows)
    return [*rows[: with_numbers[0]], *rows[with_numbers[-1] + 1 :]]


def titles_failure(tables: Sequence[TitledTable]) -> Failure | None:
    """Why tables of several sheets may not be one: two of them with values have other titles. None: no title says so.

    A sheet without any title says nothing.
    """
    titled = [one for one in tables if one.titles and valued_series(one.reader)]
    for other in titled[1:]:
        first, second = titled[0].titles, other.titles
        if first.keys() != second.keys():
            texts = {
                "first": titled[0].reader.sheet_name, "first_title": _own_title(first, second),
                "second": other.reader.sheet_name, "second_title": _own_title(second, first),
            }  # fmt: skip
            params: dict[str, Parameter] = {name: shorten(text, _MAX_QUOTED) for name, text in texts.items()}
            return Failure(SpreadsheetCode.SHEETS_OF_OTHER_TITLES, params)
    return None


def _own_title(titles: Titles, others: Titles) -> str:
    return next((text for key, text in titles.items() if key not in others), "–")
