"""One yaml file as plain values and the line of each: bounded in size, depth and aliases, no tags, no double keys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from config.faults import Fault, Faults

MAX_BYTES = 2_000_000
MAX_DEPTH = 24
MAX_VALUES = 200_000  # aliases counted as often as they are used

Where = tuple[str | int, ...]

_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))


@dataclass(frozen=True, slots=True)
class YamlFile:
    """`value` is made of dict, list, str, int, float, bool, None, date; keys are always text."""

    name: str
    value: Any = None
    lines: dict[Where, int] = field(default_factory=dict)

    def line(self, where: Where) -> int:
        """The line of `where`, or of the nearest thing that holds it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def fault(self, where: Where, what: str, right: str = "") -> Fault:
        """A fault at `where` in this file."""
        return Fault(self.name, self.line(where), what, right)


def read(path: Path) -> YamlFile:
    """The file at `path`. Faults when it cannot be read."""
    name = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Faults([Fault(name, 0, f"cannot be read: {error.strerror}")]) from None
    if len(body) > MAX_BYTES:
        raise Faults([Fault(name, 0, f"is larger than {MAX_BYTES:,} bytes", "split it, or move data into the store")])
    return parse(name, body)


def parse(name: str, body: bytes) -> YamlFile:
    """`body` as values with lines. Faults for anything that is not plain yaml."""
    try:
        return _Reader(name, body.decode("utf-8-sig")).file()
    except UnicodeDecodeError:
        raise Faults([Fault(name, 0, "is not UTF-8 text", "save it as UTF-8")]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise Faults([Fault(name, line, f"is not yaml: {error.problem or error.context}")]) from None
    except yaml.YAMLError as error:
        raise Faults([Fault(name, 0, f"is not yaml: {str(error).splitlines()[0]}")]) from None


@dataclass(slots=True)
class _Anchor:
    value: Any
    size: int


class _Reader:
    """Builds values from yaml's events itself: so depth, number and aliases are bounded before anything is made."""

    def __init__(self, name: str, text: str) -> None:
        self._loader: Any = yaml.SafeLoader(text)
        self._name = name
        self._lines: dict[Where, int] = {}
        self._anchors: dict[str, _Anchor] = {}
        self._count = 0

    def file(self) -> YamlFile:
        self._loader.get_event()  # the stream's start
        if self._loader.check_event(yaml.StreamEndEvent):
            return YamlFile(self._name)
        self._loader.get_event()  # the document's start
        value = self._value((), 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            raise self._fault(self._loader.peek_event(), "holds more than one document", "remove the line ---")
        return YamlFile(self._name, value, self._lines)

    def _fault(self, event: Any, what: str, right: str = "") -> Faults:
        return Faults([Fault(self._name, event.start_mark.line + 1, what, right)])

    def _spend(self, event: Any, values: int, depth: int) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            raise self._fault(event, f"holds more than {MAX_VALUES:,} values", "use fewer aliases")
        if depth > MAX_DEPTH:
            raise self._fault(event, f"is nested deeper than {MAX_DEPTH} levels")

    def _value(self, where: Where, depth: int) -> Any:
        event = self._loader.get_event()
        self._lines.setdefault(where, event.start_mark.line + 1)
        before = self._count
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._spend(event, 1, depth)
        value = self._made(event, where, depth)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, self._count - before)
        return value

    def _alias(self, event: Any, depth: int) -> Any:
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            raise self._fault(event, f"alias *{event.anchor} stands for nothing that is complete before it")
        self._spend(event, anchor.size, depth)
        return anchor.value

    def _made(self, event: Any, where: Where, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if event.tag:
            raise self._fault(event, f"tag {event.tag} is not allowed", "write the value itself")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(where, depth)
        return self._mapping(where, depth)

    def _scalar(self, event: Any) -> Any:
        if _is_half(event.value):
            raise self._fault(event, "half a character (a surrogate) is not text", "write the character itself")
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag not in _PLAIN:
            raise self._fault(event, f"tag {tag} is not allowed", "write the value itself")
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
            raise self._fault(event, f"{event.value[:40]!r} cannot be read", "put text into quotes") from None

    def _sequence(self, where: Where, depth: int) -> list[Any]:
        values: list[Any] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            values.append(self._value((*where, len(values)), depth + 1))
        self._loader.get_event()
        return values

    def _mapping(self, where: Where, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event: Any = self._loader.get_event()
            if not _is_text(event) or event.value == "<<" or _is_half(event.value):
                raise self._fault(event, "a key must be plain text", "write the keys out")
            self._spend(event, 1, depth)
            # The raw text: yaml 1.1 would make True of the key "on".
            if event.value in values:
                raise self._fault(event, f"key {event.value!r} stands twice", "keep one of them")
            self._lines[(*where, event.value)] = event.start_mark.line + 1
            values[event.value] = self._value((*where, event.value), depth + 1)
        self._loader.get_event()
        return values


def _is_text(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent)


def _is_half(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)
