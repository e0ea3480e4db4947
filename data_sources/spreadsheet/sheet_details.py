"""What the reader of zipped workbooks leaves out of a sheet: error values, formulas without a value, number formats."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from xml.parsers import expat

from data_sources.spreadsheet.format_sections import FormatSections, NumberDisplay

MAX_TEXT = 120  # characters of a formula or an error that are kept
MAX_COMMENTS, MAX_COMMENT = 200, 500  # of a sheet, and characters of each
MAX_MERGED = 500_000  # cells that the merged ranges of a file cover, overlaps counted each time
CellRange = tuple[int, int, int, int]  # top, left, bottom, right; inclusive, from 0
# The days that numbers of days count from. The 1900 system counts a 29th of February 1900 that never was.
EPOCH_1900, EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)


def merged_in_grid(merged: Iterable[CellRange], height: int, width: int) -> tuple[CellRange, ...]:
    """The ranges that begin in a grid of `height` rows and `width` columns, from the top down."""
    return tuple(
        sorted(one for one in merged if one[0] <= one[2] and one[0] < height and one[1] <= one[3] and one[1] < width)
    )


def count_merged(merged: Iterable[CellRange], height: int, width: int) -> int:
    """The cells of such a grid that its merged ranges cover, overlaps counted each time."""
    return sum((min(bottom + 1, height) - top) * (min(right + 1, width) - left) for top, left, bottom, right in merged)


class UncalculatedFormula(str):
    """A formula whose value the file does not have, as its text: the program that wrote it calculates nothing."""

    __slots__ = ()


class CellDetail(NamedTuple):
    """Of the cells of a range, inclusive and from 0: `text` to be read in place of what is there, or `display`."""

    top: int
    left: int
    bottom: int
    right: int
    text: str | None = None
    display: NumberDisplay | FormatSections | None = None


@dataclass(slots=True)
class SheetDetails:
    """The details of the cells of a sheet. `merged`: only where the reader of workbooks does not give it (ods).

    `epoch`: the day that its numbers of days count from. `comments`: of cells, by row and column, from 0.
    """

    cells: list[CellDetail] = field(default_factory=list)
    merged: list[CellRange] = field(default_factory=list)
    epoch: date = EPOCH_1900
    comments: dict[tuple[int, int], str] = field(default_factory=dict)

    def add_comment(self, row: int, column: int, text: str, author: str = "") -> None:
        """Keep the comment of a cell, shortened, unless there are too many; without its author, with whom it begins."""
        name = author.strip()
        text = re.sub(rf"\A\s*{re.escape(name)}\s*[:：]", "", text) if name else text
        if (plain := " ".join(text.split())) and len(self.comments) < MAX_COMMENTS:
            self.comments[row, column] = plain[:MAX_COMMENT]


class XmlHandler:
    """A reader of XML: `start` and `end` get the names of elements and attributes, `text` the text between."""

    def feed(self, body: bytes) -> None:
        """Read a whole document, which has passed zip_guard."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.Parse(body, True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, piece: str) -> None:
        """Text of the element that is open."""


def local_name(name: str) -> str:
    """The name of an element without its namespace."""
    return name.rpartition(" ")[2]
