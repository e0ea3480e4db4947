"""Masking of personal data in free text: mail addresses, telephone, identity and account numbers, vehicle plates.

Patterns match a folded copy of the text: characters that are not seen are left out, digits of any script are ASCII,
dashes are "-", spaces are " ", wide letters are narrow, letters that look like Latin ones are Latin, and a raised or
bold point between digits is ".". Only what matches is replaced in the text itself.
"""

import re
from functools import lru_cache
from unicodedata import category, digit, normalize

MASK = "•••"
_LONGEST = 160  # characters of what is masked as one
_DATE = r"(?!\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d(?!\d))"
_GAP = r"[ .\-/()]{0,3}"  # between the groups of a telephone number
# Between groups of the usual lengths only: lists, columns of figures and file names have these signs as well.
_RARE_GAP = r"(?:[_,~*'=\\…]|&nbsp;|%20|[ \t]*\r?\n[ \t]*| ?<[bB][rR] ?/?> ?)"
_AT = r"(?:@|%40|&(?:commat|#64|#[xX]40);|[(\[{<](?i:at|a còng|@)[)\]}>])"
_DOT = r"(?:\.|%2[eE]|&(?:period|#46|#[xX]2[eE]);|[(\[{<](?i:dot|chấm)[)\]}>])"
# What stands before a number with a letter that is no plate, and after one.
_NO_PLATE_AFTER = "".join(f"(?<!{word} )" for word in ("QL", "lộ", "ường", "ớp", "ẻm", "uyến", "ĐT", "oạn", "ầu"))
_UNITS = r"(?! ?(?:[kmc]?m[²³23]?|mét|ha|k?W|k?VA|V|Hz|kg|tấn|lít|hộ|người|đồng|hPa|mb|mAh|xe|ca|lượt|vụ|suất)\b)"
_NO_MONEY_AFTER = r"(?! ?(?:đồng|đ|VND|VNĐ|tỷ|triệu|thẻ)\b)(?! ?₫)"
_NO_MONEY_BEFORE = "".join(
    f"(?<!{word} )(?<!{word}: )"
    for word in ("phí", "vốn", "iền", "ổng", "hu", "hi", "iá", "trị", "oán", "ách", "đồng\\)")
)
# A digit and a mark stand before the number ("5,0…" behind the number of a house), but not the whole part of a decimal
# number: 0, and degrees of the country, with a point 8 to 23 and 102 to 117, with a comma in a pair or after a word.
_MARK_BEFORE = r"(?<=\d[.,/])(?<!(?<!\d)0[.,])"
_NO_DEGREES = (
    r"(?<!(?<!\d)[89]\.)(?<!(?<!\d)1\d\.)(?<!(?<!\d)2[0-3]\.)(?<!(?<!\d)10[2-9]\.)(?<!(?<!\d)11[0-7]\.)"
    r"(?<!độ \d,)(?<!độ \d\d,)(?<!độ \d\d\d,)(?<!\d; 10[2-9],)(?<!\d; 11[0-7],)(?!\d{10}; ?1[01]\d,\d)"
)
_USUAL_GROUPS = (
    r"0[1-9]\d\d(?P<gap>[ .-])\d{3}(?P=gap)\d{3}|0[1-9]\d(?P<gap2>[ .-])\d{3}(?P=gap2)\d{4}|"
    r"0[1-9]\d(?P<gap4>[ .-])\d{4}(?P=gap4)\d{3}|0[1-9]\d\d(?P<gap3>[ .-])\d\d(?P=gap3)\d\d(?P=gap3)\d\d"
)
# Lists of numbers of two digits, and dates with times in this form.
_NO_LIST = (
    r"(?<!\d[ -])(?!05.10.15.20.25)(?!(?:0\d.){4}0\d)"
    r"(?!0[1-9].(?:0[1-9]|1[0-2]).[0-3]\d.(?:[01]\d|2[0-3]).[0-5]\d)"
)
_CLOCK, _DAY = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", r"(?:[0-2]\d|3[01])(?:0[1-9]|1[0-2])\d\d"
_LONG_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d"
_NO_STAMP = rf"(?!{_CLOCK}[ .-]{_DAY})(?!{_DAY}[ .-]{_CLOCK})(?!\d{{4}}[ .-]{_LONG_DAY})"
_IDENTITY_WORDS = (
    r"cmnd|cmtnd|cmt|cccd|chứng minh(?: nhân dân| thư)?|căn cước(?: công dân)?|(?:số )?định danh(?: cá nhân)?"
)
_MAIL_PROVIDERS = r"(?:gmail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|zoho|live)"
_NO_DOCUMENT = r"(?!(?:KH|TB|QĐ|NQ|CT|CV|BC|HD|TT|NĐ|LT|TU|HĐ)\b)"
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
        # Points in words, a comma for the point, endings of any script; "at" only where it names no place.
        r"[\w.+-]{1,64}@[\w-]{1,63}(?:(?:\.|,| (?i:dot|chấm) )[\w-]{1,63}){0,4}(?:[.,]| (?i:dot|chấm) )"
        r"[^\W\d_]{2,24}\b",
        rf"[\w.+-]{{1,64}} ?{_AT} ?(?i:{_MAIL_PROVIDERS})\b(?: com\b)?",
        rf"[\w.+-]{{1,64}} (?i:at) (?i:{_MAIL_PROVIDERS})\.[\w.-]{{2,24}}\b",
        r"(?<![\w.+-])(?=[a-zA-Z+-]{0,63}[\d._])[\w.+-]{1,64} (?i:at) (?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}\b",
        # Numbers that only a word before them tells from others, in any groups: before what looks like telephone
        # numbers in them. Shorter accounts, passports, identity numbers.
        r"(?<!\w)(?i:stk|số tk|số tài khoản)(?i: số)?[ :.]{0,3}"
        r"(?P<number>\d{6,8}|\d{4}(?:[ .-]\d{4}){1,4})(?![\d.,]?\d)",
        rf"(?<!\w)(?i:{_BANKS})(?i: bank)?(?i: số)?[ :.]{{0,3}}{_DATE}{_NO_AMOUNT}"
        r"(?P<number>\d(?:[ .-]?\d){5,18})(?![\d.,]?\d)",
        r"(?<!\w)(?i:hộ chiếu|passport)(?i: số| no\.?)?[ :.]{0,3}(?P<number>[A-Za-z]{1,2} ?\d{6,8})(?!\d)",
        rf"(?<!\w)(?i:{_IDENTITY_WORDS})[^\d.;\n]{{0,20}}?[ .:]{{0,3}}(?P<number>\d(?: ?[._-]? ?\d){{8}}"
        rf"(?:(?: ?[._-]? ?\d){{3}})?)(?!\d){_UNITS}{_NO_MONEY_AFTER}",
        # Accounts of which a part looks like a telephone number: before these.
        r"(?<![\d.,])0\d{3}[ .-]\d{4}[ .-]\d{5,7}(?![\d.,]\d|\d)",
        # Telephone numbers of Vietnam: +84 and nine or ten digits, or 0 and as many, of which two follow it at once.
        rf"(?<![\d.,])(?:\(?\+ ?84\)?|\( ?84 ?\)|0084){_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}(?!\d)",
        rf"(?<![\d.,/]){_NO_MONEY_BEFORE}84(?:[ .-]?\d){{9,10}}(?![.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"(?<![\d.,/]){_DATE}\(?(?=0\d\d)0(?:{_GAP}\d){{9,10}}(?!\d)",
        rf"(?<![\d.,])0(?:\d{{3}}(?P<gap>{_RARE_GAP})\d{{3}}(?P=gap)\d{{3}}|"
        rf"\d\d(?P<gap2>{_RARE_GAP})\d{{3}}(?P=gap2)\d{{4}})(?![\d.,]?\d)",
        rf"{_MARK_BEFORE}{_NO_DEGREES}0[1-9]\d{{8}}(?!\d)",
        rf"{_MARK_BEFORE}(?:{_USUAL_GROUPS})(?![.,]?\d)",
        rf"(?<![\d.,/]){_NO_LIST}0[1-9](?P<gap>[ .-])\d\d(?:(?P=gap)\d\d){{3}}(?![ .,/-]?\d)",
        r"(?<![\d.,/-])0[1-9](?P<gap>[ .-])(?!(?:19|20)\d\d)\d{4}(?P=gap)\d{4}(?![.,/-]?\d)",
        # Citizen identity numbers, by the parts of the number or in four groups, below in three; an amount of money
        # does not begin with 0.
        rf"(?<![\d.,]){_NO_STAMP}0\d\d(?:[ ._-]\d{{3}}|[ ._-]\d[ ._-]\d\d)[ ._-]\d{{6}}(?![\d.,]\d|\d)",
        # Not a list of codes, which have a part in common or are more than two.
        rf"(?<![\d.,])(?<!\d[ -]){_NO_STAMP}(?P<begin>0\d\d)\d{{3}}[ ._-](?!(?P=begin))\d{{6}}(?![ .,-]?\d)",
        rf"(?<![\d.,]){_NO_STAMP}0\d\d(?:\d[ .-]\d{{8}}|[ .-]\d{{9}})(?![\d.,]\d|\d)",
        r"(?<![\d.,])0\d{2}(?:[ ._-]\d{3}){3}(?![\d.,]\d|\d)",
        # Any long run of digits: identity numbers, accounts, cards; cards also in groups of four.
        r"(?<!\d)(?<!\d[.,])\d{9,}",
        r"(?<!\d)(?!(?:(?:19|20)\d\d[ .-]){2})\d{4}(?:[ .-]\d{4}){2}[ .-]\d{1,7}(?!\d)",
        r"(?<![\d.,])0\d{3}(?:[ .-]\d{4}){2}(?![\d.,]\d|\d)",
        r"(?<![\d.,])(?!19\d\d[ .-](?:19|20)\d\d[ .-])19\d\d(?P<gap>[ .-])\d{4}(?P=gap)\d{3}(?P=gap)\d{3}(?![\d.,]?\d)",
        # Vehicle plates: province, series, five digits, or four of old plates.
        r"(?<!\w)\d{2}[ .-]?[A-ZĐ]{1,2}\d?[ .-]{0,3}\d{3}[. -]?\d{2}(?!\d)",
        r"(?<!\w)\d{2}-?[a-zđ]{1,2}\d?[ .-]{0,3}\d{3}[.-]?\d{2}(?!\d)",
        r"(?<!\w)\d{2}[ .-]?[A-ZĐ]{1,2}\d? ?- ?\d{4}(?!\d)",
        rf"(?<!\w){_NO_PLATE_AFTER}\d{{2}}(?:[A-ZĐ]{{1,2}}|[ .][A-ZĐ])\d?[ .]?(?!(?:19|20)\d\d(?!\d))\d{{4}}"
        rf"(?![\d.,]?\d){_UNITS}",
        rf"(?<!\w){_NO_PLATE_AFTER}\d{{2}}-{_NO_DOCUMENT}(?:[A-ZĐ]{{1,2}}\d?|[a-zđ]\d)[ .-]"
        rf"(?!(?:19|20)\d\d(?!\d))\d{{4}}(?![\d.,]?\d){_UNITS}",
        # Plates of missions: NG, NN before or within the number.
        r"(?<!\w)N[GN][ .-]?\d{2}[ .-]\d{3}[ .-]\d{2}(?!\d)",
        r"(?<!\w)\d{2}[ .-]?\d{3}[ .-]?N[GN][ .-]?\d{2}(?!\d)",
    )
)
# Digits alone that are not as many as in an old identity number or in a card, and do not begin as telephone and citizen
# identity numbers do.
_REPORT_NUMBER = re.compile(r"(?!84)[1-9][0-9]{9,14}", re.ASCII)
_POINT_BETWEEN_DIGITS = re.compile(r"(?<=\d)( ?)[·•‧∙⋅・]( ?)(?=\d)")
# Letters that look like Latin ones, and full stops of other scripts.
_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο。․",
    "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo..",
)


