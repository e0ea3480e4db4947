"""Ids from names, and the plain letters that they are made of."""

import re
import unicodedata

from ioc.domain.base.text_cache import cache_short_texts

_OTHERS = re.compile(r"[^a-z0-9]+")


def without_accents(text: str) -> str:
    """`text` without tone marks and other marks on letters, and with d for đ: "Đầm" becomes Dam."""
    letters = (letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return "".join(letters).replace("đ", "d").replace("Đ", "D")


def fold(text: str) -> str:
    """`text` as it is searched: in lower case and without accents: "Đầm" becomes dam."""
    return text.casefold() if text.isascii() else without_accents(text.casefold())


@cache_short_texts(8192)
def slugify(text: str, max_length: int | None = None) -> str:
    """`text` as an id of [a-z0-9-]: "Mực nước (Đầm)" becomes muc-nuoc-dam; "" when nothing is left."""
    return _OTHERS.sub("-", fold(text)).strip("-")[:max_length].rstrip("-")
