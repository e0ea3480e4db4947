"""A duty's form as a sheet: which cell holds which figure, what a blank one looks like, and a filled one checked."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ioc.domain.ingest.parsing import parse_number
from ioc.domain.ingest.reading import MAX_VALUE
from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingPeriod

SHEET_NAME = "Biểu"
KEY_ROW, PERIOD_ROW, HEAD_ROW = 1, 2, 4  # counted from 0; between the last two a line of advice
UNUSED_CELL_MARK = "×"  # in a cell that asks for nothing

SheetRows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong, and where: `cell` is a cell of the sheet ("Biểu!C7") or the key of a series on a form.

    `key` names a message "handed.<key>", `parts` fill it.
    """

    cell: str
    code: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedForm:
    """The figures by series, and everything that is wrong. Nothing is kept unless `wrong` is empty."""

    values: dict[str, float | None]
    faults: tuple[FormFault, ...] = ()


@dataclass(frozen=True, slots=True)
class FormGrid:
    """Labels of rows and columns, in the order of the configuration, and the cell where they meet."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[int, int], FormCell]

    def column_unit(self, column: int) -> str:
        """The unit of a column where it has one only."""
        units = {cell.series.unit for (_, c), cell in self.cells.items() if c == column}
        return units.pop() if len(units) == 1 else ""

    def row_unit(self, row: int) -> str:
        """The unit of a row where it has one only."""
        units = {cell.series.unit for (r, _), cell in self.cells.items() if r == row}
        return units.pop() if len(units) == 1 else ""


def form_grid(obligation: Obligation) -> FormGrid:
    """The duty's cells in rows and columns."""
    rows = tuple(dict.fromkeys(cell.row.vi for cell in obligation.cells))
    columns = tuple(dict.fromkeys(cell.column.vi for cell in obligation.cells))
    return FormGrid(
        rows, columns, {(rows.index(one.row.vi), columns.index(one.column.vi)): one for one in obligation.cells}
    )


def blank_sheet(
    obligation: Obligation, period: ReportingPeriod, agency: str, advice: str
) -> list[list[str | float | None]]:
    """The sheet that an agency fills in. Row labels, units, then a column for each kind of figure."""
    made = form_grid(obligation)
    head = ["Chỉ tiêu", "Đơn vị", *made.columns]
    lines: list[list[str | float | None]] = [
        [obligation.name.vi, agency],
        ["Mã biểu", obligation.key],
        ["Kỳ số liệu", period_label(period), *(f"{day:%d/%m/%Y}" for day in period.days)],
        [advice],
        [*head],
    ]
    for r, label in enumerate(made.rows):
        cells = [None if (r, c) in made.cells else UNUSED_CELL_MARK for c in range(len(made.columns))]
        lines.append([label, made.row_unit(r), *cells])
    return lines


def read_period_key(rows: SheetRows) -> str:
    """The key of the period that a filled sheet names; "" where it names none."""
    return _folded_text(_cell_at(rows, PERIOD_ROW, 1)).removeprefix("kỳ").strip()


def period_label(period: ReportingPeriod) -> str:
    """The period as a sheet names it: a bare 2026-10 would become a date in a spreadsheet's hands."""
    return f"kỳ {period.key}"


def parse_sheet(obligation: Obligation, period: ReportingPeriod, rows: SheetRows) -> ParsedForm:
    """The figures of a filled sheet. Each thing that is wrong is named by its cell."""
    made = form_grid(obligation)
    wrong = [*_label_faults(obligation, period, made, rows)]
    values: dict[str, float | None] = {}
    for (r, c), cell in made.cells.items():
        found = parse_figure(_cell_at(rows, HEAD_ROW + 1 + r, 2 + c), cell)
        if isinstance(found, FormFault):
            wrong.append(FormFault(cell_address(HEAD_ROW + 1 + r, 2 + c), found.code, found.params))
        else:
            values[cell.series.key] = found
    return ParsedForm(values, (*wrong, *_stray_cell_faults(made, rows)))


