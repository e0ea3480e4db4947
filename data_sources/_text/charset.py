"""The charset of text: by its bytes first, which declarations often contradict, and by what the bytes spell.

A charset that is not declared is accepted when the text is then plausible in the language that the charset is for, and
no other charset gives another plausible text. Otherwise the text is refused: it is never shown garbled. Detection by
statistics of bytes alone errs on short texts.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial

from data_sources._text.legacy import decode_tcvn3, decode_vni
from data_sources._text.vietnamese import word_share
from ioc.domain.base.normal_form import normal_form
from ioc.domain.ingest.damaged_text import decode_almost_ascii, decode_in_parts, decode_utf8
from ioc.domain.ingest.decoding import CHARSET, UTF8_NAMES, DecodingCode, detect_utf16
from ioc.domain.ingest.protocol import SourceError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 100_000
_ERASED = re.compile(rb"\xff{3,}|[\xfe\xff]{4,}")  # no text of any charset
_MIN_SHARE = 0.8  # of Vietnamese words
_MIN_LETTERS = 8  # fewer may look like another language by accident
# All but the signs with the same bytes in every charset of Windows, used as such: m³, 28 °C, 40 µg, “a”, © 2026.
_LETTER_BYTES = re.compile(
    rb"[^\0-\x7f\x85\x91-\x97\xa0\xa7\xa9\xab\xae\xb0-\xb3\xb5\xb7\xbb]|(?<=[A-Za-z]{4})[\xb2\xb3]|[\xb2\xb3](?=[A-Za-z])"
    rb"|(?<=[A-Za-z])[\xa7\xa9\xab\xae\xb1\xb5\xb7\xbb]|[\xa7\xa9\xab\xae\xb1\xb7\xbb](?=[A-Za-z])"
)
_UNREADABLE = re.compile("[\x80-\x9f\u2500-\u259f\ue000-\uf8ff]")  # controls, drawing, private use
_WORD = re.compile(r"[^\s\0-\x40\x5b-\x60\x7b-\x7f\xa0«»\u2000-\u206f№]+")
_CYRILLIC_WORD = re.compile("[\u0400-\u042f]?[\u0430-\u045f\u0491]+|[\u0400-\u042f]+")
_NO_CYRILLIC_WORD = re.compile("[ьъы]|[бвгджзклмнпрстфхцчшщ]{3,}$", re.IGNORECASE)
_FREQUENT_CYRILLIC = frozenset("оеаинтсрвлкіъ")
_EAST_ASIAN_RUN = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+")
_HIRAGANA = frozenset(map(chr, range(0x3041, 0x3097)))
_FREQUENT_HANGUL = frozenset(
    "이다는을의에하고가지로기사리도서한은인자어대시정나보있수아들으해일부전스라상과주제그를원연장비구습니합용"
)
_FREQUENT_HAN = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还"
    "发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长月市水部新高分及与关电区民全工重请"
    "這來國個說們為時會過學對裡後麼沒還發當無開見經頭動兩長與關電區請"
)


def decode(body: bytes, *charsets: str) -> str:
    """The text of `body`, without a byte order mark, also when it was cut within a character.

    By byte order mark, by zero bytes, as UTF-8 (even damaged at a few places), by the declared `charsets`, in their
    order, or by what it spells; else as ASCII with a damaged place. Raises SourceError when none of these fits.
    """
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _decode_as(body, charset, "replace")
    if charset := _utf16_by_zero_bytes(body):
        return _decode_as(body, charset, "replace")
    if b"\x1b$" in body:
        with suppress(UnicodeError):  # of an escape sequence that never ends, also with "replace"
            return _decode_as(body, "iso2022-jp-2", "replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    if (text := decode_utf8(body)) is not None:
        return text
    for charset in filter(CHARSET.fullmatch, charsets):
        try:
            return _decode_as(body, charset)
        except (UnicodeError, LookupError):
            continue
    try:
        return _detect(body)
    except SourceError:
        is_stated = any(charset.lower() in UTF8_NAMES for charset in charsets)
        if (text := decode_almost_ascii(body, int(is_stated), is_utf8=is_stated)) is None:
            raise
        return text


def zeros_for_erased(body: bytes) -> bytes:
    """`body` with zeros for the bytes of an erased memory, which some charsets would read as letters."""
    return _ERASED.sub(lambda run: bytes(len(run[0])), body)


def _decode_as(body: bytes, charset: str, errors: str = "strict") -> str:
    """`body` decoded, without the incomplete character at the end of a cut answer."""
    return decode_in_parts(codecs.getincrementaldecoder(charset)(errors), body)


def _utf16_by_zero_bytes(body: bytes) -> str:
    """The UTF-16 charset of `body` without a byte order mark, "" for none."""
    if body.startswith((b"<\0", b"{\0", b"[\0")):
        return "utf-16-le"
    return "utf-16-be" if body.startswith((b"\0<", b"\0{", b"\0[")) else detect_utf16(body[: len(body) & ~1])


def _detect(body: bytes) -> str:
    """The text by the only charset in which it is plausible. Raises SourceError when there is none, or several."""
    if not _LETTER_BYTES.search(body):
        return body.decode("cp1252", "replace")
    first = next(n for n, byte in enumerate(body) if byte > 127)
    start = 1 + max(body.rfind(sign, 0, first) for sign in b" \t\r\n>,;\"'")
    sample = body[start : start + _SAMPLE_BYTES]
    for candidates in (_JAPANESE, _OTHERS):  # hiragana is no accident, unlike some frequent characters of Chinese
        texts = set(_plausible_texts(body, sample, candidates))
        if len(texts) == 1:
            return texts.pop()
    raise SourceError(DecodingCode.CHARSET_UNKNOWN)


def _plausible_texts(body: bytes, sample: bytes, candidates: "Iterable[_Candidate]") -> Iterator[str]:
    for decoder, is_plausible in candidates:
        try:
            if is_plausible(normal_form("NFC", decoder(sample))):
                yield decoder(body)
        except UnicodeError:
            continue


def _is_vietnamese(text: str) -> bool:
    words = _foreign_words(text)
    has_plain_letters = any(letter.isascii() for word in words for letter in word)
    return has_plain_letters and word_share(words) >= _MIN_SHARE


def _is_cyrillic(text: str) -> bool:
    words = _foreign_words(text)
    is_spelled = all(map(_CYRILLIC_WORD.fullmatch, words)) and not any(map(_NO_CYRILLIC_WORD.match, words))
    has_capital = any(word[0].isupper() for word in words)
    is_readable = is_spelled and has_capital and not _UNREADABLE.search(text)
    # A word that is repeated, such as "ở" in another charset, is evidence once.
    return is_readable and _has_letters("".join(set(words)), _FREQUENT_CYRILLIC, 0.5)


def _foreign_words(text: str) -> list[str]:
    """The words that are not only of ASCII letters."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


