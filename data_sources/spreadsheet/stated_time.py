"""Whether a title above a table, or a heading of a column that is read, names another time than the file."""

import re
from collections.abc import Sequence
from datetime import datetime

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import YEAR, title_of_other_time
from data_sources.spreadsheet.options import UNHEADED, Options, heading_levels
from data_sources.spreadsheet.table_header import TableHeader, first_heading_row, rows_above
from data_sources.spreadsheet.unmerged_grid import UnmergedGrid, displayed_text
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten

# A comparison with another time is one of the time of the file.
_COMPARISON = re.compile(r"(?<!\w)(?:so (?:sánh )?với|cùng kỳ|tăng|giảm)(?!\w)", re.IGNORECASE)
_PLAN_OR_RESULT = "ước(?: tính)?|thực hiện|u?th|ưth|kế hoạch|kh|dự toán|dự kiến|mục tiêu|chỉ tiêu|phương hướng|giao"
# "KH 2003" of a heading is "năm 2003"; other years are those of prices and standards.
_YEAR_OF_FIGURES = re.compile(rf"(?<!\w)(?:(?:{_PLAN_OR_RESULT})\s*){{1,3}}(?=20[0-9]{{2}}(?!\d))", re.IGNORECASE)
# A level of a heading that is the year of the figures and no more, but for a unit: "Ước thực hiện năm 2024 (tấn)".
_YEAR_ALONE = re.compile(
    rf"(?:(?:(?:{_PLAN_OR_RESULT}|nghị quyết|nq)\s*){{1,3}}(?:(?:cả\s*)?năm\s*)?|(?:cả\s*)?năm\s*)(20[0-9]{{2}})"
    r"(?:\s*\([^()=]*\))?",
    re.IGNORECASE,
)
_MAX_QUOTED = 80  # characters of a text that a failure quotes


def columns_of_other_year(
    sheet: Sheet, table: TableHeader, moment: datetime | None, options: Options
) -> dict[str, Failure]:
    """By series template, why a column of values is of another year than its file: a level of its heading is that year.

    Whatever else names that of the file, but for another level. `moment`: that of the file, None where it has none.
    """
    if moment is None:
        return {}
    start, grid = first_heading_row(sheet.rows, table.columns, table.end), UnmergedGrid(sheet)
    found = dict[str, Failure]()
    for template, heading in options.columns.items():
        levels = _levels(grid, table.columns[heading_levels(heading)], start, table.end)
        text = " / ".join(levels)
        names_other = any(match and int(match[1]) != moment.year for match in map(_YEAR_ALONE.fullmatch, levels))
        if names_other and str(moment.year) not in YEAR.findall(text) and not _COMPARISON.search(text):
            found[template] = _failure(SpreadsheetCode.HEADING_OTHER_TIME, "heading", text, [text])
    return found


def other_time_failure(
    sheet: Sheet, table: TableHeader, moment: datetime | None, options: Options, *, has_month: bool
) -> Failure | None:
    """Why a table may not be of the time of its file; None where any title or heading names that time, or none a time.

    `options`: with the columns that are read. `has_month`: whether the name of the file has one.
    """
    grid = UnmergedGrid(sheet)
    start = first_heading_row(grid.rows, table.columns, table.end)
    heading_rows = sheet.rows[start : table.end]
    above = rows_above(sheet, table)
    titles = _texts(above[: max(0, len(above) - (table.end - 1 - start))])
    keys = dict.fromkeys([*options.label_headings, *map(heading_levels, options.columns.values())])
    columns = [table.columns[key] for key in keys if key != UNHEADED]
    headings = [" / ".join(_levels(grid, column, start, table.end)) for column in columns]
    read = [_YEAR_OF_FIGURES.sub("năm ", text) for text in headings if not _COMPARISON.search(text)]
    everything = [*titles, *_texts(heading_rows)]
    for texts, code, name in (
        (titles, SpreadsheetCode.TITLE_OTHER_TIME, "title"),
        (read, SpreadsheetCode.HEADING_OTHER_TIME, "heading"),
    ):
        text = title_of_other_time(texts, moment, has_month=has_month)
        if text and title_of_other_time([*texts, *everything], moment, has_month=has_month):
            return _failure(code, name, text, headings)
    return None


def _failure(code: SpreadsheetCode, name: str, text: str, headings: Sequence[str]) -> Failure:
    """The failure that quotes a title, or a heading as it is written."""
    quoted = next((heading for heading in headings if _YEAR_OF_FIGURES.sub("năm ", heading) == text), text)
    return Failure(code, {name: shorten(quoted, _MAX_QUOTED)})


def _texts(rows: Sequence[Sequence[Cell]]) -> list[str]:
    return [displayed_text(cell) for cells in rows for cell in cells if isinstance(cell, str)]


def _levels(grid: UnmergedGrid, column: int, start: int, end: int) -> list[str]:
    """The levels of a heading, the upper one first."""
    texts = (displayed_text(grid.at(row, column)) for row in range(start, end))
    return list(dict.fromkeys(filter(None, texts)))
