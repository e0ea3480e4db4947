"""Plain yaml into values with their lines: bounded in size, depth and aliases, no tags, no double keys."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from ioc.config.errors import ConfigFault
from ioc.config.unreadable import UNREAD

MAX_DEPTH = 24
MAX_VALUES = 200_000  # aliases counted as often as they are used

YamlPath = tuple[str | int, ...]

_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))


class YamlSyntaxError(Exception):
    """The text cannot be read on. `fault` says why and where."""

    def __init__(self, fault: ConfigFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(slots=True)
class ReadState:
    """What was read. `spent`: how many values, over all the pieces of a file."""

    lines: dict[YamlPath, int] = field(default_factory=dict)
    faults: list[ConfigFault] = field(default_factory=list)
    value_count: int = 0
    is_partial: bool = False  # text was left out: an alias to it is no fault


@dataclass(slots=True)
class _Anchor:
    value: Any
    size: int


class YamlReader:
    """Builds values from yaml's events itself: so depth, number and aliases are bounded before anything is made.

    What is wrong with one value is kept in `found.faults`, and UNREAD stands in its place.
    """

    def __init__(
        self,
        name: str,
        text: str,
        state: ReadState,
        lines_before: int = 0,
        base_path: YamlPath = (),
        first_row: int = 0,
    ) -> None:
        """`above`: the file's lines before `text`; `inside`: where its value stands; `row`: number of its first row."""
        self._text = text
        self._loader: Any = None
        self._name, self._state, self._lines_before, self._base_path, self._first_row = (
            name,
            state,
            lines_before,
            base_path,
            first_row,
        )
        self._anchors: dict[str, _Anchor] = {}

    def read(self) -> Any:
        """All of the text. Broken when it is not yaml."""
        try:
            self._loader = yaml.SafeLoader(self._text)
            return self._document()
        except yaml.MarkedYAMLError as error:
            raise YamlSyntaxError(
                ConfigFault(self._name, self._line_of(error), f"is not yaml: {error.problem or error.context}")
            ) from None
        except yaml.YAMLError as error:
            raise YamlSyntaxError(ConfigFault(self._name, 0, f"is not yaml: {str(error).splitlines()[0]}")) from None

    def _line_of(self, error: yaml.MarkedYAMLError) -> int:
        """Where a quote or bracket that is not closed begins; else where reading ended."""
        opened = any(word in (error.context or "") for word in ("quoted", "flow"))
        marks: list[Any] = [error.context_mark if opened else None, error.problem_mark, error.context_mark]
        return next((int(one.line) + 1 + self._lines_before for one in marks if one), 0)

    def _document(self) -> Any:
        self._loader.get_event()  # the stream's start
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()  # the document's start
        value = self._value(self._base_path, 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            self._add_fault(self._loader.peek_event(), "holds more than one document", "remove the line ---")
        return value

    def _fault(self, event: Any, message: str, suggestion: str = "") -> ConfigFault:
        return ConfigFault(self._name, event.start_mark.line + 1 + self._lines_before, message, suggestion)

    def _add_fault(self, event: Any, message: str, suggestion: str = "") -> Any:
        self._state.faults.append(self._fault(event, message, suggestion))
        return UNREAD

    def _count_values(self, event: Any, values: int, depth: int) -> None:
        self._state.value_count += values
        if self._state.value_count > MAX_VALUES:
            raise YamlSyntaxError(self._fault(event, f"holds more than {MAX_VALUES:,} values", "use fewer aliases"))
        if depth > MAX_DEPTH:
            raise YamlSyntaxError(self._fault(event, f"is nested deeper than {MAX_DEPTH} levels"))

    def _value(self, where: YamlPath, depth: int) -> Any:
        event = self._loader.get_event()
        self._state.lines.setdefault(where, event.start_mark.line + 1 + self._lines_before)
        before = self._state.value_count
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._count_values(event, 1, depth)
        value = self._construct(event, where, depth)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, self._state.value_count - before)
        return value

    def _alias(self, event: Any, depth: int) -> Any:
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            what = f"alias *{event.anchor} stands for nothing that is complete before it"
            return UNREAD if self._state.is_partial else self._add_fault(event, what)
        self._count_values(event, anchor.size, depth)
        return anchor.value

    def _construct(self, event: Any, where: YamlPath, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        value = (
            self._sequence(where, depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(where, depth)
        )
        return (
            self._add_fault(event, f"tag {event.tag} is not allowed", "write the value itself") if event.tag else value
        )

    def _scalar(self, event: Any) -> Any:
        if _has_surrogate(event.value):
            return self._add_fault(event, "half a character (a surrogate) is not text", "write the character itself")
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag not in _PLAIN:
            return self._add_fault(event, f"tag {tag} is not allowed", "write the value itself")
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
            return self._add_fault(event, f"{event.value[:40]!r} cannot be read", "put text into quotes")

    def _sequence(self, where: YamlPath, depth: int) -> list[Any]:
        values: list[Any] = []
        first = self._first_row if where == self._base_path else 0
        while not self._loader.check_event(yaml.SequenceEndEvent):
            values.append(self._value((*where, first + len(values)), depth + 1))
        self._loader.get_event()
        return values

    def _mapping(self, where: YamlPath, depth: int) -> Any:
        """The mapping; UNREAD when a key cannot be read: nobody knows what it was to be."""
        values: dict[str, Any] = {}
        sound = True
        while not self._loader.check_event(yaml.MappingEndEvent):
            key = self._key(where, depth)
            if key is None:
                sound = False
                self._skip_value(where, depth)
                continue
            value = self._value((*where, key), depth + 1)
            # Of two different ones nobody knows which is meant. What is not a number is not equal to itself.
            held = values.setdefault(key, value)
            values[key] = value if held is value or held == value else UNREAD
        self._loader.get_event()
        return values if sound else UNREAD

    def _skip_value(self, where: YamlPath, depth: int) -> None:
        """Reads over a value that has no name."""
        self._value((*where, -len(self._state.lines)), depth + 1)

    def _key(self, where: YamlPath, depth: int) -> str | None:
        event: Any = self._loader.peek_event()
        if not _is_text(event) or event.value == "<<" or _has_surrogate(event.value):
            self._add_fault(event, "a key must be plain text", "write the keys out")
            self._skip_value(where, depth)
            return None
        self._loader.get_event()
        self._count_values(event, 1, depth)
        # The raw text: yaml 1.1 would make True of the key "on".
        key = str(event.value)
        if (*where, key) in self._state.lines:
            self._add_fault(event, f"key {key!r} stands twice", "keep one of them")
        self._state.lines.setdefault((*where, key), event.start_mark.line + 1 + self._lines_before)
        return key


def _is_text(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent)


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)
