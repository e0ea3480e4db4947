"""The objects of an item from which a projection or a selection takes a value; whether a value is a count."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import jmespath

from data_sources._mapping.expression_reads import ENTRIES, ExpressionReads, Path, Place, position_of
from data_sources._mapping.expressions import SEARCH_ERRORS, find, plain_steps
from data_sources._mapping.sensor_fields import quoted
from ioc.domain.ingest.parsing import ParseError

_MAX_OBJECTS = 200  # that are looked at: more of one list say the same
_COMPUTES = re.compile(r"\|\||&&|\b(?!to_number\()\w+\(")
_ITEM = Place(frozenset({()}))


@lru_cache(1024)
def is_count(path: str) -> bool:
    """Whether an expression gives the number of entries: `length(data)`, `data[?on] | length(@)`."""
    node = jmespath.compile(path).parsed
    while node["type"] in ("pipe", "subexpression"):
        node = node["children"][-1]
    return (node["type"], node.get("value")) == ("function_expression", "length")


def selected_objects(item: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    """Those with the very value, else all, with their paths in `item` as beginnings of others ("data[0].").

    [] for a path of names and positions, and for a value that is computed or chosen from several.
    """
    paths, name = _paths(path)
    objects: dict[str, dict[str, Any]] = {}
    for steps in paths:
        found = [("", item)]
        for step in steps:
            found = [inner for prefix, value in found for inner in _step(prefix, value, step)]
        objects |= {prefix: value for prefix, value in found if isinstance(value, dict) and name in value}
    result = None
    with suppress(ParseError, *SEARCH_ERRORS):
        result = find(item, path) if objects else None
    with_value = [one for one in objects.items() if one[1][name] == result or str(one[1][name]) == str(result)]
    return (with_value or [*objects.items()])[:_MAX_OBJECTS]


@lru_cache(1024)
def _paths(path: str) -> tuple[Sequence[Path], str]:
    """The paths of the objects that have the value, and its name in all of them."""
    is_selected = plain_steps(path) is None and not _COMPUTES.search(path)
    paths = sorted(ExpressionReads().place(path, _ITEM).all_paths()) if is_selected else []
    names = {one[-1] for one in paths if one}
    return ([one[:-1] for one in paths], names.pop()) if len(names) == 1 and all(paths) else ((), "")


def _step(prefix: str, value: Any, step: str) -> Iterator[tuple[str, Any]]:
    position = position_of(step)
    if isinstance(value, dict) and step in value:
        yield f"{prefix}{quoted(step)}.", value[step]
    elif isinstance(value, list) and (step == ENTRIES or position is not None):
        for n in range(len(value)) if position is None else [position]:
            if n in range(-len(value), len(value)):
                yield f"{prefix[:-1]}[{n}].", value[n]
