"""Unicode normal forms in time that grows with the text, without keeping the interpreter for long.

`unicodedata.normalize` sorts the combining marks of each letter by insertion: a run of n marks takes n² steps in one
call that keeps the interpreter, so that no deadline ends it. The Stream-Safe Text Format bounds a run at 30 marks, more
than any writing needs: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format

A long text is normalized in pieces, between which other threads run. Each begins with a character that has no effect on
what stands before it: https://www.unicode.org/reports/tr15/#Concatenation
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal

MAX_MARKS = 30  # combining marks in a row
_PIECE_LENGTH = 50_000  # characters


def _is_mark(char: str) -> bool:
    """Whether `char` is sorted among marks, as itself or by what it decomposes to (U+0F73, U+FF9E)."""
    is_composed = unicodedata.decomposition(char) and unicodedata.combining(unicodedata.normalize("NFKD", char)[0])
    return bool(unicodedata.combining(char) or is_composed)


_MARKS = "".join(filter(_is_mark, map(chr, range(0x300, 0x20000))))  # the planes above have none
_LONG_RUN = re.compile(f"([{re.escape(_MARKS)}]{{{MAX_MARKS}}})[{re.escape(_MARKS)}]+")
# Matches wherever _LONG_RUN does, and is ten times as fast: marks beyond the first plane are tried one by one.
_FIRST_PLANE = re.escape("".join(mark for mark in _MARKS if ord(mark) < 0x10000))
_POSSIBLE_RUN = re.compile(f"[{_FIRST_PLANE}\U00010000-\U0001ffff]{{{MAX_MARKS + 1}}}")
_LATER_JAMO = "".join(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD7FC))))  # join the jamo before them
Form = Literal["NFC", "NFD", "NFKC"]


def normal_form(form: Form, text: str) -> str:
    """`text` in a normal form of Unicode; of a run of combining marks the first MAX_MARKS."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize(form, _cut_runs(piece)) for piece in _pieces(text))


def _cut_runs(text: str) -> str:
    return _LONG_RUN.sub(r"\1", text) if _POSSIBLE_RUN.search(text) else text


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _PIECE_LENGTH:
        end = _next_beginning(text, start + _PIECE_LENGTH)
        yield text[start:end]
        start = end
    yield text[start:]


def _next_beginning(text: str, position: int) -> int:
    """The first place from `position` on where a piece may begin, else the end."""
    for start in range(position, len(text), _PIECE_LENGTH):
        if match := _beginning().search(text, start, start + _PIECE_LENGTH):
            return match.start()
    return len(text)


@cache
def _beginning() -> re.Pattern[str]:
    """A character that neither combines with one before it nor is sorted among the marks before it."""
    decompositions = {
        char: parts.split() for char in map(chr, range(0x80, 0x20000)) if (parts := unicodedata.decomposition(char))
    }
    composed = [parts for parts in decompositions.values() if len(parts) == 2 and not parts[0].startswith("<")]
    joining = {*_MARKS, *_LATER_JAMO, *(chr(int(second, 16)) for _, second in composed)}
    joining |= {
        char
        for char in decompositions
        if unicodedata.normalize("NFD", char)[0] in joining or unicodedata.normalize("NFKD", char)[0] in joining
    }
    return re.compile(f"[^{re.escape(''.join(sorted(joining)))}]")
