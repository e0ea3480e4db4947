"""Limits of a zipped workbook, checked before a reader opens it: unpacked size, number of sheets and cells, XML."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Any, NamedTuple
from xml.parsers import expat

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.zip_reader import list_members, unpack
from ioc.domain.base.text import shorten
from ioc.domain.ingest.packed import unpacked_limit
from ioc.domain.ingest.protocol import SourceError

MAX_CELLS = 500_000  # of all sheets of a file
MAX_SHEETS = 200
MAX_CELL_TEXT = 128  # characters of a cell on average, each with a copy of its shared or repeated text


class SheetLimits(NamedTuple):
    """How many cells, and characters in them, the sheets that are read have at most."""

    cells: int
    characters: int


SOURCE_LIMITS = SheetLimits(MAX_CELLS, 16 * 1_048_576)  # a text file of a source may have any number
_MAX_QUOTED = 80  # characters of a message of the parser
_REF = re.compile(r"([A-Z]{0,3})([0-9]{1,7})")
_XML_NAMES = (".xml", ".rels")
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_ODS_CELLS = ("table-cell", "covered-table-cell")


def check(body: bytes, max_cells: int = MAX_CELLS) -> bytes:
    """The workbook without its parts that are no XML: its reader gets only what was measured.

    Raises SourceError when `body` is no workbook, is locked, or would take too much memory. `max_cells`: as many as
    its reader takes; the text of all cells is bounded by their number.
    """
    try:
        members = list_members(body, unpacked_limit(body))
        if not {member.filename for member in members} & {"xl/workbook.xml", "content.xml"}:
            raise SourceError(SpreadsheetCode.NOT_A_WORKBOOK)
        parts = _measure(body, members, max_cells)
        return body if len(parts) == len(members) else _with_directory(body, parts)
    except expat.ExpatError as error:
        raise SourceError(SpreadsheetCode.XML_BROKEN, external=shorten(str(error), _MAX_QUOTED)) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError):
        raise SourceError(SpreadsheetCode.DAMAGED) from None
    except SourceError:
        raise
    except Exception:  # noqa: BLE001 — zlib.error, struct.error and others that a broken zip raises
        raise SourceError(SpreadsheetCode.DAMAGED) from None


def _measure(body: bytes, members: Sequence[zipfile.ZipInfo], max_cells: int) -> dict[str, zipfile.ZipInfo]:
    """The parts that are XML, by name without case: the reader takes either of two that differ in it alone."""
    parts: dict[str, zipfile.ZipInfo] = {}
    text_cells = longest = cells = repeated = 0
    for member in members:
        extent = _SheetExtent(cells)
        is_type = member.filename == "mimetype" and member.file_size < _MAX_QUOTED  # of an ODS, in plain words
        if not _is_xml(body, member, extent) and not is_type:
            continue
        if parts.setdefault(member.filename.casefold(), member) is not member:
            raise SourceError(SpreadsheetCode.PART_REPEATED)
        cells = extent.cells
        text_cells += extent.shared_text_cells
        longest = max(longest, extent.longest_shared_text)
        repeated += extent.repeated_text
    if text_cells * longest + repeated > MAX_CELL_TEXT * max_cells:
        raise SourceError(SpreadsheetCode.TEXT_REPEATED)
    return parts


def _with_directory(body: bytes, parts: Mapping[str, zipfile.ZipInfo]) -> bytes:
    """The file with a directory of these parts alone."""
    out, measured = BytesIO(body), {part.header_offset for part in parts.values()}
    with zipfile.ZipFile(out, "a") as book:
        book.comment = b"."  # so that the directory is written anew
        book.filelist[:] = [member for member in book.filelist if member.header_offset in measured]
    return out.getvalue()


def _is_xml(body: bytes, info: zipfile.ZipInfo, extent: "_SheetExtent") -> bool:
    """Whether a member is XML from its beginning to its end, which `extent` measures then. All of it is unpacked.

    A picture is none, and an old drawing may be broken. Raises ExpatError for a broken one that is named as XML.
    """
    fault: expat.ExpatError | None = None
    for piece in chain(unpack(body, info), (b"",)):
        try:
            if fault is None:
                extent.feed(piece, is_last=not piece)
        except expat.ExpatError as error:
            fault = error
    if fault is not None and info.file_size and info.filename.lower().endswith(_XML_NAMES):
        raise fault
    return fault is None


class _Grid:
    """The cells from A1 on that a reader makes of a sheet, however empty they are."""

    def __init__(self) -> None:
        self._bottom = self._right = 0

    def grow(self, bottom: int, right: int) -> int:
        """How many cells it has now that it reaches to this row and column."""
        self._bottom, self._right = max(self._bottom, bottom), max(self._right, right)
        return self._bottom * self._right


class _SheetExtent:
    """The extent of the cells of the sheets of a part, whatever the namespaces of its elements are.

    `cells`: those of the parts that were measured before, and of this one. `shared_text_cells`: how many cells refer to
    a shared text. `longest_shared_text`: its length in characters. `repeated_text`: characters of the cells of an ODS,
    where one element stands for many cells.
    """

    def __init__(self, cells_before: int = 0) -> None:
        self.cells = self._cells_before = cells_before
        self._sheet_count = 0
        self.shared_text_cells = self.longest_shared_text = self._length = 0
        self.repeated_text = self._cell_count = 0
        self._in_shared_text = False
        self._grids = _Grid(), _Grid()  # of an xlsx sheet; of the table of an ODS
        self._areas = [0, 0]
        self._row = self._column = 0  # of the last cell
        self._in_row = 0  # cells of an xlsx row
        self._tables = self._repeat = 0  # tables that are open; how often the row stands
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.CharacterDataHandler = self._text
        self._parser.EndElementHandler = self._end

    def feed(self, piece: bytes, *, is_last: bool = False) -> None:
        """Parse the next piece. Raises ExpatError when it is no XML, or incomplete with `is_last`."""
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
        elif local == "table":
            self._tables -= 1
        elif local in _ODS_CELLS:
            self._cell_count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            self._in_shared_text, self._length = True, 0
        elif local == "sheet":
            self._count_sheet()
        elif local == "row":
            self._row, self._column, self._in_row = self._row + 1, 0, 0
            self._reach(attributes.get("r", ""))
        elif local == "c":
            self.shared_text_cells += attributes.get("t") == "s"
            self._in_row += 1
            self._reach(attributes.get("r", "") or f"{max(self._row, 1)}", max(self._column + 1, self._in_row))
        elif local == "table":
            self._start_table()
        elif local == "table-row":
            self._repeat = _count(attributes, "rows")
            self._row, self._column = self._row + self._repeat, 0
        elif local in _ODS_CELLS:
            self._start_ods_cell(attributes)

    def _count_sheet(self) -> None:
        self._sheet_count += 1
        if self._sheet_count > MAX_SHEETS:
            raise SourceError(SpreadsheetCode.TOO_MANY_SHEETS, limit=MAX_SHEETS)

    def _reach(self, ref: str, column: int = 0) -> None:
        """A row of an xlsx sheet, or a cell: the one of its reference, or of `column` where that names none."""
        match = _REF.fullmatch(ref)
        if ref and match is None:
            raise SourceError(SpreadsheetCode.CELL_UNKNOWN, cell=shorten(ref, 20))
        if match:
            named = 0
            for letter in match[1]:
                named = named * 26 + ord(letter) - 64
            self._row, self._column = max(self._row, int(match[2])), named or column
        self._grow(0, self._row, self._column)

    def _start_table(self) -> None:
        self._count_sheet()
        if not self._tables:  # one in a cell belongs to its table
            self._cells_before += self._areas[1]
            self._grids, self._row = (self._grids[0], _Grid()), 0
        self._tables += 1

    def _start_ods_cell(self, attributes: dict[str, str]) -> None:
        count = _count(attributes, "columns")
        self._column += count
        # An element without them is an empty cell, however styled. The reader knows them by their prefix.
        if any(key.startswith(_OFFICE) or key.endswith((" formula", "value", "value-type")) for key in attributes):
            self._grow(1, self._row, self._column)
            self._cell_count = count * self._repeat
            self.repeated_text += self._cell_count * sum(map(len, attributes.values()))

    def _grow(self, grid: int, bottom: int, right: int) -> None:
        self._areas[grid] = self._grids[grid].grow(bottom, right)
        self.cells = self._cells_before + sum(self._areas)
        if self.cells > MAX_CELLS:
            raise SourceError(SpreadsheetCode.TOO_MANY_CELLS, limit=MAX_CELLS)


def _count(attributes: dict[str, str], unit: str) -> int:
    """How often a row or a cell stands, by the largest of its attributes of that name."""
    texts = [text for key, text in attributes.items() if key.rpartition(" ")[2] == f"number-{unit}-repeated"]
    return max((int(t) if t.isascii() and t.isdigit() and len(t) < 10 else MAX_CELLS for t in texts), default=1)
