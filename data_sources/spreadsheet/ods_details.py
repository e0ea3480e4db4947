"""The details of the cells of an OpenDocument spreadsheet, and its merged ranges.

Source: OpenDocument 1.3 part 3: 9.1.4 (cells), 9.4.3 (date system), 16.29 (number styles), 19.385 (value types).
"""

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from zipfile import ZipFile

from data_sources.spreadsheet.number_format import NumberDisplay, TextBeside, bare_text, text_display
from data_sources.spreadsheet.sheet_details import (
    MAX_COMMENT,
    MAX_TEXT,
    CellDetail,
    SheetDetails,
    UncalculatedFormula,
    XmlHandler,
)

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_TABLE, _OFFICE, _STYLE, _NUMBER = (f"{_OASIS}:{part}:1.0" for part in ("table", "office", "style", "datastyle"))

_METADATA = "http://purl.org/dc/elements/1.1/ "
_NUMBER_STYLES = (f"{_NUMBER} number-style", f"{_NUMBER} currency-style")
_TEXTS_BESIDE = (f"{_NUMBER} text", f"{_NUMBER} currency-symbol")


def read_ods_details(book: ZipFile) -> Mapping[str, SheetDetails]:
    """The details of each table by its name."""
    styles = _OdsStyles()
    for name in ("styles.xml", "content.xml"):
        if name in book.namelist():
            styles.feed(book.read(name))
    reader = _OdsReader(book.read("content.xml"), styles.displays())
    for sheet in reader.details.values():
        sheet.epoch = reader.epoch
    return reader.details


class _OdsStyles(XmlHandler):
    """The styles of cells whose number style displays another number than the stored one."""

    def __init__(self) -> None:
        self._displays: dict[str, NumberDisplay | TextBeside] = {}  # of number styles
        self._number_styles: dict[str, str] = {}  # of each cell style
        self._open = ""  # the number style that is open
        self._in_text = False
        self._beside = ""  # the texts beside the number of the open style

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _NUMBER_STYLES:
            self._open, self._beside = attributes.get(f"{_STYLE} name", ""), ""
        elif name == f"{_NUMBER} number" and self._open and attributes.get(f"{_NUMBER} display-factor", "1") != "1":
            self._displays[self._open] = NumberDisplay.SCALED
        elif name in _TEXTS_BESIDE:
            self._in_text = True
        elif name == f"{_STYLE} style" and f"{_STYLE} data-style-name" in attributes:
            self._number_styles[attributes.get(f"{_STYLE} name", "")] = attributes[f"{_STYLE} data-style-name"]

    def text(self, piece: str) -> None:
        if self._open and self._in_text:
            self._beside += piece

    def end(self, name: str) -> None:
        if name in _NUMBER_STYLES:
            if display := text_display([bare_text(self._beside)]):
                self._displays.setdefault(self._open, display)
            self._open = ""
        elif name in _TEXTS_BESIDE:
            self._in_text = False

    def displays(self) -> Mapping[str, NumberDisplay | TextBeside]:
        """The display of each style of cells that has one."""
        styles = self._number_styles.items()
        return {style: self._displays[number] for style, number in styles if number in self._displays}


class _OdsReader(XmlHandler):
    """The details of the cells of all tables of an OpenDocument spreadsheet."""

    def __init__(self, body: bytes, displays: Mapping[str, NumberDisplay | TextBeside]) -> None:
        self.details: dict[str, SheetDetails] = {}
        self.epoch = SheetDetails().epoch
        self._displays = displays
        self._table = SheetDetails()
        self._column_groups: list[int] = []  # of the table: the first column of each
        self._column_styles: list[str] = []  # the style of the cells of each group
        self._row = self._column = self._rows = 0
        self._row_style = ""
        self._cell: dict[str, str] = {}
        self._text = ""
        self._in_note, self._note = False, ""
        self.feed(body)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TABLE} table":
            self._table = self.details.setdefault(attributes.get(f"{_TABLE} name", ""), SheetDetails())
            self._row = self._rows = self._column = 0
            self._column_groups, self._column_styles = [], []
        elif name == f"{_TABLE} table-column":
            self._column_groups.append(self._column)
            self._column_styles.append(attributes.get(f"{_TABLE} default-cell-style-name", ""))
            self._column += int(attributes.get(f"{_TABLE} number-columns-repeated", 1))
        elif name == f"{_TABLE} table-row":
            self._row, self._column = self._row + self._rows, 0
            self._rows = int(attributes.get(f"{_TABLE} number-rows-repeated", 1))
            self._row_style = attributes.get(f"{_TABLE} default-cell-style-name", "")
        elif name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._cell, self._text = attributes, ""
        elif name == f"{_OFFICE} annotation":
            self._in_note, self._note = True, ""
        elif name == f"{_TABLE} null-date":
            with suppress(ValueError):  # it need not name a day
                self.epoch = date.fromisoformat(attributes.get(f"{_TABLE} date-value", ""))

    def text(self, piece: str) -> None:
        if self._in_note:
            self._note += piece if len(self._note) < MAX_COMMENT else ""
        elif len(self._text) < MAX_TEXT:
            self._text += piece

    def end(self, name: str) -> None:
        if name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._end_cell(int(self._cell.get(f"{_TABLE} number-columns-repeated", 1)))
        elif name == f"{_OFFICE} annotation":
            self._in_note = False
            self._table.add_comment(self._row, self._column, self._note)
        elif self._in_note and name.startswith(_METADATA):  # the author and the date, which stand before the text
            self._note = ""

    def _end_cell(self, columns: int) -> None:
        # Next to the value type of the standard, LibreOffice writes one of its own, which also names errors.
        kinds = {value for key, value in self._cell.items() if key.endswith(" value-type")}
        formula = self._cell.get(f"{_TABLE} formula")
        left, self._column = self._column, self._column + columns
        self._add_merged(left)
        text: str | None = None
        display: NumberDisplay | TextBeside | None = None
        if "error" in kinds:
            text = self._text.strip()[:MAX_TEXT] or "#VALUE!"
        elif formula is not None and not kinds:
            text = UncalculatedFormula(formula[:MAX_TEXT])
        elif "percentage" in kinds:
            display = NumberDisplay.PERCENT
        elif kinds:
            display = self._displays.get(self._style(left))
        if text is not None or display:
            bottom, right = self._row + self._rows - 1, left + columns - 1
            self._table.cells.append(CellDetail(self._row, left, bottom, right, text, display))

    def _add_merged(self, left: int) -> None:
        rows, columns = (int(self._cell.get(f"{_TABLE} number-{part}-spanned", 1)) for part in ("rows", "columns"))
        if rows > 1 or columns > 1:
            self._table.merged.append((self._row, left, self._row + rows - 1, left + columns - 1))

    def _style(self, column: int) -> str:
        """The style of the cell: its own, else that of its row, else that of its column."""
        group = bisect_right(self._column_groups, column) - 1
        default = self._column_styles[group] if group >= 0 else ""
        return self._cell.get(f"{_TABLE} style-name") or self._row_style or default
