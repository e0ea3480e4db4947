"""Items that are the members of an object: their names are no part of them, so that one series may take them all."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from typing import Any

from data_sources._mapping.entry_interpreter import EntryInterpreter, Marks
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.path_use import has_field
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.time_texts import names_moment
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.text import shorten
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.reading import Reading, RejectedItem

_READS_MEMBERS = re.compile(r"(?<!\[)\*|\bvalues\(")
_PATH = r"(?:[A-Za-z_]\w*|\"[^\"\\]+\")(?:\.(?:[A-Za-z_]\w*|\"[^\"\\]+\"))*"
# "data.*.now[]" and "values(data)[].now", with what follows for each member: no filter, slice or pipe of the list.
_PLAIN = re.compile(
    rf"(?:(?:{_PATH}\.)?\*|values\((?:{_PATH}|@)\))(?:\[\*?\])?(?P<rest>(?:\.{_PATH}(?:\[\*?\])?)?)", re.ASCII
)
_MAX_QUOTED = 80  # characters of the names


class MemberNames:
    """The names of the members of objects that the series of an answer take."""

    def __init__(self, mapping: MappingOptions) -> None:
        self._mapping = mapping
        self._reads_members = any(map(_READS_MEMBERS.search, (mapping.items, mapping.each)))
        # By series and path of the object; dicts as ordered sets.
        self._names: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._are_objects = True

    def note(self, document: Any, readings: Iterable[tuple[Reading, Any]], rejected: Iterable[RejectedItem]) -> None:
        """Take a document into account. `readings`: each with its item; `rejected`: both of this document.

        A member without the field of the value, such as a description of the answer, is no sensor.
        """
        if not self._reads_members:
            return
        interpreter = EntryInterpreter()
        items = dict(enumerate(self._items(interpreter, document)))
        paths = dict(_paths_of(document, interpreter.maps))
        fields = [(one, item) for one, item in readings if one.value is not None or has_field(item, _field(one))]
        for reading in (*(one for one, _ in fields), *(one for item in rejected for one in item.readings)):
            position = reading.place.partition("[")[2].partition("]")[0]
            entry, marks = items.get(int(position) if position.isdecimal() else -1, (None, ()))
            for of, name in (mark for mark in marks if isinstance(mark, tuple)):
                if isinstance(name, str) and not _is_list(interpreter.maps[of]):
                    self._names[reading.series, paths.get(of, "@")][name] = None
                    self._are_objects &= isinstance(entry, dict)

    def _items(self, interpreter: EntryInterpreter, document: Any) -> Iterator[tuple[Any, Marks]]:
        """The items of the document in their order, each with what it comes from."""
        outer = interpreter.marked_entries(self._mapping.items, document)
        if not self._mapping.each:
            yield from outer
            return
        for parent, of_parent in outer:
            yield from (
                (item, of_parent | marks) for item, marks in interpreter.marked_entries(self._mapping.each, parent)
            )

    def mixed(self) -> dict[str, Failure]:
        """The series that several members became, each with the reason."""
        found: dict[str, Failure] = {}
        for (series, path), names in self._names.items():
            field = f"keys({path})"
            if len(names) < 2 or all(map(names_moment, names)) or field in self._mapping.may_differ:
                continue
            params: dict[str, Parameter] = {"series": series, "field": field, "n": len(names)}
            params |= {"names": shorten(", ".join(names), _MAX_QUOTED), "write": self._options_with_names(path)}
            found.setdefault(series, Failure(MappingCode.MEMBERS_OF_ONE_SERIES, params))
        return found

    def _options_with_names(self, path: str) -> str:
        """The options that read the items with the names of the members, as a row has them; "…" is left to the user."""
        members = f"items({path if '[]' not in path else '…'})[*].{{name: [0], inner: [1]}}"
        if "[]" in path:  # an object in each entry of a list
            option = "each" if self._mapping.each else "items"
            return f'{option}: {in_yaml(members)}, series: "…{{name}}", value: inner.…'
        plain = _PLAIN.fullmatch(self._mapping.items)
        each = ".".join(filter(None, (f"inner{plain['rest'] if plain else '…'}", self._mapping.each)))
        values = 'values: {"…{parent.name}": …}' if self._mapping.values else 'series: "…{parent.name}"'
        value = "" if self._are_objects else ", value: value"
        return f"items: {in_yaml(members)}, each: {in_yaml(each)}, {values}{value}"


def _field(reading: Reading) -> str:
    return reading.place.partition("].")[2]


def _is_list(members: dict[str, Any]) -> bool:
    """Whether the names are positions in their order, as PHP writes some lists."""
    return list(members) == [str(n) for n in range(len(members))]


def _paths_of(document: Any, objects: Container[int]) -> Iterator[tuple[int, str]]:
    """The identities of those `objects` that are in the document, each with its path."""
    left = [(document, "")]
    while left:
        value, path = left.pop()
        if isinstance(value, list):
            left += ((inner, f"{path}[]") for inner in value)
        elif isinstance(value, dict):
            left += ((inner, f"{path}.{quoted(str(name))}".removeprefix(".")) for name, inner in value.items())
            if id(value) in objects:
                yield id(value), path or "@"