def _is_east_asian(characters: frozenset[str], least: float, text: str) -> bool:
    """Whether that share of the letters is among `characters`, in words of several letters."""
    runs = _EAST_ASIAN_RUN.findall(text)
    return _has_letters(text, characters, least) and sum(map(len, runs)) >= 2 * len(runs)


def _has_letters(text: str, characters: frozenset[str], least: float) -> bool:
    """Whether at least that share of the letters beyond ASCII is among `characters`, and no sign is for drawing."""
    letters = [letter for letter in text if letter > "\x7f" and letter.isalpha()]
    is_readable = not _UNREADABLE.search(text)
    return is_readable and sum(map(characters.__contains__, letters)) >= least * max(_MIN_LETTERS, len(letters))


def _by_latin_1(decode_legacy: Callable[[str], str], body: bytes) -> str:
    return decode_legacy(body.decode("latin-1"))


_Candidate = tuple[Callable[[bytes], str], Callable[[str], bool]]


def _candidates(is_plausible: Callable[[str], bool], *charsets: str) -> list[_Candidate]:
    return [(partial(_decode_as, charset=charset), is_plausible) for charset in charsets]


_JAPANESE = _candidates(partial(_is_east_asian, _HIRAGANA, 0.2), "euc-jp", "cp932")
_OTHERS: list[_Candidate] = [
    (partial(_by_latin_1, decode_tcvn3), _is_vietnamese),
    (partial(_by_latin_1, decode_vni), _is_vietnamese),
    *_candidates(_is_vietnamese, "cp1258"),
    *_candidates(_is_cyrillic, "koi8-u", "cp1251", "iso8859-5", "cp866"),
    *_candidates(partial(_is_east_asian, _FREQUENT_HAN, 0.15), "gb18030", "big5"),
    *_candidates(partial(_is_east_asian, _FREQUENT_HANGUL, 0.25), "cp949"),
]
