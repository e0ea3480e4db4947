"""Limits of a zipped workbook, checked before a reader opens it: unpacked size, number of sheets and cells, XML."""

import re
import zipfile
from typing import Any
from xml.parsers import expat

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.zip_reader import list_members, unpack
from ioc.domain.base.text import shorten
from ioc.domain.ingest.packed import unpacked_limit
from ioc.domain.ingest.protocol import SourceError

MAX_CELLS = 500_000  # of all sheets of a file
MAX_SHEETS = 200
MAX_CELL_TEXT = 128  # characters of a cell on average, each with a copy of its shared or repeated text
_MAX_QUOTED = 80  # characters of a message of the parser
_REF = re.compile(r"([A-Z]{0,3})([0-9]{1,7})")
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"

_ODS_CELLS = ("table-cell", "covered-table-cell")
_ODS_CONTENT = {
    f"{_OFFICE} value-type",
    f"{_TABLE} formula",
}  # an element without them is an empty cell, however styled


def check(body: bytes, max_cells: int = MAX_CELLS) -> None:
    """Raises SourceError when `body` is no workbook, is locked, or would take too much memory.

    `max_cells`: as many as its reader takes; the text of all cells is bounded by their number.
    """
    try:
        members = list_members(body, unpacked_limit(body))
        if not {member.filename for member in members} & {"xl/workbook.xml", "content.xml"}:
            raise SourceError(SpreadsheetCode.NOT_A_WORKBOOK)
        text_cells = longest = cells = repeated = 0
        for member in members:
            extent = _SheetExtent(cells)
            _check_member(body, member, extent)
            cells = extent.cells
            text_cells += extent.shared_text_cells
            longest = max(longest, extent.longest_shared_text)
            repeated += extent.repeated_text
        if text_cells * longest + repeated > MAX_CELL_TEXT * max_cells:
            raise SourceError(SpreadsheetCode.TEXT_REPEATED)
    except expat.ExpatError as error:
        raise SourceError(SpreadsheetCode.XML_BROKEN, external=shorten(str(error), _MAX_QUOTED)) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError):
        raise SourceError(SpreadsheetCode.DAMAGED) from None
    except SourceError:
        raise
    except Exception:  # noqa: BLE001 — zlib.error, struct.error and others that a broken zip raises
        raise SourceError(SpreadsheetCode.DAMAGED) from None


def _check_member(body: bytes, info: zipfile.ZipInfo, extent: "_SheetExtent") -> None:
    """Unpack a member and measure it by `extent`, whatever its name is."""
    size = 0
    for piece in unpack(body, info):
        size += len(piece)
        if not _feed_xml(extent, piece, info.filename):
            extent = _SheetExtent(is_disabled=True)
    if size and info.filename.lower().endswith(".xml"):
        extent.feed(b"", is_last=True)  # readers would accept half a sheet


def _feed_xml(extent: "_SheetExtent", piece: bytes, name: str) -> bool:
    """Whether the member is XML so far; a picture is not, and an old drawing may be broken."""
    try:
        extent.feed(piece)
    except expat.ExpatError:
        if name.lower().endswith((".xml", ".rels")):
            raise
        return False
    return True


class _SheetExtent:
    """The extent of the cells of the sheets of a part: readers make a full grid of each, however empty it is.

    `cells_before`: of the parts that were measured before. `cells`: with those of this part.
    `shared_text_cells`: how many cells refer to a shared text. `longest_shared_text`: its length in characters.
    `repeated_text`: characters of the cells of an ODS, where one element stands for many cells.
    """

    def __init__(self, cells_before: int = 0, *, is_disabled: bool = False) -> None:
        self._is_disabled = is_disabled
        self.cells = self._cells_before = cells_before
        self._sheet_count = 0
        self.shared_text_cells = self.longest_shared_text = self._length = 0
        self.repeated_text = self._cell_count = 0
        self._in_shared_text = False
        self._row = self._column = self._right = self._repeat = self._bottom = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.CharacterDataHandler = self._text
        self._parser.EndElementHandler = self._end

    def feed(self, piece: bytes, *, is_last: bool = False) -> None:
        """Parse the next piece. Raises ExpatError when it is no XML, or incomplete with `is_last`."""
        if not self._is_disabled:
            self._parser.Parse(piece, is_last)

    def _doctype(self, *_: Any) -> None:
        raise SourceError(SpreadsheetCode.XML_ENTITIES)

    def _text(self, piece: str) -> None:
        if self._in_shared_text:
            self._length += len(piece)
            self.longest_shared_text = max(self.longest_shared_text, self._length)
        self.repeated_text += self._cell_count * len(piece)

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            self._in_shared_text = False
        elif local in _ODS_CELLS:
            self._cell_count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if local == "si":
            self._in_shared_text, self._length = True, 0
        elif local == "c" and attributes.get("t") == "s":
            self.shared_text_cells += 1
        elif local == "sheet" or name == f"{_TABLE} table":
            self._count_sheet()
        if local in ("c", "row") and "r" in attributes:
            self._extend_to(attributes["r"])
        elif space == _TABLE:
            self._ods_element(local, attributes)

    def _count_sheet(self) -> None:
        self._sheet_count += 1
        if self._sheet_count > MAX_SHEETS:
            raise SourceError(SpreadsheetCode.TOO_MANY_SHEETS, limit=MAX_SHEETS)

    def _extend_to(self, ref: str) -> None:
        match = _REF.fullmatch(ref)
        if match is None:
            raise SourceError(SpreadsheetCode.CELL_UNKNOWN, cell=shorten(ref, 20))
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        self._grow(int(match[2]), column)

    def _ods_element(self, local: str, attributes: dict[str, str]) -> None:
        if local == "table":
            self._cells_before = self.cells
            self._row = self._right = self._bottom = 0
        elif local == "table-row":
            self._repeat = _count(attributes, "rows")
            self._row, self._column = self._row + self._repeat, 0
        elif local in _ODS_CELLS:
            count = _count(attributes, "columns")
            self._column += count
            if f"{_OFFICE} value-type" in attributes:
                self._grow(self._row, self._column)
            if attributes.keys() & _ODS_CONTENT:
                self._cell_count = count * self._repeat
                self.repeated_text += self._cell_count * sum(map(len, attributes.values()))

    def _grow(self, bottom: int, right: int) -> None:
        self._bottom, self._right = max(self._bottom, bottom), max(self._right, right)
        self.cells = self._cells_before + self._bottom * self._right
        if self.cells > MAX_CELLS:
            raise SourceError(SpreadsheetCode.TOO_MANY_CELLS, limit=MAX_CELLS)


def _count(attributes: dict[str, str], unit: str) -> int:
    text = attributes.get(f"{_TABLE} number-{unit}-repeated", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else MAX_CELLS
