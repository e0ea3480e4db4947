"""The number of a cell and its unit, as they are displayed; why a cell has none."""

import re
from datetime import date, time, timedelta

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.number_format import LabelledNumber, PercentNumber, ScaledNumber, UnclearNumber
from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.sheet_details import UncalculatedFormula
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.units import is_known_unit, is_same_quantity, is_same_unit, is_share
from ioc.domain.ingest.numbers import Amount, NumberReader
from ioc.domain.ingest.parsing import ParseCode, ParseError, is_missing_text, text_readings

_PERCENT = "%"
_PERCENT_TEXT = re.compile(r"(.*\S)\s*%", re.DOTALL)
# #DIV/0!, #N/A and others of Excel in any language, Err:502 of LibreOffice.
_ERROR = re.compile(r"#[^\W\d][\w/]*[!?]|#N/A|#GETTING_DATA|Err:[0-9]{3}")
_WORD = re.compile(r"(?:[^\w%]|_)*[^\W\d_][^\d%]*")  # letters and no digits
_SCALES = ("nghìn", "ngàn", "triệu", "tỷ", "tỉ")  # beside a number without a unit: of đồng
_CURRENCIES = {"$": "USD"}
_MAX_QUOTED = 40  # characters of a unit or an error that a failure quotes


def cell_fault(cell: Cell) -> Failure | None:
    """Why a cell has no content: its formula has an error or was never calculated. None when it has some."""
    if isinstance(cell, UncalculatedFormula):
        return Failure(SpreadsheetCode.FORMULA_NOT_CALCULATED)
    if isinstance(cell, str) and _ERROR.fullmatch(cell.strip()):
        return Failure(SpreadsheetCode.CELL_ERROR, {"error": shorten(cell.strip(), _MAX_QUOTED)})
    return None


def read_value(
    cell: Cell, unit: str, numbers: NumberReader, column: str, options: Options, *, is_of_row: bool = False
) -> tuple[float | None, str, bool]:
    """The number of a cell as it is displayed, its unit, and False where other cells of its column have one.

    The unit is % when the cell is displayed so, else the one in the cell, else `unit`. `is_of_row`: the row of the cell
    names `unit`, so that the cell may not have another one. Raises ParseError.
    """
    is_word = isinstance(cell, str) and cell.strip() in (*options.missing, *options.numbers)
    if isinstance(cell, str) and (text_readings(cell) or is_word):
        return _with_unit(numbers.amount(cell, column), unit, options, is_of_row)
    if fault := cell_fault(cell) or _number_fault(cell):
        raise ParseError(fault)
    if isinstance(cell, LabelledNumber):
        return numbers.number(cell, column), _unit_beside(cell.text, unit), True
    if isinstance(cell, PercentNumber):
        shown: Cell = cell.percent
    elif isinstance(cell, str) and (match := _PERCENT_TEXT.fullmatch(cell)):
        shown = match[1]
    else:
        return _with_unit(numbers.amount(cell, column), unit, options, is_of_row)
    number = numbers.number(shown, column)
    if unit and not is_share(unit):
        raise ParseError(SpreadsheetCode.PERCENT_UNIT, unit=shorten(unit, _MAX_QUOTED))
    return number, _PERCENT, True


def _with_unit(amount: Amount, unit: str, options: Options, is_of_row: bool) -> tuple[float | None, str, bool]:
    """A number with the unit in its cell, which may be another one of the same quantity than `unit` of the column."""
    own, is_named = amount.unit_beside(unit, is_of_row or None, options.units)
    if amount.unit and unit and is_known_unit(unit) and not is_same_quantity(own, unit):
        params = {"text": shorten(amount.text, _MAX_QUOTED), "unit": own, "other": shorten(unit, _MAX_QUOTED)}
        raise ParseError(Failure(ParseCode.NUMBER_WITH_UNIT, params))
    return amount.number, own, is_named is not False


def is_percentage(cell: Cell) -> bool:
    """Whether a cell is displayed with a percent sign."""
    if isinstance(cell, str):
        return _PERCENT in cell and bool(_PERCENT_TEXT.fullmatch(cell))
    return isinstance(cell, PercentNumber)


def may_be_share(cell: Cell, number: float, unit: str, options: Options) -> bool:
    """Whether a number among percentages may be one that lost its format: 0.54 for 54 %. `unit`: as it was read."""
    is_word = str(cell).strip() in (*map(str, options.missing), *options.numbers)
    if is_word or is_percentage(cell) or isinstance(cell, LabelledNumber):
        return False
    is_said = bool(options.unit or options.unit_column) or unit in options.units.values()
    return not unit or (is_share(unit) and abs(number) <= 1 and not is_said)


def _unit_beside(text: str, unit: str) -> str:
    """The unit that a format shows beside the number, which must be `unit` where that is known. Raises ParseError."""
    scaled = f"{text} đồng" if text.casefold() in _SCALES else _CURRENCIES.get(text, text)
    if text[0].isdecimal() or not is_known_unit(scaled):
        raise ParseError(SpreadsheetCode.FORMAT_TEXT, text=shorten(text, _MAX_QUOTED))
    if unit and is_known_unit(unit) and not is_same_unit(unit, scaled):
        raise ParseError(SpreadsheetCode.FORMAT_UNIT, text=shorten(text, _MAX_QUOTED), unit=shorten(unit, _MAX_QUOTED))
    return scaled


def _number_fault(cell: Cell) -> Failure | None:
    """Why a cell is no number, None when it may be one: a date, displayed as another number, or a word."""
    if isinstance(cell, date | time | timedelta):
        return Failure(SpreadsheetCode.DATE_CELL, {"text": shorten(str(cell), _MAX_QUOTED)})
    if isinstance(cell, ScaledNumber):
        return Failure(SpreadsheetCode.NUMBER_SCALED)
    if isinstance(cell, UnclearNumber):
        return Failure(SpreadsheetCode.FORMAT_UNCLEAR)
    if isinstance(cell, str) and not is_missing_text(cell) and _WORD.fullmatch(cell.strip()):
        return Failure(SpreadsheetCode.WORD, {"text": shorten(cell.strip(), _MAX_QUOTED)})
    return None
