"""The texts of an event: at a path of an item, and of templates filled from it."""

from collections.abc import Mapping
from typing import Any

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.path_use import listed_fields
from ioc.domain.base.normal_form import normal_form
from ioc.domain.events.event import LONGEST_TEXT
from ioc.domain.ingest.parsing import ParseCode, ParseError, fill_placeholders
from ioc.domain.ingest.value_types import type_of

_MAX_TEXT_LENGTH = LONGEST_TEXT + 1  # the event cuts it, without what the cut splits


def text_at(item: Any, path: str, objects: set[str] | None = None) -> str:
    """The value at `path` as text, "" for none and for an object, whose path `objects` receives. Raises ParseError."""
    value = find(item, path) if path else None
    if objects is not None and value and isinstance(value, dict | list) and _has_object(value):
        objects.add(path)
    return text_of(value)


def _has_object(value: dict[str, Any] | list[Any]) -> bool:
    return isinstance(value, dict) or any(isinstance(part, dict | list) for part in value)


def text_of(value: Any) -> str:
    """A text, number or boolean, or those of a list, as text; "" for anything else."""
    if isinstance(value, str):
        return normal_form("NFC", value[:_MAX_TEXT_LENGTH]).strip()  # Windows-1258 has tones as separate characters
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)[:_MAX_TEXT_LENGTH]
    if isinstance(value, list):
        parts = (text_of(part) for part in value[:20] if not isinstance(part, list))
        return ", ".join(filter(None, parts))[:_MAX_TEXT_LENGTH]
    return ""


def _number_text(value: Any) -> str:
    """As other numbers: without a point where there are no decimals, and without the digits of a binary fraction.

    "" for what is no decimal number.
    """
    return f"{value + 0.0:.12g}" if isinstance(value, float) else ""


def texts_at(item: Any, paths: Mapping[str, str], objects: set[str] | None) -> dict[str, str]:
    """The texts at `paths` by name, without empty ones. `objects`: as in `text_at`. Raises ParseError."""
    numbers = {name: _number_text(find(item, path)) for name, path in paths.items() if path}
    texts = {name: numbers.get(name) or text_at(item, path, objects) for name, path in paths.items()}
    return {name: text for name, text in texts.items() if text}


def fill_template(item: Any, template: str) -> str:
    """`template` with the texts of `item`. Raises ParseError when one is missing or no text."""

    def lookup(placeholder: str) -> str:
        value = find(item, placeholder)
        text = text_of(value)
        if not text and value and isinstance(value, (dict, list)):
            raise ParseError(ParseCode.FIELD_NOT_TEXT, field=placeholder, kind=type_of(value))
        if not text:
            raise ParseError(MappingCode.FIELD_MISSING, field=placeholder, fields=listed_fields([item], placeholder))
        return text

    return fill_placeholders(template, lookup, max_length=_MAX_TEXT_LENGTH)


def fill_template_or_empty(item: Any, template: str) -> str:
    """As `fill_template`, "" where it raises ParseError."""
    try:
        return fill_template(item, template)
    except ParseError:
        return ""
