"""The form of an obligation as a spreadsheet: its layout, a blank sheet, and the checks of a filled one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.units import is_known_unit, is_same_unit
from ioc.domain.ingest.parsing import parse_number
from ioc.domain.ingest.reading import MAX_VALUE
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingPeriod

SHEET_NAME = "Biểu"
KEY_ROW, PERIOD_ROW, HEAD_ROW = 1, 2, 4  # counted from 0; the row before the head holds advice for who fills it in
LABEL_COLUMN, UNIT_COLUMN, FIRST_COLUMN = 0, 1, 2  # of the labels of rows, of their units, of the first figures
UNUSED_CELL_MARK = "×"  # in a cell that asks for no figure
_KEY_LABEL, _PERIOD_LABEL, _ROW_LABEL, _UNIT_LABEL = "Mã biểu", "Kỳ số liệu", "Chỉ tiêu", "Đơn vị"
_PERIOD_PREFIX = "kỳ"
_MAX_STRAY_CELLS = 20  # faults reported of cells outside the form
_MAX_LABEL, _MAX_FIGURE = 60, 40  # characters of a cell that a fault quotes
_WITH_UNIT = re.compile(r"([-+−]?[\d., ]*\d) ?([^\d., ].*)")

SheetRows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with a cell: `cell` is its address in the sheet ("Biểu!C7") or the key of its series."""

    cell: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class ParsedForm:
    """The figures by series, and all faults. Figures may be used only when there are no faults."""

    values: dict[str, float | None]
    faults: tuple[FormFault, ...] = ()


