"""Times without signs between their parts: 202611271200, as programs write them as texts and as numbers."""

from datetime import datetime
from typing import Any

_PATTERNS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ANY_TIME = datetime(2026, 11, 24, 17, 30, 10)  # noqa: DTZ001 — only the length of its text counts
_FIRST_YEAR, _LAST_YEAR = 2000, 2099  # as Unix times, 8 and 12 digits are years before 1977


def compact_pattern(value: Any, *, of_epoch: str = "") -> str:
    """The strptime pattern of a compact time, "" for anything else.

    `of_epoch`: as which `value` is declared, unix or unix_ms; 10 digits may be seconds then.
    """
    text = value.strip() if isinstance(value, str) else _digits(value)
    pattern = _PATTERNS.get(len(text), "") if text.isascii() and text.isdecimal() else ""
    if not pattern or (of_epoch and len(text) == 10):
        return ""
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 — only whether it is one
    except ValueError:
        return ""
    return pattern if _FIRST_YEAR <= moment.year <= _LAST_YEAR else ""


def text_for_pattern(value: Any, pattern: str) -> str:
    """A text as it is; of a whole number its digits. Raises ValueError for a number that may be two times.

    A number has lost its first zeros: 1112026 is the 1st of November or the 11th of January by "%d%m%Y".
    """
    if isinstance(value, str):
        return value
    text, example = _digits(value), _ANY_TIME.strftime(pattern)
    if not example.isdecimal() or len(text) != len(example):
        raise ValueError
    return text


def _digits(value: Any) -> str:
    """Those of a whole number, "" for anything else."""
    is_whole = type(value) is int or (type(value) is float and value.is_integer())
    return str(int(value)) if is_whole else ""
