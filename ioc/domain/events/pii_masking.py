"""Masking of personal data in free text: mail addresses, telephone, identity and account numbers, vehicle plates.

Patterns match a folded copy of the text: characters that are not seen are left out, digits of any script are ASCII,
dashes are "-", spaces are " ", wide letters are narrow, letters that look like Latin ones are Latin, and a raised or
bold point between digits is ".". An entity of HTML is its character, a tag that shows letters otherwise is not seen,
and one of a line end is such. Only what matches is replaced in the text itself.

The cost is linear: the patterns of mail addresses are tried at signs of an address only, those of numbers only around
six digits that stand near each other.
"""

import re
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from unicodedata import category, digit

from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.slug import without_accents
from ioc.domain.base.text import REPLACEMENT
from ioc.domain.events.pii_patterns import (
    AFTER_DIGITS,
    ARMY_PLATE,
    BEFORE_DIGITS,
    BEFORE_PLATE,
    BOAT_PLATE,
    DIGITS,
    IMPERSONAL,
    LOCAL_PART_REVERSED,
    MAIL_SIGN,
    MONEY_WORDS,
    NO_PLACE,
    PATTERNS,
    UNIT_WORDS,
    WORD_BEFORE,
    WRAP,
    WRAPPED,
)

MASK = "•••"
LONGEST = 160  # characters of what is masked as one
# Digits alone that are not as many as in an old identity number or in a card, and do not begin as telephone and citizen
# identity numbers do.
_REPORT_NUMBER = re.compile(r"(?!84)[1-9][0-9]{9,14}", re.ASCII)
# The number of a report behind the kind of its event, or a figure: from nine digits on with decimals or a unit that is
# known, for a name can stand behind the number of a person.
_NUMBER_ALONE = re.compile(
    rf"(?:[a-z0-9-]{{1,60}}/)?{_REPORT_NUMBER.pattern}|[+-]?(?!84[0-9]{{9}})(?:[1-9][0-9]*[.,][0-9]+|"
    r"(?:[1-9][0-9]{0,7}|[1-9][0-9]*[.,][0-9]+)(?:e[+-]?[0-9]+)? ?[^\W\d_][^\s\d@]{0,19}|"
    rf"[1-9][0-9]{{8,}} ?(?:{UNIT_WORDS}|{MONEY_WORDS}))"
)
# The beginning of a number or of a mail address, cut before it could be masked.
_CUT = re.compile(r"(?:\d(?:[ .\-/()]{0,3}\d){4,30}|[\w.+-]{1,64}@[\w.-]{0,64})…")
_POINT_BETWEEN_DIGITS = re.compile(r"(?<=\d)( ?)[·•‧∙⋅・]( ?)(?=\d)")
# Tags without attributes, in which data could stand, and entities of HTML.
_TAG = r"</?(?:[biusBIUS]|(?i:br|em|strong|span|font|mark|small|big|wbr)) ?/?>|</[aA]>"
_ENTITY = (
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|nbsp|[et][nm]sp|thinsp|commat|period|comma|hyphen|dash|[nm]dash|middot|bull|"
    r"sol|lpar|rpar|lowbar|plus|num|colon|semi|quot|apos|amp|lt|gt|shy|zwn?j|Tab|NewLine);"
)
_MARKUP = re.compile(rf"{_TAG}|{_ENTITY}")
_PART = re.compile(rf"{_TAG}|{_ENTITY}|.", re.DOTALL)
# Letters that look like Latin ones, and full stops of other scripts.
_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο。․",
    "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo..",
)


_BEFORE_WRAP = 60  # characters in which what tells a number stands before the end of its line

# Characters that are not seen although their category says otherwise, with what they look like.
_NOT_SEEN = {
    REPLACEMENT: "",  # ioc.domain.base.text puts it in place of what is not seen
    **dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", " "),
}


class _TranslationTable(dict[int, str]):
    """By code of a character what `of` makes of it. Bounded: whoever writes the texts chooses the characters."""

    _SIZE = 4_096

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        if len(self) >= self._SIZE:
            self.clear()
        letter = self[code] = self._of(chr(code))
        return letter


