"""Times without signs between their parts: 202611271200, as programs write them as texts and as numbers."""

from datetime import datetime
from typing import Any

_PATTERNS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_FIRST_YEAR, _LAST_YEAR = 2000, 2099  # as Unix times, 8 and 12 digits are years before 1977


def compact_pattern(value: Any, *, of_epoch: str = "") -> str:
    """The strptime pattern of a compact time, "" for anything else.

    `of_epoch`: as which `value` is declared, unix or unix_ms; 10 digits may be seconds then.
    """
    text = str(value).strip() if type(value) in (int, str) else ""
    pattern = _PATTERNS.get(len(text), "") if text.isascii() and text.isdecimal() else ""
    if not pattern or (of_epoch and len(text) == 10):
        return ""
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 — only whether it is one
    except ValueError:
        return ""
    return pattern if _FIRST_YEAR <= moment.year <= _LAST_YEAR else ""
