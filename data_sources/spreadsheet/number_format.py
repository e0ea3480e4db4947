"""What a number format makes of the number of a cell: a percentage, a percent sign beside it, fewer digits.

Sources: ECMA-376 part 1, 18.8.31 (format codes); OpenDocument 1.3 part 3, 16.29 (number styles).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import SourceError

_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')  # parts of a format that are shown as they are, or not at all
_TEXTS = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|([$€£¥~])'
)  # what a format shows beside a number
_MAX_LENGTH = 255  # characters of a format code in Excel
_HARMLESS = " \u00a0()[]-–−+"  # of a text beside a number: signs, brackets and spaces
_SCALING = re.compile(r"[0#?.],+(?![0#?,])")  # commas after the last digit: each divides the number by 1000


class NumberDisplay(StrEnum):
    """How the displayed number differs from the stored one."""

    PERCENT = "percent"  # a hundred times the number, with a percent sign
    PERCENT_SIGN = "percent_sign"  # the number, with a percent sign that is a mere text
    SCALED = "scaled"  # the number divided by thousands


@dataclass(frozen=True, slots=True)
class TextBeside:
    """The texts beside a number that is positive, negative or zero, "" for none: kg of a cell that shows 120 kg."""

    positive: str
    negative: str
    zero: str


class LabelledNumber(float):
    """The stored number of a cell whose format shows a text beside it, which may be a unit."""

    __slots__ = ("text",)

    def __new__(cls, number: float, text: str) -> "LabelledNumber":
        made = super().__new__(cls, number)
        made.text = text
        return made

    def __reduce__(self) -> tuple[type["LabelledNumber"], tuple[float, str]]:
        """How pickle makes a copy, also in another process."""
        return LabelledNumber, (float(self), self.text)

    text: str


class PercentNumber(float):
    """The stored number of a cell with a percent format: 0.54 of a cell that shows 54%."""

    __slots__ = ()

    @property
    def percent(self) -> float:
        """The number before the percent sign; 7 of 0.07, which binary multiplication would not give."""
        return float(Decimal(repr(float(self))).scaleb(2))


class PercentSignNumber(PercentNumber):
    """The number of a cell whose format adds a percent sign as a text: 45 of a cell that shows 45%."""

    __slots__ = ()

    @property
    def percent(self) -> float:
        """The number before the percent sign."""
        return float(self)


class ScaledNumber(float):
    """The stored number of a cell whose format divides it by thousands: 45000 of a cell that shows 45."""

    __slots__ = ()


_NUMBERS: dict[NumberDisplay, type[float]] = {
    NumberDisplay.PERCENT: PercentNumber,
    NumberDisplay.PERCENT_SIGN: PercentSignNumber,
    NumberDisplay.SCALED: ScaledNumber,
}


def number_display(code: str) -> NumberDisplay | TextBeside | None:
    """How a number with the format `code` is displayed; None: as it is.

    Raises SourceError for a longer code than a spreadsheet program writes: what its rest says would be lost.
    """
    if len(code) > _MAX_LENGTH:
        raise SourceError(SpreadsheetCode.NUMBER_FORMAT_TOO_LONG, limit=_MAX_LENGTH)
    bare = _LITERALS.sub("", code)
    if "%" in bare:
        return NumberDisplay.PERCENT
    if _SCALING.search(bare):
        return NumberDisplay.SCALED
    return text_display([_text_beside(section) for section in _sections(code)])


def text_display(texts: list[str]) -> NumberDisplay | TextBeside | None:
    """How a number with `texts` beside it is displayed: of positive numbers, negative ones and zero."""
    positive, negative, zero = (texts + texts[:1] * 3)[:3]
    if not (positive or negative or zero):
        return None
    is_sign = {positive, negative, zero} == {"%"}
    return NumberDisplay.PERCENT_SIGN if is_sign else TextBeside(positive, negative, zero)


def _sections(code: str) -> list[str]:
    """The parts of a format for positive numbers, negative ones and zero; no semicolon of a text divides them."""
    parts = re.findall(r'(?:"[^"]*"|\\.|[^;"\\])*(?:;|$)', code)
    return [part.rstrip(";") for part in parts][: max(1, min(3, code.count(";") + 1))] or [""]


def _text_beside(section: str) -> str:
    pieces, end = "", 0
    for match in _TEXTS.finditer(section):
        gap = section[end : match.start()].strip()
        pieces += (" " if gap else "") + next(filter(None, match.groups()), "")
        end = match.end()
    return bare_text(pieces)


def bare_text(text: str) -> str:
    """A text beside a number without signs, brackets and spaces around it."""
    return text.strip(_HARMLESS)


def displayed_number(number: float, display: NumberDisplay | TextBeside | None) -> float:
    """`number` of the class that says how it is displayed."""
    if isinstance(display, TextBeside):
        text = display.positive if number > 0 else display.negative if number < 0 else display.zero
        return LabelledNumber(number, text) if text else float(number)
    return _NUMBERS[display](number) if display else float(number)