# Characters that are not seen although their category says otherwise, with what they look like.
_NOT_SEEN = {
    "\N{REPLACEMENT CHARACTER}": "",  # ioc.domain.base.text puts it in place of what is not seen
    **dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", " "),
}


def mask_personal_data(text: str) -> str:
    """`text` with personal data replaced by MASK; the rest stays as written."""
    pieces, folded = _folded(text)
    for pattern in _PATTERNS:
        group = "number" if "number" in pattern.groupindex else 0
        spans = [match.span(group) for match in pattern.finditer(folded)]
        for start, end in reversed(spans):
            pieces[start:end] = MASK
            folded = folded[:start] + MASK + folded[end:]
    return "".join(pieces)


def mask_start(text: str, max_length: int) -> str:
    """The first `max_length` characters of `text`, masked. What the cut splits is left out: its part is not masked."""
    read = 2 * max_length + _LONGEST
    masked = mask_personal_data(text[:read])
    return (masked if len(text) <= read else masked[:-_LONGEST])[:max_length]


def mask_key(key: str, max_length: int) -> str:
    """The key of an event as of `mask_start`; the number of a report, which is no personal number, stays."""
    return key if len(key) <= max_length and _REPORT_NUMBER.fullmatch(key) else mask_start(key, max_length)


def _folded(text: str) -> tuple[list[str], str]:
    """The parts of `text`, and what the patterns compare: one character for each part.

    What is not seen belongs to the part before it.
    """
    if text.isascii() and text.isprintable():
        return [*text], text
    pieces, characters = [""], [""]
    for character in text:
        if seen := _fold(character):
            pieces.append(character)
            characters.append(seen)
        else:
            pieces[-1] += character
    pieces[:2] = ["".join(pieces[:2])]
    return pieces, _POINT_BETWEEN_DIGITS.sub(r"\1.\2", "".join(characters))


@lru_cache(4096)
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
    narrow = normalize("NFKC", character)
    return (narrow if len(narrow) == 1 else character).translate(_LOOKALIKES)
