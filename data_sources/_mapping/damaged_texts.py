"""Expressions over damaged texts, with U+FFFD or a control character in them: what they compute is wrong.

A filter leaves a damaged item out, or lets it in, and a function makes another value of it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import jmespath

from data_sources._mapping.expression_reads import ENTRIES, VALUES, ExpressionReads, Path, Place, position_of
from ioc.domain.base.text import shows_damage

# Functions whose result is what stands in an answer, as it is.
_STRUCTURAL = frozenset({"items", "keys", "map", "merge", "not_null", "reverse", "to_array", "values"})
_FUNCTION = "function_expression"
_ROOT = Place(frozenset({()}))


def computes_of_damaged(item: Any, path: str) -> bool:
    """Whether `item` has a damaged text in what the expression `path` selects by or computes from."""
    parts, is_whole = _computed_parts(path)
    return any(shows_damage(text) for part in parts for text in _texts(item, part, is_whole))


@lru_cache(4096)
def _computed_parts(path: str) -> tuple[frozenset[Path], bool]:
    """What an expression compares, sorts by or computes from; and whether all texts within an object there count."""
    reads = ExpressionReads()
    place = reads.place(path, _ROOT)
    functions = {node["value"] for node in _nodes(jmespath.compile(path).parsed) if node["type"] == _FUNCTION}
    made = place.all_paths() if functions - _STRUCTURAL else set()
    return frozenset(reads.paths | made), "to_string(" in path


def _nodes(node: Any) -> Iterator[Any]:
    """The nodes of an expression but those of the condition of a filter, whose parts are read and not taken."""
    if isinstance(node, dict):  # not a bound of a slice
        yield node
        for child in node["children"][: 2 if node["type"] == "filter_projection" else None]:
            yield from _nodes(child)


def _texts(value: Any, path: Path, is_whole: bool) -> Iterator[str]:
    if not path:
        yield from _texts_within(value, is_whole)
        return
    name, rest = path[0], path[1:]
    inner: Iterable[Any] = ()
    if isinstance(value, list):
        position = position_of(name)
        inner = value if name == ENTRIES else value[position:][:1] if position is not None else ()
    elif isinstance(value, dict):
        inner = value.values() if name == VALUES else (value.get(name),)
    for one in inner:
        yield from _texts(one, rest, is_whole)


def _texts_within(value: Any, is_whole: bool) -> Iterator[str]:
    """A text, or the texts of a list; where `is_whole` also those of an object."""
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            left += value
        elif is_whole and isinstance(value, dict):
            left += value.values()
