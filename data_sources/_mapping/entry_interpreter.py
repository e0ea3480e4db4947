"""Evaluates JMESPath and marks the objects, the lists and their entries that a result comes from."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import jmespath
from jmespath.visitor import TreeInterpreter

from data_sources._mapping.expressions import OPTIONS, SEARCH_ERRORS, plain_steps

_ORDERING = frozenset({"sort_by", "sort", "reverse"})
_PICKING = frozenset({"max_by", "min_by"})
_PASSING = frozenset({"merge", "not_null", "to_array", "values", "items", "keys", "length", "type"})
# Of an object or a list its identity; of another entry that of the list, and its position; of a member its name.
Mark = int | tuple[int, int | str]
Marks = set[Mark]


def mark_of_entry(values: list[Any], position: int) -> Mark:
    """The mark of the entry of a list."""
    entry = values[position]
    return id(entry) if isinstance(entry, dict | list) else (id(values), position)


class EntryInterpreter(TreeInterpreter):  # type: ignore[misc]
    """Evaluates expressions, and marks what their results come from.

    What a projection reads for an entry of its result is marked when that entry is used. Conditions mark nothing.
    `maps`: objects whose values are read like the entries of a list, by their identities.
    """

    def __init__(self) -> None:
        super().__init__(OPTIONS)
        self.marks: Marks = set()
        self.maps: dict[int, dict[str, Any]] = {}
        self._frames = [self.marks]
        self._made: dict[int, tuple[list[Any], list[Marks]]] = {}  # lists that are kept, so that an id is one of them
        self._fresh: dict[int, dict[str, Any]] = {}  # objects that an expression writes

    def read(self, path: str, value: Any) -> Any:
        """Evaluate an expression whose value is read with all that is in it; None where it does not fit."""
        result = self._evaluate(path, value)
        self._mark_whole(result)
        return result

    def entries(self, path: str, value: Any) -> Iterator[Any]:
        """The entries of the list at `path`, each marked when it comes; what stands there itself where it is none."""
        found = self._evaluate(path, value)
        if not isinstance(found, list):
            found = [] if found is None else [found]
        for n, entry in enumerate(found):
            self.marks.add(mark_of_entry(found, n))
            yield entry

    def marked_entries(self, path: str, value: Any) -> list[tuple[Any, Marks]]:
        """The entries of the list at `path`, or what stands there itself, each with what it comes from."""
        found = None
        with suppress(*SEARCH_ERRORS):
            found = self.visit(jmespath.compile(path).parsed, value)
        entries = found if isinstance(found, list) else [] if found is None else [found]
        marks = self._made[id(found)][1] if id(found) in self._made else [set[Mark]() for _ in entries]
        del self._frames[1:]
        self._made.clear()
        self._fresh.clear()
        return [*zip(entries, marks, strict=True)]

    def _evaluate(self, path: str, value: Any) -> Any:
        if not path:
            return value
        if (steps := plain_steps(path)) is not None:
            return self._follow(value, steps)
        result = None
        with suppress(*SEARCH_ERRORS):
            result = self.visit(jmespath.compile(path).parsed, value)
        del self._frames[1:]
        self._commit(result)
        self._made.clear()
        self._fresh.clear()
        return result

    def _follow(self, value: Any, steps: Iterable[str | int]) -> Any:
        for step in steps:
            if isinstance(value, dict) and isinstance(step, str):
                self.marks.add(id(value))
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                self.marks |= {id(value), mark_of_entry(value, step)}
                value = value[step]
            else:
                return None
        if isinstance(value, dict | list):
            self.marks.add(id(value))
        return value

    def visit(self, node: Any, value: Any) -> Any:
        if isinstance(value, dict | list):
            self._frames[-1].add(id(value))
        return super().visit(node, value)

    def _apart(self, node: Any, value: Any) -> tuple[Any, Marks]:
        """The value of an expression, with what it marks."""
        self._frames.append(set())
        result = self.visit(node, value)
        return result, self._frames.pop()

    def _marks_of(self, values: list[Any], position: int) -> Marks:
        made = self._made.get(id(values))
        return made[1][position] if made else {id(values), mark_of_entry(values, position)}

    def _make(self, values: list[Any], marks: list[Marks]) -> list[Any]:
        self._made[id(values)] = values, marks
        return values

    def _commit(self, value: Any) -> None:
        """Mark a result, with all that was kept for its entries."""
        left = [value]
        while left:
            one = left.pop()
            if isinstance(one, dict | list):
                self._frames[-1].add(id(one))
            if made := self._made.get(id(one)):
                self._frames[-1].update(*made[1])
                left += made[0]
            elif id(one) in self._fresh:
                left += one.values()

    def _mark_whole(self, value: Any) -> None:
        left, seen = [value], set[int]()
        while left:
            one = left.pop()
            if not isinstance(one, dict | list) or id(one) in seen:
                continue
            seen.add(id(one))
            self.marks.add(id(one))
            if isinstance(one, list):
                self.marks.update(mark_of_entry(one, n) for n in range(len(one)))
            left += one.values() if isinstance(one, dict) else one

    def visit_index(self, node: Any, value: Any) -> Any:
        position = node["value"]
        if isinstance(value, list) and -len(value) <= position < len(value):
            self._frames[-1] |= self._marks_of(value, position % len(value))
        return super().visit_index(node, value)

    def visit_slice(self, node: Any, value: Any) -> Any:
        if not isinstance(value, list):
            return None
        positions = range(len(value))[slice(*node["children"])]
        return self._make([value[n] for n in positions], [self._marks_of(value, n) for n in positions])

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        flat: list[tuple[Any, Marks]] = []
        for n, entry in enumerate(base):
            outer = self._marks_of(base, n)
            if isinstance(entry, list):
                flat += ((one, outer | self._marks_of(entry, k)) for k, one in enumerate(entry))
            else:
                flat.append((entry, outer))
        return self._make([one for one, _ in flat], [marks for _, marks in flat])

    def visit_projection(self, node: Any, value: Any) -> Any:
        base, then = node["children"]
        return self._project(self.visit(base, value), then)

    def visit_filter_projection(self, node: Any, value: Any) -> Any:
        base, then, condition = node["children"]
        return self._project(self.visit(base, value), then, condition)

    def visit_value_projection(self, node: Any, value: Any) -> Any:
        base, then = node["children"]
        found = self.visit(base, value)
        if not isinstance(found, dict):
            return None
        self._take_as_map(found)
        return self._project(self._members(found), then)

    def _take_as_map(self, value: dict[str, Any]) -> None:
        self._frames[-1].add(id(value))
        self.maps[id(value)] = value

    def _members(self, value: dict[str, Any]) -> list[Any]:
        """The values of an object, each marked with its name."""
        values = list(value.values())
        return self._make(values, [{mark_of_entry(values, n), (id(value), str(name))} for n, name in enumerate(value)])

    def _project(self, base: Any, then: Any, condition: Any = None) -> Any:
        if not isinstance(base, list):
            return None
        entries, marks = [], []
        if condition is not None:
            self._frames[-1].add(id(base))  # it is read, also where none of its entries passes
        for n, entry in enumerate(base):
            if condition is not None and not self._is_true(self._apart(condition, entry)[0]):
                continue
            result, read = self._apart(then, entry)
            read |= self._marks_of(base, n)
            if result is None:
                self._frames[-1] |= read
            else:
                entries.append(result)
                marks.append(read)
        return self._make(entries, marks)

    def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
        made = super().visit_multi_select_dict(node, value)
        if made is not None:
            self._fresh[id(made)] = made
        return made

    def visit_multi_select_list(self, node: Any, value: Any) -> Any:
        return None if value is None else self._make_of(self._apart(child, value) for child in node["children"])

    def _make_of(self, entries: Iterable[tuple[Any, Marks]]) -> list[Any]:
        found = [*entries]
        return self._make([one for one, _ in found], [marks for _, marks in found])

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        name, children = node["value"], node["children"]
        if name == "not_null":
            return next((one for child in children if (one := self.visit(child, value)) is not None), None)
        arguments = [self.visit(child, value) for child in children]
        first = arguments[0] if arguments else None
        if name == "map" and isinstance(mapped := arguments[1], list):
            then, marked = children[0]["children"][0], [self._marks_of(mapped, n) for n in range(len(mapped))]
            found = (self._apart(then, entry) for entry in mapped)
            return self._make_of((one, read | outer) for (one, read), outer in zip(found, marked, strict=True))
        if name in _ORDERING | _PICKING and isinstance(first, list):
            return self._choose(name, first, arguments)
        for argument in arguments:
            self._commit(argument)
            if name not in _PASSING and isinstance(argument, list):
                self._frames[-1].update(mark_of_entry(argument, n) for n in range(len(argument)))
        if name in ("values", "items") and isinstance(first, dict):
            self._take_as_map(first)
        if name == "values" and isinstance(first, dict):
            return self._members(first)
        return self._functions.call_function(name, arguments)

    def _choose(self, name: str, values: list[Any], arguments: list[Any]) -> Any:
        """The value of a function that orders entries or takes one of them; it compares them, but marks none."""
        marks: dict[int, list[Marks]] = {}
        for n, entry in enumerate(values):
            marks.setdefault(id(entry), []).append(self._marks_of(values, n))
        self._frames.append(set())
        result = self._functions.call_function(name, arguments)
        self._frames.pop()
        if name in _ORDERING:
            last = -1 if name == "reverse" else 0  # of equal numbers, which may be one object
            return self._make(list(result), [marks[id(entry)].pop(last) for entry in result])
        if values:
            self._frames[-1] |= marks[id(result)][0]
        return result
