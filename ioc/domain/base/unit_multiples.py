"""Thousands, millions and billions before a unit, as Vietnamese statistics write them: "Ngh. giường", "1000 đ"."""

import re
from math import isclose

from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.unit_table import PREFIXES
from ioc.domain.base.units import canonical_unit, convert, is_known_unit, is_same_quantity, unit_names

# Each power of a thousand. A word stands alone ("tỷ" of "tỷ lệ" is another word), a number may touch its unit.
_MULTIPLES = (
    re.compile(r"(?:1[., ]?000(?![., ]?\d)|10\s?(?:\^3|³)|(?:nghìn|ngàn|thousand)\b|ngh\.)\s*"),
    re.compile(r"(?:1[., ]?000[., ]?000(?![., ]?\d)|10\s?(?:\^6|⁶)|(?:triệu|million)\b|tr\.)\s*"),
    re.compile(
        r"(?:1[., ]?000[., ]?000[., ]?000|10\s?(?:\^9|⁹)|(?:tỷ|tỉ)\b(?!\s+(?:lệ|suất|trọng|số|giá|phần))|billion\b)\s*"
    ),
)


def split_multiple(text: str) -> tuple[int, str]:
    """The power of a thousand with which `text` begins, 0 for none, and the rest: (1, "giường") of "Ngh. giường"."""
    rest, power = normal_form("NFC", text).strip(), 0
    while found := next(
        ((n, match) for n, one in enumerate(_MULTIPLES, 1) if (match := one.match(rest.lower()))), None
    ):
        power, rest = power + found[0], rest[found[1].end() :]
    return power, rest


def loses_multiple(text: str, unit: str) -> bool:
    """Whether `unit`, a known one, lacks the factor with which `text`, a spelling of it, begins.

    Where the table does not know the rest of `text`, a unit that is so many times another one has the factor.
    """
    power, noun = split_multiple(text)
    if not (power and noun):
        return False
    nouns = [noun] if is_known_unit(noun) and is_same_quantity(noun, unit) else unit_names()
    return not any(_is_multiple(unit, one, power) for one in nouns)


def multiple_of(text: str, unit: str) -> str:
    """The unit of the table that is so many times `unit` as `text` begins with; "" for none."""
    power, _ = split_multiple(text)
    return next((one for one in _spelled_first(power, unit) if _is_multiple(one, unit, power)), "")


def _spelled_first(power: int, unit: str) -> tuple[str, ...]:
    spelled = f"{PREFIXES[power - 1][0]} {unit}" if power in range(1, len(PREFIXES) + 1) else ""
    return (*([canonical_unit(spelled)] if is_known_unit(spelled) else []), *unit_names())


def _is_multiple(unit: str, of: str, power: int) -> bool:
    return is_same_quantity(unit, of) and isclose(convert(1000.0**power, of, unit), 1, rel_tol=1e-9)
