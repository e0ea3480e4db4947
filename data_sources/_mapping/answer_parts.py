"""The parts of an answer that a row does not read: each with a sample and a count, those that may say what a value is
first.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from data_sources._mapping.entry_reads import PartlyRead
from data_sources._mapping.expression_reads import ENTRIES, VALUES, Path, position_of
from data_sources._mapping.part_samples import MAX_DIFFERENT, chosen_samples, json_sample, may_be_time
from data_sources._mapping.path_tree import PathTree
from data_sources._mapping.qualifier_names import is_qualifier_name, may_be_free_text, may_be_unit
from data_sources._mapping.sensor_fields import quoted
from ioc.domain.base.text import shorten

_MAX_NAMES = 2000  # of an object; what others hold counts as one
_MAX_STEP, _MAX_ENTRY_SAMPLE = 60, 120  # characters of a name, and of an entry of a list that is left out
_MAX_POSITIONS = 30  # of a list, that are told apart
_MAX_UNREAD_POSITIONS = 10  # of a list of which others are read, that are parts of their own
_MAX_PATH = 200  # characters
_MAX_DEPTH = 100
_POSITIONS = tuple(f"[{n}]" for n in range(_MAX_POSITIONS))
_ALIKE = 5  # objects with the same fields that are written as one, where their names are keys: with digits
_ALIKE_VALUES = 30  # single values
_ALIKE_WORDS, _ALIKE_WORD_VALUES = 30, 150  # where their names are words, which may say what they are


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A part of an answer: its path, the first different values there as JSON, and how many there are.

    `is_qualifier`: its name says that it may tell what a value is, whether it is good, or that a list goes on.
    `may_be_unit`: its name or one of its texts looks like that of a unit. `has_free_text`: of a qualifier, where only
    an object around it is called so, or its name is one of notes. `read_count`: of a list from which expressions take
    some entries, how many these are; the count and the samples are those of the others. `may_be_time`: its values look
    like times. `other_count`: of different values that are not among the samples.
    """

    path: str
    samples: tuple[str, ...]
    count: int
    is_qualifier: bool
    may_be_unit: bool = False
    has_free_text: bool = False
    read_count: int = 0
    may_be_time: bool = False
    other_count: int = 0

    @property
    def comes_first(self) -> bool:
        """Whether the author of a row must see it before the others."""
        return self.is_qualifier or self.may_be_unit or self.may_be_time or self.read_count > 0


@dataclass(slots=True)
class _Node:
    """What an answer has at one path: the values that are no list and no object, and what is below.

    The entries of a list that has single values are told apart by their positions.
    """

    below: "dict[str, _Node]" = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)  # different values as JSON, and how often each came
    count: int = 0

    def child(self, name: str) -> "_Node":
        node = self.below.get(name)
        if node is None:
            if len(self.below) >= _MAX_NAMES:
                name = VALUES
            node = self.below.setdefault(name, _Node())
        return node

    def add(self, value: Any) -> None:
        self.count += 1
        if (text := json_sample(value)) in self.samples or len(self.samples) < MAX_DIFFERENT:
            self.samples[text] = self.samples.get(text, 0) + 1

    def merge(self, other: "_Node") -> None:
        self.count += other.count
        for text, count in other.samples.items():
            if text in self.samples or len(self.samples) < MAX_DIFFERENT:
                self.samples[text] = self.samples.get(text, 0) + count
        for name, node in other.below.items():
            self.below.setdefault(name, _Node()).merge(node)

    def positions(self) -> list[str]:
        return [name for name in self.below if position_of(name) is not None]

    def merge_positions(self) -> None:
        for name in self.positions():
            self.below.setdefault(ENTRIES, _Node()).merge(self.below.pop(name))

    def has_mixed_entries(self) -> bool:
        """Whether its entries mean different things: some are texts, others are not."""
        kinds = {sample[0] == '"' for name in self.positions() for sample in self.below[name].samples}
        return len(kinds) > 1

    def shape(self) -> tuple[Any, ...]:
        return (bool(self.count), *sorted((name, node.shape()) for name, node in self.below.items()))


class AnswerParts:
    """The parts of an answer, of one document or several."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, document: Any) -> None:
        """Add plain data. What says nothing is left out: null, "", {} and []; so is what lies very deep."""
        left: list[tuple[_Node, Any, int]] = [(self._root, document, 0)]
        while left:
            node, value, depth = left.pop()
            if not isinstance(value, dict | list):
                if value not in (None, ""):
                    node.add(value)
            elif depth < _MAX_DEPTH:
                inner = value.items() if isinstance(value, dict) else _entries(value)
                children = [(node.child(str(name)), one, depth + 1) for name, one in inner]
                left += reversed(children)

    def unread(self, paths: Iterable[Path], whole: Iterable[Path] = ()) -> list[AnswerPart]:
        """The parts at none of `paths`. `whole`: paths at which all that is below is read too."""
        reads = PathTree()
        for path in paths:
            reads.add(path, is_whole=False)
        for path in whole:
            reads.add(path, is_whole=True)
        root = _without_read(self._root, [reads])
        return _listed(root) if root else []


def _entries(values: list[Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a list, each with its position where the list has single values: it may be a row of a table."""
    if all(value is None or isinstance(value, dict | list) for value in values):
        return ((ENTRIES, value) for value in values)
    return zip_longest(_POSITIONS[: len(values)], values, fillvalue=ENTRIES)


