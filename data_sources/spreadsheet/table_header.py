"""Finding the headings of a table, in one row or several, merged or not, below any title rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data_sources.spreadsheet.heading_search import FIRST_ROWS, HeadingRows, rows_with_all, rows_with_some
from data_sources.spreadsheet.options import UNHEADED, Options, heading_levels
from data_sources.spreadsheet.row_kinds import has_gap, is_heading_like
from data_sources.spreadsheet.rows_below_headings import HeadingEnd, RowsBelow, find_rows_below
from data_sources.spreadsheet.stated_unit import (
    StatedUnits,
    find_stated_units,
    unit_in_text,
    unit_of_comment,
    unit_statements,
)
from data_sources.spreadsheet.unmerged_grid import MAX_HEADING_ROWS, UnmergedGrid, displayed_text, normalize_heading
from data_sources.spreadsheet.workbook import Cell, Sheet
from ioc.domain.base.cell_address import column_number
from ioc.domain.base.units import is_same_unit
from ioc.domain.ingest.parsing import text_readings


@dataclass(frozen=True, slots=True)
class TableHeader:
    """`columns`: the column of each required heading. `end`: the row after them; `top`: the row after a table above.

    `below`: the rows between the headings and the data.
    `repeated`: the columns of a heading that fits several columns, so that none of them can be meant. `stated`: the
    units that the rows above state for the whole table. `units`: by column, the unit that its heading names.
    `others`: by column, the headings that are not required. `name_heading`: that of the column of names, where the row
    says that it has none.
    """

    columns: dict[tuple[str, ...], int]
    top: int
    end: int
    below: RowsBelow
    repeated: dict[tuple[str, ...], list[int]]
    stated: StatedUnits
    units: dict[int, str]
    others: dict[int, str]
    name_heading: str = ""

    @property
    def first_row(self) -> int:
        """The first row of data, from 0."""
        return self.below.first_row


def rows_above(sheet: Sheet, table: TableHeader) -> list[list[Cell]]:
    """The rows above the last one of the headings, without those of another table, except at the top of the sheet."""
    return sheet.rows[: min(FIRST_ROWS, table.top)] + sheet.rows[table.top : table.end - 1]


def titles(sheet: Sheet, table: TableHeader) -> list[str]:
    """The texts above the headings of a table."""
    return [displayed_text(cell) for cells in rows_above(sheet, table) for cell in cells if isinstance(cell, str)]


def find_header(sheet: Sheet, options: Options) -> TableHeader | None:
    """The first table with all headings of `options`, each in a column of its own; None without one."""
    required = options.required_headings()
    grid = UnmergedGrid(sheet)
    rows = next(rows_with_all(grid, required), None)
    if rows is None:
        return None
    columns = {heading: fitting[0] for heading, fitting in rows.matches.items()}
    if options.name_column:
        columns[UNHEADED] = column_number(options.name_column)
    end = rows.top + rows.depth
    top = _end_of_table_above(sheet.rows, end)
    below = find_rows_below(grid, HeadingEnd(end, columns), options)
    meant = _columns_meant(grid, rows, max(below.first_row, grid.headings_end(end)), options)
    if chosen := {heading: fitting[0] for heading, fitting in meant.items() if len(fitting) == 1}:
        columns |= chosen
        below = find_rows_below(grid, HeadingEnd(end, columns), options)
    repeated = {heading: fitting for heading, fitting in meant.items() if len(fitting) > 1}
    stated = find_stated_units(sheet.rows, range(top, end), options)
    units = _heading_units(grid, rows, columns, options)
    units |= _comment_units(sheet, range(rows.top, end), columns.values(), units, options)
    texts = {column: displayed_text(cell) for column, cell in enumerate(grid.cells_at(end - 1))}
    others = {column: text for column, text in texts.items() if text and column not in columns.values()}
    name_heading = _heading_at(grid, columns, end) if options.name_column else ""
    return TableHeader(columns, top, end, below, repeated, stated, units, others, name_heading)


def first_heading_row(rows: Sequence[Sequence[Cell]], columns: Iterable[tuple[str, ...]], end: int) -> int:
    """The first of the rows before `end` that headings may have and that has a text of the headings of `columns`."""
    levels = {normalize_heading(level) for heading in columns for level in heading if level}
    first = range(max(0, end - MAX_HEADING_ROWS), end)
    return next((row for row in first if levels & set(map(normalize_heading, rows[row]))), end - 1)


def _heading_at(grid: UnmergedGrid, columns: Mapping[tuple[str, ...], int], end: int) -> str:
    """The heading of the column of names, with all its levels; "" where it has none."""
    rows = range(first_heading_row(grid.rows, columns, end), end)
    texts = (displayed_text(grid.at(row, columns[UNHEADED])) for row in rows)
    return " / ".join(dict.fromkeys(filter(None, texts)))


def _columns_meant(
    grid: UnmergedGrid, rows: HeadingRows, first_row: int, options: Options
) -> dict[tuple[str, ...], list[int]]:
    """The columns that each heading may mean: of one merged over several, those with data; of names, with words.

    Where the cells below are merged as their heading is, the first column has their texts.
    """
    end = rows.top + rows.depth
    stacks = grid.heading_stacks(rows.top, rows.depth, normalize_heading)
    top = _top_of_headings(grid, rows, options)
    untitled = grid.heading_stacks(top, end - top, normalize_heading)
    data = list(_rows_of_data(grid, rows, first_row, options))
    meant = dict(rows.matches)
    for heading, fitting in rows.matches.items():
        levels = untitled if grid.is_one_cell(end - 1, fitting) else stacks  # a title may stand in the first column
        if len(fitting) > 1 and len({levels[column] for column in fitting}) == 1:
            filled = grid.filled(fitting, data)
            words = grid.filled(fitting, data, _is_word) if heading == heading_levels(options.name) else []
            meant[heading] = words if len(words) == 1 else filled or fitting[:1]
    return meant


def _rows_of_data(grid: UnmergedGrid, rows: HeadingRows, first_row: int, options: Options) -> Iterator[int]:
    """The rows from `first_row` on that have a value, up to the headings of another table."""
    columns = [rows.matches[heading_levels(heading)] for heading in options.columns.values()]
    values = {column for fitting in columns for column in fitting}
    words = frozenset(str(word) for word in (*options.missing, *options.numbers))
    for row in range(first_row, len(grid.rows)):
        cells = grid.rows[row]
        if has_gap(grid.rows[row - 1]) and is_heading_like(cells, [fitting[0] for fitting in columns], words):
            return
        if any(column < len(cells) and cells[column] is not None for column in values):
            yield row


def _is_word(cell: Cell) -> bool:
    return isinstance(cell, str) and any(map(str.isalpha, cell))


def _end_of_table_above(rows: Sequence[Sequence[Cell]], end: int) -> int:
    """The row after another table above headings that end before `end`: after two rows with numbers; 0 for none."""
    above = range(end - 1, 1, -1)
    return next((row for row in above if _has_numbers(rows[row - 1]) and _has_numbers(rows[row - 2])), 0)


def _has_numbers(cells: Sequence[Cell]) -> bool:
    """Whether a row may be one of data: it has a number beside another cell."""
    filled = [cell for cell in cells if cell is not None]
    return len(filled) > 1 and any(isinstance(cell, int | float) or bool(text_readings(str(cell))) for cell in filled)


def _heading_units(
    grid: UnmergedGrid, rows: HeadingRows, columns: Mapping[tuple[str, ...], int], options: Options
) -> dict[int, str]:
    """By column, the unit in its heading, the lowest one that names any. Titles and statements of units are none."""
    top = _top_of_headings(grid, rows, options)
    stacks = grid.heading_stacks(top, rows.top + rows.depth - top, displayed_text)
    units = {
        column: next(filter(None, (unit_in_text(text, options) for text in reversed(stacks[column]))), "")
        for column in columns.values()
        if column < len(stacks)  # the rows of the headings may be shorter than others
    }
    return {column: unit for column, unit in units.items() if unit}


def _comment_units(
    sheet: Sheet, headings: range, columns: Iterable[int], units: Mapping[int, str], options: Options
) -> dict[int, str]:
    """By column, the unit in the comment of a cell of its heading; with another one in `units` both, which is none."""
    read, found = set(columns), dict[int, str]()
    for (row, column), text in sheet.comments.items():
        if row in headings and column in read and (unit := unit_of_comment(text, options)):
            known = units.get(column, unit)
            is_same = is_same_unit(options.unit_of(known), options.unit_of(unit))
            found[column] = known if is_same else f"{known}, {unit}"
    return found


def _top_of_headings(grid: UnmergedGrid, rows: HeadingRows, options: Options) -> int:
    """The first of `rows` that has headings, below any titles and statements of units."""
    end = top = rows.top + rows.depth
    while top > rows.top and _is_row_of_headings(grid.rows[top - 1], options, is_last=top == end):
        top -= 1
    return top


def _is_row_of_headings(cells: Sequence[Cell], options: Options, *, is_last: bool) -> bool:
    texts = sum(cell is not None for cell in cells)
    return is_last or (texts > 1 and not any(is_said for *_, is_said in unit_statements(cells, options)))


class NearestHeader(NamedTuple):
    """Of the rows that have most of the required headings: those that are `missing`; `headings`: of all columns.

    The headings have all their levels, also those in rows above or below.
    """

    missing: list[tuple[str, ...]]
    headings: list[str]


def nearest_header(sheets: Sequence[Sheet], required: Sequence[tuple[str, ...]]) -> NearestHeader:
    """The rows of `sheets` that come nearest to the headings of a table, for a message."""
    candidates = [(grid, rows) for grid in map(UnmergedGrid, sheets) for rows in rows_with_some(grid, required)]
    if not candidates:
        return NearestHeader(list(required), [])
    grid, rows = max(candidates, key=lambda pair: (len(pair[1].matches), -pair[1].depth, pair[1].heading_count))
    if not rows.matches:
        rows = rows._replace(top=_row_of_words(grid, rows))
    missing = [heading for heading in required if heading not in rows.matches]
    return NearestHeader(missing or list(required), _headings(grid, rows.top, rows.top + rows.depth))


def _row_of_words(grid: UnmergedGrid, rows: HeadingRows) -> int:
    """The row of headings above rows of data: without numbers, with half as many texts; the first of `rows` else."""
    if not _has_numbers(grid.rows[rows.top]):
        return rows.top
    above = (row for row in range(rows.top - 1, -1, -1) if not _has_numbers(grid.rows[row]))
    return next((row for row in above if 2 * len(set(grid.rows[row]) - {None}) >= rows.heading_count), rows.top)


def headings_of(sheet: Sheet, table: TableHeader) -> list[str]:
    """The headings of all columns of a table, with all their levels."""
    grid = UnmergedGrid(sheet)
    top = table.end - 1
    lowest = max(table.top, table.end - MAX_HEADING_ROWS)
    while top > lowest and len(grid.rows[top - 1]) - grid.rows[top - 1].count(None) > 1:
        top -= 1
    grid.extend_headings(range(top, table.end))
    return _headings(grid, top, table.end)


def _headings(grid: UnmergedGrid, top: int, end: int) -> list[str]:
    """The headings of all columns in the rows from `top` to `end`, with the levels in the rows above and below."""
    while top and grid.has_headings_below(top - 1):
        top -= 1
    depth = grid.headings_end(end) - top
    return [" / ".join(stack) for stack in grid.heading_stacks(top, depth, displayed_text) if stack]
