"""Tables as files: CSV as Vietnamese spreadsheets read it, and an XLSX workbook of one sheet."""

import csv
from collections.abc import Sequence
from html import escape
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

Table = Sequence[Sequence[str | float | None]]

# The wide signs too: spreadsheets with an East Asian input read them as the narrow ones.
_FORMULA_PREFIXES = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
CSV_TYPE, XLSX_TYPE = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_NS = "http://schemas.openxmlformats.org/package/2006"
_PART_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CONTENT_TYPES = (
    f'<Types xmlns="{_PACKAGE_NS}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_PART_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_PART_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_PART_TYPE}.styles+xml"/></Types>'
)
# Style 0 is plain, 1 bold; 2 is that of a cell to be filled in.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN_NS}"><fonts count="2"><font><sz val="11"/><name val="Times New Roman"/></font>'
    '<font><b/><sz val="11"/><name val="Times New Roman"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFFF7DC"/></patternFill></fill></fills>'
    "<borders count=\"2\"><border/><border><left style='thin'/><right style='thin'/><top style='thin'/>"
    "<bottom style='thin'/></border></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>"
    '<cellXfs count="3"><xf fontId="0"/><xf fontId="1" applyFont="1"/>'
    '<xf fontId="0" fillId="2" borderId="1" applyFill="1" applyBorder="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def escape_formula(value: object) -> object:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it; other values unchanged."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_PREFIXES) else value


def as_csv(table: Table) -> bytes:
    """With the mark by which Excel knows UTF-8; parted by semicolons, for the comma is the decimal sign."""
    out = StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(
        [[_csv_cell(cell) for cell in row] for row in table]
    )
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _csv_cell(cell: str | float | None) -> object:
    if isinstance(cell, float):
        return f"{cell:g}".replace(".", ",")
    return "" if cell is None else escape_formula(cell)


def as_xlsx(table: Table, sheet: str, header_row: int) -> bytes:
    """A workbook of one sheet; row `head` (from 0) is bold, empty cells below it are to be filled in."""
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN_NS}" xmlns:r="{_OFFICE_NS}"><sheets>'
            f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/worksheets/sheet1.xml": _sheet(table, header_row),
        "xl/styles.xml": _STYLES,
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, body in parts.items():
            packed.writestr(name, _XML_DECLARATION + body)
    return out.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE_NS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE_NS}/relationships">{inside}</Relationships>'


def _sheet(table: Table, header_row: int) -> str:
    widths = '<cols><col min="1" max="1" width="48" customWidth="1"/><col min="2" max="40" width="18" customWidth="1"/>'
    rows = "".join(
        f'<row r="{r + 1}">{"".join(_cell(r, c, cell, header_row) for c, cell in enumerate(row))}</row>'
        for r, row in enumerate(table)
    )
    return f'<worksheet xmlns="{_MAIN_NS}">{widths}</cols><sheetData>{rows}</sheetData></worksheet>'


def _cell(row: int, column: int, cell: str | float | None, header_row: int) -> str:
    place = f'r="{chr(65 + column)}{row + 1}"' if column < 26 else f'r="A{chr(39 + column)}{row + 1}"'
    if cell is None:
        return f'<c {place} s="{2 if row > header_row else 0}"/>'
    if isinstance(cell, float | int):
        return f"<c {place}><v>{cell!r}</v></c>"
    bold = ' s="1"' if row in (0, header_row) else ""
    return (
        f'<c {place} t="inlineStr"{bold}><is><t xml:space="preserve">{escape(str(escape_formula(cell)))}</t></is></c>'
    )
