"""Which rows of a sheet belong to a table: not its headings repeated on each page, nor those of another table below."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from data_sources.spreadsheet.cell_value import cell_fault
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.table_header import TableHeader, displayed_text, find_header, normalize_heading
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.ingest.parsing import is_missing_text

_MAX_HEADING_ROWS = 9  # headings, column numbers, units, and the first row of data


class TableRows(NamedTuple):
    """`rows` with data; `end`: the row that ends the table, or the number of rows; `code`: of data below it."""

    rows: Sequence[int]
    end: int
    code: SpreadsheetCode


def find_rows(sheet: Sheet, table: TableHeader, options: Options) -> TableRows:
    """The rows of `table`: up to a row that begins with one of `ends`, or to the headings of another table."""
    markers = tuple(displayed_text(text).casefold() for text in options.ends)
    labels = _label_headings(table, options)
    values = [table.columns[heading_levels(heading)] for heading in options.columns.values()]
    words = frozenset(str(word) for word in (*options.missing, *options.numbers))
    rows: list[int] = []
    row = table.first_row
    while row < len(sheet.rows):
        cells = sheet.rows[row]
        first = next((cell for cell in cells if cell is not None), None) if markers else None
        if markers and displayed_text(first).casefold().startswith(markers):
            return TableRows(rows, row, SpreadsheetCode.ROWS_BELOW_END)
        if labels and all(_text_at(cells, column) == text for column, text in labels.items()):
            height = _heading_height(sheet, row, table, options)
            if not height:
                return TableRows(rows, row, SpreadsheetCode.TABLE_BELOW)
            row += height
        elif row > table.first_row and _has_gap(sheet.rows[row - 1]) and _is_heading_like(cells, values, words):
            return TableRows(rows, row, SpreadsheetCode.TABLE_BELOW)
        else:
            rows.append(row)
            row += 1
    return TableRows(rows, row, SpreadsheetCode.ROWS_BELOW_END)


def _label_headings(table: TableHeader, options: Options) -> Mapping[int, str]:
    """By column, the headings of the names and the times: a row with all of them is one of headings again."""
    headings = [heading_levels(heading) for heading in (options.name, options.time) if heading]
    return {table.columns[heading]: normalize_heading(heading[-1]) for heading in headings}


def _text_at(cells: Sequence[Cell], column: int) -> str:
    return normalize_heading(cells[column]) if column < len(cells) else ""


def _has_gap(cells: Sequence[Cell]) -> bool:
    """Whether a row separates tables: it is empty, or has a title only."""
    return sum(cell is not None for cell in cells) < 2


def _is_heading_like(cells: Sequence[Cell], values: Collection[int], words: Collection[str]) -> bool:
    """Whether a row has a word in each of the columns with values, and no number in any other."""
    texts = {column: cell for column, cell in enumerate(cells) if cell is not None}
    return set(values) <= texts.keys() and all(
        _is_word(cell) and str(cell).strip() not in words for cell in texts.values()
    )


def _is_word(cell: Cell) -> bool:
    has_letter = isinstance(cell, str) and any(map(str.isalpha, cell))
    return has_letter and cell_fault(cell) is None and not is_missing_text(str(cell))


def _heading_height(sheet: Sheet, row: int, table: TableHeader, options: Options) -> int:
    """The number of rows in which the headings of the table stand again from `row` on; 0 when they are others."""
    merged = [(top - row, left, bottom - row, right) for top, left, bottom, right in sheet.merged or () if top >= row]
    part = Sheet(sheet.name, sheet.rows[row : row + _MAX_HEADING_ROWS], tuple(merged) or None)
    header = find_header(part, list(table.columns), options.units)
    return header.first_row if header and header.columns == table.columns else 0
