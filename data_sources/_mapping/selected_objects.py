"""The objects of an item from which an expression takes or computes a value; whether a value is a count."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jmespath

from data_sources._mapping.entry_interpreter import EntryInterpreter
from data_sources._mapping.expression_reads import ENTRIES, VALUES, ExpressionReads, Path, Place, position_of
from data_sources._mapping.expressions import plain_steps
from data_sources._mapping.sensor_fields import quoted

_ITEM = Place(frozenset({()}))


class SelectedObject(NamedTuple):
    """An object, with its path as the beginning of others ("data[0]."), and its field in which the value is, "" for one
    of the value itself.
    """

    prefix: str
    fields: dict[str, Any]
    inner: str = ""


@lru_cache(1024)
def is_count(path: str) -> bool:
    """Whether an expression gives the number of entries: `length(data)`, `data[?on] | length(@)`."""
    node = jmespath.compile(path).parsed
    while node["type"] in ("pipe", "subexpression"):
        node = node["children"][-1]
    return (node["type"], node.get("value")) == ("function_expression", "length")


def selected_objects(item: Any, path: str) -> list[list[SelectedObject]]:
    """Those from which the value comes, each followed by the objects in `item` that it is in, the nearest first.

    Several where it is computed from several, or where that cannot be told. [] for a path of names and positions.
    """
    paths, interpreter = _paths(path), _Sources()
    is_one = len(paths) == 1 and not {ENTRIES, VALUES} & {*paths[0]}
    if paths and not is_one:
        interpreter.read(path, item)
    objects: dict[str, list[SelectedObject]] = {}
    for *steps, name in paths:
        found: list[tuple[str, Any, tuple[SelectedObject, ...]]] = [("", item, ())]
        for step in steps:
            found = [inner for one in found for inner in _step(*one, step)]
        objects |= {
            prefix: [SelectedObject(prefix, value), *around]
            for prefix, value, around in found
            if isinstance(value, dict)
            and value.get(name) not in (None, "")
            and (is_one or id(value) in interpreter.marks)
        }
    return [*objects.values()]


class _Sources(EntryInterpreter):
    """Marks what a value comes from, not what decides between alternatives; of what is compared, all."""

    def visit_or_expression(self, node: Any, value: Any) -> Any:
        first, marks = self._apart(node["children"][0], value)
        if self._is_false(first):
            return self.visit(node["children"][1], value)
        self._frames[-1] |= marks
        return first

    def visit_and_expression(self, node: Any, value: Any) -> Any:
        first, marks = self._apart(node["children"][0], value)
        if not self._is_false(first):
            return self.visit(node["children"][1], value)
        self._frames[-1] |= marks
        return first

    def _choose(self, name: str, values: list[Any], arguments: list[Any]) -> Any:
        chosen = super()._choose(name, values, arguments)
        if name == "sort":  # compares the numbers, whatever their units
            self._frames[-1].update(*self._made[id(chosen)][1])
        return chosen


@lru_cache(1024)
def _paths(path: str) -> Sequence[Path]:
    """The paths at which the value of an expression may stand, or from which it is computed; of lists, their own."""
    places = ExpressionReads().place(path, _ITEM).all_paths() if plain_steps(path) is None else ()
    return sorted({*filter(None, map(_without_entries, places))})


def _without_entries(path: Path) -> Path:
    while path and (path[-1] == ENTRIES or position_of(path[-1]) is not None):
        path = path[:-1]
    return path


def _step(
    prefix: str, value: Any, around: tuple[SelectedObject, ...], step: str
) -> Iterator[tuple[str, Any, tuple[SelectedObject, ...]]]:
    position = position_of(step)
    if isinstance(value, dict):
        for name in value if step == VALUES else [step] if step in value else ():
            inside = (SelectedObject(prefix, value, name), *around) if prefix else ()
            yield f"{prefix}{quoted(name)}.", value[name], inside
    elif isinstance(value, list) and (step == ENTRIES or position is not None):
        for n in range(len(value)) if position is None else [position]:
            if n in range(-len(value), len(value)):
                yield f"{prefix[:-1]}[{n}].", value[n], around
