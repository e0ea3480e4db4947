"""Which rows of a sheet belong to a table: not its headings repeated on each page, nor those of another table below."""

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.row_kinds import has_gap, is_damaged_row, is_heading_like, is_word
from data_sources.spreadsheet.table_header import TableHeader, find_header, first_heading_row, rows_above
from data_sources.spreadsheet.unmerged_grid import UnmergedGrid, displayed_text, normalize_heading
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.text import REPLACEMENT
from ioc.domain.ingest.parsing import is_missing_text

_TITLE = re.compile(r"(?:bảng|biểu|phụ lục|mẫu)\b")  # in small letters
_NUMBER_START = re.compile(r"\s*(?:[^\w\s]+\s*)?[0-9]")  # 5, -5, <0,1, (5)
_MIN_COLUMNS = 3  # cells of a row of another table
_MAX_HEADING_ROWS = 9  # headings, column numbers, units, and the first row of data


class TableRows(NamedTuple):
    """`rows` with data; `end`: the row that ends the table, or the number of rows; `code`: of data below it.

    `undecided`: the rows that may be data or number the columns. `below`: the rows below the end that may have data.
    `notes`: the rows from one of `ends` on that are no table. `damaged`: of a text file, the rows of the table whose
    cells may stand in other columns.
    """

    rows: Sequence[int]
    end: int
    code: SpreadsheetCode
    undecided: Sequence[int]
    below: Sequence[int] = ()
    notes: Sequence[int] = ()
    damaged: Sequence[int] = ()

    @property
    def lines(self) -> Sequence[int]:
        """The rows that may state a unit, also the damaged ones, from the top down."""
        return sorted([*self.rows, *self.damaged, *self.notes])


def find_rows(sheet: Sheet, table: TableHeader, options: Options) -> TableRows:
    """The rows of `table`: up to a row that begins with one of `ends`, or to the headings of another table."""
    markers = _markers(options)
    found = _rows_to_end(sheet, table, options)
    found = _without_damaged(sheet, table, found, markers) if sheet.delimiter else found
    below = range(found.end + 1, len(sheet.rows))
    if found.code == SpreadsheetCode.TABLE_BELOW:
        return found._replace(below=below)
    values = [table.columns[heading_levels(heading)] for heading in options.columns.values()]
    kept = [row for row in below if _has_number(sheet.rows[row], values) and not _is_end(sheet.rows[row], markers)]
    return found._replace(below=kept, notes=_notes(sheet.rows, found.end))


def _without_damaged(sheet: Sheet, table: TableHeader, found: TableRows, markers: tuple[str, ...]) -> TableRows:
    """The rows without the damaged ones, up to one that may begin with one of `ends` or hold other headings."""
    headings = sheet.rows[first_heading_row(sheet.rows, table.columns, table.end)]
    damaged = [row for row in found.rows if is_damaged_row(sheet.rows[row])]
    ends = ((row, code) for row in damaged if (code := _end_code(sheet.rows[row], markers, headings)))
    end, code = next(ends, (found.end, found.code))
    whole = set(found.rows).difference(damaged)
    return found._replace(
        rows=[row for row in found.rows if row in whole and row < end],
        end=end,
        code=code,
        damaged=[row for row in damaged if row <= end],
    )


def _end_code(cells: Sequence[Cell], markers: tuple[str, ...], headings: Sequence[Cell]) -> SpreadsheetCode | None:
    """What is said of the rows below a damaged row that may end the table; None where it is a row of it."""
    if _may_be_end(cells, markers):
        return SpreadsheetCode.ROWS_BELOW_END
    return SpreadsheetCode.TABLE_BELOW if _may_be_other_headings(cells, headings) else None


def _may_be_other_headings(cells: Sequence[Cell], headings: Sequence[Cell]) -> bool:
    """Whether headings stand in a damaged row, or behind its damage, but not all those of the table in their order.

    A logger that lost its power writes headings again right behind the erased bytes.
    """
    # Quotes that do not begin a cell are part of it.
    texts = [cell.rpartition(REPLACEMENT)[2].strip('"') if isinstance(cell, str) else cell for cell in cells]
    last = max(column for column, cell in enumerate(cells) if isinstance(cell, str) and REPLACEMENT in cell)
    behind, known = [*map(normalize_heading, texts[last:])], [*map(normalize_heading, headings)]
    if behind == known:
        return False
    return any(
        not {*map(normalize_heading, part)}.isdisjoint(filter(None, known))
        and all(is_word(cell) for cell in part if cell)
        for part in (texts, texts[last:])
    )


def _may_be_end(cells: Sequence[Cell], markers: tuple[str, ...]) -> bool:
    """Whether the first text of a row, up to where it is damaged, is that of one of `ends`."""
    text, damage, _ = _first_text(cells).partition(REPLACEMENT)
    return bool(damage) and any(marker.startswith(text) for marker in markers)


def _notes(rows: Sequence[Sequence[Cell]], end: int) -> Sequence[int]:
    """The rows from `end` on where nothing but texts of few cells stands below: none above another table."""
    below = range(end, len(rows))
    are_notes = all(_may_be_note(rows[row]) for row in below)
    return list(takewhile(lambda row: not _is_title(rows[row]), below)) if are_notes else ()


def _may_be_note(cells: Sequence[Cell]) -> bool:
    return len(cells) - cells.count(None) < _MIN_COLUMNS


def _is_title(cells: Sequence[Cell]) -> bool:
    return bool(_TITLE.match(_first_text(cells)))


def _first_text(cells: Sequence[Cell]) -> str:
    return displayed_text(next((cell for cell in cells if cell is not None), None)).casefold()


