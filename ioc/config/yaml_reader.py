"""Reads yaml into values with their lines. Size, depth and aliases are limited; tags and repeated keys are errors."""

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.parser import ParserError
from yaml.reader import ReaderError

from ioc.config.errors import ConfigFault
from ioc.config.unreadable import UNREAD
from ioc.domain.base.failure import ErrorCode, Failure

MAX_DEPTH = 24
MAX_VALUES = 200_000  # aliases counted as often as they are used

YamlPath = tuple[str | int, ...]

_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_BOOLEAN, _TEXT = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:str"
_QUOTES = ('"', "'")
_BRACKETS = ("[", "{")


class YamlCode(ErrorCode):
    """What is wrong with yaml, and suggestions. Texts: components/messages/errors/config_yaml.toml."""

    # Not yaml; external: what PyYAML says.
    MISPLACED_COLON = "config_yaml.misplaced_colon"
    MISPLACED_ENTRY = "config_yaml.misplaced_entry"
    MISPLACED_CHARACTER = "config_yaml.misplaced_character"  # character
    QUOTED_TEXT = "config_yaml.quoted_text"
    BLOCK_TEXT = "config_yaml.block_text"
    OPEN_BRACKET = "config_yaml.open_bracket"
    KEY_WITHOUT_COLON = "config_yaml.key_without_colon"
    INDENTATION = "config_yaml.indentation"
    CONTROL_CHARACTER = "config_yaml.control_character"  # character: as U+0007
    SYNTAX = "config_yaml.syntax"
    # Yaml that a configuration does not take.
    SEVERAL_DOCUMENTS = "config_yaml.several_documents"
    TOO_MANY_VALUES = "config_yaml.too_many_values"  # limit
    TOO_DEEP = "config_yaml.too_deep"  # limit
    UNKNOWN_ALIAS = "config_yaml.unknown_alias"  # alias
    TAG = "config_yaml.tag"  # tag
    SURROGATE = "config_yaml.surrogate"
    UNREADABLE_VALUE = "config_yaml.unreadable_value"  # value
    KEY_NOT_TEXT = "config_yaml.key_not_text"
    KEY_TWICE = "config_yaml.key_twice"  # key
    # Suggestions.
    REMOVE_SEPARATOR = "config_yaml.remove_separator"
    USE_FEWER_ALIASES = "config_yaml.use_fewer_aliases"
    WRITE_THE_VALUE = "config_yaml.write_the_value"
    WRITE_THE_CHARACTER = "config_yaml.write_the_character"
    QUOTE_THE_TEXT = "config_yaml.quote_the_text"
    WRITE_KEYS_OUT = "config_yaml.write_keys_out"
    KEEP_ONE = "config_yaml.keep_one"


