"""A duty's form as a sheet: which cell holds which figure, what a blank one looks like, and a filled one checked."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ioc.domain.ingest.parsing import number
from ioc.domain.ingest.reading import LARGEST
from ioc.domain.submissions.obligation import Cell, Duty, Period

SHEET = "Biểu"
KEY_ROW, PERIOD_ROW, HEAD_ROW = 1, 2, 4  # counted from 0; between the last two a line of advice
BLANK = "×"  # in a cell that asks for nothing

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and where: `cell` is a cell of the sheet ("Biểu!C7") or the key of a series on a form.

    `key` names a message "handed.<key>", `parts` fill it.
    """

    cell: str
    key: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """The figures by series, and everything that is wrong. Nothing is kept unless `wrong` is empty."""

    values: dict[str, float | None]
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """Labels of rows and columns, in the order of the configuration, and the cell where they meet."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[int, int], Cell]

    def unit(self, column: int) -> str:
        """The unit of a column where it has one only."""
        units = {cell.series.unit for (_, c), cell in self.cells.items() if c == column}
        return units.pop() if len(units) == 1 else ""

    def row_unit(self, row: int) -> str:
        """The unit of a row where it has one only."""
        units = {cell.series.unit for (r, _), cell in self.cells.items() if r == row}
        return units.pop() if len(units) == 1 else ""


def grid(duty: Duty) -> Grid:
    """The duty's cells in rows and columns."""
    rows = tuple(dict.fromkeys(cell.row.vi for cell in duty.cells))
    columns = tuple(dict.fromkeys(cell.column.vi for cell in duty.cells))
    return Grid(rows, columns, {(rows.index(one.row.vi), columns.index(one.column.vi)): one for one in duty.cells})


def blank(duty: Duty, period: Period, agency: str, advice: str) -> list[list[str | float | None]]:
    """The sheet that an agency fills in. Row labels, units, then a column for each kind of figure."""
    made = grid(duty)
    head = ["Chỉ tiêu", "Đơn vị", *made.columns]
    lines: list[list[str | float | None]] = [
        [duty.name.vi, agency],
        ["Mã biểu", duty.key],
        ["Kỳ số liệu", said(period), *(f"{day:%d/%m/%Y}" for day in period.days)],
        [advice],
        [*head],
    ]
    for r, label in enumerate(made.rows):
        cells = [None if (r, c) in made.cells else BLANK for c in range(len(made.columns))]
        lines.append([label, made.row_unit(r), *cells])
    return lines


def period_said(rows: Rows) -> str:
    """The key of the period that a filled sheet names; "" where it names none."""
    return _folded(_at(rows, PERIOD_ROW, 1)).removeprefix("kỳ").strip()


def said(period: Period) -> str:
    """The period as a sheet names it: a bare 2026-10 would become a date in a spreadsheet's hands."""
    return f"kỳ {period.key}"


def read(duty: Duty, period: Period, rows: Rows) -> Filled:
    """The figures of a filled sheet. Each thing that is wrong is named by its cell."""
    made = grid(duty)
    wrong = [*_labels(duty, period, made, rows)]
    values: dict[str, float | None] = {}
    for (r, c), cell in made.cells.items():
        found = figure(_at(rows, HEAD_ROW + 1 + r, 2 + c), cell)
        if isinstance(found, Wrong):
            wrong.append(Wrong(place(HEAD_ROW + 1 + r, 2 + c), found.key, found.parts))
        else:
            values[cell.series.key] = found
    return Filled(values, (*wrong, *_beyond(made, rows)))


def _labels(duty: Duty, period: Period, made: Grid, rows: Rows) -> list[Wrong]:
    """A form of another duty or period, a row moved or renamed: figures would land on the wrong line."""
    heads = [(HEAD_ROW, 2 + c, label) for c, label in enumerate(made.columns)]
    sides = [(HEAD_ROW + 1 + r, 0, label) for r, label in enumerate(made.rows)]
    wanted = [(KEY_ROW, 1, duty.key), (PERIOD_ROW, 1, said(period)), *heads, *sides]
    return [
        Wrong(place(r, c), "label", (("wanted", label), ("found", _words(_at(rows, r, c))[:60])))
        for r, c, label in wanted
        if _folded(_at(rows, r, c)) != _folded(label)
    ]


def _beyond(made: Grid, rows: Rows) -> list[Wrong]:
    """What stands where nothing is asked: it would be lost without a word."""
    first, last, right = HEAD_ROW + 1, HEAD_ROW + len(made.rows), 1 + len(made.columns)
    found: list[Wrong] = []
    for r, row in enumerate(rows[first:], first):
        for c, value in enumerate(row):
            inside = r <= last and (c < 2 or (r - first, c - 2) in made.cells)
            if not inside and _words(value) not in ("", BLANK) and len(found) < 20:
                found.append(Wrong(place(r, c), "beyond" if r > last or c > right else "not_asked"))
    return found


def figure(given: Any, cell: Cell) -> float | Wrong | None:
    """`given` as the cell's figure, None where it may be empty and is; else what is wrong with it."""
    key, series = cell.series.key, cell.series
    text = _words(given)
    if not text:
        return None if cell.optional else Wrong(key, "empty")
    if isinstance(given, bool | date | datetime) or text.startswith("#"):
        return Wrong(key, "not_a_number", (("found", text[:40]),))
    try:
        found = _number(given)
    except ValueError:
        return Wrong(key, "not_a_number", (("found", text[:40]),))
    if found is None:
        return Wrong(key, "not_a_number", (("found", text[:40]),))
    if cell.whole and found != int(found):
        return Wrong(key, "not_whole", (("found", text[:40]),))
    if not series.low <= found <= series.high or abs(found) > LARGEST:
        limits = (("low", written(series.low)), ("high", written(series.high)), ("unit", series.unit))
        return Wrong(key, "out_of_range", (("found", text[:40]), *limits))
    return found


def _number(given: Any) -> float | None:
    """A text is read as the city writes numbers: 1.234,5. What could be meant otherwise is no number."""
    if isinstance(given, str) and not _sure(given):
        raise ValueError
    return number(given, ",")


def _sure(text: str) -> bool:
    """Whether dots stand only before three digits each: in 12.5 it is unclear what is meant."""
    whole, _, fraction = text.strip().partition(",")
    return "." not in fraction and all(len(part.strip()) == 3 for part in whole.split(".")[1:])


def written(value: float) -> str:
    """A number as the city writes it, with as many decimals as it has."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if value == value and abs(value) < 1e15 else f"{value:g}"
    return text.translate(str.maketrans(",.", ".,"))


def place(row: int, column: int) -> str:
    """The name of a cell: Biểu!C7."""
    letters = ""
    column += 1
    while column:
        column, left = divmod(column - 1, 26)
        letters = chr(65 + left) + letters
    return f"{SHEET}!{letters}{row + 1}"


def _at(rows: Rows, row: int, column: int) -> Any:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


def _words(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, datetime | date):
        return f"{given:%d/%m/%Y}"
    return " ".join(unicodedata.normalize("NFC", str(given)).split())


def _folded(given: Any) -> str:
    return _words(given).casefold().removeprefix("'")
