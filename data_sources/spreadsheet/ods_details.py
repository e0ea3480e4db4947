"""The details of the cells of an OpenDocument spreadsheet, and its merged ranges.

Source: OpenDocument 1.3 part 3: 9.1.4 (cells), 9.4.3 (date system), 16.3 (conditions), 16.29 (number styles), 19.385
(value types).
"""

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from zipfile import ZipFile

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.format_sections import (
    DIGITS,
    MAX_LENGTH,
    Condition,
    FormatSections,
    NumberDisplay,
    Section,
    common_display,
    read_condition,
)
from data_sources.spreadsheet.sheet_details import (
    MAX_COMMENT,
    MAX_TEXT,
    CellDetail,
    SheetDetails,
    UncalculatedFormula,
    XmlHandler,
)
from ioc.domain.ingest.protocol import SourceError

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_TABLE, _OFFICE, _STYLE, _NUMBER = (f"{_OASIS}:{part}:1.0" for part in ("table", "office", "style", "datastyle"))

_METADATA = "http://purl.org/dc/elements/1.1/ "
_MAX_CONDITIONS = 10  # of a number style; programs write three
_PERCENTAGE_STYLE = f"{_NUMBER} percentage-style"
_NUMBER_STYLES = (
    *(f"{_NUMBER} {kind}" for kind in ("number-style", "currency-style", "text-style", "boolean-style")),
    _PERCENTAGE_STYLE,
)
_DIGITS = tuple(f"{_NUMBER} {part}" for part in ("number", "scientific-number", "fraction", "text-content", "boolean"))
_TEXTS_BESIDE = tuple(f"{_NUMBER} {part}" for part in ("text", "currency-symbol", "embedded-text"))


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
    """The styles of cells whose number style displays another number than the stored one, or a text beside it."""

    def __init__(self) -> None:
        self._sections: dict[str, Section] = {}  # of number styles, for numbers that meet none of their conditions
        self._conditions: dict[str, list[tuple[str, str]]] = {}  # of number styles, each with the style for it
        self._number_styles: dict[str, str] = {}  # of each cell style
        self._open = ""  # the number style that is open
        self._in_text = False
        self._content = ""  # of the open style, as of a Section
        self._display: NumberDisplay | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _NUMBER_STYLES:
            self._open, self._content = attributes.get(f"{_STYLE} name", ""), ""
            self._display = NumberDisplay.PERCENT if name == _PERCENTAGE_STYLE else None
            self._conditions[self._open] = []
        elif name in _DIGITS and self._open:
            self._content += DIGITS
            if attributes.get(f"{_NUMBER} display-factor", "1") != "1":
                self._display = NumberDisplay.SCALED
        elif name in _TEXTS_BESIDE:
            self._in_text = True
        elif name == f"{_STYLE} map" and self._open:
            condition = attributes.get(f"{_STYLE} condition", ""), attributes.get(f"{_STYLE} apply-style-name", "")
            self._conditions[self._open].append(condition)
        elif name == f"{_STYLE} style" and f"{_STYLE} data-style-name" in attributes:
            self._number_styles[attributes.get(f"{_STYLE} name", "")] = attributes[f"{_STYLE} data-style-name"]

    def text(self, piece: str) -> None:
        if self._open and self._in_text:
            self._content += piece

    def end(self, name: str) -> None:
        if name in _NUMBER_STYLES:
            content = self._content
            if len(content) > MAX_LENGTH or len(self._conditions[self._open]) > _MAX_CONDITIONS:
                raise SourceError(SpreadsheetCode.NUMBER_FORMAT_TOO_LONG, limit=MAX_LENGTH)
            if self._display is NumberDisplay.PERCENT:
                content = content.replace("%", "", 1)  # the sign of the percentage itself
            self._sections[self._open] = Section(content, self._display)
            self._open = ""
        elif name in _TEXTS_BESIDE:
            self._in_text = False
            if name == f"{_NUMBER} embedded-text":  # between digits
                self._content += DIGITS

    def displays(self) -> Mapping[str, NumberDisplay | FormatSections]:
        """The display of each style of cells that has one."""
        found = {style: common_display(self._sections_of(number)) for style, number in self._number_styles.items()}
        return {style: display for style, display in found.items() if display}

    def _sections_of(self, number_style: str) -> list[Section]:
        plain = Section(DIGITS)
        conditional = [
            replace(self._sections.get(applied, plain), condition=read_condition(text) or Condition(""))
            for text, applied in self._conditions.get(number_style, ())
        ]
        return [*conditional, self._sections.get(number_style, plain)]


class _OdsReader(XmlHandler):
    """The details of the cells of all tables of an OpenDocument spreadsheet."""

    def __init__(self, body: bytes, displays: Mapping[str, NumberDisplay | FormatSections]) -> None:
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
        display: NumberDisplay | FormatSections | None = None
        if "error" in kinds:
            text = self._text.strip()[:MAX_TEXT] or "#VALUE!"
        elif formula is not None and not kinds:
            text = UncalculatedFormula(formula[:MAX_TEXT])
        elif kinds:
            display = self._displays.get(self._style(left), NumberDisplay.PERCENT if "percentage" in kinds else None)
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
