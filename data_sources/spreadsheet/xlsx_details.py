"""The details of the cells of an xlsx workbook.

Source: ECMA-376 part 1, 18.2.28 (date system), 18.3.1 (cells), 18.8.30 (number formats).
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping
from zipfile import ZipFile

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.format_sections import FormatSections, NumberDisplay
from data_sources.spreadsheet.number_format import number_display
from data_sources.spreadsheet.sheet_details import (
    EPOCH_1900,
    EPOCH_1904,
    MAX_TEXT,
    CellDetail,
    SheetDetails,
    UncalculatedFormula,
    XmlHandler,
    local_name,
)
from data_sources.spreadsheet.xlsx_comments import read_xlsx_comments
from ioc.domain.ingest.protocol import SourceError

_BUILT_IN_PERCENT = {"9": "0%", "10": "0.00%"}
_TRUE = ("1", "true")


def read_xlsx_details(book: ZipFile, names: Collection[str]) -> Mapping[str, SheetDetails]:
    """The details of the sheets of these names, by name. Raises SourceError when two sheets are the same part."""
    members = {_part_key(name): name for name in book.namelist() if name.casefold().startswith("xl/")}
    parts = _XlsxParts()
    for key in ("workbook.xml", "_rels/workbook.xml.rels", "styles.xml"):
        if key in members:
            parts.feed(book.read(members[key]))
    sheets = {name: _part_key(parts.targets.get(key, "")) for name, key in parts.sheets}
    if len(set(sheets.values())) < len(parts.sheets):
        raise SourceError(SpreadsheetCode.SHEET_REPEATED)
    displays = dict(parts.displays())
    wanted = {name: members[key] for name, key in sheets.items() if name in names and key in members}
    details = {name: _XlsxReader(book.read(part), displays).details for name, part in wanted.items()}
    for name, sheet in details.items():
        sheet.epoch = parts.epoch
        read_xlsx_comments(book, sheets[name], members, sheet)
    return details


def _part_key(target: str) -> str:
    """One key for all spellings of a part that the reader of workbooks takes for the same one."""
    return posixpath.normpath(target.replace("\\", "/").casefold()).lstrip("/").removeprefix("xl/")


class _XlsxParts(XmlHandler):
    """`sheets`: names with ids of relations; `targets`: id of the relation -> path of the part; `epoch`: of days."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.targets: dict[str, str] = {}
        self.epoch = EPOCH_1900
        self._formats = dict(_BUILT_IN_PERCENT)
        self._styles: list[str] = []  # the format of each style
        self._in_styles = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        if local == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith("/relationships id")), "")
            self.sheets.append((attributes.get("name", ""), relation))
        elif local == "workbookPr":
            self.epoch = EPOCH_1904 if attributes.get("date1904", "").lower() in _TRUE else EPOCH_1900
        elif local == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
        elif local == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            self._in_styles = True
        elif local == "xf" and self._in_styles:
            self._styles.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if local_name(name) == "cellXfs":
            self._in_styles = False

    def displays(self) -> Iterator[tuple[str, NumberDisplay | FormatSections]]:
        """The styles, by their place in the list, that display another number than the stored one."""
        for n, key in enumerate(self._styles):
            if display := number_display(self._formats.get(key, "")):
                yield str(n), display


class _XlsxReader(XmlHandler):
    """The details of the cells of one sheet."""

    def __init__(self, body: bytes, displays: Mapping[str, NumberDisplay | FormatSections]) -> None:
        self.details = SheetDetails()
        self._displays = displays
        self._row = self._column = -1
        self._cell: dict[str, str] = {}
        self._texts: dict[str, str] = {}  # of the formula f and the value v of the cell
        self._open = ""
        self.feed(body)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
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
        local = local_name(name)
        if local == self._open:
            self._open = ""
        elif local == "c":
            self._end_cell(self._cell.get("t", "n"), self._texts.get("f"), self._texts.get("v", "").strip())

    def _end_cell(self, kind: str, formula: str | None, value: str) -> None:
        text: str | None = None
        display: NumberDisplay | FormatSections | None = None
        if kind == "e":
            text = (value or "#VALUE!")[:MAX_TEXT]
        elif formula is not None and not value and kind != "str":  # a formula may have an empty text as its value
            text = UncalculatedFormula(f"={formula}"[:MAX_TEXT])
        elif kind == "n":
            display = self._displays.get(self._cell.get("s", "0"))
        if text is not None or display:
            self.details.cells.append(CellDetail(self._row, self._column, self._row, self._column, text, display))


def _column(ref: str, following: int) -> int:
    """The column of "C7", from 0; `following` when the reference names none."""
    column = 0
    for letter in ref.rstrip("0123456789"):
        column = column * 26 + ord(letter) - 64
    return column - 1 if column else following
