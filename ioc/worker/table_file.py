"""One table as CSV or XLSX, of JSON lines. ioc/worker/write_table.py is the short-lived process that writes it.

The first line is the order: `format`, `sheet`, `columns` (pairs of head and kind, as components/ui/export_table.py
names them), `count_across`, `fill_in_below`. Each further line is a row; times are local, without a zone.

pandas converts blocks of rows by the kind of each column and writes the CSV. A workbook is written row by row: pandas
holds the whole sheet and goes through it by columns, which took 13 s and 336 MB for 100,000 rows of 12 cells in place
of 9 s and 120 MB.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

import pandas as pd
import xlsxwriter

_BLOCK_ROWS = 5_000
# The wide and small signs too: spreadsheets with an East Asian input read wide ones as the narrow ones.
_FORMULA_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"
# What spreadsheets drop before a sign, or what is not seen there: spaces, quotes, soft hyphen, marks of direction,
# joiners, fillers, blank letters, variation selectors, tags. Tabs and line ends part cells.
_UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_DROPPED = rf"(?:[^\S\t\r\n]|[\"{_UNSEEN}])*+"
_FORMULA = re.compile(rf"\A{_DROPPED}[{_FORMULA_SIGNS}\t\r\n]")
# Where a program with another separator, or one that takes the quotes of a cell for text, begins a cell.
_FORMULA_WITHIN = re.compile(rf"([,;\t\r\n]{_DROPPED})(?=[{_FORMULA_SIGNS}])")
_CSV_MARK = b"\xef\xbb\xbf"  # by which Excel knows UTF-8
_TIME_FORMATS = {"moment": ("%d/%m/%Y %H:%M:%S", "dd/mm/yyyy hh:mm:ss"), "day": ("%d/%m/%Y", "dd/mm/yyyy")}
_WIDTHS = {"text": 24, "number": 14, "moment": 20, "day": 12}  # characters
_FORM_WIDTHS = (48, 18)  # of the first column, of the others
_FIRST_EXCEL_DAY = pd.Timestamp(1900, 3, 1)  # Excel counts a 29 February 1900: an earlier time is a text
_EXCEL_EPOCH = pd.Timestamp(1899, 12, 30)
_MAX_CELL = 32_767  # characters of a cell of a workbook
_RICH_TEXT = "<r>"  # xlsxwriter writes a text that begins and ends with this tag as markup, unescaped
_BAD_IN_SHEET_NAME, _MAX_SHEET_NAME = re.compile(r"[\[\]:*?/\\]"), 31
_BOOK_OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "default_format_properties": {"font_name": "Times New Roman", "font_size": 11},
}  # fmt: skip
Order = dict[str, Any]


def write(lines: Iterable[bytes | str], out: BinaryIO) -> None:
    """Writes the file of one order."""
    content = map(json.loads, lines)
    order: Order = next(content)
    frames: Iterator[pd.DataFrame] = (
        typed_frame(order, block) for block in iter(lambda: list(islice(content, _BLOCK_ROWS)), [])
    )
    if order.get("count_across"):
        order, frames = counted(order, frames)
    (_write_csv if order["format"] == "csv" else _write_xlsx)(order, frames, out)


def typed_frame(order: Order, rows: list[list[Any]]) -> pd.DataFrame:
    """Rows by the kinds of their columns; a missing number or time is none, never 0. Nothing is guessed from texts."""
    frame = pd.DataFrame(rows, columns=range(len(order["columns"])), dtype=object)
    for column, (_, kind) in enumerate(order["columns"]):
        if kind == "number":
            frame[column] = frame[column].astype("float64")
        elif kind in _TIME_FORMATS:
            frame[column] = pd.to_datetime(frame[column], format="ISO8601")
        else:
            frame[column] = escaped(frame[column], order["format"])
    return frame


def escaped(texts: "pd.Series[Any]", file_format: str) -> "pd.Series[Any]":
    """Texts that a spreadsheet would take for a formula with an apostrophe before them; others unchanged.

    In CSV the sign of a formula behind a comma, semicolon, tab or line end has one too: which of these part cells is
    decided by the program that opens the file.
    """
    known = texts.astype("str")
    if file_format == "csv":
        known = known.str.replace(_FORMULA_WITHIN, r"\1'", regex=True)
    return known.where(~known.str.match(_FORMULA).fillna(False).astype(bool), "'" + known)


def counted(order: Order, frames: Iterable[pd.DataFrame]) -> tuple[Order, Iterator[pd.DataFrame]]:
    """The order and the one frame of a table of counts: how many rows have each value of a column."""
    heads = [head for head, _ in order["columns"]]
    across = heads.index(order["count_across"])
    rows = pd.concat(frames, ignore_index=True) if (frames := list(frames)) else typed_frame(order, [])
    by = list(range(across))
    names = list(dict.fromkeys(rows[across]))
    counts = rows.pivot_table(index=by, columns=across, aggfunc="size", fill_value=0, sort=False).reset_index()
    counts = counts[[*by, *names]] if len(rows) else pd.DataFrame(columns=by)
    counts.columns = pd.RangeIndex(len(counts.columns))
    columns = [*order["columns"][:across], *([name, "number"] for name in names)]
    return {**order, "columns": columns, "count_across": ""}, iter([counts])


def _write_csv(order: Order, frames: Iterable[pd.DataFrame], out: BinaryIO) -> None:
    """Parted by semicolons, for the comma is the decimal sign."""
    out.write(_CSV_MARK)
    heads = pd.DataFrame([_heads(order)])
    parts = frames if order.get("fill_in_below") is not None else chain([heads], _as_texts(order, frames))
    for part in parts:
        part.to_csv(out, sep=";", index=False, header=False, lineterminator="\r\n", encoding="utf-8")


def _heads(order: Order) -> list[str]:
    return escaped(pd.Series([head for head, _ in order["columns"]], dtype=object), order["format"]).tolist()


def _as_texts(order: Order, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Numbers with a decimal comma and all their digits, times as dd/MM/yyyy."""
    for frame in frames:
        for column, (_, kind) in enumerate(order["columns"]):
            if kind == "number":
                frame[column] = frame[column].map(_number_text, na_action="ignore").astype(object)
            elif kind in _TIME_FORMATS:
                frame[column] = frame[column].dt.strftime(_TIME_FORMATS[kind][0])
        yield frame


