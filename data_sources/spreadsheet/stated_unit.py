"""The units that the rows above a table state for all of it: "ĐVT: nghìn tấn", "Bảng mực nước (cm)"."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.rows_below_headings import is_unit
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.units import canonical_unit, is_known_unit

_STATEMENT = re.compile(r"(?<!\w)(đvt|đơn vị(?: tính)?|units?)\s*[:：]\s*([^()\[\]:]*)", re.IGNORECASE)
_AMBIGUOUS_LABEL = "đơn vị"  # also an organisation: "Đơn vị: Sở A"
_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]")


class StatedUnits(NamedTuple):
    """`units`: the different units, with their spelling in the file; `row`, `column`: where the first one stands."""

    units: tuple[str, ...] = ()
    row: int = -1
    column: int = -1


def find_stated_units(rows: Sequence[Sequence[Cell]], options: Options) -> StatedUnits:
    """The units stated in `rows`, down to the last row of headings, whose cells are no statements of units."""
    found = [
        (text, row, column)
        for row, cells in enumerate(rows)
        for text, column in _statements(cells, options, is_heading=row == len(rows) - 1)
    ]
    different = {_identity(text, options): text for text, *_ in reversed(found)}
    return StatedUnits(tuple(reversed(different.values())), *found[0][1:]) if found else StatedUnits()


def _statements(cells: Sequence[Cell], options: Options, *, is_heading: bool) -> Iterator[tuple[str, int]]:
    texts = [(column, displayed_text(cell)) for column, cell in enumerate(cells) if isinstance(cell, str)]
    for place, (column, text) in enumerate(texts):
        is_title = len(texts) == 1 and not is_heading
        for match in _STATEMENT.finditer(text):
            beside = texts[place + 1][1] if place + 1 < len(texts) and not is_heading else ""
            unit = (match[2] or beside).strip(" .;")
            if unit and (match[1].casefold() != _AMBIGUOUS_LABEL or is_unit(unit, options)):
                yield unit, column
        for word in _IN_BRACKETS.findall(text) if is_title else ():
            if is_unit(word, options):
                yield word, column


def _identity(text: str, options: Options) -> str:
    """What is the same for two spellings of a unit."""
    unit = options.units.get(text, text)
    return canonical_unit(unit) if is_known_unit(unit) else text