def with_partly_read(parts: Iterable[AnswerPart], lists: Mapping[Path, PartlyRead]) -> list[AnswerPart]:
    """`parts` with the lists of which some entries are read first, unless the other entries are parts themselves."""
    by_path = {part.path: part for part in parts}
    first = []
    for path, found in lists.items():
        written = shorten(_written(path), _MAX_PATH)
        if part := by_path.pop(written, None):
            first.append(replace(part, read_count=found.read_count))
        elif path[-1] != ENTRIES or not any(map(re.compile(rf"{re.escape(written[:-1])}\d").match, by_path)):
            samples = (json_sample(found.left_out, _MAX_ENTRY_SAMPLE),)
            first.append(AnswerPart(written, samples, found.left_out_count, False, read_count=found.read_count))
    return [*first, *by_path.values()]


def parts_without(documents: Iterable[Any], is_read: Callable[[str], bool]) -> list[AnswerPart]:
    """The parts of `documents` of a fixed form, without those whose path `is_read`.

    A path has names only, with "/" between them: "value/unit" is that of the units of a list `value`.
    """
    parts = AnswerParts()
    for document in documents:
        parts.add(document)
    root = _without_places(parts._root, is_read, "")
    return _listed(root) if root else []


def _without_read(node: _Node, reads: list[PathTree], *, is_entry: bool = False) -> _Node | None:
    """`node` without what is read; None where nothing is left. `is_entry`: it is one of a list."""
    if any(read.is_whole for read in reads):
        return None
    is_read = any(read.is_end for read in reads)
    left = _Node({}, {} if is_read else node.samples, 0 if is_read else node.count)
    positions = node.positions()
    reads_positions = False
    for name, inner in node.below.items():
        below = [one for read in reads for one in read.step(name, len(positions))]
        reads_positions |= bool(below) and name in positions
        if kept := _without_read(inner, below, is_entry=name == ENTRIES or name in positions):
            left.below[name] = kept
    is_row = reads_positions and (is_entry or node.has_mixed_entries())
    if not is_row or len(left.positions()) > _MAX_UNREAD_POSITIONS:
        left.merge_positions()
    return left if left.count or left.below else None


def _without_places(node: _Node, is_read: Callable[[str], bool], path: str) -> _Node | None:
    left = _Node() if is_read(path) else _Node({}, node.samples, node.count)
    for name, inner in node.below.items():
        is_of_same = name in (ENTRIES, "") or position_of(name) is not None  # "": the text of an XML element
        step = name.replace("/", " ")
        if kept := _without_places(inner, is_read, path if is_of_same else f"{path}/{step}" if path else step):
            left.below[name] = kept
    left.merge_positions()
    return left if left.count or left.below else None


def _listed(root: _Node) -> list[AnswerPart]:
    """The parts below `root`, qualifiers first, each group in the order of the answer."""
    found = [_part(path, node) for path, node in _leaves(_with_alike_as_one(root), ())]
    return sorted(found, key=lambda part: not part.comes_first)


def _printed_samples(path: Path, samples: Mapping[str, int]) -> tuple[str, ...]:
    """The samples to print: of a list of single values and of a qualifier as many as are short."""
    is_list = path[-1:] == (ENTRIES,) and path[-2:-1] != (ENTRIES,)
    return chosen_samples(samples, shows_more=is_list or _is_qualifier(path))


def _part(path: Path, node: _Node) -> AnswerPart:
    is_qualifier = _is_qualifier(path)
    name = next(reversed(_last_names(path)), "")
    is_free = is_qualifier and (not is_qualifier_name(name) or may_be_free_text(name))
    is_unit = may_be_unit(_last_names(path), node.samples)
    written, samples = shorten(_written(path), _MAX_PATH), _printed_samples(path, node.samples)
    others = len(node.samples) - len(samples)
    is_time = may_be_time(node.samples)
    return AnswerPart(
        written, samples, node.count, is_qualifier, is_unit, is_free, may_be_time=is_time, other_count=others
    )


def _leaves(node: _Node, path: Path) -> Iterator[tuple[Path, _Node]]:
    if node.count:
        yield path, node
    for name, inner in node.below.items():
        yield from _leaves(inner, (*path, name))


def _with_alike_as_one(node: _Node) -> _Node:
    """`node`, where objects of an object that have the same fields are one, as of stations: "*"."""
    below = {name: _with_alike_as_one(inner) for name, inner in node.below.items()}
    alike: dict[tuple[bool, tuple[Any, ...]], list[str]] = {}
    for name, inner in below.items():
        is_entry = name == ENTRIES or position_of(name) is not None
        is_key = any(map(str.isdecimal, name))
        if not is_entry and ((inner.below and is_key) or not _is_qualifier((name,))):
            alike.setdefault((is_key, inner.shape()), []).append(name)
    left = _Node(dict(below), dict(node.samples), node.count)
    for (is_key, _), names in alike.items():
        limits = (_ALIKE, _ALIKE_VALUES) if is_key else (_ALIKE_WORDS, _ALIKE_WORD_VALUES)
        if len(names) >= limits[not below[names[0]].below]:
            one = left.below.setdefault(VALUES, _Node())
            for name in names:
                if name != VALUES:
                    one.merge(left.below.pop(name))
    return left


def _written(path: Path) -> str:
    """A path as JMESPath; "@" for the answer itself."""
    text = ""
    for name in path:
        is_entry = name == ENTRIES or position_of(name) is not None
        step = name if is_entry or name == VALUES else quoted(shorten(name, _MAX_STEP))
        text += step if is_entry else f".{step}" if text else step
    return text or "@"


def _is_qualifier(path: Path) -> bool:
    """Whether the last names of a path say that the value is of this kind: "unit.symbol", "paging.next"."""
    return any(map(is_qualifier_name, _last_names(path)))


def _last_names(path: Path) -> list[str]:
    return [name for name in path if name not in (ENTRIES, VALUES) and position_of(name) is None][-2:]
