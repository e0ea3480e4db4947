"""What a number format makes of the number of a cell: a percentage, a percent sign beside it, fewer digits, a text."""

from decimal import Decimal

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.format_sections import (
    MAX_LENGTH,
    FormatSections,
    NumberDisplay,
    common_display,
    read_sections,
)
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.ingest.protocol import SourceError


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


class UnclearNumber(float):
    """The stored number of a cell whose format shows another one, none, or one that cannot be told."""

    __slots__ = ()


_NUMBERS: dict[NumberDisplay, type[float]] = {
    NumberDisplay.PERCENT: PercentNumber,
    NumberDisplay.PERCENT_SIGN: PercentSignNumber,
    NumberDisplay.SCALED: ScaledNumber,
    NumberDisplay.UNCLEAR: UnclearNumber,
}


@cache_short_texts(1024)
def number_display(code: str) -> NumberDisplay | FormatSections | None:
    """How numbers with the format `code` are displayed; None: as they are.

    Raises SourceError for a longer code than a spreadsheet program writes: what its rest says would be lost.
    """
    if len(code) > MAX_LENGTH:
        raise SourceError(SpreadsheetCode.NUMBER_FORMAT_TOO_LONG, limit=MAX_LENGTH)
    return common_display(read_sections(code)) if code.strip() else None


def displayed_number(number: float, display: NumberDisplay | FormatSections | None) -> float:
    """`number` of the class that says how it is displayed."""
    text = ""
    if isinstance(display, FormatSections):
        display, text = display.appearance_of(number)
    if display:
        return _NUMBERS[display](number)
    return LabelledNumber(number, text) if text else float(number)