def mask_personal_data(text: str) -> str:
    """`text` with personal data replaced by MASK; the rest stays as written."""
    pieces, folded = _folded(text)
    masked = _mask_folded(pieces, folded)
    if "\n" not in folded:
        return masked
    pieces, folded = _folded(masked)  # what is whole on its line is masked by now
    gaps = _wraps(folded)
    return _mask_folded(*_unwrapped(pieces, folded, gaps)) if gaps else masked


def _mask_folded(pieces: list[str], folded: str) -> str:
    folded = _replace(_mail_spans(folded), pieces, folded)
    folded = _replace(_short_plate_spans(folded), pieces, folded)
    for start, end in reversed(_number_windows(folded)):
        pieces[start:end] = _mask_numbers(pieces[start:end], folded[start:end])
    return "".join(pieces)


def _wraps(folded: str) -> list[tuple[int, int]]:
    """Where lines end within a number of running text: "sđt 0912⏎345 678", not between rows of figures alone."""
    return [
        match.span("gap")
        for match in (WRAP.finditer(folded) if "\n" in folded else ())
        if WRAPPED.search(folded[max(0, match.start("gap") - _BEFORE_WRAP) : match.start("gap")].rpartition("\n")[2])
    ]


def _unwrapped(pieces: list[str], folded: str, gaps: list[tuple[int, int]]) -> tuple[list[str], str]:
    """The same with a space for each of the line ends."""
    joined, seen, last = list[str](), list[str](), 0
    for start, end in gaps:
        joined += [*pieces[last:start], "".join(pieces[start:end])]
        seen += [folded[last:start], " "]
        last = end
    return [*joined, *pieces[last:]], "".join([*seen, folded[last:]])


def mask_start(text: str, max_length: int) -> str:
    """The first `max_length` characters of `text`, masked. What the cut splits is left out: its part is not masked.

    Only as much of the text is looked at as these characters need.
    """
    return mask_and_cut(text, max_length)[0]


def mask_quoted(text: str, max_length: int) -> str:
    """`text` as reasons, samples and failures quote it: masked, and cut with "…".

    What these mostly consist of stays: times since 1970, hexadecimal ids, a number of a report or a figure alone.
    """
    if _NUMBER_ALONE.fullmatch(text):
        return text[:max_length]
    masked, is_whole = mask_and_cut(text, max_length, _mask_between)
    return masked if is_whole else f"{masked[: max_length - 1]}…"


def _mask_between(text: str) -> str:
    """`text` masked but for what IMPERSONAL matches, without what an earlier cut may have split."""
    parts, end = list[str](), 0
    for match in IMPERSONAL.finditer(text):
        parts += [mask_personal_data(text[end : match.start()]), match[0]]
        end = match.end()
    return _CUT.sub("…", "".join([*parts, mask_personal_data(text[end:])]))


def mask_and_cut(text: str, max_length: int, mask: Callable[[str], str] = mask_personal_data) -> tuple[str, bool]:
    """What `mask_start` returns, and whether that is the whole text."""
    read = 2 * max_length + LONGEST
    masked = mask(text[:read])
    if len(text) <= read:
        return masked[:max_length], len(masked) <= max_length
    last_mask = masked.rfind(MASK, -LONGEST)  # what the cut splits stands behind it
    end = len(masked) - LONGEST if last_mask < 0 else last_mask + len(MASK)
    return masked[: min(max(end, 0), max_length)], False


def mask_key(key: str, max_length: int) -> str:
    """The key of an event as of `mask_start`; the number of a report, which is no personal number, stays."""
    return key if len(key) <= max_length and _REPORT_NUMBER.fullmatch(key) else mask_start(key, max_length)


def _mail_spans(folded: str) -> list[tuple[int, int]]:
    """Where mail addresses stand: what follows a sign is matched, and the name before it is read backwards."""
    spans: list[tuple[int, int]] = []
    for match in MAIL_SIGN.finditer(folded):
        sign, floor = match.start(), spans[-1][1] if spans else 0
        local = LOCAL_PART_REVERSED.match(folded[max(floor, sign - 64) : sign][::-1])
        if local and (match["place"] is None or NO_PLACE.search(local[0])):
            spans.append((sign - local.end(), match.end()))
    return spans


def _short_plate_spans(folded: str) -> list[tuple[int, int]]:
    """Where plates of the army and of fishing boats stand: they have fewer digits than other numbers."""
    of_army = (match for match in ARMY_PLATE.finditer(folded) if _is_army_plate(match))
    return sorted(match.span() for match in (*of_army, *BOAT_PLATE.finditer(folded)))


