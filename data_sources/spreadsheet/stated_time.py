"""Whether a title above a table, or a heading of a column that is read, names another time than the file."""

import re
from collections.abc import Sequence
from datetime import datetime

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.file_names import title_of_other_time
from data_sources.spreadsheet.options import UNHEADED
from data_sources.spreadsheet.table_header import TableHeader, first_heading_row, rows_above
from data_sources.spreadsheet.unmerged_grid import UnmergedGrid, displayed_text
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten

# A comparison with another time is one of the time of the file.
_COMPARISON = re.compile(r"(?<!\w)(?:so (?:sánh )?với|cùng kỳ|tăng|giảm)(?!\w)", re.IGNORECASE)
# "KH 2003" of a heading is "năm 2003"; other years are those of prices and standards.
_YEAR_OF_FIGURES = re.compile(
    r"(?<!\w)(?:u?th|ưth|kh|ước|ước th|thực hiện|kế hoạch|mục tiêu|dự kiến)\s*(?=20[0-9]{2}(?!\d))", re.IGNORECASE
)
# Not the year of the figures, but of their prices, or the first one of several.
_YEAR_OF_OTHERS = re.compile(
    r"(?<!\w)(?:giá(?: so sánh| cố định| hiện hành| gốc)?|từ(?: đầu)?) năm 20[0-9]{2}(?!\d)", re.IGNORECASE
)
_MAX_QUOTED = 80  # characters of a text that a failure quotes


def other_time_failure(sheet: Sheet, table: TableHeader, moment: datetime | None, *, has_month: bool) -> Failure | None:
    """Why a table may not be of the time of its file; None where a title or heading names that time, or none a time.

    A column that is read and names another year alone is of that year, whatever else names that of the file.
    `has_month`: whether the name of the file has one.
    """
    grid = UnmergedGrid(sheet)
    start = first_heading_row(grid.rows, table.columns, table.end)
    heading_rows = sheet.rows[start : table.end]
    above = rows_above(sheet, table)
    titles = _texts(above[: max(0, len(above) - (table.end - 1 - start))])
    headings = [_heading(grid, column, start, table.end) for key, column in table.columns.items() if key != UNHEADED]
    read = [_YEAR_OF_FIGURES.sub("năm ", text) for text in headings if not _COMPARISON.search(text)]
    named = ((text, _YEAR_OF_OTHERS.sub("", text)) for text in read)
    own = next((text for text, rest in named if title_of_other_time([rest], moment, has_month=False)), "")
    everything = [*titles, *_texts(heading_rows)]
    for texts, code, name in (
        (titles, SpreadsheetCode.TITLE_OTHER_TIME, "title"),
        (read, SpreadsheetCode.HEADING_OTHER_TIME, "heading"),
    ):
        text = title_of_other_time(texts, moment, has_month=has_month)
        if text and title_of_other_time([*texts, *everything], moment, has_month=has_month):
            return _failure(code, name, text, headings)
    return _failure(SpreadsheetCode.HEADING_OTHER_TIME, "heading", own, headings) if own else None


def _failure(code: SpreadsheetCode, name: str, text: str, headings: Sequence[str]) -> Failure:
    """The failure that quotes a title, or a heading as it is written."""
    quoted = next((heading for heading in headings if _YEAR_OF_FIGURES.sub("năm ", heading) == text), text)
    return Failure(code, {name: shorten(quoted, _MAX_QUOTED)})


def _texts(rows: Sequence[Sequence[Cell]]) -> list[str]:
    return [displayed_text(cell) for cells in rows for cell in cells if isinstance(cell, str)]


def _heading(grid: UnmergedGrid, column: int, start: int, end: int) -> str:
    """The levels of a heading."""
    texts = (displayed_text(grid.at(row, column)) for row in range(start, end))
    return " / ".join(dict.fromkeys(filter(None, texts)))