def _label_faults(duty: Obligation, period: ReportingPeriod, made: FormGrid, rows: SheetRows) -> list[FormFault]:
    """A form of another duty or period, a row moved or renamed: figures would land on the wrong line."""
    heads = [(HEAD_ROW, 2 + c, label) for c, label in enumerate(made.columns)]
    sides = [(HEAD_ROW + 1 + r, 0, label) for r, label in enumerate(made.rows)]
    wanted = [(KEY_ROW, 1, duty.key), (PERIOD_ROW, 1, period_label(period)), *heads, *sides]
    return [
        FormFault(cell_address(r, c), "label", (("wanted", label), ("found", _cell_text(_cell_at(rows, r, c))[:60])))
        for r, c, label in wanted
        if _folded_text(_cell_at(rows, r, c)) != _folded_text(label)
    ]


def _stray_cell_faults(made: FormGrid, rows: SheetRows) -> list[FormFault]:
    """What stands where nothing is asked: it would be lost without a word."""
    first, last, right = HEAD_ROW + 1, HEAD_ROW + len(made.rows), 1 + len(made.columns)
    found: list[FormFault] = []
    for r, row in enumerate(rows[first:], first):
        for c, value in enumerate(row):
            inside = r <= last and (c < 2 or (r - first, c - 2) in made.cells)
            if not inside and _cell_text(value) not in ("", UNUSED_CELL_MARK) and len(found) < 20:
                found.append(FormFault(cell_address(r, c), "beyond" if r > last or c > right else "not_asked"))
    return found


def parse_figure(value: Any, cell: FormCell) -> float | FormFault | None:
    """`given` as the cell's figure, None where it may be empty and is; else what is wrong with it."""
    key, series = cell.series.key, cell.series
    text = _cell_text(value)
    if not text:
        return None if cell.is_optional else FormFault(key, "empty")
    if isinstance(value, bool | date | datetime) or text.startswith("#"):
        return FormFault(key, "not_a_number", (("found", text[:40]),))
    try:
        found = _parse_city_number(value)
    except ValueError:
        return FormFault(key, "not_a_number", (("found", text[:40]),))
    if found is None:
        return FormFault(key, "not_a_number", (("found", text[:40]),))
    if cell.is_integer and found != int(found):
        return FormFault(key, "not_whole", (("found", text[:40]),))
    if not series.low <= found <= series.high or abs(found) > MAX_VALUE:
        limits = (
            ("low", format_city_number(series.low)),
            ("high", format_city_number(series.high)),
            ("unit", series.unit),
        )
        return FormFault(key, "out_of_range", (("found", text[:40]), *limits))
    return found


def _parse_city_number(given: Any) -> float | None:
    """A text is read as the city writes numbers: 1.234,5. What could be meant otherwise is no number."""
    if isinstance(given, str) and not _is_unambiguous(given):
        raise ValueError
    return parse_number(given, ",")


def _is_unambiguous(text: str) -> bool:
    """Whether dots stand only before three digits each: in 12.5 it is unclear what is meant."""
    whole, _, fraction = text.strip().partition(",")
    return "." not in fraction and all(len(part.strip()) == 3 for part in whole.split(".")[1:])


def format_city_number(value: float) -> str:
    """A number as the city writes it, with as many decimals as it has."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if value == value and abs(value) < 1e15 else f"{value:g}"
    return text.translate(str.maketrans(",.", ".,"))


def cell_address(row: int, column: int) -> str:
    """The name of a cell: Biểu!C7."""
    letters = ""
    column += 1
    while column:
        column, left = divmod(column - 1, 26)
        letters = chr(65 + left) + letters
    return f"{SHEET_NAME}!{letters}{row + 1}"


def _cell_at(rows: SheetRows, row: int, column: int) -> Any:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


def _cell_text(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, datetime | date):
        return f"{given:%d/%m/%Y}"
    return " ".join(unicodedata.normalize("NFC", str(given)).split())


def _folded_text(given: Any) -> str:
    return _cell_text(given).casefold().removeprefix("'")
