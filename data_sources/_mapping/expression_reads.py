"""Which parts of an answer a JMESPath expression reads: by its syntax, whatever an answer has.

A part is a path of names; "[]" stands for the entries of a list, "[2]" and "[-1]" for one of them, and "*" for the
values of an object.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import jmespath
from jmespath.parser import ParsedResult

ENTRIES, VALUES = "[]", "*"
Path = tuple[str, ...]
_POSITION = re.compile(r"\[(-?[0-9]+)\]", re.ASCII)
# Functions whose result is one of their arguments, perhaps in another form, or an amount of the entries of the first.
_PASSING = frozenset({"merge", "not_null", "reverse", "to_array", "to_number", "to_string", "abs", "ceil", "floor"})
_SORTING = frozenset({"sort_by", "sort"})
_CHOOSING = frozenset({"max_by", "min_by", "max", "min", "sum", "avg"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value may stand: its paths in the answer, and what stands in it where the expression itself made it.

    `fields`: of an object that was made; `entries`: of a list that was. `no_lists`: paths at which it is no list.
    """

    paths: frozenset[Path] = frozenset()
    fields: Mapping[str, "Place"] = field(default_factory=dict)
    entries: tuple["Place", ...] = ()
    no_lists: frozenset[Path] = frozenset()

    def step(self, name: str) -> "Place":
        """The field `name`."""
        made = [self.fields[name]] if name in self.fields else []
        return joined([Place(frozenset((*path, name) for path in self.paths | self.no_lists)), *made])

    def each(self) -> "Place":
        """The entries of a list."""
        return joined([Place(frozenset((*path, ENTRIES) for path in self.paths)), *self.entries])

    def at(self, position: int) -> "Place":
        """The entry of a list at `position`; of one that the expression made, any of its entries."""
        return joined([Place(frozenset((*path, f"[{position}]") for path in self.paths)), *self.entries])

    def values(self) -> "Place":
        """The values of an object."""
        paths = frozenset((*path, VALUES) for path in self.paths | self.no_lists)
        return joined([Place(paths), *self.fields.values()])

    def items(self) -> "Place":
        """The entries of a list; the value itself where it is none."""
        return joined([self.each(), Place(frozenset(), self.fields, (), self.paths | self.no_lists)])

    def all_paths(self) -> set[Path]:
        """The paths of the value and of all that was made in it."""
        inner = (place.all_paths() for place in (*self.fields.values(), *self.entries))
        return set(self.paths | self.no_lists).union(*inner)


def position_of(name: str) -> int | None:
    """The position that the last name of a path states, "[2]" or "[-1]"; None for any other name."""
    match = _POSITION.fullmatch(name)
    return int(match[1]) if match else None


def joined(places: Sequence[Place]) -> Place:
    """A value that may stand at any of `places`."""
    if len(places) == 1:
        return places[0]
    names = dict.fromkeys(chain.from_iterable(place.fields for place in places))
    fields = {name: joined([place.fields[name] for place in places if name in place.fields]) for name in names}
    entries = tuple(dict.fromkeys(id(entry) for place in places for entry in place.entries))
    by_id = {id(entry): entry for place in places for entry in place.entries}
    paths = frozenset[Path]().union(*(place.paths for place in places))
    no_lists = frozenset[Path]().union(*(place.no_lists for place in places))
    return Place(paths, fields, tuple(by_id[key] for key in entries), no_lists)


