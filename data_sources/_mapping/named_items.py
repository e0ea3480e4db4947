"""Items that are the values of an object by their names, where the row takes the object for an item."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.options import ItemOptions
from data_sources._mapping.sensor_fields import quoted
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.parsing import ParseError

_MAX_DEPTH = 3  # objects around the items
_MAX_WRITTEN = 3  # items of an expression that a failure quotes
_MAX_QUOTED = 40  # characters of a name


class _Named(NamedTuple):
    """An object at `path` whose values are items, or lists of them, by name. `is_all`: it has nothing else."""

    path: str
    items: Mapping[str, Any]
    is_all: bool


def items_by_name(
    items: Sequence[Any], options: ItemOptions, fields: Collection[str], prefix: str = ""
) -> Failure | None:
    """Why nothing of `fields` is in `items`, where these are objects that hold the items by their names; else None.

    The failure has the expression for the option that reads the items with their names. `prefix`: of the option.
    """
    option, base = ("each", options.each) if options.each else ("items", options.items)
    has_path = base != "@"
    for item in items[:1]:
        if not isinstance(item, dict) or any(_has(item, field) for field in fields):
            return None
        for found in _objects(item, base if has_path else "", fields, has_path, 1 if has_path else _MAX_DEPTH):
            names = list(found.items)
            params = {"option": prefix + option, "names": shorten(", ".join(names), 2 * _MAX_QUOTED)}
            return Failure(MappingCode.ITEMS_BY_NAME, {**params, "expression": _expression(found)})
    return None


def _objects(
    item: Mapping[str, Any], path: str, fields: Collection[str], has_path: bool, depth: int
) -> Iterator[_Named]:
    inner = {name: value for name, value in item.items() if isinstance(name, str) and name != "parent"}
    named = {name: value for name, value in inner.items() if any(_has(_first(value), field) for field in fields)}
    lists = [value for value in named.values() if isinstance(value, list)]
    # One object inside another may be a part of it, and one list beside others the only list of items.
    is_only = has_path and len(inner) == 1 and not lists
    if len(named) > 1 or (named and is_only):
        yield _Named(path, named, is_all=len(named) == len(inner) == len(item))
        return
    for name, value in inner.items() if depth > 1 else ():
        if isinstance(value, dict):
            yield from _objects(value, _joined(path, name), fields, has_path, depth - 1)


def _first(value: Any) -> Any:
    """An item itself, or the first one of a list."""
    return value[0] if isinstance(value, list) and value else value


def _has(item: Any, field: str) -> bool:
    with suppress(ParseError):
        return isinstance(item, dict) and find(item, field) is not None
    return False


def _joined(path: str, name: str) -> str:
    return f"{path}.{quoted(name)}" if path else quoted(name)


def _expression(found: _Named) -> str:
    """The list of the items, each with its name, in quotes as yaml takes it; beside other values that of the first."""
    if found.is_all and not any(isinstance(value, list) for value in found.items.values()):
        return in_yaml(f"items({found.path or '@'})[?type([1])=='object'].merge([1], {{name: [0]}})")
    parts = []
    for name, value in list(found.items.items())[:_MAX_WRITTEN]:
        at, label = _joined(found.path, name), "{name: '" + name.replace("'", "\\'") + "'}"
        parts.append(f"{at}[].merge({label}, @)" if isinstance(value, list) else f"merge({label}, {at})")
    has_lists = any(isinstance(value, list) for value in found.items.values())
    return json.dumps(f"[{', '.join(parts)}]{'[]' if has_lists else ''}", ensure_ascii=False)
