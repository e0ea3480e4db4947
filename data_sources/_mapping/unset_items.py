"""The list that a row without `items` means, where its fields are not in the document itself but in a list inside."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.options import ItemOptions
from data_sources._mapping.sensor_fields import quoted
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError

_MAX_DEPTH = 3  # objects around the list
_MAX_QUOTED = 80  # characters of a path that a failure quotes


def items_not_set(document: Any, options: ItemOptions, fields: Collection[str], option: str) -> Failure | None:
    """Why nothing of `fields` is found, where the row leaves out `option`, the list; None where this is not why."""
    if options.items != "@" or options.each or not isinstance(document, dict):
        return None
    for path, first in _lists(document, "", _MAX_DEPTH):
        if any(_has(first, field) for field in fields):
            return Failure(MappingCode.ITEMS_NOT_SET, {"option": option, "path": shorten(path, _MAX_QUOTED)})
    return None


def _lists(document: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The paths of the lists of objects in a document, each with its first object."""
    for name, value in document.items():
        path = f"{prefix}{quoted(name)}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield path, value[0]
        elif isinstance(value, dict) and depth > 1:
            yield from _lists(value, f"{path}.", depth - 1)


def _has(item: dict[str, Any], field: str) -> bool:
    with suppress(ParseError):
        return find(item, field) is not None
    return False