def last_row_with_value(sheet: Sheet, table: TableHeader, options: Options) -> int:
    """The last row of `table` that has a number or a mark for none in a column of values; that above its data, else."""
    values = [table.columns[heading_levels(heading)] for heading in options.columns.values()]
    with_value = (
        row
        for row in reversed(_rows_to_end(sheet, table, options).rows)
        if _has_number(cells := sheet.rows[row], values) or any(_is_mark(cells, column, options) for column in values)
    )
    return next(with_value, table.first_row - 1)


def _is_mark(cells: Sequence[Cell], column: int, options: Options) -> bool:
    cell = cells[column] if column < len(cells) else None
    return isinstance(cell, str) and is_missing_text(cell, options.missing)


def _markers(options: Options) -> tuple[str, ...]:
    return tuple(displayed_text(text).casefold() for text in options.ends)


def _is_end(cells: Sequence[Cell], markers: tuple[str, ...]) -> bool:
    """Whether a row begins with one of `ends`, as `markers`."""
    return bool(markers) and _first_text(cells).startswith(markers)


def _has_number(cells: Sequence[Cell], values: Collection[int]) -> bool:
    """Whether a column of values has anything but words, such as the name below a signature."""
    found = [cells[column] for column in values if column < len(cells)]
    return any(_NUMBER_START.match(cell) if isinstance(cell, str) else cell is not None for cell in found)


def _rows_to_end(sheet: Sheet, table: TableHeader, options: Options) -> TableRows:
    markers = _markers(options)
    grid = UnmergedGrid(sheet)  # a heading may be merged over columns, of which the table reads another than the first
    labels = _label_headings(grid, table, options)
    values = [table.columns[heading_levels(heading)] for heading in options.columns.values()]
    words = frozenset(str(word) for word in (*options.missing, *options.numbers))
    rows: list[int] = []
    undecided = _at(table.below.undecided_row, 0)
    row = table.first_row
    while row < len(sheet.rows):
        cells = sheet.rows[row]
        if _is_end(cells, markers):
            return TableRows(rows, row, SpreadsheetCode.ROWS_BELOW_END, undecided)
        if labels and all(normalize_heading(grid.at(row, column)) == text for column, text in labels.items()):
            repeated = _repeated_header(sheet, row, table, options)
            if not repeated or _has_title(sheet, table, row):
                return TableRows(rows, row, SpreadsheetCode.TABLE_BELOW, undecided)
            undecided += _at(repeated.below.undecided_row, row)
            row += repeated.first_row
        elif (
            row > table.first_row
            and has_gap(sheet.rows[row - 1])
            and (is_heading_like(cells, values, words) or _has_headings_elsewhere(cells, table))
        ):
            return TableRows(rows, row, SpreadsheetCode.TABLE_BELOW, undecided)
        else:
            rows.append(row)
            row += 1
    return TableRows(rows, row, SpreadsheetCode.ROWS_BELOW_END, undecided)


def _label_headings(grid: UnmergedGrid, table: TableHeader, options: Options) -> Mapping[int, str]:
    """By column, the headings that names and times have: a row with all of them is one of headings again."""
    headings = [heading_levels(heading) for heading in (options.row_name, options.time) if heading]
    labels = {table.columns[heading]: normalize_heading(heading[-1]) for heading in headings}
    if options.name_column:  # a row may lack a name: all headings of the row tell
        cells = grid.cells_at(first_heading_row(grid.rows, table.columns, table.end))
        labels |= {column: normalize_heading(cell) for column, cell in enumerate(cells)}
    return labels


def _has_title(sheet: Sheet, table: TableHeader, row: int) -> bool:
    """Whether another title stands above headings that are repeated: “Bảng 2. Mía” below “Bảng 1. Lúa”."""
    known = {displayed_text(cell).casefold() for cells in rows_above(sheet, table) for cell in cells}
    for cells in reversed(sheet.rows[table.end : row]):
        texts = [displayed_text(cell).casefold() for cell in cells if cell is not None]
        if len(texts) > 1:
            return False
        if texts and sheet.delimiter and REPLACEMENT in texts[0] and any(map(str.isalpha, texts[0])):
            return True
        if texts and texts[0] not in known and _TITLE.match(texts[0]) and "tiếp" not in texts[0]:
            return True
    return False


def _has_headings_elsewhere(cells: Sequence[Cell], table: TableHeader) -> bool:
    """Whether a row of words has two of the table's headings in other columns: those of a table beside its place."""
    texts = [(column, normalize_heading(cell)) for column, cell in enumerate(cells) if cell is not None]
    places = {normalize_heading(levels[-1]): column for levels, column in table.columns.items()}
    moved = [text for column, text in texts if places.get(text, column) != column]
    return len(set(moved)) > 1 and all(is_word(cell) for cell in cells if cell is not None)


def _at(row: int, offset: int) -> list[int]:
    return [offset + row] if row >= 0 else []


def _repeated_header(sheet: Sheet, row: int, table: TableHeader, options: Options) -> TableHeader | None:
    """The headings of the table that stand again from `row` on; None when they or the units below them are others."""
    ranges = sheet.merged or ()
    within = ranges[bisect_left(ranges, (row,)) : bisect_left(ranges, (row + _MAX_HEADING_ROWS,))]
    merged = tuple((top - row, left, bottom - row, right) for top, left, bottom, right in within)
    part = Sheet(sheet.name, sheet.rows[row : row + _MAX_HEADING_ROWS], merged or None)
    header = find_header(part, options)
    if header is None or header.columns != table.columns:
        return None
    return header if header.below.units in ({}, table.below.units) else None
