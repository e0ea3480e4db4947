"""What a number format makes of the number of a cell: a percentage, a percent sign beside it, fewer digits.

Sources: ECMA-376 part 1, 18.8.31 (format codes); OpenDocument 1.3 part 3, 16.29 (number styles).
"""

import re
from decimal import Decimal
from enum import StrEnum

_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')  # parts of a format that are shown as they are, or not at all
_SCALING = re.compile(r"[0#?.],+(?![0#?,])")  # commas after the last digit: each divides the number by 1000


class NumberDisplay(StrEnum):
    """How the displayed number differs from the stored one."""

    PERCENT = "percent"  # a hundred times the number, with a percent sign
    PERCENT_SIGN = "percent_sign"  # the number, with a percent sign that is a mere text
    SCALED = "scaled"  # the number divided by thousands


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


def number_display(code: str) -> NumberDisplay | None:
    """How a number with the format `code` is displayed; None: as it is."""
    bare = _LITERALS.sub("", code)
    if "%" in bare:
        return NumberDisplay.PERCENT
    if _SCALING.search(bare):
        return NumberDisplay.SCALED
    is_sign = any("%" in part and part[0] in '"\\' for part in _LITERALS.findall(code))
    return NumberDisplay.PERCENT_SIGN if is_sign else None


def displayed_number(number: float, display: NumberDisplay | None) -> float:
    """`number` of the class that says how it is displayed."""
    return _NUMBERS[display](number) if display else float(number)
