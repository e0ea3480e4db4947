"""What a row of a sheet looks like, by its cells alone."""

from collections.abc import Collection, Sequence

from data_sources.spreadsheet.cell_value import cell_fault
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.text import REPLACEMENT
from ioc.domain.ingest.parsing import is_missing_text


def is_damaged_row(cells: Sequence[Cell]) -> bool:
    """Whether a row has U+FFFD, which in a text file may stand for any number of separators and line breaks."""
    return any(isinstance(cell, str) and REPLACEMENT in cell for cell in cells)


def has_gap(cells: Sequence[Cell]) -> bool:
    """Whether a row separates tables: it is empty, or has a title only."""
    return sum(cell is not None for cell in cells) < 2


def is_heading_like(cells: Sequence[Cell], values: Collection[int], words: Collection[str]) -> bool:
    """Whether a row has a word in each of the columns with values, and no number in any other."""
    texts = {column: cell for column, cell in enumerate(cells) if cell is not None}
    return set(values) <= texts.keys() and all(
        is_word(cell) and str(cell).strip() not in words for cell in texts.values()
    )


def is_word(cell: Cell) -> bool:
    """Whether a cell holds a text with a letter that is no error and does not stand for a missing value."""
    has_letter = isinstance(cell, str) and any(map(str.isalpha, cell))
    return has_letter and cell_fault(cell) is None and not is_missing_text(str(cell))
