"""The objects of an item from which an expression takes or computes a value; whether a value is a count."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import jmespath

from data_sources._mapping.entry_interpreter import EntryInterpreter
from data_sources._mapping.expression_reads import ENTRIES, VALUES, ExpressionReads, Path, Place, position_of
from data_sources._mapping.expressions import plain_steps
from data_sources._mapping.sensor_fields import quoted

_MAX_OBJECTS = 200  # that are looked at: more of one list say the same
_OF_ALL = re.compile(r"\b(?:max|min|sum|avg)\(")  # each object counts, not only the one with the result
_ITEM = Place(frozenset({()}))


@lru_cache(1024)
def is_count(path: str) -> bool:
    """Whether an expression gives the number of entries: `length(data)`, `data[?on] | length(@)`."""
    node = jmespath.compile(path).parsed
    while node["type"] in ("pipe", "subexpression"):
        node = node["children"][-1]
    return (node["type"], node.get("value")) == ("function_expression", "length")


def selected_objects(item: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    """Those from which the value comes, with their paths in `item` as beginnings of others ("data[0].").

    Several where it is computed from several, or where that cannot be told. [] for a path of names and positions.
    """
    paths, interpreter = _paths(path), EntryInterpreter()
    is_one = len(paths) == 1 and not {ENTRIES, VALUES} & {*paths[0]}
    result = interpreter.read(path, item) if paths and not is_one else None
    objects: dict[str, tuple[dict[str, Any], Any]] = {}
    for *steps, name in paths:
        found = [("", item)]
        for step in steps:
            found = [inner for prefix, value in found for inner in _step(prefix, value, step)]
        objects |= {
            prefix: (value, value[name])
            for prefix, value in found
            if isinstance(value, dict) and value.get(name) is not None and (is_one or id(value) in interpreter.marks)
        }
    own = [(prefix, one) for prefix, (one, value) in objects.items() if value == result or str(value) == str(result)]
    every = [(prefix, one) for prefix, (one, _) in objects.items()]
    return (own if own and not _OF_ALL.search(path) else every)[:_MAX_OBJECTS]


@lru_cache(1024)
def _paths(path: str) -> Sequence[Path]:
    """The paths at which the value of an expression may stand, or those from which it is computed."""
    places = ExpressionReads().place(path, _ITEM).all_paths() if plain_steps(path) is None else ()
    return sorted(one for one in places if one)


def _step(prefix: str, value: Any, step: str) -> Iterator[tuple[str, Any]]:
    position = position_of(step)
    if isinstance(value, dict):
        for name in value if step == VALUES else [step] if step in value else ():
            yield f"{prefix}{quoted(name)}.", value[name]
    elif isinstance(value, list) and (step == ENTRIES or position is not None):
        for n in range(len(value)) if position is None else [position]:
            if n in range(-len(value), len(value)):
                yield f"{prefix[:-1]}[{n}].", value[n]