class YamlSyntaxError(Exception):
    """Reading cannot continue. `fault` says why and where."""

    def __init__(self, fault: ConfigFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(slots=True)
class ReadState:
    """What was read. `value_count`: number of values, over all the pieces of a file."""

    lines: dict[YamlPath, int] = field(default_factory=dict)
    faults: list[ConfigFault] = field(default_factory=list)
    value_count: int = 0
    is_partial: bool = False  # text was left out: an alias to it is no fault


@dataclass(slots=True)
class _Anchor:
    value: Any
    size: int


class YamlReader:
    """Builds values from yaml's events, so that depth, number and aliases are checked before values are built.

    What is wrong with one value goes into `state.faults`, and UNREAD stands in its place.
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
        """`lines_before`: lines of the file above `text`; `base_path`: where its value stands; `first_row`: number of
        its first row.
        """
        self._text = text
        self._loader: Any = None
        self._name, self._state, self._lines_before = name, state, lines_before
        self._base_path, self._first_row = base_path, first_row
        self._anchors: dict[str, _Anchor] = {}

    def read(self) -> Any:
        """All of the text as values. YamlSyntaxError when it is not yaml."""
        try:
            self._loader = yaml.SafeLoader(self._text)
            return self._document()
        except yaml.MarkedYAMLError as error:
            line, failure = self._syntax_failure(error)
            raise YamlSyntaxError(ConfigFault(self._name, line, failure)) from None
        except yaml.YAMLError as error:
            raise YamlSyntaxError(ConfigFault(self._name, 0, _stream_failure(error))) from None

    def _syntax_failure(self, error: yaml.MarkedYAMLError) -> tuple[int, Failure]:
        """The line where a quote or bracket that is not closed begins, else where reading ended; and the failure.

        What is wrong follows from the class of the error and the characters at its marks.
        """
        context, problem = self._character(error.context_mark), self._character(error.problem_mark)
        in_brackets = isinstance(error, ParserError) and self._loader.flow_level > 0
        params = {}
        if in_brackets:
            code = YamlCode.OPEN_BRACKET
        elif isinstance(error, ParserError):
            code = YamlCode.INDENTATION if error.context_mark else YamlCode.SYNTAX
        elif context in _QUOTES:
            code = YamlCode.QUOTED_TEXT
        elif context in ("|", ">"):
            code = YamlCode.BLOCK_TEXT
        elif context in ("&", "*", "!", "%"):
            code = YamlCode.SYNTAX
        elif context:
            code = YamlCode.KEY_WITHOUT_COLON
        elif problem == ":":
            code = YamlCode.MISPLACED_COLON
        elif problem in ("-", "?"):
            code = YamlCode.MISPLACED_ENTRY
        else:
            code, params = YamlCode.MISPLACED_CHARACTER, {"character": repr(problem)[1:-1]}
        is_opened = code is YamlCode.QUOTED_TEXT or (in_brackets and context in _BRACKETS)
        marks: list[Any] = [error.context_mark if is_opened else None, error.problem_mark, error.context_mark]
        line = next((int(mark.line) + 1 + self._lines_before for mark in marks if mark), 0)
        return line, Failure(code, params, external=error.problem or error.context or "")

    def _character(self, mark: Any) -> str:
        """The character at a mark, "" without one."""
        return self._text[mark.index : mark.index + 1] if mark else ""

    def _document(self) -> Any:
        self._loader.get_event()  # the stream's start
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()  # the document's start
        value = self._value(self._base_path, 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            event = self._loader.peek_event()
            self._add_fault(event, Failure(YamlCode.SEVERAL_DOCUMENTS), YamlCode.REMOVE_SEPARATOR)
        return value

    def _fault(self, event: Any, failure: Failure, suggestion: YamlCode | None = None) -> ConfigFault:
        line = event.start_mark.line + 1 + self._lines_before
        return ConfigFault(self._name, line, failure, Failure(suggestion) if suggestion else None)

    def _add_fault(self, event: Any, failure: Failure, suggestion: YamlCode | None = None) -> Any:
        self._state.faults.append(self._fault(event, failure, suggestion))
        return UNREAD

    def _count_values(self, event: Any, values: int, depth: int) -> None:
        self._state.value_count += values
        if self._state.value_count > MAX_VALUES:
            failure = Failure(YamlCode.TOO_MANY_VALUES, {"limit": MAX_VALUES})
            raise YamlSyntaxError(self._fault(event, failure, YamlCode.USE_FEWER_ALIASES))
        if depth > MAX_DEPTH:
            raise YamlSyntaxError(self._fault(event, Failure(YamlCode.TOO_DEEP, {"limit": MAX_DEPTH})))

    def _value(self, path: YamlPath, depth: int) -> Any:
        event = self._loader.get_event()
        self._state.lines.setdefault(path, event.start_mark.line + 1 + self._lines_before)
        count_before = self._state.value_count
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._count_values(event, 1, depth)
        value = self._construct(event, path, depth)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, self._state.value_count - count_before)
        return value

    def _alias(self, event: Any, depth: int) -> Any:
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            failure = Failure(YamlCode.UNKNOWN_ALIAS, {"alias": f"*{event.anchor}"})
            return UNREAD if self._state.is_partial else self._add_fault(event, failure)
        self._count_values(event, anchor.size, depth)
        return anchor.value

    def _construct(self, event: Any, path: YamlPath, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        is_sequence = isinstance(event, yaml.SequenceStartEvent)
        value = self._sequence(path, depth) if is_sequence else self._mapping(path, depth)
        if event.tag:
            return self._add_fault(event, Failure(YamlCode.TAG, {"tag": str(event.tag)}), YamlCode.WRITE_THE_VALUE)
        return value

    def _scalar(self, event: Any) -> Any:
        if _has_surrogate(event.value):
            return self._add_fault(event, Failure(YamlCode.SURROGATE), YamlCode.WRITE_THE_CHARACTER)
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == _BOOLEAN and not event.tag and event.value.lower() not in ("true", "false"):
            tag = _TEXT  # yaml 1.2; 1.1 would make booleans of the words yes, no, on and off
        if tag not in _PLAIN:
            return self._add_fault(event, Failure(YamlCode.TAG, {"tag": str(tag)}), YamlCode.WRITE_THE_VALUE)
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
            failure = Failure(YamlCode.UNREADABLE_VALUE, {"value": event.value[:40]})
            return self._add_fault(event, failure, YamlCode.QUOTE_THE_TEXT)

    def _sequence(self, path: YamlPath, depth: int) -> list[Any]:
        values: list[Any] = []
        first = self._first_row if path == self._base_path else 0
        while not self._loader.check_event(yaml.SequenceEndEvent):
            values.append(self._value((*path, first + len(values)), depth + 1))
        self._loader.get_event()
        return values

    def _mapping(self, path: YamlPath, depth: int) -> Any:
        """The mapping; UNREAD when a key cannot be read, because its meaning is unknown."""
        values: dict[str, Any] = {}
        is_sound = True
        while not self._loader.check_event(yaml.MappingEndEvent):
            key = self._key(path, depth)
            if key is None:
                is_sound = False
                self._skip_value(path, depth)
                continue
            value = self._value((*path, key), depth + 1)
            # Of two different values nobody knows which is meant. NaN is not equal to itself.
            first = values.setdefault(key, value)
            values[key] = value if first is value or first == value else UNREAD
        self._loader.get_event()
        return values if is_sound else UNREAD

    def _skip_value(self, path: YamlPath, depth: int) -> None:
        """Skips a value whose key cannot be read."""
        self._value((*path, -len(self._state.lines)), depth + 1)

    def _key(self, path: YamlPath, depth: int) -> str | None:
        event: Any = self._loader.peek_event()
        is_scalar = isinstance(event, yaml.ScalarEvent)
        if not is_scalar or event.value == "<<" or _has_surrogate(event.value):
            self._add_fault(event, Failure(YamlCode.KEY_NOT_TEXT), YamlCode.WRITE_KEYS_OUT)
            self._skip_value(path, depth)
            return None
        self._loader.get_event()
        self._count_values(event, 1, depth)
        # The raw text: yaml 1.1 would make True of the key "on".
        key = str(event.value)
        if (*path, key) in self._state.lines:
            self._add_fault(event, Failure(YamlCode.KEY_TWICE, {"key": key}), YamlCode.KEEP_ONE)
        self._state.lines.setdefault((*path, key), event.start_mark.line + 1 + self._lines_before)
        return key


def _stream_failure(error: yaml.YAMLError) -> Failure:
    if isinstance(error, ReaderError):
        return Failure(YamlCode.CONTROL_CHARACTER, {"character": f"U+{error.character:04X}"})
    return Failure(YamlCode.SYNTAX, external=str(error).splitlines()[0])


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
