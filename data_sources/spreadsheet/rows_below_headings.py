"""The rows between the headings of a table and its data: column numbers and units."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import NamedTuple

from data_sources.spreadsheet.options import Options, heading_levels
from data_sources.spreadsheet.unmerged_grid import MAX_HEADING_ROWS, UnmergedGrid, displayed_text, normalize_heading
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.units import is_ditto_mark, is_known_unit

_BRACKETED = re.compile(
    r"[(\[]((?:[^\w()\[\]]|\d)*[^\W\d][^()\[\]]*|[%‰])[)\]]"
)  # no numbers: (5) may be one below zero
_COLUMN_NUMBER = re.compile(r"([(\[]?)([1-9][0-9]?|[A-Z])(?:\.0)?([)\]]?)")
_UNIT_SIGN = re.compile(r"[\d:(\[]|đvt|đơn vị|unit", re.IGNORECASE)  # of a statement of units, or of data
_UNIT_LABEL = re.compile(r"(?:đvt|đơn vị(?: tính)?|unit)s?\s*:?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RowsBelow:
    """`first_row`: the first row of data, from 0. `unit_row`: the row of units, -1 for none; `units`: its texts.

    `undecided_row`: a row that may number the columns or be data, -1 for none; it stands before `first_row`.
    """

    first_row: int
    unit_row: int = -1
    units: Mapping[int, str] = field(default_factory=dict)
    undecided_row: int = -1


class HeadingEnd(NamedTuple):
    """The first row below the headings that were found, and the column of each."""

    row: int
    columns: Mapping[tuple[str, ...], int]


def find_rows_below(grid: UnmergedGrid, headings: HeadingEnd, options: Options) -> RowsBelow:
    """The rows below the headings that are no data: the rest of the headings, one of column numbers, one of units."""
    row, columns = headings
    while row < len(grid.rows) and all(
        normalize_heading(grid.at(row, column)) == normalize_heading(heading[-1]) for heading, column in columns.items()
    ):
        row += 1
    labels = [columns[heading] for heading in options.label_headings]
    values = [columns[heading_levels(heading)] for heading in options.columns.values()]
    wanted = {*columns.values(), *(n for n, cell in enumerate(grid.cells_at(row - 1)) if cell is not None)}
    row += _count_ends_of_headings(grid, row, columns.values(), wanted)
    numbering, unit_row, undecided, units = -1, -1, -1, dict[int, str]()
    while row < len(grid.rows):
        if numbering < 0 and options.column_numbers is not False and _is_numbering(grid.rows[row], wanted):
            numbering = row
            is_certain = options.column_numbers or _is_no_data(grid, row, labels, values, _words(options))
            undecided = undecided if is_certain else row
        elif unit_row < 0 and (units := units_in_row(grid.cells_from(row), labels, values, options)):
            unit_row = row
        else:
            break
        row += 1
    return RowsBelow(row, unit_row, units if unit_row >= 0 else {}, undecided)


def _count_ends_of_headings(grid: UnmergedGrid, row: int, read: Collection[int], wanted: Collection[int]) -> int:
    """How many rows from `row` on end the headings of columns that are not `read`, above a row that numbers all."""
    for count in range(min(MAX_HEADING_ROWS, len(grid.rows) - row)):
        cells = grid.rows[row + count]
        if _is_numbering(cells, wanted):
            return count
        words = {column: displayed_text(cell) for column, cell in enumerate(cells) if cell is not None}
        if words.keys() & set(read) or any(_UNIT_SIGN.search(word) or is_known_unit(word) for word in words.values()):
            return 0
    return 0


def _words(options: Options) -> set[str]:
    """The texts that the row reads as values."""
    return {str(word) for word in (*options.missing, *options.numbers)}


def units_in_row(
    cells: Sequence[Cell], labels: Collection[int], values: Collection[int], options: Options
) -> dict[int, str]:
    """By column with values, the texts of a row of units, without brackets; {} for any other row.

    One of them at least is a known unit, a ditto mark or a word in brackets, and what names or dates the row is no
    label of data.
    """
    texts = {column: displayed_text(cell) for column, cell in enumerate(cells) if cell is not None}
    if not all(_is_unit_label(texts[column], options) for column in labels if column in texts):
        return {}
    words = _words(options)
    found = {column: texts[column] for column in values if column in texts}
    is_unit_row = any(
        text not in words and (_BRACKETED.fullmatch(text) or is_unit(text, options) or is_ditto_mark(text))
        for text in found.values()
    )
    return {column: unbracketed(text) for column, text in found.items()} if is_unit_row else {}


def _is_unit_label(text: str, options: Options) -> bool:
    return bool(_BRACKETED.fullmatch(text) or _UNIT_LABEL.fullmatch(text)) or is_unit(text, options)


def is_unit(text: str, options: Options) -> bool:
    """Whether a text is a unit that the row or the table of units knows; no number is."""
    return text in options.units or (bool(text) and not text[0].isdecimal() and is_known_unit(text))


def unbracketed(text: str) -> str:
    """The text without the brackets around it."""
    match = _BRACKETED.fullmatch(text)
    return match[1].strip() if match else text


def _is_numbering(cells: Sequence[Cell], wanted: Collection[int]) -> bool:
    """Whether a row numbers all `wanted` columns, without a gap: 1, 2, 3 … or (1), (2) … or A, B, 1, 2 …"""
    texts = {column: str(cell) for column, cell in enumerate(cells) if cell is not None}
    matches = [_COLUMN_NUMBER.fullmatch(text) for text in texts.values()]
    if len(texts) < 2 or not all(matches) or not set(wanted) <= texts.keys():
        return False
    if list(texts) != list(range(min(texts), max(texts) + 1)):
        return False
    signs = [match[2] for match in matches if match]
    letters = [sign for sign in signs if sign.isalpha()]
    numbers = [str(n + 1) for n in range(len(signs) - len(letters))]
    return len({match[1] for match in matches if match}) == 1 and signs == [*ascii_uppercase[: len(letters)], *numbers]


def _is_no_data(
    grid: UnmergedGrid, row: int, labels: Collection[int], values: Collection[int], words: set[str]
) -> bool:
    """Whether a row of column numbers cannot be data: no value is a number, or a label is unlike those below."""
    texts = [displayed_text(grid.at(row, column)) for column in values]
    return not any(text.isdecimal() or text in words for text in texts) or any(
        _is_unlike_below(grid.rows[row], grid.rows[row + 1 :], column) for column in labels
    )


def _is_unlike_below(cells: Sequence[Cell], rows: Sequence[Sequence[Cell]], column: int) -> bool:
    """Whether the labels below are words or dates; `cells` may stand again on a later page."""
    below = [row[column] for row in rows if column < len(row) and row[column] is not None and row != cells]
    return bool(below) and not any(map(_is_like_number, below))


def _is_like_number(cell: Cell) -> bool:
    """Whether a label may be one of those among which a column number cannot be told: a number or a letter."""
    text = displayed_text(cell)
    is_number = isinstance(cell, int | float) or text.replace(",", "").replace(".", "").isdecimal()
    return is_number or bool(_COLUMN_NUMBER.fullmatch(text))
