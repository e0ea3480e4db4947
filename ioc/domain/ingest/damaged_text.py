"""UTF-8 that is damaged at few places: a character that its sender cut, bytes of a memory that lost its power.

There U+FFFD stands in the text, which makes no number, time, unit or id another one. Text in another charset is damaged
at most of its letters, and random bytes at most places; both are left to the caller.
"""

import codecs
import re

from ioc.domain.base.text import REPLACEMENT

_PART_BYTES = 100_000  # that one call decodes
# Of the letters beyond ASCII so many are whole for each place that is not. With fewer, a few letters of EUC-KR, GB 2312
# or Windows-1252 may look like damaged UTF-8.
_MIN_WHOLE = 3
_MIN_CHARACTERS = 4  # of the text for each damaged place of it
_ERASED = re.compile(rb"[\xfe\xff]{2,}|\xff")  # no UTF-8, and no letters of another charset
# A single byte before an ASCII letter, at most behind one. What is left of a letter that was cut ends a text.
_LETTER = re.compile(rb"(?<![\x80-\xff])[\xa0-\xfe](?=[A-Za-z])")


def decode_in_parts(decoder: codecs.IncrementalDecoder, body: bytes, *, is_whole: bool = False) -> str:
    """What `decoder` makes of `body`: one call for many broken characters would keep all other threads waiting.

    `is_whole`: it was not cut, an incomplete character at its end is a broken one.
    """
    parts = [decoder.decode(body[start : start + _PART_BYTES]) for start in range(0, len(body), _PART_BYTES)]
    return "".join([*parts, decoder.decode(b"", True)] if is_whole else parts)


def decode_utf8(body: bytes) -> str | None:
    """`body`, which may be cut within a character, where its letters show that it is UTF-8; None where they do not.

    A single byte at its end may be cut, or of another charset.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decode_in_parts(decoder, body)
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    is_only_one_byte = not foreign and len(decoder.getstate()[0]) == 1
    return None if is_only_one_byte or _damaged(body, text) * (_MIN_WHOLE + 1) > foreign else text


def decode_almost_ascii(body: bytes, max_damaged: int, *, is_utf8: bool) -> str | None:
    """`body`, in which too few letters are beyond ASCII to show a charset; None for more than `max_damaged` places.

    None too for one that may be a letter of another charset, unless the body is said to be UTF-8. Erased bytes do not
    count, as long as enough text is around them.
    """
    plain, erased = _ERASED.subn(REPLACEMENT.encode(), body)
    if not is_utf8 and _LETTER.search(plain):
        return None
    text = decode_in_parts(codecs.getincrementaldecoder("utf-8")("replace"), plain, is_whole=True)
    damaged = _damaged(plain, text)
    return None if damaged > max_damaged or (damaged + erased) * _MIN_CHARACTERS > len(text) else text


def _damaged(body: bytes, text: str) -> int:
    """At how many places `body` is no UTF-8. `text`: what became of it; it may have U+FFFD of its own."""
    return text.count(REPLACEMENT) - body.count(REPLACEMENT.encode())
