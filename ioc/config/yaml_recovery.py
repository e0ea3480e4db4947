"""A broken yaml file cut at its rows, so that each can be read for itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_ROW = re.compile(r"( *)-(?: |$)")
_KEY = re.compile(r"([A-Za-z_][\w-]*):(?: |$)")


@dataclass(frozen=True, slots=True)
class YamlPiece:
    """Lines of a file: row number `row` of the list at the top or under `key`, or all that stands under `key`."""

    text: str
    lines_before: int  # lines of the file before it
    key: str | None
    row: int | None


def split_pieces(text: str) -> Iterator[YamlPiece]:
    """The rows of a list, or the keys of a mapping with the rows of the lists under them."""
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith(("- ", "-\r")) or line == "-" or _KEY.match(line)]
    rows = 0
    for start, end in pairwise([*starts, len(lines)]):
        key = _KEY.match(lines[start])
        if key is None:
            yield YamlPiece("\n".join(lines[start:end]), start, None, rows)
            rows += 1
        else:
            yield from _split_under_key(key[1], lines, start, end)


def _split_under_key(key: str, lines: list[str], start: int, end: int) -> Iterator[YamlPiece]:
    inner = [n for n in range(start + 1, end) if lines[n].strip() and not lines[n].lstrip().startswith("#")]
    first = _ROW.match(lines[inner[0]]) if inner else None
    if first is None:
        yield YamlPiece("\n".join(lines[start:end]), start, key, None)
        return
    starts = [n for n in inner if (row := _ROW.match(lines[n])) is not None and row[1] == first[1]]
    for row_number, (row_start, row_end) in enumerate(pairwise([*starts, end])):
        yield YamlPiece("\n".join(lines[row_start:row_end]), row_start, key, row_number)
