"""Plain yaml into values with their lines: bounded in size, depth and aliases, no tags, no double keys."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from ioc.config.errors import Fault
from ioc.config.unreadable import UNREAD

MAX_DEPTH = 24
MAX_VALUES = 200_000  # aliases counted as often as they are used

Where = tuple[str | int, ...]

_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))


class Broken(Exception):
    """The text cannot be read on. `fault` says why and where."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(slots=True)
class Found:
    """What was read. `spent`: how many values, over all the pieces of a file."""

    lines: dict[Where, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    spent: int = 0
    lost: bool = False  # text was left out: an alias to it is no fault


@dataclass(slots=True)
class _Anchor:
    value: Any
    size: int


class Reader:
    """Builds values from yaml's events itself: so depth, number and aliases are bounded before anything is made.

    What is wrong with one value is kept in `found.faults`, and UNREAD stands in its place.
    """

    def __init__(self, name: str, text: str, found: Found, above: int = 0, inside: Where = (), row: int = 0) -> None:
        """`above`: the file's lines before `text`; `inside`: where its value stands; `row`: number of its first row."""
        self._text = text
        self._loader: Any = None
        self._name, self._found, self._above, self._inside, self._row = name, found, above, inside, row
        self._anchors: dict[str, _Anchor] = {}

    def value(self) -> Any:
        """All of the text. Broken when it is not yaml."""
        try:
            self._loader = yaml.SafeLoader(self._text)
            return self._document()
        except yaml.MarkedYAMLError as error:
            raise Broken(
                Fault(self._name, self._line_of(error), f"is not yaml: {error.problem or error.context}")
            ) from None
        except yaml.YAMLError as error:
            raise Broken(Fault(self._name, 0, f"is not yaml: {str(error).splitlines()[0]}")) from None

    def _line_of(self, error: yaml.MarkedYAMLError) -> int:
        """Where a quote or bracket that is not closed begins; else where reading ended."""
        opened = any(word in (error.context or "") for word in ("quoted", "flow"))
        marks: list[Any] = [error.context_mark if opened else None, error.problem_mark, error.context_mark]
        return next((int(one.line) + 1 + self._above for one in marks if one), 0)

    def _document(self) -> Any:
        self._loader.get_event()  # the stream's start
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()  # the document's start
        value = self._value(self._inside, 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            self._wrong(self._loader.peek_event(), "holds more than one document", "remove the line ---")
        return value

    def _fault(self, event: Any, what: str, right: str = "") -> Fault:
        return Fault(self._name, event.start_mark.line + 1 + self._above, what, right)

    def _wrong(self, event: Any, what: str, right: str = "") -> Any:
        self._found.faults.append(self._fault(event, what, right))
        return UNREAD

    def _spend(self, event: Any, values: int, depth: int) -> None:
        self._found.spent += values
        if self._found.spent > MAX_VALUES:
            raise Broken(self._fault(event, f"holds more than {MAX_VALUES:,} values", "use fewer aliases"))
        if depth > MAX_DEPTH:
            raise Broken(self._fault(event, f"is nested deeper than {MAX_DEPTH} levels"))

    def _value(self, where: Where, depth: int) -> Any:
        event = self._loader.get_event()
        self._found.lines.setdefault(where, event.start_mark.line + 1 + self._above)
        before = self._found.spent
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._spend(event, 1, depth)
        value = self._made(event, where, depth)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, self._found.spent - before)
        return value

    def _alias(self, event: Any, depth: int) -> Any:
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            what = f"alias *{event.anchor} stands for nothing that is complete before it"
            return UNREAD if self._found.lost else self._wrong(event, what)
        self._spend(event, anchor.size, depth)
        return anchor.value

    def _made(self, event: Any, where: Where, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        value = (
            self._sequence(where, depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(where, depth)
        )
        return self._wrong(event, f"tag {event.tag} is not allowed", "write the value itself") if event.tag else value

    def _scalar(self, event: Any) -> Any:
        if _is_half(event.value):
            return self._wrong(event, "half a character (a surrogate) is not text", "write the character itself")
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag not in _PLAIN:
            return self._wrong(event, f"tag {tag} is not allowed", "write the value itself")
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
            return self._wrong(event, f"{event.value[:40]!r} cannot be read", "put text into quotes")

    def _sequence(self, where: Where, depth: int) -> list[Any]:
        values: list[Any] = []
        first = self._row if where == self._inside else 0
        while not self._loader.check_event(yaml.SequenceEndEvent):
            values.append(self._value((*where, first + len(values)), depth + 1))
        self._loader.get_event()
        return values

    def _mapping(self, where: Where, depth: int) -> Any:
        """The mapping; UNREAD when a key cannot be read: nobody knows what it was to be."""
        values: dict[str, Any] = {}
        sound = True
        while not self._loader.check_event(yaml.MappingEndEvent):
            key = self._key(where, depth)
            if key is None:
                sound = False
                self._nameless(where, depth)
                continue
            value = self._value((*where, key), depth + 1)
            # Of two different ones nobody knows which is meant. What is not a number is not equal to itself.
            held = values.setdefault(key, value)
            values[key] = value if held is value or held == value else UNREAD
        self._loader.get_event()
        return values if sound else UNREAD

    def _nameless(self, where: Where, depth: int) -> None:
        """Reads over a value that has no name."""
        self._value((*where, -len(self._found.lines)), depth + 1)

    def _key(self, where: Where, depth: int) -> str | None:
        event: Any = self._loader.peek_event()
        if not _is_text(event) or event.value == "<<" or _is_half(event.value):
            self._wrong(event, "a key must be plain text", "write the keys out")
            self._nameless(where, depth)
            return None
        self._loader.get_event()
        self._spend(event, 1, depth)
        # The raw text: yaml 1.1 would make True of the key "on".
        key = str(event.value)
        if (*where, key) in self._found.lines:
            self._wrong(event, f"key {key!r} stands twice", "keep one of them")
        self._found.lines.setdefault((*where, key), event.start_mark.line + 1 + self._above)
        return key


def _is_text(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent)


def _is_half(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)
