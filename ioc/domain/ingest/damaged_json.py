"""Texts and names of a JSON document that were damaged: they have U+FFFD or a control character."""

import re
from collections.abc import Iterator
from typing import Any

from ioc.domain.base.text import REPLACEMENT, shows_damage

_SIGNS = (REPLACEMENT.encode(), b"\x7f")
_ESCAPED_SIGNS = re.compile(rb"\\(?:b|u(?:00[01]|007[fF]|[fF]{3}[dD]))")


def may_be_damaged(body: bytes) -> bool:
    """False where no text and no name of the valid JSON `body` is damaged: the document need not be looked through."""
    return any(sign in body for sign in _SIGNS) or _ESCAPED_SIGNS.search(body) is not None


def damaged_name(document: Any) -> str | None:
    """The first damaged name of a member in `document`, None for none."""
    return next((name for container in _containers(document) for name in _names(container) if shows_damage(name)), None)


def has_damaged_text(document: Any) -> bool:
    """Whether any text in `document` is damaged."""
    return any(
        isinstance(value, str) and shows_damage(value)
        for container in _containers([document])
        for value in (container.values() if isinstance(container, dict) else container)
    )


def _containers(document: Any) -> Iterator[dict[Any, Any] | list[Any]]:
    """`document` and all objects and lists in it."""
    left = [document]
    while left:
        container = left.pop()
        if isinstance(container, dict | list):
            yield container
            values = container.values() if isinstance(container, dict) else container
            left += [value for value in values if isinstance(value, dict | list)]


def _names(container: dict[Any, Any] | list[Any]) -> Iterator[str]:
    return (name for name in container if isinstance(name, str)) if isinstance(container, dict) else iter(())
