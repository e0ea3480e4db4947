"""Tables as files: CSV as Vietnamese spreadsheets read it, and an XLSX workbook of one sheet."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

Table = Sequence[Sequence[str | float | None]]

# The wide signs too: spreadsheets with an East Asian input read them as the narrow ones.
_FORMULA_PREFIXES = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
CSV_MARK = b"\xef\xbb\xbf"
CSV_TYPE, XLSX_TYPE = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def escape_formula(value: object) -> object:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it; other values unchanged."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_PREFIXES) else value


def as_csv(table: Table) -> bytes:
    """With the mark by which Excel knows UTF-8; parted by semicolons, for the comma is the decimal sign."""
    return CSV_MARK + csv_rows(table)


def csv_rows(rows: Table) -> bytes:
    """Rows of a CSV file, without the mark at its beginning."""
    out = StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([[_csv_cell(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def _csv_cell(cell: str | float | None) -> object:
    if isinstance(cell, float):
        return f"{cell:g}".replace(".", ",")
    return "" if cell is None else escape_formula(cell)


def as_xlsx(table: Table, sheet: str, header_row: int) -> bytes:
    """A workbook of one sheet; row `header_row` (from 0) is bold, empty cells below it are to be filled in."""
    import xlsxwriter  # 2.5 MB: only in processes that write a workbook

    out = BytesIO()
    font = {"font_name": "Times New Roman", "font_size": 11}
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_format_properties": font}) as book:
        bold = book.add_format({"bold": True})
        to_fill_in = book.add_format({"bg_color": "#FFF7DC", "border": 1})
        page = book.add_worksheet(sheet)
        page.set_column(0, 0, 48)
        page.set_column(1, 39, 18)
        for r, row in enumerate(table):
            for c, cell in enumerate(row):
                if cell is None:
                    page.write_blank(r, c, None, to_fill_in if r > header_row else None)
                elif isinstance(cell, float | int):
                    page.write_number(r, c, cell)
                else:
                    page.write_string(r, c, str(escape_formula(cell)), bold if r in (0, header_row) else None)
    return out.getvalue()
