"""The sections of a number format: to which numbers each applies, and what it shows of them and beside them.

Sources: ECMA-376 part 1, 18.8.31 (format codes); OpenDocument 1.3 part 3, 16.29 (number styles), 16.3 (style:map).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import eq, ge, gt, le, lt, ne
from typing import NamedTuple

MAX_LENGTH = 255  # characters of a format code in Excel
DIGITS = "\0"  # in the content of a section: where digits of the number stand
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lt, "<=": le, "=": eq, ">": gt, ">=": ge, "<>": ne, "!=": ne,
}  # fmt: skip
_CONDITION = re.compile(r"(?:value\(\))?\s*([<>=!]+)\s*([+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?)\s*", re.ASCII | re.I)
_PART = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*(?P<fill>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<digits>General|Standard|E[+-]|[0#?@,.]|/\d*)|(?P<shown>[^A-Za-z%])",
    re.DOTALL | re.IGNORECASE,
)
_SECTION = re.compile(r'((?:"[^"]*"|\\.|[^;"\\])*)(;|$)', re.DOTALL)
_NUMBER_SECTIONS = 3  # the fourth is that of texts
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)  # what is shown as it is, or not at all
_SCALING = re.compile(r"[0#?.],+(?![0#?,])")  # commas after the last digit: each divides the number by 1000
_HARMLESS = " \u00a0()[]-–−+"  # of a text beside a number: signs, brackets and spaces
_DIGITS = re.compile(f"{DIGITS}+")
_SPACES, _MINUS = " \u00a0", "-–−"
_SMALL = 1e-9  # a number beside 0


class NumberDisplay(StrEnum):
    """How the displayed number differs from the stored one."""

    PERCENT = "percent"  # a hundred times the number, with a percent sign
    PERCENT_SIGN = "percent_sign"  # the number, with a percent sign that is a mere text
    SCALED = "scaled"  # the number divided by thousands
    UNCLEAR = "unclear"  # another number, none, or one that cannot be told


class Appearance(NamedTuple):
    """How a number is displayed, None as it is; and the text beside it, "" for none."""

    display: NumberDisplay | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """The comparison of numbers with a limit, such as "<100"; one that is not understood has no `sign`."""

    sign: str
    limit: float = 0.0

    def holds_for(self, number: float) -> bool:
        """Whether a number meets it."""
        return _COMPARISONS[self.sign](number, self.limit)


@dataclass(frozen=True)
class Section:
    """What a part of a format shows: `content`, its texts with DIGITS in the place of the digits.

    `display`: how the digits differ from the stored number. `condition`: of the numbers to which it applies.
    """

    content: str
    display: NumberDisplay | None = None
    condition: Condition | None = None

    @cached_property
    def appearance(self) -> Appearance:
        """What it shows, no matter the sign of the number."""
        text = _DIGITS.sub(" ", self.content).strip(_HARMLESS)
        if self.display is NumberDisplay.PERCENT and "%" in text:
            return Appearance(NumberDisplay.UNCLEAR)
        if self.display:
            return Appearance(self.display)
        return Appearance(NumberDisplay.PERCENT_SIGN) if text == "%" else Appearance(None, text)

    @cached_property
    def has_digits(self) -> bool:
        """Whether the number is shown at all."""
        return DIGITS in self.content

    @cached_property
    def has_minus(self) -> bool:
        """Whether a minus, or brackets around it, make a negative number of the one that is shown."""
        before, _, rest = self.content.partition(DIGITS)
        inner, _, after = rest.rpartition(DIGITS)
        texts = [text.strip(_SPACES) for text in (before, *inner.split(DIGITS), after)]
        is_in_brackets = before.count("(") > before.count(")") and after.count(")") > after.count("(")
        return is_in_brackets or any(text and (text[0] in _MINUS or text[-1] in _MINUS) for text in texts)

    @cached_property
    def has_plus(self) -> bool:
        """Whether a plus stands before the number."""
        return "+" in self.content.partition(DIGITS)[0]


@dataclass(frozen=True)
class FormatSections:
    """A format whose sections differ in what they show."""

    sections: tuple[Section, ...]

    def appearance_of(self, number: float) -> Appearance:
        """What it shows of `number`; UNCLEAR where its sections leave it open."""
        if self._has_conditions:
            return self._find_appearance(number)
        return self._appearances[0 if number > 0 else 1 if number < 0 else 2]

    @cached_property
    def _has_conditions(self) -> bool:
        return any(section.condition for section in self.sections)

    @cached_property
    def _appearances(self) -> tuple[Appearance, ...]:
        """Of positive numbers, negative ones and zero, in a format without conditions."""
        return tuple(self._find_appearance(number) for number in (1.0, -1.0, 0.0))

    def _find_appearance(self, number: float) -> Appearance:
        found = {self._shown_in(section, number) for section in self._sections_of(number)}
        return found.pop() if len(found) == 1 else Appearance(NumberDisplay.UNCLEAR)

    def _sections_of(self, number: float) -> Sequence[Section]:
        """The section that applies to `number`; several where programs differ, none where the format has none."""
        if not self._has_conditions:
            place = 0 if number > 0 else 1 if number < 0 else 2
            return [self.sections[place if place < len(self.sections) else 0]]
        conditions = [section.condition for section in self.sections]
        if conditions[0] is None or any(one is not None and one.sign not in _COMPARISONS for one in conditions):
            return self.sections
        for n, condition in enumerate(conditions):
            if condition is None:
                return self.sections[n:]
            if condition.holds_for(number):
                return [self.sections[n]]
        return []

    def _shown_in(self, section: Section, number: float) -> Appearance:
        if not number:
            is_of_zero = not (self._applies(section, _SMALL) or self._applies(section, -_SMALL))
            is_clear = section.has_digits or is_of_zero  # a dash for 0 only
        else:
            is_of_negative = number < 0 and not self._applies(section, -number)
            is_other_sign = section.has_plus and not section.has_minus if is_of_negative else section.has_minus
            is_clear = section.has_digits and not is_other_sign
        return section.appearance if is_clear else Appearance(NumberDisplay.UNCLEAR)

    def _applies(self, section: Section, number: float) -> bool:
        return any(one is section for one in self._sections_of(number))


def common_display(sections: Sequence[Section]) -> NumberDisplay | FormatSections | None:
    """How numbers are displayed by a format of these sections; None: as they are."""
    made = FormatSections(tuple(sections))
    shown = {made.appearance_of(number) for number in (1.0, -1.0, 0.0)}
    if any(section.condition for section in sections) or len(shown) > 1:
        return made
    display, text = shown.pop()
    return made if text else display


def read_condition(text: str) -> Condition | None:
    """The condition that `text` is, of a code "<100" and of OpenDocument "value()<100"; None where it has none."""
    match = _CONDITION.fullmatch(text)
    if match and match[1] in _COMPARISONS:
        return Condition(match[1], float(match[2]))
    return Condition("") if text.strip()[:1] in ("<", ">", "=") or text.startswith("value()") else None


def read_sections(code: str) -> list[Section]:
    """The sections of a format code for numbers; no semicolon of a text divides them."""
    parts = list[str]()
    for match in _SECTION.finditer(code.replace(DIGITS, "")):
        parts.append(match[1])
        if not match[2]:
            break
    return [_read_section(part) for part in parts[:_NUMBER_SECTIONS]]


def _read_section(code: str) -> Section:
    pieces, condition = list[str](), None
    for match in _PART.finditer(code):
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind == "digits":
            pieces.append(DIGITS)
        elif kind == "bracket":
            condition = condition or read_condition(text)
        elif kind and (kind != "fill" or text in _MINUS):
            pieces.append(text)
    bare = _LITERALS.sub("", code)
    display = NumberDisplay.PERCENT if "%" in bare else None
    if _SCALING.search(bare):
        display = NumberDisplay.SCALED
    elif bare.count("%") > 1:
        display = NumberDisplay.UNCLEAR
    return Section("".join(pieces), display, condition)
