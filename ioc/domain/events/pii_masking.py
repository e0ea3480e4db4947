"""Masking of personal data in free text: mail addresses, telephone, identity and account numbers, vehicle plates.

Patterns match a folded copy of the text: characters that are not seen are left out, digits of any script are ASCII,
dashes are "-", spaces are " ", wide letters are narrow, letters that look like Latin ones are Latin, and a raised or
bold point between digits is ".". Only what matches is replaced in the text itself.

The cost is linear: the patterns of mail addresses are tried at signs of an address only, those of numbers only around
six digits that stand near each other.
"""

import re
from unicodedata import category, digit

from ioc.domain.base.normal_form import normal_form

MASK = "•••"
LONGEST = 160  # characters of what is masked as one
_DATE = r"(?!\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d(?!\d))"
_GAP = r"[ .\-/()\[\]]{0,3}"  # between the groups of a telephone number
# Between groups of the usual lengths only: lists, columns of figures and file names have these signs as well.
_RARE_GAP = r"(?:_|[^\w\s•]|&nbsp;|%20|[ \t]{0,3}\r?\n[ \t]{0,3}| ?<[bB][rR] ?/?> ?)"
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
_WORD = r"(?<!\w)(?=[^\W\d])"  # where a word begins
_NO_YEARS = r"(?!(?:19|20)\d\d ?- ?(?:19|20)\d\d(?!\d))"
_NO_AMOUNT = _NO_YEARS + r"(?![1-9]\d{0,2}(?:(?:\.\d{3})+|(?: \d{3})+)(?![\d.]))"
# What stands around an @, from the sign on; points in words, a comma for the point, endings of any script.
_AFTER_SIGN = (
    rf" ?{_AT} ?[\w-]{{1,63}}+(?: ?{_DOT} ?[\w-]{{1,63}}+)* ?{_DOT} ?[A-Za-z]{{2,24}}\b|"
    r"@[\w-]{1,63}+(?:(?:\.|,| (?i:dot|chấm) )[\w-]{1,63}+){0,4}(?:[.,]| (?i:dot|chấm) )[^\W\d_]{2,24}\b|"
    rf" ?{_AT} ?(?i:{_MAIL_PROVIDERS})\b(?: com\b)?"
)
# A word for the sign; "at" alone only before a provider, or behind a name with a digit or mark: no place has these.
_AFTER_WORD = (
    rf" (?i:a còng) [\w-]{{1,63}}+(?: ?{_DOT} ?[\w-]{{1,63}}+)* ?{_DOT} ?[A-Za-z]{{2,24}}\b|"
    r" (?i:at|a còng) [\w-]{1,63}+(?: (?i:dot|chấm) [A-Za-z]{2,24}){1,3}\b|"
    rf" (?i:at) (?i:{_MAIL_PROVIDERS})\.[\w.-]{{2,24}}\b|"
    r"(?P<place> (?i:at) (?:[\w-]{1,63}+\.){1,4}[A-Za-z]{2,24}\b)"
)
_MAIL_SIGN = re.compile(rf"(?=[ @%&(\[{{<])(?<=[\w.+-])(?:{_AFTER_SIGN}|{_AFTER_WORD})")
_LOCAL_PART_REVERSED = re.compile(r"[\w.+-]{1,64}+")
_NO_PLACE = re.compile(r"[\d._]")
# Six digits near each other: no number that is masked has fewer, or a longer gap.
_DIGITS = re.compile(r"[0-9](?:[^0-9]{0,10}+[0-9]){5,}+")
_BEFORE_DIGITS, _AFTER_DIGITS = 72, 40  # characters around them that the patterns look at
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Numbers that only a word before them tells from others, in any groups: before what looks like telephone
        # numbers in them. Shorter accounts, passports, identity numbers.
        rf"{_WORD}(?i:stk|số tk|số tài khoản)(?i: số)?[ :.]{{0,3}}{_DATE}{_NO_YEARS}(?!\d{{3}}\.\d{{3}}(?![\d.]))"
        rf"(?P<number>\d(?:[ .-]?\d){{5,18}}+)(?![\d.,]?\d){_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:tài khoản)(?i: số)?[ :.]{{0,3}}{_DATE}{_NO_AMOUNT}"
        rf"(?P<number>\d(?:[ .-]?\d){{5,18}}+)(?![\d.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:{_BANKS})(?i: bank)?(?i: số)?[ :.]{{0,3}}{_DATE}{_NO_AMOUNT}"
        r"(?P<number>\d(?:[ .-]?\d){5,18})(?![\d.,]?\d)",
        rf"{_WORD}(?i:hộ chiếu|passport)(?i: số| no\.?)?[ :.]{{0,3}}(?P<number>[A-Za-z]{{1,2}} ?\d{{6,8}})(?!\d)",
        rf"{_WORD}(?i:{_IDENTITY_WORDS})[^\d.;\n]{{0,20}}?[ .:]{{0,3}}(?P<number>\d(?: ?[._-]? ?\d){{8}}"
        rf"(?:(?: ?[._-]? ?\d){{3}})?)(?!\d){_UNITS}{_NO_MONEY_AFTER}",
        # Accounts of which a part looks like a telephone number: before these.
        r"(?<![\d.,])0\d{3}[ .-]\d{4}[ .-]\d{5,7}(?![\d.,]\d|\d)",
        # Telephone numbers of Vietnam: +84 and nine or ten digits, or 0 and as many, of which two follow it at once.
        rf"(?<![\d.,])(?:\(?\+ ?84\)?|\( ?84 ?\)|0084){_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}(?!\d)",
        rf"(?=84)(?<![\d.,/]){_NO_MONEY_BEFORE}84(?:[ .-]?\d){{9,10}}(?![.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"(?<![\d.,/]){_DATE}[(\[]?(?=0\d\d)0(?:{_GAP}\d){{9,10}}(?!\d)",
        # The letter O for 0; the 0 apart from the groups of a mobile number, which are no steps of a scale.
        rf"(?<![\w.,/])[(\[]?(?=[0oO][35789][\doO])[0oO](?:{_GAP}[\doO]){{9}}(?![\doO])",
        r"(?<![\d.,/-])(?<!\d )0(?P<gap>[ .-])(?!\d\d[05].\d\d[05].\d\d[05])[35789]\d\d(?P=gap)\d{3}(?P=gap)\d{3}"
        r"(?![ .,-]?\d)",
        rf"(?<![\d.,])0(?:\d{{3}}(?P<gap>{_RARE_GAP})\d{{3}}(?P=gap)\d{{3}}|"
        rf"\d\d(?P<gap2>{_RARE_GAP})\d{{3}}(?P=gap2)\d{{4}})(?![\d.,]?\d)",
        rf"{_MARK_BEFORE}{_NO_DEGREES}0[1-9]\d{{8}}(?!\d)",
        rf"{_MARK_BEFORE}(?:{_USUAL_GROUPS})(?![.,]?\d)",
        rf"(?=0)(?<![\d.,/]){_NO_LIST}0[1-9](?P<gap>[ .-])\d\d(?:(?P=gap)\d\d){{3}}(?![ .,/-]?\d)",
        r"(?<![\d.,/-])0[1-9](?P<gap>[ .-])(?!(?:19|20)\d\d)\d{4}(?P=gap)\d{4}(?![.,/-]?\d)",
        # Citizen identity numbers, by the parts of the number or in four groups, below in three; an amount of money
        # does not begin with 0.
        rf"(?=0)(?<![\d.,]){_NO_STAMP}0\d\d(?:[ ._-]\d{{3}}|[ ._-]\d[ ._-]\d\d)[ ._-]\d{{6}}(?![\d.,]\d|\d)",
        # Not a list of codes, which have a part in common or are more than two.
        rf"(?=0)(?<![\d.,])(?<!\d[ -]){_NO_STAMP}(?P<begin>0\d\d)\d{{3}}[ ._-](?!(?P=begin))\d{{6}}(?![ .,-]?\d)",
        rf"(?=0)(?<![\d.,]){_NO_STAMP}0\d\d(?:\d[ .-]\d{{8}}|[ .-]\d{{9}})(?![\d.,]\d|\d)",
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
        rf"(?=\d\d)(?<!\w){_NO_PLATE_AFTER}\d{{2}}(?:[A-ZĐ]{{1,2}}|[ .][A-ZĐ])\d?[ .]?(?!(?:19|20)\d\d(?!\d))\d{{4}}"
        rf"(?![\d.,]?\d){_UNITS}",
        rf"(?=\d\d)(?<!\w){_NO_PLATE_AFTER}\d{{2}}-{_NO_DOCUMENT}(?:[A-ZĐ]{{1,2}}\d?|[a-zđ]\d)[ .-]"
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


class _Folds(dict[int, str]):
    """By code of a character what the patterns compare: one character, "" for one that is not seen."""

    _SIZE = 4_096

    def __missing__(self, code: int) -> str:
        if len(self) >= self._SIZE:
            self.clear()
        seen = self[code] = _fold(chr(code))
        return seen


_FOLDS = _Folds()


def mask_personal_data(text: str) -> str:
    """`text` with personal data replaced by MASK; the rest stays as written."""
    pieces, folded = _folded(text)
    folded = _replace(_mail_spans(folded), pieces, folded)
    for start, end in reversed(_number_windows(folded)):
        pieces[start:end] = _mask_numbers(pieces[start:end], folded[start:end])
    return "".join(pieces)


def mask_start(text: str, max_length: int) -> str:
    """The first `max_length` characters of `text`, masked. What the cut splits is left out: its part is not masked.

    Only as much of the text is looked at as these characters need.
    """
    return mask_and_cut(text, max_length)[0]


def mask_and_cut(text: str, max_length: int) -> tuple[str, bool]:
    """What `mask_start` returns, and whether that is the whole text."""
    read = 2 * max_length + LONGEST
    masked = mask_personal_data(text[:read])
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
    for match in _MAIL_SIGN.finditer(folded):
        sign, floor = match.start(), spans[-1][1] if spans else 0
        local = _LOCAL_PART_REVERSED.match(folded[max(floor, sign - 64) : sign][::-1])
        if local and (match["place"] is None or _NO_PLACE.search(local[0])):
            spans.append((sign - local.end(), match.end()))
    return spans


def _number_windows(folded: str) -> list[tuple[int, int]]:
    """The parts of the text in which a number may stand, with what the patterns look at before and after it."""
    windows: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(folded):
        start, end = max(0, match.start() - _BEFORE_DIGITS), match.end() + _AFTER_DIGITS
        if windows and start <= windows[-1][1]:
            start = windows.pop()[0]
        windows.append((start, end))
    return windows


def _mask_numbers(pieces: list[str], folded: str) -> list[str]:
    for pattern in _PATTERNS:
        group = "number" if "number" in pattern.groupindex else 0
        folded = _replace([match.span(group) for match in pattern.finditer(folded)], pieces, folded)
    return pieces


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
    if text.isascii() and text.isprintable():
        return [*text], text
    seen = text.translate(_FOLDS)
    if len(seen) == len(text):
        return [*text], _POINT_BETWEEN_DIGITS.sub(r"\1.\2", seen)
    pieces, is_begun = [""], False
    for character in text:
        is_seen = bool(_FOLDS[ord(character)])
        if is_seen and is_begun:
            pieces.append(character)
        else:
            pieces[-1] += character
        is_begun |= is_seen
    return pieces, _POINT_BETWEEN_DIGITS.sub(r"\1.\2", seen)


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
