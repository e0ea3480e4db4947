"""Vietnamese text in the encodings before Unicode: the inverse of the decoders, whose tables have their own tests."""

import unicodedata

from data_sources._text import decode_tcvn3, decode_vni

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_HIGH = [chr(code) for code in range(0xA1, 0x100)]
_TCVN3 = {decode_tcvn3(sign): sign for sign in _HIGH}
_VNI = {decode_vni(sign): sign for sign in _HIGH} | {
    decode_vni(vowel + sign): vowel + sign
    for vowel in "aeouyAEOUYôöÔÖ"
    for sign in _HIGH
    if (sign >= "\xe0") == (vowel.lower() == vowel) and len(decode_vni(vowel + sign)) == 1
}


def to_tcvn3(text: str) -> str:
    """`text` as TCVN3, each byte as the character of that code; capitals with a tone become small letters."""
    return "".join(_TCVN3.get(letter) or _TCVN3.get(letter.lower(), letter) for letter in text)


def to_vni(text: str) -> str:
    """`text` as VNI-Windows, each byte as the character of that code."""
    return "".join(_VNI.get(letter, letter) for letter in text)


def windows_1258(text: str) -> bytes:
    """`text` in Windows-1258, which writes a tone as a character of its own after its vowel."""
    return "".join(map(_with_separate_tone, text)).encode("cp1258")


def _with_separate_tone(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    vowel = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    return vowel + "".join(part for part in parts if part in _TONES)
