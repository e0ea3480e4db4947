"""Numbers of one answer, column by column: the decimal sign of a text is never guessed.

A text such as "2.795" or "1,234" is one number with the point as decimal sign, and another with the comma. It is read
when the row names the sign, or when the other cells of its column leave one sign only. JSON numbers need no sign.
A number may have its unit behind it: "152 cm".
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.units import is_known_unit, is_same_unit, meant_unit, written_unit
from ioc.domain.ingest.parsing import (
    DECIMAL_SIGNS,
    ParseCode,
    ParseError,
    finite_number,
    is_missing_text,
    parse_number,
    text_readings,
)

_MAX_QUOTED = 40  # characters of a text that a failure quotes
_MAX_LENGTH = 200  # characters of a number with its unit or mark; expressions see no longer text
# A limit of what could be measured, perhaps with its unit; a number and the text behind it.
_LIMIT = re.compile(r"[<>≤≥]\s*=?\s*[+-]?[0-9][0-9.,\s]*.*", re.DOTALL)
_WITH_TEXT = re.compile(r"([+−-]?\s*[0-9][0-9.,\s]*?)\s*([^0-9.,\s].*)", re.DOTALL)
_MARK = re.compile(r"[^\w\s%‰°'\"″′/+-]+")  # of a footnote or a quality: 99,9*
T = TypeVar("T")


class Amount(NamedTuple):
    """A number, None when it is missing, with the unit behind it in its text, "" for none.

    `text`: as it was written, where it has a unit or both decimal signs allow it. `lacks_unit`: other numbers of its
    column have one.
    """

    number: float | None
    unit: str = ""
    text: str = ""
    lacks_unit: bool = False

    def unit_beside(self, unit: str, names_unit: bool | None, units: Mapping[str, str]) -> tuple[str, bool | None]:
        """The unit of the number, and whether the answer names it, where `unit` is the one that stands beside it.

        `units`: what spellings of the source mean, "" an empty one. Raises ParseError for another unit in the text
        than the answer names beside it.
        """
        if self.unit:
            own = meant_unit(self.unit, units)
            if names_unit and unit and is_known_unit(unit) and not is_same_unit(own, unit):
                quoted, other = shorten(self.text, _MAX_QUOTED), shorten(written_unit(unit), _MAX_QUOTED)
                raise ParseError(ParseCode.NUMBER_WITH_UNIT, text=quoted, unit=self.unit, other=other)
            return own, True
        if self.lacks_unit and not unit and not names_unit:
            return units.get("", ""), None if "" in units else False
        return unit, names_unit


@dataclass(frozen=True, slots=True)
class NumberNotation:
    """How an answer writes numbers, as far as the row says it.

    `decimal`: the decimal sign, "" for none. `missing`: numbers and words for "no value". `words`: numbers for words
    and for true and false. `may_mix`: whether the cells of a column may be written by different devices, so that a cell
    with one reading stands for itself.
    """

    decimal: str = ""
    missing: Collection[float | str] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    may_mix: bool = False

    def word_number(self, value: Any) -> float | None:
        """The number for `value` when it is one of `words`; None for any other."""
        if not self.words or not isinstance(value, str | bool):
            return None
        return self.words.get(str(value).lower() if isinstance(value, bool) else value.strip())


def read_numbers(read: Callable[["NumberReader"], T], notation: NumberNotation) -> T:
    """What `read` returns for the numbers of one answer. It is called again when other cells decide a doubtful text.

    `read` must give the same for the same answer.
    """
    first = NumberReader(notation)
    result = read(first)
    return read(NumberReader(notation, first.signs, first.unit_columns)) if first.is_incomplete else result


class NumberReader:
    """Reads the numbers of one answer.

    `column_signs`: the signs that the cells of each column prove, `unit_columns`: the columns with numbers that have
    their unit behind them, both from a first pass over the answer.
    """

    def __init__(
        self, notation: NumberNotation, column_signs: Mapping[str, Collection[str]] = MappingProxyType({}),
        unit_columns: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._notation = notation
        self._decimal, self._missing, self._may_mix = notation.decimal, notation.missing, notation.may_mix
        self._column_signs = column_signs
        self.unit_columns = set(unit_columns)
        self.signs: defaultdict[str, set[str]] = defaultdict(set)  # by column: the signs of cells with one reading
        self._doubtful: set[str] = set()  # columns with cells that both signs allow

    @property
    def is_incomplete(self) -> bool:
        """Whether a second pass with `signs` would read something otherwise."""
        return bool(self.unit_columns) or any(map(self._is_incomplete, list(self.signs)))

    def _is_incomplete(self, column: str) -> bool:
        signs, is_doubtful = self.signs[column], column in self._doubtful
        if self._decimal:
            return is_doubtful and signs != {self._decimal}
        return is_doubtful or (len(signs) > 1 and not self._may_mix)

    def number(self, value: Any, column: str = "") -> float | None:
        """`value`, a cell of `column`, as a finite number; None when it is missing. Raises ParseError."""
        if (number := self._notation.word_number(value)) is not None:
            return number
        if not isinstance(value, str):
            return parse_number(value, missing=self._missing)
        if is_missing_text(value, self._missing):
            return None
        readings = text_readings(value)
        if not readings:
            raise ParseError(_fault(value))
        if len(readings) == 1:
            self._check_sign(value, next(iter(readings)), column)
        elif len(set(readings.values())) > 1:
            return self._doubtful_number(value, readings, column)
        return finite_number(next(iter(readings.values())), self._missing)

    def amount(self, value: Any, column: str = "") -> Amount:
        """`value` as of `number`, with the known unit that stands behind it in a text. Raises ParseError."""
        if isinstance(value, str) and not (is_missing_text(value, self._missing) or text_readings(value)):
            match = _split_text(value.strip())
            if match and text_readings(match[1]) and _is_unit(match[2]) and not self._is_word(value):
                self.unit_columns.add(column)
                return Amount(self.number(match[1], column), match[2], value.strip())
        number = self.number(value, column)
        text = value.strip() if isinstance(value, str) and is_doubtful(value) else ""
        return Amount(number, "", text, number is not None and column in self.unit_columns)

    def _is_word(self, text: str) -> bool:
        return self._notation.word_number(text) is not None

    def _check_sign(self, text: str, sign: str, column: str) -> None:
        """Note that a cell proves `sign`. Raises ParseError when the row names the other, or the column has both."""
        self.signs[column].add(sign)
        if self._may_mix:
            return
        if self._decimal and sign != self._decimal:
            params = {"text": shorten(text.strip(), _MAX_QUOTED), "sign": sign, "declared": self._decimal}
            raise ParseError(Failure(ParseCode.DECIMAL_OTHER, params))
        if not self._decimal and len(self._column_signs.get(column, ())) > 1:
            raise ParseError(ParseCode.DECIMAL_MIXED, text=shorten(text.strip(), _MAX_QUOTED))

    def _doubtful_number(self, text: str, readings: Mapping[str, float], column: str) -> float | None:
        """The number of a text that both signs allow, by the row or by the other cells of its column."""
        if any(number in self._missing for number in readings.values()):
            return None
        self._doubtful.add(column)
        proven = set(self._column_signs.get(column, ()))
        # The declared sign needs no proof; the other one groups thousands unless a cell proves otherwise.
        if self._decimal and (self._decimal in text or proven <= {self._decimal}):
            return readings[self._decimal]
        if not self._decimal and len(proven) == 1:
            return readings[proven.pop()]
        quoted = shorten(text.strip(), _MAX_QUOTED)
        if proven:
            raise ParseError(ParseCode.DECIMAL_MIXED, text=quoted)
        with_point, with_comma = (readings[sign] for sign in DECIMAL_SIGNS)
        raise ParseError(ParseCode.DECIMAL_AMBIGUOUS, text=quoted, with_point=with_point, with_comma=with_comma)


def is_doubtful(text: str) -> bool:
    """Whether a number, with or without a unit behind it, is another one with the other decimal sign."""
    match = None if text_readings(text) else _split_text(text.strip())
    return len(set(text_readings(match[1] if match else text).values())) > 1


def _split_text(text: str) -> re.Match[str] | None:
    """The number and the text behind it, None for another text."""
    return _WITH_TEXT.fullmatch(text) if len(text) <= _MAX_LENGTH else None


def _is_unit(text: str) -> bool:
    """Whether a text behind a number is a known unit, and no mark, which spellings of units may contain."""
    return not _MARK.match(text) and is_known_unit(text)


def _fault(text: str) -> Failure:
    """Why a text is no number: the limit of what could be measured (“<0,1”), a mark (“99,9*”), or another text."""
    bare = text.strip()
    quoted = shorten(bare, _MAX_QUOTED)
    if len(bare) <= _MAX_LENGTH and _LIMIT.fullmatch(bare):
        return Failure(ParseCode.LIMIT, {"text": quoted})
    match = _split_text(bare)
    if match and text_readings(match[1]) and _MARK.fullmatch(match[2]):
        return Failure(ParseCode.NUMBER_WITH_MARK, {"text": quoted, "mark": shorten(match[2], _MAX_QUOTED)})
    return Failure(ParseCode.NOT_A_NUMBER, {"text": quoted})