def _is_army_plate(match: re.Match[str]) -> bool:
    is_day = match["first"] <= "31" and match["second"] <= "31"
    if "-" in match["gap"] and not is_day:
        return True
    return BEFORE_PLATE.search(match.string, max(0, match.start() - 30), match.start()) is not None


def _number_windows(folded: str) -> list[tuple[int, int]]:
    """The parts of the text in which a number may stand, with what the patterns look at before and after it."""
    windows: list[tuple[int, int]] = []
    for match in DIGITS.finditer(folded):
        start, end = max(0, match.start() - BEFORE_DIGITS), match.end() + AFTER_DIGITS
        if windows and start <= windows[-1][1]:
            start = windows.pop()[0]
        windows.append((start, end))
    return windows


def _mask_numbers(pieces: list[str], folded: str) -> list[str]:
    has_accents, plain = not folded.isascii(), folded.translate(_PLAIN)
    has_word = WORD_BEFORE.search(plain) is not None
    for pattern, is_plain in PATTERNS:
        if is_plain is not None and not (has_word and (is_plain or has_accents)):
            continue
        group = "number" if "number" in pattern.groupindex else 0
        matches = pattern.finditer(plain if is_plain else folded)
        if is_plain:
            matches = (match for match in matches if _is_plain_word(folded, plain, *match.span()))
        if spans := [match.span(group) for match in matches]:
            folded = _replace(spans, pieces, folded)
            plain = folded.translate(_PLAIN)
    return pieces


def _is_plain_word(folded: str, plain: str, start: int, end: int) -> bool:
    """Whether the word with which a match begins was typed without accents; one with them is another pattern's."""
    word = WORD_BEFORE.search(plain, start, end)
    return word is not None and folded[start : word.end()].isascii()


def _replace(spans: list[tuple[int, int]], pieces: list[str], folded: str) -> str:
    """`folded` with MASK at `spans`, which are in order; `pieces` are changed alike. One pass over both."""
    if not spans:
        return folded
    kept, texts, last = list[str](), list[str](), 0
    for start, end in spans:
        kept += [*pieces[last:start], *MASK]
        texts += [folded[last:start], MASK]
        last = end
    pieces[:] = [*kept, *pieces[last:]]
    return "".join([*texts, folded[last:]])


def _folded(text: str) -> tuple[list[str], str]:
    """The parts of `text`, and what the patterns compare: one character for each part.

    What is not seen belongs to the part before it.
    """
    parts = _PART.findall(text) if _MARKUP.search(text) else [*text]
    shown = text if len(parts) == len(text) else "".join(map(_rendered_character, parts))
    if shown.isascii() and shown.isprintable():
        return parts, shown
    seen = shown.translate(_FOLDS)
    if len(seen) == len(parts):
        return parts, _POINT_BETWEEN_DIGITS.sub(r"\1.\2", seen)
    begins = [at for at, character in enumerate(shown) if _FOLDS[ord(character)]]
    begins[:1] = [0]
    pieces = ["".join(parts[begin:end]) for begin, end in pairwise([*begins, len(parts)])]
    return pieces, _POINT_BETWEEN_DIGITS.sub(r"\1.\2", seen)


def _rendered_character(part: str) -> str:
    """The character that a part of a text is shown as; one that is not seen for a tag."""
    if part.startswith("<") and len(part) > 1:
        return "\n" if part[1:3].lower() == "br" else REPLACEMENT
    return unescape(part) or REPLACEMENT if part.startswith("&") else part


def _fold(character: str) -> str:
    """What the patterns compare: one character, "" for one that is not seen."""
    if character in _NOT_SEEN:
        return _NOT_SEEN[character]
    value = digit(character, None)
    if value is not None:
        return str(value)
    match category(character):
        case "Pd":
            return "-"
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cf" | "Mn" | "Me" | "Cs" | "Cn":
            return ""
        case "Cc":
            return character if character.isspace() else ""
    narrow = normal_form("NFKC", character)
    return (narrow if len(narrow) == 1 else character).translate(_LOOKALIKES)


def _plain(character: str) -> str:
    """The letter without its accents, of a folded character."""
    plain = without_accents(character)
    return plain if len(plain) == 1 else character


_FOLDS, _PLAIN = _TranslationTable(_fold), _TranslationTable(_plain)
