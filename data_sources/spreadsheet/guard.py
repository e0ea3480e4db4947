"""What a zipped workbook would unpack to, measured before a reader is let near it: its size, its cells, its XML."""

import re
import zipfile
from io import BytesIO
from typing import Any
from xml.parsers import expat

from domain.feed import SourceError

MOST_CELLS = 2_000_000
MOST_BYTES = 128 * 1_048_576
_READ = re.compile(r"(xl/.*\.xml|content\.xml|.*\.rels)", re.IGNORECASE)
_SHEET = re.compile(r"(xl/worksheets/.*\.xml|content\.xml)", re.IGNORECASE)
_REF = re.compile(r"([A-Z]{0,3})([0-9]{1,7})")
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


def check(body: bytes) -> None:
    """SourceError when `body` is no workbook, is locked, or is a bomb."""
    # A small file is read on the poller's own time: the less it holds, the less it may become.
    limit = min(MOST_BYTES, 4 * 1_048_576 + 60 * len(body))
    try:
        with zipfile.ZipFile(BytesIO(body)) as book:
            names = set(book.namelist())
            if not names & {"xl/workbook.xml", "content.xml"}:
                raise SourceError("the zip file is no xlsx or ods workbook")
            for info in book.infolist():
                if _READ.fullmatch(info.filename):
                    limit -= _member(book, info, limit)
    except expat.ExpatError as error:
        raise SourceError(f"the workbook's XML is broken: {str(error)[:80]}") from None
    except RuntimeError:
        raise SourceError("the workbook is locked with a password") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError):
        raise SourceError("the workbook is damaged or cut off") from None
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 — zlib.error, struct.error and others: whatever a broken zip raises
        raise SourceError(f"the workbook is damaged ({type(error).__name__})") from None


def _member(book: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> int:
    """The unpacked size of a member, its cells counted when it is a sheet."""
    extent = _Extent() if _SHEET.fullmatch(info.filename) else None
    size = 0
    with book.open(info) as member:
        while piece := member.read(262_144):
            size += len(piece)
            if size > limit:
                raise SourceError("the workbook unpacks to more than it may")
            if extent:
                extent.feed(piece)
    if extent:
        extent.feed(b"", last=True)
    return size


class _Extent:
    """How far the cells of a sheet reach. Readers make a full grid of that, however empty it is."""

    def __init__(self) -> None:
        self._row = self._column = self._right = self._repeat = self._bottom = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        self._parser.Parse(piece, last)

    def _doctype(self, *_: Any) -> None:
        raise SourceError("the workbook declares XML entities: not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if local in ("c", "row") and "r" in attributes:
            self._reach(attributes["r"])
        elif space == _TABLE:
            self._ods(local, attributes)

    def _reach(self, ref: str) -> None:
        match = _REF.fullmatch(ref)
        if match is None:
            raise SourceError(f"the cell {ref[:20]!r} does not exist")
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        self._grow(int(match[2]), column)

    def _ods(self, local: str, attributes: dict[str, str]) -> None:
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
        if self._bottom * self._right > MOST_CELLS:
            raise SourceError(f"a sheet reaches over more than {MOST_CELLS} cells")


def _count(attributes: dict[str, str], what: str) -> int:
    text = attributes.get(f"{_TABLE} number-{what}-repeated", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else MOST_CELLS
