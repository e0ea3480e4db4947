"""What a zipped workbook would unpack to, measured before a reader is let near it: its size, its cells, its XML."""

import re
import zipfile
from typing import Any
from xml.parsers import expat

from data_sources.spreadsheet.zip_reader import list_members, unpack
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import SourceError

MAX_CELLS = 500_000
MAX_BYTES = 128 * 1_048_576
MAX_TEXT = 64 * 1_048_576  # characters that the cells would hold, each with a text of its own
_REF = re.compile(r"([A-Z]{0,3})([0-9]{1,7})")
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


def check(body: bytes) -> None:
    """SourceError when `body` is no workbook, is locked, or is a bomb."""
    # A small file is read on the poller's own time: the less it holds, the less it may become.
    limit = min(MAX_BYTES, 4 * 1_048_576 + 60 * len(body))
    try:
        members = list_members(body, limit)
        if not {one.filename for one in members} & {"xl/workbook.xml", "content.xml"}:
            raise SourceError(untyped("the zip file is no xlsx or ods workbook"))
        texts = longest = 0
        for one in members:
            extent = _SheetExtent()
            _check_member(body, one, extent)
            texts, longest = texts + extent.shared_text_cells, max(longest, extent.longest_shared_text)
        if texts * longest > MAX_TEXT:
            raise SourceError(untyped("the workbook repeats a long text too often"))
    except expat.ExpatError as error:
        raise SourceError(untyped(f"the workbook's XML is broken: {str(error)[:80]}")) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError):
        raise SourceError(untyped("the workbook is damaged or cut off")) from None
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 — zlib.error, struct.error and others: whatever a broken zip raises
        raise SourceError(untyped(f"the workbook is damaged ({type(error).__name__})")) from None


def _check_member(body: bytes, info: zipfile.ZipInfo, extent: "_SheetExtent") -> None:
    """Unpacks a member; `extent` is told what it holds, whatever it is called."""
    size = 0
    for piece in unpack(body, info):
        size += len(piece)
        if not _feed_xml(extent, piece, info.filename):
            extent = _SheetExtent(disabled=True)
    if size and info.filename.lower().endswith(".xml"):
        extent.feed(b"", last=True)  # readers are content with half a sheet; we are not


def _feed_xml(extent: "_SheetExtent", piece: bytes, name: str) -> bool:
    """False from where a member is no XML: a picture, or a drawing of old, which may be broken."""
    try:
        extent.feed(piece)
    except expat.ExpatError:
        if name.lower().endswith((".xml", ".rels")):
            raise
        return False
    return True


class _SheetExtent:
    """How far the cells of a sheet reach: readers make a full grid of that, however empty it is.

    `texts`: how many cells name a shared text. `longest`: the longest of the shared texts.
    """

    def __init__(self, *, disabled: bool = False) -> None:
        self._is_disabled = disabled
        self.shared_text_cells = self.longest_shared_text = self._length = 0
        self._shared = False
        self._row = self._column = self._right = self._repeat = self._bottom = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.CharacterDataHandler = self._text
        self._parser.EndElementHandler = self._end

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Reads on. ExpatError when it is no XML, or at the last when it has no end."""
        if not self._is_disabled:
            self._parser.Parse(piece, last)

    def _doctype(self, *_: Any) -> None:
        raise SourceError(untyped("the workbook declares XML entities: not read"))

    def _text(self, piece: str) -> None:
        if self._shared:
            self._length += len(piece)
            self.longest_shared_text = max(self.longest_shared_text, self._length)

    def _end(self, name: str) -> None:
        if name.rpartition(" ")[2] == "si":
            self._shared = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if local == "si":
            self._shared, self._length = True, 0
        elif local == "c" and attributes.get("t") == "s":
            self.shared_text_cells += 1
        if local in ("c", "row") and "r" in attributes:
            self._extend_to(attributes["r"])
        elif space == _TABLE:
            self._ods_element(local, attributes)

    def _extend_to(self, ref: str) -> None:
        match = _REF.fullmatch(ref)
        if match is None:
            raise SourceError(untyped(f"the cell {ref[:20]!r} does not exist"))
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        self._grow(int(match[2]), column)

    def _ods_element(self, local: str, attributes: dict[str, str]) -> None:
        if local == "table":
            self._row = self._right = self._bottom = 0
        elif local == "table-row":
            self._repeat = _count(attributes, "rows")
            self._row, self._column = self._row + self._repeat, 0
        elif local in ("table-cell", "covered-table-cell"):
            self._column += _count(attributes, "columns")
            if f"{_OFFICE} value-type" in attributes:
                self._grow(self._row, self._column)

    def _grow(self, bottom: int, right: int) -> None:
        self._bottom, self._right = max(self._bottom, bottom), max(self._right, right)
        if self._bottom * self._right > MAX_CELLS:
            raise SourceError(untyped(f"a sheet reaches over more than {MAX_CELLS} cells"))


def _count(attributes: dict[str, str], what: str) -> int:
    text = attributes.get(f"{_TABLE} number-{what}-repeated", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else MAX_CELLS