class ExpressionReads:
    """Collects the `paths` that expressions read."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()

    def read(self, expression: str, here: Place) -> None:
        """Take it that the value of `expression` on `here` is read."""
        if expression:
            self._consume(self.place(expression, here))

    def place(self, expression: str, here: Place) -> Place:
        """Where the value of `expression` stands; what it computes or compares on the way there is read."""
        return self.place_of_parsed(jmespath.compile(expression), here) if expression else here

    def place_of_parsed(self, expression: ParsedResult, here: Place) -> Place:
        """Where the value of an expression stands, as `place`."""
        return self._place(expression.parsed, here)

    def _consume(self, place: Place) -> None:
        self.paths |= place.all_paths()

    def _place(self, node: Any, here: Place) -> Place:
        kind, children = node["type"], node["children"]
        if kind in ("identity", "current", "slice"):
            return here
        if kind == "field":
            return here.step(node["value"])
        if kind == "index":
            return here.at(node["value"])
        if kind in ("subexpression", "index_expression", "pipe"):
            for child in children:
                here = self._place(child, here)
            return here
        special = _SPECIAL.get(kind)
        return special(self, node, here) if special else Place()

    def _flatten(self, node: Any, here: Place) -> Place:
        once = self._place(node["children"][0], here).each()
        return Place(entries=(once, once.each()))

    def _project(self, node: Any, here: Place) -> Place:
        base, then = node["children"][:2]
        source = self._place(base, here)
        entry = source.values() if node["type"] == "value_projection" else source.each()
        if node["type"] == "filter_projection":
            self._consume(self._place(node["children"][2], entry))
        return Place(entries=(self._place(then, entry),))

    def _choose(self, node: Any, here: Place) -> Place:
        places = [self._place(child, here) for child in node["children"]]
        if node["type"] == "and_expression":  # its value is the second one, or says nothing: false, null or empty
            self._consume(places[0])
            return places[1]
        return joined(places)

    def _compare(self, node: Any, here: Place) -> Place:
        for child in node["children"]:
            self._consume(self._place(child, here))
        return Place()

    def _make_list(self, node: Any, here: Place) -> Place:
        return Place(entries=tuple(self._place(child, here) for child in node["children"]))

    def _make_object(self, node: Any, here: Place) -> Place:
        return Place(fields={pair["value"]: self._place(pair["children"][0], here) for pair in node["children"]})

    def _call(self, node: Any, here: Place) -> Place:
        name, arguments = node["value"], node["children"]
        places = [self._place(one, here) for one in arguments if one["type"] != "expref"]
        entry = places[0].each() if places else Place()
        computed = [self._place(one["children"][0], entry) for one in arguments if one["type"] == "expref"]
        if name == "map":
            return Place(entries=tuple(computed))
        for one in computed:
            self._consume(one)
        if name in _PASSING:
            return joined([*places, Place(entries=tuple(places))] if name == "to_array" else places)
        if name in _CHOOSING:
            return entry
        if name in _SORTING:
            return places[0]
        if name == "values":
            return Place(entries=(places[0].values(),))
        if name == "items":
            return Place(entries=(Place(entries=(places[0].values(),)),))
        for one in places:
            self._consume(one)
        return Place()


_SPECIAL: Mapping[str, Callable[[ExpressionReads, Any, Place], Place]] = {
    "flatten": ExpressionReads._flatten,
    "projection": ExpressionReads._project,
    "value_projection": ExpressionReads._project,
    "filter_projection": ExpressionReads._project,
    "or_expression": ExpressionReads._choose,
    "and_expression": ExpressionReads._choose,
    "comparator": ExpressionReads._compare,
    "not_expression": ExpressionReads._compare,
    "multi_select_list": ExpressionReads._make_list,
    "multi_select_dict": ExpressionReads._make_object,
    "function_expression": ExpressionReads._call,
}


def alternatives(expression: str) -> list[ParsedResult]:
    """What an expression takes the first one of that has a value: "a", "b" of "a || b"; else the expression itself."""
    compiled = jmespath.compile(expression)
    nodes, left = [], [compiled.parsed]
    while left:
        node = left.pop()
        if node["type"] == "or_expression" or (node["type"], node.get("value")) == ("function_expression", "not_null"):
            left += reversed(node["children"])
        else:
            nodes.append(node)
    return [ParsedResult(expression, node) for node in nodes]


def item_place(reads: ExpressionReads, items: str, each: str, start: Place) -> Place:
    """Where an item is: an entry of the list at `items`, or what stands there itself; with `each` inside it."""
    outer = reads.place(items, start).items()
    if not each:
        return joined([outer, Place(fields={"value": outer})])
    inner = reads.place(each, outer).items()
    return joined([inner, Place(fields={"parent": outer, "value": replace(inner)})])
