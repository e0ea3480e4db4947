"""Items that are the members of an object: their names are no part of them, so that one series may take them all."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from data_sources._mapping.entry_interpreter import EntryInterpreter, Marks
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import plain_steps
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.member_options import Members, MemberStep, Steps, options_with_names, text_of
from data_sources._mapping.path_use import has_field
from data_sources._mapping.time_texts import names_moment
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.ingest.reading import Reading, RejectedItem

_READS_MEMBERS = re.compile(r"(?<!\[)\*|\bvalues\(")
_REST = re.compile(r"(?:\*|\bvalues\([^()]*\))\.([^*()|{]+)$")  # what an expression takes of each member
_MAX_QUOTED = 80  # characters of the names


class _Origin(NamedTuple):
    """An item of `option`, and what it comes from in the answer or the outer item `root`."""

    option: str
    root: Any
    item: Any
    marks: Marks


class MemberNames:
    """The names of the members of objects that the series of an answer take."""

    def __init__(self, mapping: MappingOptions) -> None:
        self._mapping = mapping
        self._reads_members = any(map(_READS_MEMBERS.search, (mapping.items, mapping.each)))
        # By series and path of the object, and the option and the level; dicts as ordered sets.
        self._names: defaultdict[tuple[str, str, str, int], dict[str, None]] = defaultdict(dict)
        self._members = {"items": Members(), "each": Members()}
        self._fields: set[str] = set()
        self._are_objects = True

    def note(self, document: Any, readings: Iterable[tuple[Reading, Any]], rejected: Iterable[RejectedItem]) -> None:
        """Take a document into account. `readings`: each with its item; `rejected`: both of this document.

        A member without the field of the value, such as a description of the answer, is no sensor.
        """
        if not self._reads_members:
            return
        interpreter = EntryInterpreter()
        items = dict(enumerate(self._items(interpreter, document)))
        in_document = _paths_of(document)
        in_root = {id(document): in_document}
        fields = [(one, item) for one, item in readings if one.value is not None or has_field(item, _field(one))]
        for reading in (*(one for one, _ in fields), *(one for item in rejected for one in item.readings)):
            position = reading.place.partition("[")[2].partition("]")[0]
            for origin in items.get(int(position) if position.isdecimal() else -1, ()):
                if id(origin.root) not in in_root:
                    in_root[id(origin.root)] = _paths_of(origin.root)
                steps = self._note_chain(origin, interpreter.maps, in_root[id(origin.root)])
                for level, (of, name) in enumerate(steps):
                    path = in_document.get(of)
                    written = text_of(path) if path else "@"
                    self._names[reading.series, written, origin.option, level][name] = None

    def _note_chain(
        self, origin: _Origin, maps: Mapping[int, dict[str, Any]], paths: Mapping[int, Steps]
    ) -> list[tuple[int, str]]:
        """The objects around an item, the outer ones first, each with the name of its member."""
        named = [mark for mark in origin.marks if isinstance(mark, tuple) and isinstance(mark[1], str)]
        steps = [(of, str(name)) for of, name in named if not _is_list(maps[of])]
        steps.sort(key=lambda step: len(paths.get(step[0], ())))
        chain: list[MemberStep] = []
        before: Steps = ()
        for of, name in steps:
            path = paths.get(of, ())
            chain.append(MemberStep(path[len(before) :] if path[: len(before)] == before else path, name))
            before = (*path, name)
            member = maps[of][name]
            self._fields.update(member if isinstance(member, dict) else ())
        if steps:
            is_object = isinstance(origin.item, dict)
            self._fields.update(origin.item if is_object else ())
            self._are_objects &= is_object or (origin.option == "items" and bool(self._mapping.each))
            whole = paths.get(id(origin.item), ())
            rest = whole[len(before) :] if whole[: len(before)] == before else self._rest(origin.option)
            self._members[origin.option].chains.setdefault(tuple(chain), rest)
        return steps

    def _rest(self, option: str) -> Steps:
        """What the expression takes of each member, where it cannot be found in the answer: of numbers."""
        found = _REST.search(getattr(self._mapping, option))
        return tuple(map(str, plain_steps(found[1]) or ())) if found else ()

    def _items(self, interpreter: EntryInterpreter, document: Any) -> Iterator[tuple[_Origin, ...]]:
        """The items of the document in their order, each with what it comes from."""
        for parent, of_parent in interpreter.marked_entries(self._mapping.items, document):
            outer = _Origin("items", document, parent, of_parent)
            if not self._mapping.each:
                yield (outer,)
                continue
            for item, marks in interpreter.marked_entries(self._mapping.each, parent):
                yield outer, _Origin("each", parent, item, marks)

    def mixed(self) -> dict[str, Failure]:
        """The series that several members became, each with the reason."""
        found: dict[str, dict[str, Parameter]] = {}
        for (series, path, option, level), names in self._names.items():
            field = f"keys({path})"
            if len(names) < 2 or all(map(names_moment, names)) or field in self._mapping.may_differ:
                continue
            self._members[option].needed.add(level)
            params: dict[str, Parameter] = {"series": series, "field": field, "n": len(names)}
            found.setdefault(series, params | {"names": shorten(", ".join(names), _MAX_QUOTED)})
        if not found:
            return {}
        items, each = self._members["items"], self._members["each"]
        write = options_with_names(self._mapping, items, each, self._fields, are_objects=self._are_objects)
        return {
            series: Failure(MappingCode.MEMBERS_OF_ONE_SERIES, params | {"write": write})
            for series, params in found.items()
        }


def _field(reading: Reading) -> str:
    return reading.place.partition("].")[2]


def _is_list(members: dict[str, Any]) -> bool:
    """Whether the names are positions in their order, as PHP writes some lists."""
    return list(members) == [str(n) for n in range(len(members))]


def _paths_of(root: Any) -> dict[int, Steps]:
    """The objects in `root`, by their identities, each with its path."""
    left: list[tuple[Any, Steps]] = [(root, ())]
    found: dict[int, Steps] = {}
    while left:
        value, path = left.pop()
        if isinstance(value, list):
            left += ((inner, (*path, None)) for inner in value)
        elif isinstance(value, dict):
            left += ((inner, (*path, str(name))) for name, inner in value.items())
            found[id(value)] = path
    return found
