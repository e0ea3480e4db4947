"""What the reader of zipped workbooks leaves out: error values, formulas without a value, percent formats.

Sources: ECMA-376 part 1, 18.3.1 (cells) and 18.8.30 (number formats); OpenDocument 1.3 part 3, 19.385 (value types).
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from typing import NamedTuple
from xml.parsers import expat
from zipfile import ZipFile

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_MAX_TEXT = 120  # characters of a formula or an error that are kept
_BUILT_IN_PERCENT = {"9": "0%", "10": "0.00%"}
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')  # parts of a number format that are shown as they are


class PercentNumber(float):
    """The stored number of a cell with a percent format: 0.54 of a cell that shows 54%."""

    __slots__ = ()

    @property
    def percent(self) -> float:
        """The number before the percent sign; 7 of 0.07, which binary multiplication would not give."""
        return float(Decimal(repr(float(self))).scaleb(2))


class UncalculatedFormula(str):
    """A formula whose value the file does not have, as its text: the program that wrote it calculates nothing."""

    __slots__ = ()


class CellDetail(NamedTuple):
    """Of the cells of a range, inclusive and from 0: `text` to be read in place of what is there; None: a percent."""

    top: int
    left: int
    bottom: int
    right: int
    text: str | None


def is_percent_format(code: str) -> bool:
    """Whether a number format shows a hundred times the number, with a percent sign."""
    return "%" in _LITERALS.sub("", code)


def read_details(body: bytes) -> Mapping[str, list[CellDetail]]:
    """The details of the cells of an xlsx or ods workbook by the name of their sheet. `body` has passed zip_guard."""
    with ZipFile(BytesIO(body)) as book:
        members = set(book.namelist())
        if "xl/workbook.xml" not in members:
            return _OdsReader(book.read("content.xml")).details
        parts = _XlsxParts()
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"):
            if name in members:
                parts.feed(book.read(name))
        sheets = {name: posixpath.normpath(posixpath.join("/xl", parts.targets.get(key, "")))[1:]
                  for name, key in parts.sheets.items()}  # fmt: skip
        percent = frozenset(parts.percent_styles())
        return {name: _XlsxReader(book.read(part), percent).details for name, part in sheets.items() if part in members}


class _Handler:
    """A reader of XML: `start` and `end` get the local names of elements and attributes, `text` the text between."""

    def feed(self, body: bytes) -> None:
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


class _XlsxParts(_Handler):
    """`sheets`: name -> id of the relation; `targets`: id of the relation -> path of the part."""

    def __init__(self) -> None:
        self.sheets: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self._formats = dict(_BUILT_IN_PERCENT)
        self._styles: list[str] = []  # the format of each style
        self._in_styles = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith("/relationships id")), "")
            self.sheets[attributes.get("name", "")] = relation
        elif local == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
        elif local == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            self._in_styles = True
        elif local == "xf" and self._in_styles:
            self._styles.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if _local(name) == "cellXfs":
            self._in_styles = False

    def percent_styles(self) -> Iterator[str]:
        """The styles, by their place in the list, that show a percentage."""
        return (str(n) for n, key in enumerate(self._styles) if is_percent_format(self._formats.get(key, "")))


class _XlsxReader(_Handler):
    """The details of the cells of one sheet."""

    def __init__(self, body: bytes, percent_styles: frozenset[str]) -> None:
        self.details: list[CellDetail] = []
        self._percent_styles = percent_styles
        self._row = self._column = -1
        self._cell: dict[str, str] = {}
        self._texts: dict[str, str] = {}  # of the formula f and the value v of the cell
        self._open = ""
        self.feed(body)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "row":
            self._row = max(int(attributes.get("r", self._row + 2)) - 1, 0)
            self._column = -1
        elif local == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._cell, self._texts = attributes, {}
        elif local in ("f", "v"):
            self._open = local
            self._texts[local] = ""

    def text(self, piece: str) -> None:
        if self._open:
            self._texts[self._open] += piece

    def end(self, name: str) -> None:
        local = _local(name)
        if local == self._open:
            self._open = ""
        elif local == "c":
            self._end_cell(self._cell.get("t", "n"), self._texts.get("f"), self._texts.get("v", "").strip())

    def _end_cell(self, kind: str, formula: str | None, value: str) -> None:
        text = None
        if kind == "e":
            text = (value or "#VALUE!")[:_MAX_TEXT]
        elif formula is not None and not value and kind != "str":  # a formula may have an empty text as its value
            text = UncalculatedFormula(f"={formula}"[:_MAX_TEXT])
        elif kind != "n" or self._cell.get("s", "0") not in self._percent_styles:
            return
        self.details.append(CellDetail(self._row, self._column, self._row, self._column, text))


class _OdsReader(_Handler):
    """The details of the cells of all tables of an OpenDocument spreadsheet."""

    def __init__(self, body: bytes) -> None:
        self.details: dict[str, list[CellDetail]] = {}
        self._table: list[CellDetail] = []
        self._row = self._column = self._rows = 0
        self._cell: dict[str, str] = {}
        self._text = ""
        self._in_note = False
        self.feed(body)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TABLE} table":
            self._table = self.details.setdefault(attributes.get(f"{_TABLE} name", ""), [])
            self._row = self._rows = 0
        elif name == f"{_TABLE} table-row":
            self._row, self._column = self._row + self._rows, 0
            self._rows = int(attributes.get(f"{_TABLE} number-rows-repeated", 1))
        elif name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._cell, self._text = attributes, ""
        elif name == f"{_OFFICE} annotation":
            self._in_note = True

    def text(self, piece: str) -> None:
        if not self._in_note and len(self._text) < _MAX_TEXT:
            self._text += piece

    def end(self, name: str) -> None:
        if name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._end_cell(int(self._cell.get(f"{_TABLE} number-columns-repeated", 1)))
        elif name == f"{_OFFICE} annotation":
            self._in_note = False

    def _end_cell(self, columns: int) -> None:
        # Next to the value type of the standard, LibreOffice writes one of its own, which also names errors.
        kinds = {value for key, value in self._cell.items() if key.endswith(" value-type")}
        formula = self._cell.get(f"{_TABLE} formula")
        left, self._column = self._column, self._column + columns
        text = None
        if "error" in kinds:
            text = self._text.strip()[:_MAX_TEXT] or "#VALUE!"
        elif formula is not None and not kinds:
            text = UncalculatedFormula(formula[:_MAX_TEXT])
        elif "percentage" not in kinds:
            return
        self._table.append(CellDetail(self._row, left, self._row + self._rows - 1, left + columns - 1, text))


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _column(ref: str, following: int) -> int:
    """The column of "C7", from 0; `following` when the reference names none."""
    column = 0
    for letter in ref.rstrip("0123456789"):
        column = column * 26 + ord(letter) - 64
    return column - 1 if column else following
