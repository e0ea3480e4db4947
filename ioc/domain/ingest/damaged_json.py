"""Names in a JSON document that were damaged: they have U+FFFD or a control character."""

import re
from typing import Any

from ioc.domain.base.text import REPLACEMENT, shows_damage

_SIGNS = (REPLACEMENT.encode(), b"\x7f")
_ESCAPED_SIGNS = re.compile(rb"\\(?:b|u(?:00[01]|007[fF]|[fF]{3}[dD]))")


def may_be_damaged(body: bytes) -> bool:
    """False where no text and no name of the valid JSON `body` is damaged: the document need not be looked through."""
    return any(sign in body for sign in _SIGNS) or _ESCAPED_SIGNS.search(body) is not None


def damaged_name(document: Any) -> str | None:
    """The first damaged name of a member in `document`, None for none."""
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if damaged := next((name for name in value if isinstance(name, str) and shows_damage(name)), None):
                return damaged
            left += value.values()
        elif isinstance(value, list):
            left += value
    return None
