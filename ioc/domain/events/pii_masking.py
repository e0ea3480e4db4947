"""Masking of personal data in free text: mail addresses, telephone, identity and account numbers, vehicle plates.

Patterns match a folded copy of the text in which every character keeps its position: digits of any script are ASCII,
dashes are "-", spaces are " ", wide letters are narrow, letters that look like Latin ones are Latin, and a raised or
bold point between digits is ".".
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
# Between groups of the usual lengths only: lists, columns of figures and file names have these signs as well.
_RARE_GAP = r"(?:[_,]|[ \t]*\r?\n[ \t]*| ?<[bB][rR] ?/?> ?)"
_AT = r"(?:@|%40|&(?:commat|#64|#[xX]40);|[(\[{<](?i:at|a còng|@)[)\]}>])"
_DOT = r"(?:\.|%2[eE]|&(?:period|#46|#[xX]2[eE]);|[(\[{<](?i:dot|chấm)[)\]}>])"
# What stands before a number with a letter that is no plate, and after one.
_NO_PLATE_AFTER = "".join(f"(?<!{word} )" for word in ("QL", "lộ", "ường", "ớp", "ẻm", "uyến", "ĐT", "oạn", "ầu"))
_UNITS = r"(?! ?(?:[kmc]?m[²³23]?|mét|ha|k?W|k?VA|V|Hz|kg|tấn|lít|hộ|người|đồng|hPa|mb|mAh|xe|ca|lượt|vụ|suất)\b)"
_BANKS = (
    "vcb|vietcombank|bidv|agribank|vietinbank|ctg|tcb|techcombank|mb|acb|vpbank|vpb|tpbank|sacombank|stb|shb|hdbank|vib|"
    "ocb|msb|eximbank|scb|seabank|lpbank|kienlongbank|abbank|pvcombank|ngân hàng"
)
_NO_AMOUNT = r"(?!(?:19|20)\d\d ?- ?(?:19|20)\d\d(?!\d))(?![1-9]\d{0,2}(?:(?:\.\d{3})+|(?: \d{3})+)(?![\d.]))"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Mail addresses. Bounded: a long word without an @ would take quadratic time.
        rf"[\w.+-]{{1,64}} ?{_AT} ?[\w-]{{1,63}}(?: ?{_DOT} ?[\w-]{{1,63}})* ?{_DOT} ?[A-Za-z]{{2,24}}\b",
        rf"[\w.+-]{{1,64}} (?i:a còng) [\w-]{{1,63}}(?: ?{_DOT} ?[\w-]{{1,63}})* ?{_DOT} ?[A-Za-z]{{2,24}}\b",
        r"[\w.+-]{1,64} (?i:at|a còng) [\w-]{1,63}(?: (?i:dot|chấm) [A-Za-z]{2,24}){1,3}\b",
        # Accounts of which a part looks like a telephone number: before these.
        r"(?<![\d.,])0\d{3}[ .-]\d{4}[ .-]\d{5,7}(?![\d.,]\d|\d)",
        # Telephone numbers of Vietnam: +84 and nine or ten digits, or 0 and as many, of which two follow it at once.
        rf"(?<![\d.,])(?:\(?\+ ?84\)?|0084){_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}(?!\d)",
        r"(?<![\d.,/])84(?:[ .-]\d{9,10}|(?:[ -]?\d){9,10})(?!\d)",
        rf"(?<![\d.,/]){_DATE}\(?(?=0\d\d)0(?:{_GAP}\d){{9,10}}(?!\d)",
        rf"(?<![\d.,])0(?:\d{{3}}(?P<gap>{_RARE_GAP})\d{{3}}(?P=gap)\d{{3}}|"
        rf"\d\d(?P<gap2>{_RARE_GAP})\d{{3}}(?P=gap2)\d{{4}})(?![\d.,]?\d)",
        # Citizen identity numbers, also in four groups, below in three; an amount of money does not begin with 0.
        r"(?<![\d.,])0\d{2}(?:[ ._-]\d{3}){3}(?![\d.,]\d|\d)",
        # Any long run of digits: identity numbers, accounts, cards; cards also in groups of four.
        r"(?<!\d)(?<!\d[.,])\d{9,}",
        r"(?<!\d)(?!(?:(?:19|20)\d\d[ .-]){2})\d{4}(?:[ .-]\d{4}){2}[ .-]\d{1,7}(?!\d)",
        r"(?<![\d.,])0\d{3}(?:[ .-]\d{4}){2}(?![\d.,]\d|\d)",
        r"(?<![\d.,])(?!19\d\d[ .-](?:19|20)\d\d[ .-])19\d\d(?P<gap>[ .-])\d{4}(?P=gap)\d{3}(?P=gap)\d{3}(?![\d.,]?\d)",
        # Numbers that only a word before them tells from others: shorter accounts, passports.
        r"(?<!\w)(?i:stk|số tk|số tài khoản)(?i: số)?[ :.]{0,3}"
        r"(?P<number>\d{6,8}|\d{4}(?:[ .-]\d{4}){1,4})(?![\d.,]?\d)",
        rf"(?<!\w)(?i:{_BANKS})(?i: bank)?(?i: số)?[ :.]{{0,3}}{_DATE}{_NO_AMOUNT}"
        r"(?P<number>\d(?:[ .-]?\d){5,18})(?![\d.,]?\d)",
        r"(?<!\w)(?i:hộ chiếu|passport)(?i: số| no\.?)?[ :.]{0,3}(?P<number>[A-Za-z]{1,2} ?\d{6,8})(?!\d)",
        # Vehicle plates: province, series, five digits, or four of old plates.
        r"(?<!\w)\d{2}[ .-]?[A-ZĐ]{1,2}\d?[ .-]{0,3}\d{3}[. -]?\d{2}(?!\d)",
        r"(?<!\w)\d{2}[a-zđ]{1,2}\d?[ .-]{0,3}\d{3}[.-]?\d{2}(?!\d)",
        r"(?<!\w)\d{2}[ .-]?[A-ZĐ]{1,2}\d? ?- ?\d{4}(?!\d)",
        rf"(?<!\w){_NO_PLATE_AFTER}\d{{2}}(?:[A-ZĐ]{{1,2}}|[ .][A-ZĐ])\d?[ .]?(?!(?:19|20)\d\d(?!\d))\d{{4}}"
        rf"(?![\d.,]?\d){_UNITS}",
        # Plates of missions: NG, NN before or within the number.
        r"(?<!\w)N[GN][ .-]?\d{2}[ .-]\d{3}[ .-]\d{2}(?!\d)",
        r"(?<!\w)\d{2}[ .-]?\d{3}[ .-]?N[GN][ .-]?\d{2}(?!\d)",
    )
)
_POINT_BETWEEN_DIGITS = re.compile(r"(?<=\d)( ?)[·•‧∙⋅・]( ?)(?=\d)")
# Letters that look like Latin ones, and full stops of other scripts.
_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο。․",
    "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo..",
)


def mask_personal_data(text: str) -> str:
    """`text` with personal data replaced by MASK, without invisible characters in words; the rest stays as written."""
    text = text if text.isascii() else _INVISIBLE.sub("", text)
    folded = text if text.isascii() else _POINT_BETWEEN_DIGITS.sub(r"\1.\2", "".join(map(_fold, text)))
    for pattern in _PATTERNS:
        group = "number" if "number" in pattern.groupindex else 0
        spans = [match.span(group) for match in pattern.finditer(folded)]
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
    return (narrow if len(narrow) == 1 else character).translate(_LOOKALIKES)