def _number_text(number: float) -> str:
    return f"{int(number)}" if number == int(number) and abs(number) < 1e15 else repr(float(number)).replace(".", ",")


def _write_xlsx(order: Order, frames: Iterable[pd.DataFrame], out: BinaryIO) -> None:
    with xlsxwriter.Workbook(out, _BOOK_OPTIONS) as book:
        sheet = book.add_worksheet(_BAD_IN_SHEET_NAME.sub(" ", order["sheet"])[:_MAX_SHEET_NAME])
        if order.get("fill_in_below") is None:
            _write_list(order, frames, book, sheet)
        else:
            _write_form(order["fill_in_below"], frames, book, sheet)


def _write_list(order: Order, frames: Iterable[pd.DataFrame], book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    formats = {kind: book.add_format({"num_format": shown}) for kind, (_, shown) in _TIME_FORMATS.items()}
    kinds = [kind for _, kind in order["columns"]]
    for column, kind in enumerate(kinds):
        sheet.set_column(column, column, _WIDTHS[kind])
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(_heads(order)):
        sheet.write_string(0, column, head, bold)
    at = 0
    for frame in frames:
        columns = [_excel_values(frame[column], kind) for column, kind in enumerate(kinds)]
        for row in zip(*columns, strict=True):
            at += 1
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(at, column, value)
                elif value is not None:
                    sheet.write_number(at, column, value, formats.get(kinds[column]))
    sheet.autofilter(0, 0, at, len(kinds) - 1)


def _excel_values(values: "pd.Series[Any]", kind: str) -> list[str | float | None]:
    """The cells of a column: numbers, times as days since Excel's epoch, texts as a cell can hold them; else None."""
    if kind == "text":
        plain = values.where(~values.str.startswith(_RICH_TEXT).fillna(False).astype(bool), "'" + values)
        cut = plain.where(plain.str.len() <= _MAX_CELL, plain.str.slice(0, _MAX_CELL - 1) + "…")
        return [text if isinstance(text, str) and text else None for text in cut]
    if kind == "number":
        return [None if number != number else float(number) for number in values]
    days = ((values - _EXCEL_EPOCH) / pd.Timedelta(days=1)).round(9)
    early = values.dt.strftime(_TIME_FORMATS[kind][0]).where(values < _FIRST_EXCEL_DAY)
    cells = early.astype(object).where(early.notna(), days.astype(object))
    return [None if pd.isna(cell) else cell for cell in cells]


def _write_form(head_row: int, frames: Iterable[pd.DataFrame], book: Any, sheet: Any) -> None:
    """A form: its title and its row of heads are bold, empty cells below the heads are to be filled in."""
    bold = book.add_format({"bold": True})
    to_fill_in = book.add_format({"bg_color": "#FFF7DC", "border": 1})
    sheet.set_column(0, 0, _FORM_WIDTHS[0])
    sheet.set_column(1, 39, _FORM_WIDTHS[1])
    rows = chain.from_iterable(frame.itertuples(index=False) for frame in frames)
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            if isinstance(text, str):
                sheet.write_string(at, column, text, bold if at in (0, head_row) else None)
            elif at > head_row:
                sheet.write_blank(at, column, None, to_fill_in)