@dataclass(frozen=True, slots=True)
class FormGrid:
    """The labels of rows and columns in the order of the configuration; `cells` by (row, column), row by row."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[int, int], FormCell]

    def column_unit(self, column: int) -> str:
        """The unit that all cells of a column share, else ""."""
        units = {cell.series.unit for (_, c), cell in self.cells.items() if c == column}
        return units.pop() if len(units) == 1 else ""

    def row_unit(self, row: int) -> str:
        """The unit that all cells of a row share, else ""."""
        units = {cell.series.unit for (r, _), cell in self.cells.items() if r == row}
        return units.pop() if len(units) == 1 else ""


def form_grid(obligation: Obligation) -> FormGrid:
    """The cells of the form arranged by rows and columns."""
    rows = tuple(dict.fromkeys(cell.row.vi for cell in obligation.cells))
    columns = tuple(dict.fromkeys(cell.column.vi for cell in obligation.cells))
    cells = {(rows.index(cell.row.vi), columns.index(cell.column.vi)): cell for cell in obligation.cells}
    return FormGrid(rows, columns, {place: cells[place] for place in sorted(cells)})


def form_cells(obligation: Obligation) -> Sequence[FormCell]:
    """The cells in the order of the form, row by row: obligations.yaml may list them in another one."""
    return tuple(form_grid(obligation).cells.values())


def blank_sheet(
    obligation: Obligation, period: ReportingPeriod, agency: str, advice: str
) -> list[list[str | float | None]]:
    """The rows of the sheet that an agency fills in: labels, units, then one column for each kind of figure."""
    grid = form_grid(obligation)
    rows: list[list[str | float | None]] = [
        [obligation.name.vi, agency],
        [_KEY_LABEL, obligation.key],
        [_PERIOD_LABEL, period_label(period), *(f"{day:%d/%m/%Y}" for day in period.days)],
        [advice],
        [_ROW_LABEL, _UNIT_LABEL, *grid.columns],
    ]
    for r, label in enumerate(grid.rows):
        cells = [None if (r, c) in grid.cells else UNUSED_CELL_MARK for c in range(len(grid.columns))]
        rows.append([label, grid.row_unit(r), *cells])
    return rows


def read_period_key(rows: SheetRows) -> str:
    """The key of the period that a filled sheet is for; "" where it names none."""
    return _folded_text(_cell_at(rows, PERIOD_ROW, 1)).removeprefix(_PERIOD_PREFIX).strip()


def period_label(period: ReportingPeriod) -> str:
    """The period as a sheet names it: a spreadsheet would turn a bare 2026-10 into a date."""
    return f"{_PERIOD_PREFIX} {period.key}"


def parse_sheet(obligation: Obligation, period: ReportingPeriod, rows: SheetRows) -> ParsedForm:
    """The figures of a filled sheet, and all faults by the address of their cell."""
    grid = form_grid(obligation)
    faults = list(_label_faults(obligation, period, grid, rows))
    values: dict[str, float | None] = {}
    for (r, c), cell in grid.cells.items():
        row, column = HEAD_ROW + 1 + r, FIRST_COLUMN + c
        figure = parse_figure(_cell_at(rows, row, column), cell)
        if isinstance(figure, FormFault):
            faults.append(FormFault(_location(row, column), figure.failure))
        else:
            values[cell.series.key] = figure
    return ParsedForm(values, (*faults, *_stray_cell_faults(grid, rows)))


def parse_texts(obligation: Obligation, texts: Mapping[str, str], *, is_partial: bool = False) -> ParsedForm:
    """The figures typed into the fields of the form, by series; with `is_partial` empty fields are left out."""
    values, faults = dict[str, float | None](), list[FormFault]()
    for cell in obligation.cells:
        text = texts.get(cell.series.key, "")[:_MAX_LABEL]
        if is_partial and not text.strip():
            continue
        figure = parse_figure(text, cell)
        if isinstance(figure, FormFault):
            faults.append(figure)
        else:
            values[cell.series.key] = figure
    return ParsedForm(values, tuple(faults))


def differing_figures(
    obligation: Obligation, texts: Mapping[str, str], figures: Mapping[str, float | None]
) -> dict[str, float | None]:  # fmt: skip
    """The cells whose text is another figure than the one in `figures`, by series key: that figure."""
    shown = {cell: (texts.get(cell.series.key, ""), figures.get(cell.series.key)) for cell in obligation.cells}
    return {
        cell.series.key: figure
        for cell, (text, figure) in shown.items()
        if (text.strip() or figure is not None) and parse_figure(text, cell) != figure
    }


def _label_faults(
    obligation: Obligation, period: ReportingPeriod, grid: FormGrid, rows: SheetRows
) -> Iterator[FormFault]:
    """A form of another obligation or period, moved and renamed rows, other units: figures would be read wrongly."""
    heads = [(HEAD_ROW, FIRST_COLUMN + c, label) for c, label in enumerate(grid.columns)]
    labels = [(HEAD_ROW + 1 + r, LABEL_COLUMN, label) for r, label in enumerate(grid.rows)]
    expected = [(KEY_ROW, 1, obligation.key), (PERIOD_ROW, 1, period_label(period)), *heads, *labels]
    for row, column, label in expected:
        if _folded_text(value := _cell_at(rows, row, column)) != _folded_text(label):
            yield _mismatch(row, column, label, value)
    for row in range(HEAD_ROW + 1, HEAD_ROW + 1 + len(grid.rows)):
        unit, value = grid.row_unit(row - HEAD_ROW - 1), _cell_at(rows, row, UNIT_COLUMN)
        if unit and _cell_text(value) and not _is_unit(_cell_text(value), unit):
            yield _mismatch(row, UNIT_COLUMN, unit, value)


def _mismatch(row: int, column: int, expected: str, found: Any) -> FormFault:
    params = {"expected": expected, "found": _cell_text(found)[:_MAX_LABEL]}
    return FormFault(_location(row, column), Failure(SubmissionCode.LABEL_MISMATCH, params))


def _stray_cell_faults(grid: FormGrid, rows: SheetRows) -> list[FormFault]:
    """Values in cells that ask for none: they would be lost silently."""
    first_row, last_row, last_column = HEAD_ROW + 1, HEAD_ROW + len(grid.rows), FIRST_COLUMN - 1 + len(grid.columns)
    faults: list[FormFault] = []
    for r, row in enumerate(rows[first_row:], first_row):
        for c, value in enumerate(row):
            is_read = r <= last_row and (c < FIRST_COLUMN or (r - first_row, c - FIRST_COLUMN) in grid.cells)
            if is_read or _cell_text(value) in ("", UNUSED_CELL_MARK) or len(faults) >= _MAX_STRAY_CELLS:
                continue
            is_beyond = r > last_row or c > last_column
            code = SubmissionCode.CELL_BEYOND_FORM if is_beyond else SubmissionCode.CELL_NOT_ASKED
            faults.append(FormFault(_location(r, c), Failure(code)))
    return faults


def parse_figure(value: Any, cell: FormCell) -> float | FormFault | None:
    """The figure in `value`; None where it is empty and may be; else the fault, with the key of the series."""
    key, series, text = cell.series.key, cell.series, _cell_text(value)
    quoted = format_city_number(value) if type(value) in (int, float) else text[:_MAX_FIGURE]
    if not text:
        return None if cell.is_optional else FormFault(key, Failure(SubmissionCode.FIGURE_MISSING))
    number = _parse_city_number(_without_unit(value, series.unit))
    if number is None and not cell.is_integer:
        return FormFault(key, Failure(SubmissionCode.NOT_A_NUMBER, {"found": quoted}))
    if number is None or (cell.is_integer and number != int(number)):
        return FormFault(key, Failure(SubmissionCode.NOT_AN_INTEGER, {"found": quoted}))
    if not series.low <= number <= series.high or abs(number) > MAX_VALUE:
        low, high = format_city_number(series.low), format_city_number(series.high)
        params = {"found": quoted, "low": low, "high": high, "unit": series.unit}
        return FormFault(key, Failure(SubmissionCode.OUT_OF_RANGE, params))
    return number


def _without_unit(value: Any, unit: str) -> Any:
    """The number of a text that names `unit` behind it, such as "12 hộ" or "1.000 ₫"; else `value`."""
    match = _WITH_UNIT.fullmatch(_cell_text(value)) if unit and isinstance(value, str) else None
    if match is None:
        return value
    return match[1] if _is_unit(match[2], unit) else value


def _is_unit(text: str, unit: str) -> bool:
    """Whether `text` names `unit`: mW is not MW."""
    if is_known_unit(text) and is_known_unit(unit):
        return is_same_unit(text, unit)
    return _folded_text(text) == _folded_text(unit)


def _parse_city_number(value: Any) -> float | None:
    """A number written as the city does, 1.234,5; None for anything else and for what could be read in two ways."""
    if isinstance(value, bool | date | datetime) or _cell_text(value).startswith("#"):
        return None
    if isinstance(value, str) and not _is_unambiguous(value):
        return None
    try:
        return parse_number(value, ",")
    except ValueError:
        return None


def _is_unambiguous(text: str) -> bool:
    """Whether dots stand only before three digits each, and no power of ten is written: 12.5 could be 12,5 or a
    mistyped 12.500, 1e3 is more often a slip than a thousand.
    """
    if "e" in text.casefold():
        return False
    whole, _, fraction = text.strip().partition(",")
    return "." not in fraction and all(len(part.strip()) == 3 for part in whole.split(".")[1:])


def format_city_number(value: float) -> str:
    """A number as the city writes it, 1.234,5, with all its digits: it may be sent again from a field that shows it."""
    if not isfinite(value):
        return f"{value:g}"
    text = f"{Decimal(repr(float(value))):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(str.maketrans(",.", ".,"))


def _location(row: int, column: int) -> str:
    """The address of a cell with its sheet, such as Biểu!C7; row and column counted from 0."""
    return f"{SHEET_NAME}!{cell_address(row, column)}"


def _cell_at(rows: SheetRows, row: int, column: int) -> Any:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%d/%m/%Y}"
    return " ".join(normal_form("NFC", str(value)).split())


def _folded_text(value: Any) -> str:
    """What labels are compared by: without the apostrophes that the form has before signs of formulas."""
    return _cell_text(value).casefold().replace("'", "").strip()
