"""Text from outside, as it may be stored and shown: no control characters, lone surrogates or bidi overrides."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ioc.domain.base.normal_form import normal_form

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# NUL and lone surrogates cannot be stored in PostgreSQL. Bidi overrides can show a text as another one than it is.
_FORBIDDEN = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]"
)
# What stands where a character was lost, and what no name has: taken away, it leaves another name.
_DAMAGE = re.compile(f"[\0-\x08\x0e-\x1f\x7f\u202d\u202e{REPLACEMENT}]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Nothing but space and characters that are drawn as none: format characters, fillers, joiners, variation selectors.
_BLANK = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)


def has_forbidden_characters(text: str) -> bool:
    """Whether `text` holds a control character, a lone surrogate or a bidi override."""
    return _FORBIDDEN.search(text) is not None


def is_damaged(name: str) -> bool:
    """Whether a name has lost characters, or control characters in it; NUL behind it only fills a field."""
    return shows_damage(name.rstrip("\0 "))


def shows_damage(text: str) -> bool:
    """Whether `text` has lost characters, or has control characters, also at its end."""
    return not (text.isascii() and text.isprintable()) and _DAMAGE.search(text) is not None


def replace_forbidden(text: str) -> str:
    """`text` with each forbidden character replaced by U+FFFD, otherwise as it is."""
    return text if text.isascii() and text.isprintable() else _FORBIDDEN.sub(REPLACEMENT, text)


def replace_lone_surrogates(text: str) -> str:
    """`text`, also one of JSON, with each lone surrogate replaced by U+FFFD: programs cut texts within an emoji."""
    return text if text.isascii() else _LONE_SURROGATE.sub(REPLACEMENT, text)


def clean_text(text: str, max_length: int | None = None) -> str:
    """`text` in NFC with forbidden characters replaced by U+FFFD, cut at `max_length` characters; "" for a blank."""
    if not (text.isascii() and text.isprintable()):
        text = normal_form("NFC", _FORBIDDEN.sub(REPLACEMENT, text))
    text = text[:max_length]
    return "" if _BLANK.fullmatch(text) else text


def shorten(text: str, max_length: int) -> str:
    """The first `max_length` characters of `text`, the last of them "…" where it is longer."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with `change` applied to every text within its tuples and mappings; other values stay."""
    if type(value) is str:  # an enum's member is a value of ours
        return change(value)
    if type(value) is tuple:
        return tuple(map_texts(item, change) for item in value)
    if isinstance(value, Mapping):
        return {map_texts(key, change): map_texts(item, change) for key, item in value.items()}
    return value
