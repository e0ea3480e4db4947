"""Where the headings of a table stand in a sheet: in one row or several, merged or not, in any row."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data_sources.spreadsheet.unmerged_grid import MAX_HEADING_ROWS, UnmergedGrid, normalize_heading

# Headings mostly begin in these rows: the rows below, however many, are looked at only where the headings do not.
FIRST_ROWS = 60
_Headings = Sequence[tuple[str, ...]]


class HeadingRows(NamedTuple):
    """`depth` rows from `top` on, with the columns that fit each required heading, and how many texts they have."""

    top: int
    depth: int
    matches: dict[tuple[str, ...], list[int]]
    heading_count: int


def rows_with_all(grid: UnmergedGrid, required: _Headings) -> Iterator[HeadingRows]:
    """The rows that have all `required` headings, each in a column of its own, from the top of the sheet down."""
    count = len(set(required))
    for tops in (range(min(FIRST_ROWS, len(grid.rows))), range(FIRST_ROWS, len(grid.rows))):
        found = _texts_by_top(grid, required, tops)
        most = max(found.values(), default=0)
        near = [top for top in tops if found[top] == most] if most == len(_texts(required)) else []
        for rows in _candidates(grid, required, near):
            columns = {fitting[0] for fitting in rows.matches.values()}
            if len(columns) == len(rows.matches) == count:
                yield rows


def rows_with_some(grid: UnmergedGrid, required: _Headings) -> Iterator[HeadingRows]:
    """The first rows of the sheet, and those below them with the most texts of `required`."""
    first = range(min(FIRST_ROWS, len(grid.rows)))
    yield from _candidates(grid, required, first)
    others = range(FIRST_ROWS, len(grid.rows))
    if found := _texts_by_top(grid, required, others):
        best = max(found, key=lambda top: (found[top], -top))
        while found[best + 1] == found[best]:  # without rows of data above the headings
            best += 1
        yield from _candidates(grid, required, [best])


def _texts(required: _Headings) -> set[str]:
    return {normalize_heading(level) for heading in required for level in heading}


def _texts_by_top(grid: UnmergedGrid, required: _Headings, tops: range) -> Counter[int]:
    """By row of `tops`, how many of the texts of `required` stand in as many rows from it as headings may have."""
    rows = range(tops.start, min(tops.stop + MAX_HEADING_ROWS - 1, len(grid.rows)))
    found: Counter[int] = Counter()
    for places in grid.rows_with(_texts(required), rows).values():
        found.update({top for row in places for top in range(row - MAX_HEADING_ROWS + 1, row + 1) if top in tops})
    return found


def _candidates(grid: UnmergedGrid, required: _Headings, tops: Sequence[int]) -> Iterator[HeadingRows]:
    grid.extend_headings({row for top in tops for row in range(top, top + MAX_HEADING_ROWS + 1)})
    needles = {heading: tuple(map(normalize_heading, heading)) for heading in required}
    for top in tops:
        for depth in range(1, min(MAX_HEADING_ROWS, len(grid.rows) - top) + 1):
            stacks = grid.heading_stacks(top, depth, normalize_heading)
            fitting = {heading: _columns(stacks, needle) for heading, needle in needles.items()}
            matches = {heading: columns for heading, columns in fitting.items() if columns}
            yield HeadingRows(top, depth, matches, len({stack for stack in stacks if stack}))


def _columns(stacks: Sequence[tuple[str, ...]], needle: tuple[str, ...]) -> list[int]:
    """The columns whose heading is the last level of `needle`, below its other levels."""
    fitting = []
    for column, stack in enumerate(stacks):
        if stack and stack[-1] == needle[-1]:
            remaining: Iterator[str] = iter(stack)
            if all(level in remaining for level in needle):
                fitting.append(column)
    return fitting
