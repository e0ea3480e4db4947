"""Text of cells in the Vietnamese encodings before Unicode, TCVN3 and VNI.

The font says which one a cell has, but often it was changed later: to Arial over TCVN3, or to a .Vn font over Unicode.
So each text is read in all three ways. The readings that are Vietnamese words stay; where several stay, or none, the
other texts of the sheet with fonts of the same encoding decide.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import partial
from itertools import groupby

from data_sources._text import decode_tcvn3, decode_vni, word_share

_LEGACY_SIGN = re.compile("[\xa1-\xff]")  # the characters that stand for bytes of TCVN3 and VNI
_WORD = re.compile("[A-Za-z\xa1-\xff]+")
# Beyond Latin-1 and the signs of Windows-1252 there is no byte of a legacy encoding.
_UNICODE_ONLY = re.compile("[^\0-\xff\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]")
# A word with what Unicode alone has in it, which parts it otherwise: "nước".
_PIECE = re.compile("(?:[A-Za-z\xa1-\xff\u0300-\u036f]|[^\\W\\d_])+")
_UNIT = re.compile("[A-Za-z]{0,3}[²³]|[°º][CFK]?|µ[A-Za-z]{1,2}[²³]?")
_SIGN = re.compile("[\xa1-\xbf×÷]")  # alone it is no letter in any reading
_MAJORITY = 0.9  # of the texts of a sheet that have one reading only


class Encoding(StrEnum):
    """How the characters of a text are meant."""

    UNICODE = "unicode"
    TCVN3 = "tcvn3"
    VNI = "vni"


_DECODERS: dict[Encoding, Callable[[str], str]] = {
    Encoding.UNICODE: lambda text: text,
    Encoding.TCVN3: decode_tcvn3,
    Encoding.VNI: decode_vni,
}
Run = tuple[str, str]  # a part of a cell's text, and its font; "" where the file has no fonts


class UndecidedText(str):
    """The text of a cell as it is in the file, where it cannot be told in which encoding it is."""

    __slots__ = ()


def font_encoding(font: str) -> Encoding:
    """The encoding that a font displays."""
    name = font.strip().casefold()
    if name.startswith(".vn"):
        return Encoding.TCVN3
    return Encoding.VNI if name.startswith("vni") else Encoding.UNICODE


def split_runs(text: str, font: str, starts: Iterable[tuple[int, str]]) -> list[Run]:
    """`text` in several fonts: `font` up to the first of `starts`, each (start, font)."""
    bounds = [(0, font), *starts]
    ends = [start for start, _ in bounds[1:]] + [len(text)]
    return [(text[start:end], name) for (start, name), end in zip(bounds, ends, strict=True)]


def decode_cells(cells: Iterable[Sequence[Run]]) -> list[str]:
    """The texts of all cells of one sheet; UndecidedText for those that may be read in several ways."""
    contents = [tuple(runs) for runs in cells]
    frequencies = Counter(contents)  # names and marks stand in many cells
    parts = {
        runs: [list(group) for _, group in groupby(runs, key=lambda run: font_encoding(run[1]))] for runs in frequencies
    }
    counts: dict[Encoding, Counter[Encoding]] = defaultdict(Counter)
    for runs, n in frequencies.items():
        for part in parts[runs]:
            readings = _readings("".join(text for text, _ in part))
            if len(readings) == 1:
                counts[font_encoding(part[0][1])][readings[0]] += n
    texts = {
        runs: _join([_decode_part(part, counts[font_encoding(part[0][1])]) for part in own])
        for runs, own in parts.items()
    }
    return [texts[runs] for runs in contents]


def _join(texts: Sequence[str]) -> str:
    text = "".join(texts)
    return UndecidedText(text) if any(isinstance(part, UndecidedText) for part in texts) else text


def _words(text: str) -> list[str]:
    """The words of `text` that an encoding changes: none with a character that only Unicode has."""
    words = (word for word in _PIECE.findall(text) if _LEGACY_SIGN.search(word) and not _UNICODE_ONLY.search(word))
    return [word for word in words if not _UNIT.fullmatch(word) and not _SIGN.fullmatch(word)]


def _readings(text: str) -> list[Encoding]:
    """The readings of `text` in which most of its words are Vietnamese; none when it has no such words.

    A text with a character that only Unicode has is Unicode, unless its other words are none in it.
    """
    if text.isascii():
        return []
    is_mixed = bool(_UNICODE_ONLY.search(text))
    words = [word for word in _words(text) if len(word) > 1 or not is_mixed]  # Ø is no ỉ
    shares = {encoding: word_share(map(decode, words)) for encoding, decode in _DECODERS.items()}
    best = max(shares.values())
    if is_mixed and (best < 0.5 or shares[Encoding.UNICODE] == best):
        return [Encoding.UNICODE]
    return [encoding for encoding, share in shares.items() if share == best >= 0.5]


def _decode_part(part: Sequence[Run], counts: Counter[Encoding]) -> str:
    """The text of runs in fonts of one encoding. `counts`: of the texts of such fonts with one reading, by reading."""
    text = "".join(run for run, _ in part)
    own = font_encoding(part[0][1])
    readings, usual = _readings(text), _usual(counts, own)
    if len(readings) == 1:
        is_decided = not _UNICODE_ONLY.search(text) or all(_is_one_word(word, readings[0]) for word in _words(text))
        return _decode_as(part, readings[0]) if is_decided else UndecidedText(text)
    if not _words(text):
        return _decode_as(part, Encoding.UNICODE if any(map(_UNIT.fullmatch, _WORD.findall(text))) else own)
    if usual and (usual in readings or (not readings and usual in (own, Encoding.UNICODE))):
        return _decode_as(part, usual)
    return UndecidedText(text)


def _decode_as(part: Sequence[Run], encoding: Encoding) -> str:
    """The text of runs; a word in Unicode among others stays. The .Vn fonts with H at the end display capitals."""
    decode = _DECODERS[encoding]
    if _UNICODE_ONLY.search("".join(text for text, _ in part)):
        decode = partial(_PIECE.sub, partial(_decode_word, decode))
    return "".join(
        decode(text).upper() if encoding is Encoding.TCVN3 and _displays_capitals(font) else decode(text)
        for text, font in part
    )


def _decode_word(decode: Callable[[str], str], word: re.Match[str]) -> str:
    return word[0] if _UNICODE_ONLY.search(word[0]) or _is_unicode_word(word[0]) else decode(word[0])


def _is_unicode_word(word: str) -> bool:
    """Whether a text is a Vietnamese word as it is, with capitals at its beginning only, or throughout."""
    return bool(word_share([word])) and word in (word.lower(), word.capitalize(), word.upper())


def _is_one_word(word: str, encoding: Encoding) -> bool:
    """Whether a word beside others in Unicode is one in it or in `encoding`, but not two in both; Ø is no ỉ."""
    decoded = _DECODERS[encoding](word)
    return decoded == word or (len(word) > 1 and _is_unicode_word(word) != bool(word_share([decoded])))


def _displays_capitals(font: str) -> bool:
    return font_encoding(font) is Encoding.TCVN3 and font.strip().casefold().endswith("h")


def _usual(counts: Counter[Encoding], own: Encoding) -> Encoding | None:
    """The encoding of nearly all texts in such fonts, None where they differ; without any: that of the font."""
    if not counts:
        return own
    (encoding, count), *_ = counts.most_common(1)
    return encoding if count >= _MAJORITY * counts.total() else None
