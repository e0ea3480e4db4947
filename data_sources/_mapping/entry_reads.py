"""Which entries of the lists of an answer the expressions of a row read, found by evaluating them.

By its syntax an index, a slice or a filter reads entries of the list; which ones, and how many it leaves out, only the
answer shows.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data_sources._mapping.entry_interpreter import EntryInterpreter, Mark, mark_of_entry
from data_sources._mapping.expression_reads import ENTRIES, VALUES, Path

_MAY_LEAVE_OUT = re.compile(r"\[(?![]*])|\(")  # an index, a slice, a filter or a function
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class ItemReads:
    """What is read of each item: the expressions `paths`, on the items that `items` and `each` lead to."""

    items: str
    each: str
    paths: Sequence[str]


@dataclass(slots=True)
class PartlyRead:
    """A list of which some entries are read: how many are, how many are not, and one of these."""

    read_count: int = 0
    left_out_count: int = 0
    left_out: Any = None


def may_leave_out(expressions: Iterable[str]) -> bool:
    """Whether one of the expressions may read some entries of a list and not the others."""
    return any(map(_MAY_LEAVE_OUT.search, expressions))


class EntryReads:
    """Takes the reading of documents into account, and counts what is read of each list."""

    def __init__(self) -> None:
        self._interpreter = EntryInterpreter()
        self._counted: dict[Path, PartlyRead] = {}

    @property
    def partly_read(self) -> dict[Path, PartlyRead]:
        """The lists that are read in part, by their paths with the step to an entry; lists at one path are one."""
        return {path: one for path, one in self._counted.items() if one.read_count and one.left_out_count}

    def read(self, document: Any, start: Any, of_document: Iterable[str], rows: Iterable[ItemReads]) -> None:
        """Read a document as a row does. `start`: where the paths to its items begin."""
        for path in filter(None, of_document):
            self._interpreter.read(path, document)
        for row in rows:
            for item in self._items(start, row):
                for path in filter(None, row.paths):
                    if self._interpreter.read(path, item) is None and not isinstance(item, dict):
                        self._interpreter.read(path, {"value": item})
        self._note(document)
        self._interpreter = EntryInterpreter()

    def _items(self, start: Any, row: ItemReads) -> Iterator[Any]:
        for outer in self._interpreter.entries(row.items, start):
            if not row.each:
                yield outer
                continue
            for inner in self._interpreter.entries(row.each, outer):
                yield {**inner, "parent": outer} if isinstance(inner, dict) else {"value": inner, "parent": outer}

    def _note(self, document: Any) -> None:
        left: list[tuple[Any, Path]] = [(document, ())]
        while left:
            value, path = left.pop()
            if isinstance(value, dict) and id(value) not in self._interpreter.maps:
                left += [(one, (*path, str(name))) for name, one in value.items() if self._is_read(one)][::-1]
            elif isinstance(value, dict | list) and len(path) < _MAX_DEPTH:
                inner = (*path, VALUES if isinstance(value, dict) else ENTRIES)
                entries = list(_entries(value))
                self._count(inner, entries)
                left += [(one, inner) for one, _ in reversed(entries) if self._is_read(one)]

    def _is_read(self, value: Any) -> bool:
        return isinstance(value, dict | list) and id(value) in self._interpreter.marks

    def _count(self, path: Path, entries: Sequence[tuple[Any, Mark]]) -> None:
        others = [one for one, key in entries if key not in self._interpreter.marks]
        counted = self._counted.setdefault(path, PartlyRead())
        counted.read_count += len(entries) - len(others)
        counted.left_out_count += len(others)
        counted.left_out = others[0] if counted.left_out is None and others else counted.left_out


def _entries(value: dict[str, Any] | list[Any]) -> Iterator[tuple[Any, Mark]]:
    """The entries of a list that say something, and the objects and lists in an object, each with its mark."""
    if isinstance(value, dict):
        yield from ((one, id(one)) for one in value.values() if isinstance(one, dict | list) and one)
    else:
        yield from ((one, mark_of_entry(value, n)) for n, one in enumerate(value) if one not in (None, "", [], {}))
