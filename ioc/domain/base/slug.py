"""Ids from names, and the plain letters that they are made of."""

import re
import unicodedata

from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.text import clean_text
from ioc.domain.base.text_cache import cache_short_texts

_LAST_MARK = 0x1E94A  # in Unicode; the first is U+0300
# Code point -> plain letter, None for a mark that goes.
_PLAIN_LETTERS: dict[int, str | None] = {ord("đ"): "d", ord("Đ"): "D"} | dict.fromkeys(
    point for point in range(0x300, _LAST_MARK + 1) if unicodedata.combining(chr(point))
)
_MAX_SEARCH_LENGTH, _MAX_SEARCH_WORDS = 200, 8
_OTHERS = re.compile(r"[^a-z0-9]+")


def without_accents(text: str) -> str:
    """`text` without tone marks and other marks on letters, and with d for đ: "Đầm" becomes Dam."""
    return normal_form("NFD", text).translate(_PLAIN_LETTERS)


def fold(text: str) -> str:
    """`text` as it is searched: in lower case and without accents: "Đầm" becomes dam."""
    return text.casefold() if text.isascii() else without_accents(text.casefold())


def search_words(text: str) -> tuple[str, ...]:
    """The words that a person searches for, folded, each once: at most eight, of the first 200 characters.

    Every word is one more comparison with every row.
    """
    words = fold(clean_text(text[:_MAX_SEARCH_LENGTH])).split()
    return tuple(dict.fromkeys(words))[:_MAX_SEARCH_WORDS]


@cache_short_texts(8192)
def slugify(text: str, max_length: int | None = None) -> str:
    """`text` as an id of [a-z0-9-]: "Mực nước (Đầm)" becomes muc-nuoc-dam; "" when nothing is left."""
    return _OTHERS.sub("-", fold(text)).strip("-")[:max_length].rstrip("-")
