"""Masking of personal data in free text: mail addresses, telephone, identity and account numbers, vehicle plates.

Patterns match a folded copy of the text in which every character keeps its position: digits of any script are ASCII,
dashes are "-", spaces are " ", wide letters are narrow.
"""

import re
from functools import lru_cache
from unicodedata import category, digit, normalize

MASK = "•••"
# Format characters and variation selectors within a word or number: they are not seen, and would split what is matched.
_INVISIBLE = re.compile(
    r"(?<=[\w@.+-])[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]+(?=[\w@.+-])"
)
_DATE = r"(?!\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d(?!\d))"
_GAP = r"[ .\-/)]{0,3}"  # between the groups of a telephone number
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Mail addresses. Bounded: a long word without an @ would take quadratic time.
        r"[\w.+-]{1,64} ?(?:@|[(\[]at[)\]]) ?[\w-]{1,63}(?: ?(?:\.|[(\[]dot[)\]]) ?[\w-]{1,63})*"
        r"(?:\.|[(\[]dot[)\]]) ?[A-Za-z]{2,24}\b",
        # Telephone numbers of Vietnam: +84 and nine or ten digits, or 0 and as many, of which two follow it at once.
        rf"(?<![\d.,])(?:\(?\+ ?84\)?|0084){_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}(?!\d)",
        r"(?<![\d.,/])84(?:[ .-]\d{9,10}|(?:[ -]?\d){9,10})(?!\d)",
        rf"(?<![\d.,/]){_DATE}\(?(?=0\d\d)0(?:{_GAP}\d){{9,10}}(?!\d)",
        # Citizen identity numbers, also in four groups, below in three; an amount of money does not begin with 0.
        r"(?<![\d.,])0\d{2}(?:[ .-]\d{3}){3}(?![\d.,]\d|\d)",
        # Any long run of digits: identity numbers, accounts, cards; cards also in groups of four.
        r"(?<!\d)(?<!\d[.,])\d{9,}",
        r"(?<!\d)(?!(?:(?:19|20)\d\d[ -]){2})\d{4}(?:[ -]\d{4}){2}[ -]\d{1,7}(?!\d)",
        r"(?<![\d.,])0\d{3}(?:[ .-]\d{4}){2}(?![\d.,]\d|\d)",
        # Vehicle plates: province, series, five digits or, of old plates, four after a dash.
        r"(?<!\w)\d{2}[ .-]?[A-ZĐ]{1,2}\d?[ .-]{0,3}\d{3}[. -]?\d{2}(?!\d)",
        r"(?<!\w)\d{2}[a-zđ]{1,2}\d?[ .-]{0,3}\d{3}[.-]?\d{2}(?!\d)",
        r"(?<!\w)\d{2}[ .-]?[A-ZĐ]{1,2}\d? ?- ?\d{4}(?!\d)",
    )
)


def mask_personal_data(text: str) -> str:
    """`text` with personal data replaced by MASK, without invisible characters in words; the rest stays as written."""
    text = text if text.isascii() else _INVISIBLE.sub("", text)
    folded = text if text.isascii() else "".join(map(_fold, text))
    for pattern in _PATTERNS:
        spans = [match.span() for match in pattern.finditer(folded)]
        for start, end in reversed(spans):
            text = text[:start] + MASK + text[end:]
            folded = folded[:start] + MASK + folded[end:]
    return text


@lru_cache(4096)
def _fold(character: str) -> str:
    """One character for one: what the patterns compare."""
    value = digit(character, None)
    if value is not None:
        return str(value)
    match category(character):
        case "Pd":
            return "-"
        case "Zs":
            return " "
    narrow = normalize("NFKC", character)
    return narrow if len(narrow) == 1 else character
