"""Finding the headings of a table, in one row or several, merged or not, below any title rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.rows_below_headings import HeadingEnd, RowsBelow, find_rows_below
from data_sources.spreadsheet.stated_unit import StatedUnits, find_stated_units, unit_in_text, unit_statements
from data_sources.spreadsheet.unmerged_grid import (
    MAX_HEADING_ROWS,
    MAX_ROWS_ABOVE,
    UnmergedGrid,
    displayed_text,
    normalize_heading,
)
from data_sources.spreadsheet.workbook import Cell, Sheet


@dataclass(frozen=True, slots=True)
class TableHeader:
    """`columns`: the column of each required heading. `end`: the row after them.

    `below`: the rows between the headings and the data.
    `repeated`: the columns of a heading that fits several columns, so that none of them can be meant. `stated`: the
    units that the rows above state for the whole table. `units`: by column, the unit that its heading names.
    `others`: by column, the headings that are not required.
    """

    columns: dict[tuple[str, ...], int]
    end: int
    below: RowsBelow
    repeated: dict[tuple[str, ...], list[int]]
    stated: StatedUnits
    units: dict[int, str]
    others: dict[int, str]

    @property
    def first_row(self) -> int:
        """The first row of data, from 0."""
        return self.below.first_row


def titles(sheet: Sheet, table: TableHeader) -> list[str]:
    """The texts above the headings of a table."""
    return [displayed_text(cell) for cells in sheet.rows[: table.end - 1] for cell in cells if isinstance(cell, str)]


def find_header(sheet: Sheet, options: Options) -> TableHeader | None:
    """The first table with all headings of `options`, each in a column of its own; None without one."""
    required = options.required_headings()
    grid = UnmergedGrid(sheet)
    for rows in _candidates(grid, required):
        columns = {heading: fitting[0] for heading, fitting in rows.matches.items()}
        if len(columns) == len(set(required)) and len(set(columns.values())) == len(columns):
            end = rows.top + rows.depth
            below = find_rows_below(grid, HeadingEnd(end, columns), options)
            stacks = grid.heading_stacks(rows.top, rows.depth, normalize_heading)
            meant = {
                heading: fitting
                if len({stacks[column] for column in fitting}) > 1
                else grid.filled(fitting, max(below.first_row, grid.headings_end(end)))
                for heading, fitting in rows.matches.items()
            }
            repeated = {heading: fitting for heading, fitting in meant.items() if len(fitting) > 1}
            stated = find_stated_units(sheet.rows[:end], options)
            units = _heading_units(grid, rows, columns, options)
            texts = {column: displayed_text(cell) for column, cell in enumerate(grid.cells_at(end - 1))}
            others = {column: text for column, text in texts.items() if text and column not in columns.values()}
            return TableHeader(columns, end, below, repeated, stated, units, others)
    return None


def _heading_units(
    grid: UnmergedGrid, rows: "_HeadingRows", columns: Mapping[tuple[str, ...], int], options: Options
) -> dict[int, str]:
    """By column, the unit in its heading, the lowest one that names any. Titles and statements of units are none."""
    end = top = rows.top + rows.depth
    while top > rows.top and _is_row_of_headings(grid.rows[top - 1], options, is_last=top == end):
        top -= 1
    stacks = grid.heading_stacks(top, end - top, displayed_text)
    units = {
        column: next(filter(None, (unit_in_text(text, options) for text in reversed(stacks[column]))), "")
        for column in columns.values()
        if column < len(stacks)  # the rows of the headings may be shorter than others
    }
    return {column: unit for column, unit in units.items() if unit}


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
    candidates = [(grid, rows) for grid in map(UnmergedGrid, sheets) for rows in _candidates(grid, required)]
    if not candidates:
        return NearestHeader(list(required), [])
    grid, rows = max(candidates, key=lambda pair: (len(pair[1].matches), -pair[1].depth, pair[1].heading_count))
    missing = [heading for heading in required if heading not in rows.matches]
    top, end = rows.top, rows.top + rows.depth
    while top and grid.has_headings_below(top - 1):
        top -= 1
    depth = grid.headings_end(end) - top
    headings = [" / ".join(stack) for stack in grid.heading_stacks(top, depth, displayed_text) if stack]
    return NearestHeader(missing or list(required), headings)


class _HeadingRows(NamedTuple):
    """`depth` rows from `top` on, with the columns that fit each required heading, and how many texts they have."""

    top: int
    depth: int
    matches: dict[tuple[str, ...], list[int]]
    heading_count: int


def _candidates(grid: "UnmergedGrid", required: Sequence[tuple[str, ...]]) -> Iterator[_HeadingRows]:
    needles = {heading: tuple(map(normalize_heading, heading)) for heading in required}
    for top in range(min(MAX_ROWS_ABOVE, len(grid.rows))):
        for depth in range(1, min(MAX_HEADING_ROWS, len(grid.rows) - top) + 1):
            stacks = grid.heading_stacks(top, depth, normalize_heading)
            fitting = {heading: _columns(stacks, needle) for heading, needle in needles.items()}
            matches = {heading: columns for heading, columns in fitting.items() if columns}
            yield _HeadingRows(top, depth, matches, len({stack for stack in stacks if stack}))


def _columns(stacks: Sequence[tuple[str, ...]], needle: tuple[str, ...]) -> list[int]:
    """The columns whose heading is the last level of `needle`, below its other levels."""
    fitting = []
    for column, stack in enumerate(stacks):
        if stack and stack[-1] == needle[-1]:
            remaining: Iterator[str] = iter(stack)
            if all(level in remaining for level in needle):
                fitting.append(column)
    return fitting
